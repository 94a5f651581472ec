"""What check prints: the facts of the data and of the model that train would make."""

import json
from pathlib import Path

import polars as pl
from logit_flows import check, read_config, train
from logit_flows.reports.checked_text import checked_content, checked_text

from logit_engine.storage.publish import canonical_json
from tests.support.command import ROOT, logit
from tests.support.pipeline import Make, city_table


def test_a_check_tells_rows_classes_sides_features_events_and_the_fit(make: Make) -> None:
    frame = city_table().with_columns(z=pl.when(pl.col("key") % 50 > 0).then("z"))
    config = make(
        frame.with_columns(y=pl.when(pl.col("key") > 3).then("y")),
        data__missing_target="drop",
        features__impute={"numeric": {"strategy": "mean"}},
    )
    found = check(config)
    head, *facts = checked_text(config, found).splitlines()
    assert head == (f"t: config and data are fine; run {found.run} is what train would publish.")
    rows = [line.split(maxsplit=1) for line in facts]
    assert [title for title, _ in rows] == [
        *("Rows", "Target", "Split", "Features", "Events", "Fit"),
        *["note:"] * len(found.notes),
    ]
    told = dict(rows[:6])
    y = frame["y"][4:]
    share = y.mean()
    assert isinstance(share, float)
    assert told["Rows"] == "596 in 1 file, 4 more without a target"
    assert told["Target"] == f"y: false {1 - share:.1%}, true {share:.1%}"
    assert told["Split"].endswith(" test rows (method random)")
    assert told["Features"] == "x, z, city (3 levels): 5 coefficients with the constant"
    assert " training rows of true, the rarest class, per coefficient" in told["Events"]
    assert told["Fit"].startswith("Converged after ")
    assert "note: 4 rows without a target were left out." in facts
    assert any(line.startswith("note: z: ") for line in facts)
    train(config)
    assert f"run {found.run} is published already." in checked_text(config, check(config))


def test_of_several_classes_each_is_counted(tmp_path: Path) -> None:
    config = read_config(ROOT / "data/voters/config.yaml", [f"store={tmp_path}"])
    found = check(config)
    content = json.loads(canonical_json(checked_content(found)))
    counts = content["classes"]
    party = pl.read_parquet(ROOT / "data/voters/voters.parquet")["party"].drop_nulls()
    assert {
        label: counts["train"][label] + counts["test"][label] for label in counts["train"]
    } == dict(party.value_counts().iter_rows())
    assert (content["rows"], content["run"]) == (party.len(), found.run)
    assert content["coefficients"][0] == "intercept"
    assert content["converged"] is True


def test_the_verb_tells_every_problem_with_the_line_to_paste_below(tmp_path: Path) -> None:
    frame = city_table().with_columns(
        x=pl.when(pl.col("key") > 9).then("x"), one=pl.lit("a"), twice=pl.col("z") * 2.0
    )
    frame.write_parquet(tmp_path / "table.parquet")
    (tmp_path / "config.yaml").write_text(
        "name: t\n"
        "data: {source: table.parquet, target: {column: y, positive: true}, id: key}\n"
        "features: {numeric: [x, z, twice], categorical: [city, one], reference: {city: q}}\n"
    )
    done = logit("check", "--json", cwd=tmp_path)
    assert done.returncode == 2
    lines = [line.removeprefix("logit: ") for line in done.stderr.splitlines()]
    pasted = [line for line in lines if line.startswith("config.yaml, line 3:  ")]
    assert [line.partition(":  ")[2] for line in pasted] == [
        "features: {impute: {numeric: {strategy: mean}}}",
        "features: {reference: {city: a}}",
        "features: {constant: drop}",
        "features: {aliased: drop}",
    ]
    for line in pasted:
        assert lines[lines.index(line) - 1].endswith(("rows.", "'a'?", "drop it.", "identified."))
    assert not (tmp_path / "store").exists()
    line = "features.categorical=[city, gone]"
    (tmp_path / "config.yaml").write_text(
        "name: t\n"
        "data: {source: table.parquet, target: {column: y, positive: true}, id: key}\n"
        "features: {numeric: [x, lost], impute: {numeric: {strategy: mean}}}\n"
    )
    done = logit("check", "--set", line, cwd=tmp_path)
    assert "column 'lost' is not in the data" in done.stderr
    assert "config.yaml, line 3, names 'lost'." in done.stderr
    assert "names 'gone'" not in done.stderr
    fine = logit("check", ROOT / "data/exam/config.yaml", "--json", "--set", f"store={tmp_path}/s")
    assert (fine.returncode, json.loads(fine.stdout)["published"]) == (0, False)
