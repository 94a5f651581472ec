"""Tables as people have them: init, train and report give what an expert would do."""

import shutil
import sys
from pathlib import Path

import pytest
from logit_flows.config.reading import read_config
from logit_flows.first_config.guessing import first_config
from logit_flows.recipes.training import train
from logit_flows.reports.page import write_report
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))
from reference_fit import largest_difference
from tables import OWN_TABLES, differences_from_expert, read_experts, table_files

from tests.support.pipeline import side_table

EXPERTS = read_experts(OWN_TABLES)


def test_every_table_has_an_expert_and_most_need_no_edit() -> None:
    assert set(EXPERTS) == {file.name for file in table_files(OWN_TABLES)}
    edits = [len(expert.get("edits", [])) for expert in EXPERTS.values()]
    assert max(edits) <= 1
    assert edits.count(0) >= 8


@pytest.mark.parametrize("name", EXPERTS)
def test_first_config_trains_the_model_of_an_expert(name: str, tmp_path: Path) -> None:
    shutil.copy(OWN_TABLES / name, tmp_path)
    made = first_config(tmp_path / name, tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(made.text, encoding="utf-8")
    edits = EXPERTS[name].get("edits", [])
    config = read_config(tmp_path / "config.yaml", [*edits, "orchestrator=none"])
    assert differences_from_expert(EXPERTS[name], config) == []
    trained = train(config)
    assert trained.model.result.converged
    dataset = load_dataset(config)
    rows = side_table(config, dataset, split_rows(config, dataset), "train")
    strength = config.model.penalty.strength
    assert largest_difference(Path(trained.folder), rows, strength) < 1e-8
    assert write_report(config, trained.run).stat().st_size > 10_000
