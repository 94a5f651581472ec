"""The law of check and train, over configs of every kind and data that are spoiled in every way.

`conftest.py` holds the law itself: whatever a test trains is checked first, and both must agree.
"""

from contextlib import suppress
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_flows import check, read_config, train
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.config.remedies import Remedy, remedy_of
from logit_flows.steps.check import Checked
from ruamel.yaml import YAML

from logit_engine.errors import DataError, LogitEngineError
from tests.support.check_law import verdict_of
from tests.support.command import ROOT
from tests.support.pipeline import Make, city_table

LATE = {"method": "column", "column": "part", "test": ["late"]}
PENALTIES = {
    "l1": {"type": "l1", "strength": 0.01},
    "l2": {"type": "l2", "strength": 0.01},
    "elastic net": {"type": "elastic_net", "strength": 0.01, "l1_ratio": 0.5},
    "group lasso": {"type": "group_lasso", "strength": 0.01},
    "smooth levels": {"type": "l2", "strength": 0.01, "smooth": ["city"]},
    "chosen": {"type": "l1", "strength": "cv", "folds": 3},
    "chosen by time": {"type": "l2", "strength": "cv", "folds": 3, "fold_method": "time"},
}
FINE: dict[str, dict[str, Any]] = {
    **{
        f"link {link}": {"model__link": link} for link in ("probit", "cloglog", "loglog", "cauchit")
    },
    **{f"penalty {name}": {"model__penalty": asked} for name, asked in PENALTIES.items()},
    **{f"normalize {way}": {"normalize": way} for way in ("none", "minmax", "robust")},
    **{
        f"covariance {kind}": {"model__covariance": {"type": kind}}
        for kind in ("HC0", "HC1", "HC2", "HC3", "cluster")
    },
    **{
        f"split {method}": {"split": {"method": method, "test_size": 0.3}}
        for method in ("time", "random", "stratified", "none")
    },
    "split by group": {"split": {"method": "group", "column": "group"}},
    "split by column": {"split": LATE},
    "no id": {"data__id": None},
    "a constant that is not there": {"features__numeric": []},
    "max_f1": {"evaluate__threshold": "max_f1"},
    "costs": {"evaluate__threshold": {"cost": {"false_positive": 1, "false_negative": 5}}},
    "bootstrap": {"evaluate__intervals": {"method": "bootstrap", "replicates": 100}},
    "all predictions": {"write__predictions": "all"},
    "no predictions": {"write__predictions": "none"},
    "rare levels": {"features__min_frequency": 150},
    "a reference": {"features__reference": {"city": "b"}},
    "three classes": {
        "model__family": "multinomial",
        "data__target": {"column": "city"},
        "features__categorical": ["part"],
    },
    "three classes, one of them the base": {
        "model__family": "multinomial",
        "data__target": {"column": "city", "base": "c"},
        "features__categorical": [],
    },
}


@pytest.mark.parametrize("case", FINE)
def test_what_check_calls_fine_train_publishes(make: Make, case: str) -> None:
    changes = dict(FINE[case])
    if "cluster" in case or "time" in case:
        changes |= {"data__cluster": "day", "data__time": "day"}
    if case == "split stratified":
        changes.pop("data__cluster", None)
    config = make(**changes)
    assert check(config).run == train(config).run


@pytest.mark.parametrize(
    "file", ["data/exam/config.yaml", "data/exam/two_features.yaml", "data/voters/config.yaml"]
)
def test_the_configs_of_the_data_folder_are_fine(file: str, tmp_path: Any) -> None:
    config = read_config(ROOT / file, [f"store={tmp_path}"])
    assert check(config).run == train(config).run


def odd(column: str, value: Any, rows: int = 7) -> pl.Expr:
    """The column with another value in its first rows."""
    return pl.when(pl.col("key") < rows).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)


INFINITE, NOTHING = float("inf"), None
NUMBER_Y = pl.col("y").cast(pl.Int64).alias("y")
BAD: dict[str, tuple[list[pl.Expr], dict[str, Any]]] = {
    "a missing number": ([odd("x", NOTHING)], {}),
    "a number that is none": ([odd("x", float("nan"))], {}),
    "a missing level": ([odd("city", NOTHING)], {}),
    "an infinite number": ([odd("x", INFINITE)], {}),
    "a huge number": ([odd("x", 1e200)], {}),
    "a constant": ([pl.lit(1.0).alias("x")], {}),
    "one level": ([pl.lit("a").alias("city")], {}),
    "nothing": ([pl.lit(None, dtype=pl.Float64).alias("x")], {}),
    "text for numbers": ([pl.lit("n/a").alias("x")], {}),
    "numbers for levels": ([pl.col("x").alias("city")], {}),
    "a lost column": ([pl.col("x").alias("new")], {"features__numeric": ["x", "neww"]}),
    "ids of decimals": ([pl.col("key") * 1.5], {}),
    "ids that repeat": ([pl.col("key") // 2], {}),
    "ids that are missing": ([pl.when(pl.col("key") > 5).then("key").alias("key")], {}),
    "a missing target": ([odd("y", NOTHING)], {}),
    "a target of one class": ([pl.lit(True).alias("y")], {}),
    "a target of three classes": (
        [pl.col("key") % 3 + 0 * NUMBER_Y],
        {"data__target__column": "key", "data__id": None, "data__target__positive": 1},
    ),
    "another positive class": ([], {"data__target__positive": "yes"}),
    "a base that never is": (
        [],
        {
            "model__family": "multinomial",
            "data__target": {"column": "city", "base": "z"},
            "features__categorical": [],
        },
    ),
    "a separating number": ([pl.col("y").cast(pl.Float64).alias("x")], {}),
    "a separating level": ([pl.when("y").then(pl.lit("z")).otherwise("city").alias("city")], {}),
    "a separation that is only warned of": (
        [pl.col("y").cast(pl.Float64).alias("x")],
        {"model__on_separation": "warn"},
    ),
    "an alias": ([(pl.col("x") * 3).alias("z")], {}),
    "a reference that is not there": ([], {"features__reference": {"city": "q"}}),
    "a level of the test rows alone": (
        [pl.when(pl.col("part") == "late").then(pl.lit("q")).otherwise("city").alias("city")],
        {"split": LATE},
    ),
    "infinity in the test rows alone": (
        [pl.when(pl.col("part") == "late").then(INFINITE).otherwise("x").alias("x")],
        {"split": LATE},
    ),
    "test rows of one class": ([], {"split": {**LATE, "test": ["never"]}}),
    "a split that cuts clusters": ([], {"split": LATE, "data__cluster": "group"}),
    "one time": (
        [pl.lit(3).alias("day")],
        {"split": {"method": "time"}, "data__time": "day"},
    ),
    "no robust scale": (
        [pl.when(pl.col("key") % 9 == 0).then("x").otherwise(0.0).alias("x")],
        {"normalize": "robust"},
    ),
    "folds without a class": (
        [pl.col("key").is_in([1, 2, 3]).alias("y")],
        {"model__penalty": {"type": "l1", "strength": "cv", "folds": 20}},
    ),
    "more columns than rows": (
        [pl.col("key").cast(pl.String).alias("city")],
        {"features__handle_unknown": "reference"},
    ),
    "no file": ([], {"data__source": "none.parquet"}),
    "a store that is a file": ([], {"store": "table.parquet"}),
    "too little memory": ([], {"compute__memory": "0.001MB", "data__cluster": "group"}),
}


@pytest.mark.parametrize("case", BAD)
def test_what_train_refuses_check_refuses_too(make: Make, case: str) -> None:
    spoiled, changes = BAD[case]
    config = make(city_table().with_columns(spoiled), **changes)
    with suppress(LogitEngineError):
        train(config)


@pytest.mark.parametrize("case", BAD)
def test_the_line_to_paste_cures_what_it_stands_below(make: Make, case: str) -> None:
    spoiled, changes = BAD[case]
    config = make(city_table().with_columns(spoiled), **changes)
    found = verdict_of(config)
    for problem in () if isinstance(found, Checked) else found.parts:
        remedy = remedy_of(problem)
        if remedy is not None:
            after = verdict_of(pasted(config, remedy))
            assert isinstance(after, Checked) or str(problem) not in map(str, after.parts)


def pasted(config: Config, remedy: Remedy) -> Config:
    """The config with the YAML of a remedy: its key is replaced, other keys beside it are set."""
    content, line = config.content(), YAML(typ="safe").load(remedy.yaml)
    *parents, last = remedy.key.split(".")
    section, found = content, line
    for parent in parents:
        section, found = section.setdefault(parent, {}), found[parent]
    section.update({**found, last: found[last]})
    return from_mapping(content, config.folder)


LATE_ROWS = pl.col("part") == "late"
FAULTS: dict[str, tuple[str, pl.Expr, str]] = {
    "gaps": ("numeric", odd("x", NOTHING, 20), "column 'gaps' is missing in "),
    "infinite": ("numeric", odd("x", INFINITE, 20), "column 'infinite' is infinite in "),
    "constant": ("numeric", pl.lit(2.5), "column 'constant' is 2.5 in all "),
    "empty": ("numeric", odd("x", NOTHING, 600), "column 'empty' is missing in all "),
    "one": ("categorical", pl.lit("a"), "column 'one' has one level ('a')"),
    "holes": ("categorical", odd("city", NOTHING, 30), "column 'holes' is missing in "),
    "alias": ("numeric", pl.col("z") * 3.0, "column 'alias' is a linear combination of 'z'."),
    "perfect": ("numeric", pl.col("y").cast(pl.Float64), "column 'perfect' predicts "),
    "unseen": (
        "categorical",
        pl.when(LATE_ROWS).then(pl.lit("new")).otherwise((pl.col("key") % 7).cast(pl.String)),
        "column 'unseen' has levels that were not in the training rows: new",
    ),
    "later": (
        "numeric",
        pl.when(LATE_ROWS).then(INFINITE).otherwise(pl.col("z") ** 2),
        "column 'later' is infinite in ",
    ),
    "words": ("numeric", pl.lit("n/a"), "column 'words' should hold numbers but holds text"),
    "decimals": ("categorical", pl.col("z"), "column 'decimals' (categorical) holds "),
    "ids": ("role", pl.col("key") // 2, "column 'ids' (data.id) is not unique: 300 of 600 rows"),
    "event": ("role", odd("y", NOTHING), "the target 'event' is missing in 7 of 600 rows"),
}


@settings(max_examples=30)
@given(names=st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_every_fault_is_told_at_once_whatever_the_others_are(
    names: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    columns = [FAULTS[name][1].alias(name) for name in sorted(names)]
    features: dict[str, list[str]] = {"numeric": ["x", "z"], "categorical": ["city"]}
    for name in sorted(names - {"ids", "event"}):
        features[FAULTS[name][0]].append(name)
    folder = tmp_path_factory.mktemp("faults")
    city_table().with_columns(columns).write_parquet(folder / "table.parquet")
    target = {"column": "event" if "event" in names else "y", "positive": True}
    ids = "ids" if "ids" in names else "key"
    data = {"source": "table.parquet", "target": target, "id": ids}
    content = {"name": "t", "data": data, "features": features, "split": LATE}
    with pytest.raises(DataError) as caught:
        check(from_mapping(content, folder))
    told = [str(part) for part in caught.value.parts]
    expected = [FAULTS[name][2] for name in names]
    assert [words for words in expected if not any(words in text for text in told)] == []
    assert len(told) == len(expected)
