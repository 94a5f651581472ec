"""What an error tells to do makes it go away, and leads to a config that check calls fine."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import from_mapping
from logit_flows.config.remedies import remedies_of
from logit_flows.recipes.checking import check
from ruamel.yaml import YAML

from logit_engine.errors import LogitEngineError
from tests.support.pipeline import city_table

MAX_TURNS = 4
ROWS = 600

# Features (or another section) that are refused. Each error names the line that cures it.
PASTED: dict[str, dict[str, Any]] = {
    "a missing number": {"features": {"numeric": ["hole"]}},
    "a missing level": {"features": {"categorical": ["gap"]}},
    "a constant": {"features": {"numeric": ["x", "one"]}},
    "one level": {"features": {"categorical": ["single"]}},
    "aliases": {"features": {"numeric": ["x", "z", "twin"]}},
    "separation": {"features": {"numeric": ["x", "apart"]}},
    "more columns than rows": {"features": {"categorical": ["text"]}},
    "no such reference": {"features": {"reference": {"city": "nowhere"}}},
    "a new level that is there": {"features": {"recode": {"city": {"a": ["b"]}}}},
    "rare levels": {"features": {"categorical": ["rare"], "min_frequency": 50, "pool_as": "error"}},
    "unseen levels": {
        "features": {"categorical": ["late"]},
        "data": {"time": "key"},
        "split": {"method": "time"},
    },
    "no spread": {"normalize": "robust", "features": {"numeric": ["x", "flat"]}},
    "an id that repeats": {"data": {"id": "twice"}},
    "a missing target": {"data": {"target": {"column": "lost"}}},
}

# What is refused, words of the sentence, and the change that these words ask for.
FOLLOWED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    **{
        f"{name} as a number": (
            {"features": {"numeric": ["x", name], "categorical": []}},
            "list it under features.categorical",
            {"features": {"numeric": ["x"], "categorical": [name]}},
        )
        for name in ("day", "moment", "zoned", "city")
    },
    **{
        f"{name} as a level": (
            {"features": {"numeric": ["x"], "categorical": [name]}},
            "list it under features.numeric",
            {"features": {"categorical": [], "numeric": ["x", name]}},
        )
        for name in ("z", "half", "took")
    },
    "three values": (
        {"data": {"target": {"column": "three", "positive": 1}}},
        "set model.family: multinomial for more, without data.target.positive",
        {"model": {"family": "multinomial"}, "data": {"target": {"positive": None}}},
    ),
    "two values": (
        {"model": {"family": "multinomial"}, "data": {"target": {"positive": None}}},
        "use model.family binary, and name data.target.positive",
        {"model": {"family": "binary"}, "data": {"target": {"positive": True}}},
    ),
    "a positive class of another type": (
        {"data": {"target": {"column": "whole", "positive": "1"}}},
        "write data: {target: {positive: 1}}",
        {"data": {"target": {"positive": 1}}},
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file of columns that each break something."""
    folder = tmp_path_factory.mktemp("advice")
    n, z, y = np.arange(ROWS), pl.col("z"), pl.col("y")
    city_table(ROWS).with_columns(
        hole=pl.when(pl.Series(n % 9 == 0)).then(None).otherwise(z),
        gap=pl.when(pl.Series(n % 9 == 0)).then(None).otherwise(pl.col("city")),
        one=pl.lit(1.0),
        single=pl.lit("a"),
        twin=2.0 * pl.col("x") + z,
        apart=pl.when(y).then(1.0).otherwise(-1.0) + 0.1 * z,
        text=pl.Series([f"u{i}" for i in n]),
        rare=pl.when(pl.Series(n < 3)).then(pl.lit("rare")).otherwise(pl.col("city")),
        late=pl.when(pl.Series(n > 580)).then(pl.lit("new")).otherwise(pl.col("city")),
        flat=pl.Series((n < 20).astype(float)),
        twice=pl.Series(n // 2),
        lost=pl.when(pl.Series(n % 50 == 0)).then(None).otherwise(y),
        moment=pl.datetime(2024, 1, 1) + pl.duration(hours=pl.Series(n % 4)),
        zoned=pl.datetime(2024, 1, 1, time_zone="UTC") + pl.duration(hours=pl.Series(n % 4)),
        took=pl.duration(minutes=pl.Series(n)),
        half=pl.Series((n % 5) / 2.0),
        three=pl.Series(n % 3),
        whole=y.cast(pl.Int64),
    ).with_columns(day=pl.col("day").dt.truncate("1w")).write_parquet(folder / "a.parquet")
    return folder


def merged(content: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The content with a change pasted in, key by key; None takes a key out."""
    out = dict(content)
    for key, value in change.items():
        old = out.pop(key, None)
        if isinstance(value, dict) and isinstance(old, dict):
            out[key] = merged(old, value)
        elif value is not None:
            out[key] = value
    return out


def config_of(*changes: dict[str, Any]) -> dict[str, Any]:
    content = {
        "name": "demo",
        "data": {
            "source": "a.parquet",
            "target": {"column": "y", "positive": True},
            "id": "key",
        },
        "features": {"numeric": ["x", "z"], "categorical": ["city"], "handle_unknown": "error"},
    }
    for change in changes:
        content = merged(content, change)
    return content


def error_of(content: dict[str, Any], folder: Path) -> LogitEngineError | None:
    """The error that check finds."""
    try:
        check(from_mapping(content, folder))
    except LogitEngineError as error:
        return error
    return None


@pytest.mark.parametrize("case", PASTED)
def test_the_line_to_paste_makes_the_error_go_away(folder: Path, case: str) -> None:
    content, said = config_of(PASTED[case]), []
    while (error := error_of(content, folder)) is not None:
        remedies = remedies_of(error)
        assert remedies, f"no line: {error}"
        assert str(error) not in said, f"it leads in a circle: {error}"
        said.append(str(error))
        for remedy in remedies:
            content = merged(content, YAML(typ="safe").load(remedy.yaml))
    assert 1 <= len(said) <= MAX_TURNS


@pytest.mark.parametrize("case", FOLLOWED)
def test_what_a_sentence_asks_for_is_fine(folder: Path, case: str) -> None:
    refused, words, change = FOLLOWED[case]
    with pytest.raises(LogitEngineError) as caught:
        check(from_mapping(config_of(refused), folder))
    assert words in str(caught.value)
    assert check(from_mapping(config_of(refused, change), folder)).model.result.converged
