"""A test file that holds rows of the training files is refused."""

from pathlib import Path

import pytest
from logit_flows.steps.load import load_dataset

from logit_engine.errors import DataError
from tests.support.pipeline import Make, city_table

NONE = {"method": "none"}


def test_a_test_file_of_the_same_contents_or_ids_is_refused(make: Make, tmp_path: Path) -> None:
    config = make(data__test="later.parquet", split=NONE)
    later = tmp_path / "later.parquet"
    city_table(100, seed=7, first=600).write_parquet(later)
    assert load_dataset(config).test is not None
    city_table(100, seed=7, first=590).write_parquet(later)
    with pytest.raises(DataError, match=r"holds 10 rows whose 'key' .* is in data\.source too"):
        load_dataset(config)
    later.write_bytes((tmp_path / "table.parquet").read_bytes())
    with pytest.raises(DataError, match=r"later\.parquet .* has the same contents as .*table\."):
        load_dataset(config)
