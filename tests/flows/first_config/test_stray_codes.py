"""Numbers that may mean no answer are found, and plain numbers are not."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from logit_flows.config.reading import read_config
from logit_flows.first_config.guessing import first_config
from logit_flows.first_config.stray_codes import find_stray_codes
from logit_flows.steps.load import load_dataset

RANDOM = np.random.default_rng(12)


def codes_of(values: list[float]) -> tuple[float, ...]:
    """The stray codes of a column."""
    found = find_stray_codes(pl.Series("x", values, dtype=pl.Float64))
    return () if found is None else found.codes


def scale(low: int, high: int, rows: int = 300) -> list[float]:
    """Whole numbers from low to high, again and again."""
    return [float(low + i % (high - low + 1)) for i in range(rows)]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (scale(1, 5) + [99.0] * 9, (99.0,)),
        (scale(1, 5) + [9.0] * 9, (9.0,)),
        (scale(0, 1) + [9.0] * 9, (9.0,)),
        (scale(1, 3) + [8.0] * 9 + [9.0] * 9, (8.0, 9.0)),
        (scale(1, 10) + [8888.0] * 9 + [9999.0] * 2, (8888.0, 9999.0)),
        (scale(1, 7) + [-9.0] * 9, (-9.0,)),
        (scale(1, 7) + [-9.0] * 9 + [99.0] * 9, (-9.0, 99.0)),
        (scale(0, 60) + [999.0] * 2, (999.0,)),
        (scale(18, 90) + [99.0] * 15, (99.0,)),
        (scale(1, 99) + [-1.0] * 20, (-1.0,)),
        (scale(44, 199) + [0.0] * 5, (0.0,)),
    ],
)
def test_codes_of_no_answer_are_found(values: list[float], codes: tuple[float, ...]) -> None:
    assert codes_of(values) == codes


@pytest.mark.parametrize(
    "values",
    [
        scale(1, 9),
        scale(1, 7) + [9.0] * 9,
        scale(0, 99),
        scale(0, 5) + [8.0] * 7,
        scale(0, 3) + [8.0] * 2,
        scale(-2, 8),
        scale(-1, 1),
        scale(0, 1),
        scale(14, 800) + [0.0] * 300,
        [*scale(1, 5), 99.0],
        list(RANDOM.normal(size=300)),
        list(RANDOM.lognormal(8.0, 1.0, 300)),
    ],
)
def test_plain_numbers_have_no_codes(values: list[float]) -> None:
    assert codes_of(values) == ()


def test_sentence_names_code_rows_and_the_other_values() -> None:
    found = find_stray_codes(pl.Series("x", [*scale(1, 5), 98.0, 99.0, 99.0]))
    assert found is not None
    assert found.sentence == ("98, 99 in 3 rows lie far from the other values (1 to 5): no answer?")


def survey(rows: int = 240) -> dict[str, list[object]]:
    """Answers on scales, with codes of no answer, one of which is a plain value elsewhere."""
    return {
        "trust": [99 if i % 20 == 0 else 1 + i % 5 for i in range(rows)],
        "rating": [9 if i % 20 == 0 else 1 + i * 7 % 5 for i in range(rows)],
        "hours": [i * 11 % 40 for i in range(rows)],
        "voted": [int(RANDOM.random() < 0.5) for _ in range(rows)],
    }


def test_first_config_asks_and_gives_the_line_that_reads_codes_as_missing(tmp_path: Path) -> None:
    pl.DataFrame(survey()).write_csv(tmp_path / "survey.csv")
    made = first_config(tmp_path / "survey.csv", tmp_path / "config.yaml")
    assert 'if these mean no answer:  data: {format: {null_values: ["99"]}}' in made.said
    shared = next(sentence for sentence in made.said if sentence.startswith("suspicious: rating"))
    assert shared.endswith("list it under features.categorical, as other columns hold that too")
    assert "trust: 99 in 12 rows lies far from the other values (1 to 5): no answer?" in made.text
    (tmp_path / "config.yaml").write_text(made.text, encoding="utf-8")
    pasted = read_config(tmp_path / "config.yaml", ['data.format={null_values: ["99"]}'])
    assert load_dataset(pasted).table.scan().collect()["trust"].null_count() == 12


def test_first_config_of_parquet_names_no_key_of_text_files(tmp_path: Path) -> None:
    pl.DataFrame(survey()).write_parquet(tmp_path / "survey.parquet")
    made = first_config(tmp_path / "survey.parquet", tmp_path / "config.yaml")
    assert "null_values" not in made.text
    assert any("If so, empty these cells" in sentence for sentence in made.said)
