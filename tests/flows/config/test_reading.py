"""A config that is refused is told by file, line, key and the nearest right key."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logit_flows.config.checking import cells, from_mapping
from logit_flows.config.explanations import REFUSED_KEYS
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.config.reading import json_schema, read_config, to_yaml
from pydantic import BaseModel
from ruamel.yaml import YAML

from logit_engine.errors import UsageError
from tests.support.awkward_names import AWKWARD_NAMES
from tests.support.configs import BASE, Problems

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ("normalise: none\n", "c.yaml:8: normalise: unknown key (did you mean 'normalize'?)."),
        (
            "model:\n  penalty:\n    strenght: 1\n",
            "c.yaml:10: model.penalty.strenght: unknown key (did you mean 'strength'?).",
        ),
        (
            "split:\n  test_size: big\n",
            "c.yaml:9: split.test_size: expected a number, found 'big'.",
        ),
        (
            "split: {test_size: 1}\n",
            "c.yaml:8: split.test_size: input should be less than 1, found 1.",
        ),
        ("model: [1]\n", "c.yaml:8: model: expected keys with values, found [1]."),
        ("model:\n", "c.yaml:8: model: expected keys with values, found nothing."),
        ("store: 7\n", "c.yaml:8: store: expected text, found 7."),
        (
            "score: {cohorts: []}\n",
            "c.yaml:8: score.cohorts: expected a file or a list of files, found [].",
        ),
        (
            "model:\n  link: logti\n",
            "c.yaml:9: model.link: 'logti' is not one of logit, probit, cloglog, loglog, cauchit "
            "(did you mean 'logit'?).",
        ),
        ("name: again\n", 'c.yaml:8: found duplicate key "name".'),
        (
            "evaluate: {threshold: {cost: {false_positive: 1}}}\n",
            "c.yaml:8: evaluate.threshold.cost.false_negative: ",
        ),
        (
            "evaluate: {threshold: 2}\n",
            "c.yaml:8: evaluate.threshold: expected a number between 0 and 1, max_f1, or",
        ),
        (
            "compute: {threads: 0}\n",
            "c.yaml:8: compute.threads: expected auto or a number of threads from 1 on, found",
        ),
        (
            "schedule: {cron: 1 2}\n",
            "c.yaml:8: schedule.cron: expected five cron fields such as '0 5 * * 1', found",
        ),
        (
            "schedule: {cron: 99 25 1 13 9}\n",
            "c.yaml:8: schedule.cron: expected five cron fields such as '0 5 * * 1', found "
            "'99 25 1 13 9', where the minute '99' and the hour '25' and the month '13' and the "
            "weekday '9' cannot be.",
        ),
        (
            "schedule: {cron: 0 5 31 2 *}\n",
            "c.yaml:8: schedule.cron: the day '31' never comes in the month '2'; choose another",
        ),
        (
            "schedule: {cron: 0 5 30 feb mon}\n",
            "c.yaml:8: schedule.cron: the day '30' never comes in the month 'feb'; choose another",
        ),
        (
            "schedule: {cron: 0 5 LW * *}\n",
            "c.yaml:8: schedule.cron: expected five cron fields such as '0 5 * * 1', found "
            "'0 5 LW * *', where the day 'LW' cannot be.",
        ),
        (
            "schedule: {cron: 0 5 * * 1, timezone: Mars}\n",
            "c.yaml:8: schedule.timezone: expected a time zone such as America/New_York, found "
            "'Mars'.",
        ),
        (
            "gate: {require: {skil: {min: 1}}}\n",
            "c.yaml:8: gate.require.skil: 'skil' is not one of log_loss, skill, ",
        ),
        (
            "model: {penalty: {type: l2, strength: .inf}}\n",
            "c.yaml:8: model.penalty.strength: expected a number above 0, or cv, found inf.",
        ),
    ],
)
def test_a_wrong_line_is_told_by_its_file_line_and_key(
    problems: Problems, extra: str, problem: str
) -> None:
    found = problems(BASE + extra)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_key_in_the_list_of_a_section_is_told_by_the_line_of_its_list(problems: Problems) -> None:
    assert problems(BASE.replace("numeric: [x]", "numeric:\n  - x\n  - 7")) == [
        "c.yaml:9: features.numeric.1: expected text, found 7."
    ]


def test_every_problem_is_told_with_its_own_line(problems: Problems) -> None:
    text = BASE + "normalize: std\nmodle: {}\nmodel:\n  estimator: firth\nsplit: {test_size: big}\n"
    assert sorted(problems(text)) == [
        "c.yaml:11: model.estimator: other estimators are not built yet; leave it out.",
        "c.yaml:12: split.test_size: expected a number, found 'big'.",
        "c.yaml:8: normalize: 'std' is not one of standard, minmax, robust, none (did you mean "
        "'standard'?).",
        "c.yaml:9: modle: unknown key (did you mean 'model'?).",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "c.yaml:1: expected keys with values, found nothing."),
        ("# only a comment\n", "c.yaml:1: expected keys with values, found nothing."),
        ("hello", "c.yaml:1: expected keys with values, found 'hello'."),
        ("name: demo\ndata: [\n", "c.yaml:3: expected the node content, but found '<stream end>'."),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(problems: Problems, text: str, problem: str) -> None:
    assert problems(text) == [problem]


ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ALIASES, "c.yaml: its aliases stand for 1.2e+09 values, and a config has at most 100,000"),
        ("a: " + "[" * 500 + "]" * 500, "c.yaml: this is not YAML (its keys and lists are nested"),
        ("a: 2020-99-99", "c.yaml: this is not YAML (month must be in 1..12)."),
    ],
    ids=["aliases", "nested", "date"],
)
def test_a_text_that_is_too_much_for_a_config_is_refused_at_once(
    problems: Problems, text: str, problem: str
) -> None:
    (said,) = problems(text)
    assert said.startswith(problem)


def test_an_override_that_is_too_much_is_refused_too(problems: Problems) -> None:
    (said,) = problems(BASE, f"model={{{ALIASES.strip()}}}".replace("\n", ", "))
    assert said.startswith("--set model: its aliases stand for 1.2e+09 values")
    (said,) = problems(BASE, "model=&a {b: *a}")
    assert said == "--set model: an alias stands inside what it stands for."


def test_merge_keys_of_an_override_are_not_written_out(problems: Problems) -> None:
    levels = ["a0: &a0 {k: 1}"]
    levels += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 13)]
    started = time.perf_counter()
    found = problems(BASE, f"features={{{', '.join(levels)}}}")
    assert time.perf_counter() - started < 5.0  # seconds; 10^12 values
    assert any("unknown key" in one for one in found)


def test_aliases_of_a_config_of_common_size_are_read(read: Callable[..., Config]) -> None:
    config = read(
        "score: {cohorts: &files [one.csv]}\nexperiment: {matrix: {features.numeric: [*files]}}\n"
    )
    assert config.experiment.matrix == {"features.numeric": [["one.csv"]]}


def test_a_file_that_is_not_there_is_told_how_to_come_by(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: there is no such file; .*`logit init`"):
        read_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="this is a folder; name the config file in it"):
        read_config(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("name: Zoë".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.yaml: this is not UTF-8 text"):
        read_config(tmp_path / "latin.yaml")


def test_no_is_text_and_1e_8_is_a_number_in_a_file(read: Callable[..., Config]) -> None:
    config = read(
        "  categorical: [c]\n  reference: {c: NO}\nmodel: {penalty: {type: l2, strength: 1e-8}}\n"
    )
    assert config.features.reference == {"c": "NO"}
    assert config.model.penalty.strength == 1e-8


def test_overrides_merge_deeply_and_leave_their_neighbors(read: Callable[..., Config]) -> None:
    extra = "evaluate: {threshold: 0.3, intervals: {level: 0.9, seed: 4}}\n"
    config = read(
        extra,
        "evaluate.intervals={level: 0.8}",
        "evaluate.intervals.replicates=200",
        "model={link: probit}",
    )
    assert (config.evaluate.threshold, config.model.link) == (0.3, "probit")
    assert (config.evaluate.intervals.level, config.evaluate.intervals.seed) == (0.8, 4)
    assert config.evaluate.intervals.replicates == 200


def test_null_sets_a_key_back_to_its_default(read: Callable[..., Config]) -> None:
    extra = (
        "  categorical: [c]\nmodel: "
        "{link: probit, penalty: {type: l2, strength: 0.1, smooth: [c]}}\n"
    )
    config = read(extra, "model.penalty.smooth=null", "model={link: null}")
    assert (config.model.penalty.smooth, config.model.link, config.model.penalty.strength) == (
        [],
        "logit",
        0.1,
    )
    assert read(extra, "model.penalty=null").model.penalty.type == "none"


def test_a_key_that_stands_in_the_file_is_not_laid_at_the_door_of_an_override(
    problems: Problems,
) -> None:
    text = BASE + "model:\n  penalty: {type: l1, strength: cv,\n    fold_method: stratified}\n"
    (found,) = problems(text, "model.penalty={strength: 0.1}")
    line = text.splitlines().index("    fold_method: stratified}") + 1
    assert f".yaml:{line}: model.penalty.fold_method: it goes with strength: cv; " in found
    assert problems(text, "model.penalty={strength: 0.1, fold_method: time}")[0].startswith(
        "--set model.penalty="
    )


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("x", "--set x: expected key.sub=value."),
        ("=1", "--set =1: expected key.sub=value."),
        ("model.link=[1", "--set model.link=[1: the value is not YAML."),
        (
            "model.lnk=probit",
            "--set model.lnk=probit: model.lnk: unknown key (did you mean 'link'?).",
        ),
        ("name.a=1", "--set name.a=1: name: expected text, found {'a': 1}."),
        (
            "model.link.x=1",
            "--set model.link.x=1: model.link: {'x': 1} is not one of logit, probit, cloglog, "
            "loglog, cauchit.",
        ),
        ("data.id=5", "--set data.id=5: data.id: expected text, found 5."),
    ],
)
def test_a_wrong_override_is_told_as_it_was_typed(
    problems: Problems, override: str, problem: str
) -> None:
    assert problems(BASE, override) == [problem]


@pytest.mark.parametrize(
    ("matrix", "problem"),
    [
        (
            "{model.lnik: [logit]}",
            "'model.lnik' is not a key of the config (did you mean 'model.link'?).",
        ),
        (
            "{modle.link: [logit]}",
            "'modle.link' is not a key of the config (did you mean 'model.link'?).",
        ),
        (
            "{model.link.x: [logit]}",
            "'model.link.x' is not a key of the config (did you mean 'model.link'?).",
        ),
        ("{model.link: []}", "'model.link' has no values; list some, or leave it out."),
        (
            "{gate.margin: [1, 2]}",
            "'gate.margin' cannot vary within an experiment; what can is features, normalize, "
            "model.",
        ),
        (
            "{name: [a, b]}",
            "'name' cannot vary within an experiment; what can is features, normalize, model.",
        ),
        (
            "{model.link: [logit, prob]}",
            "a cell does not make sense: model.link: 'prob' is not one of logit, probit, cloglog, "
            "loglog, cauchit (did you mean 'probit'?).",
        ),
    ],
)
def test_a_matrix_that_cannot_be_run_is_refused_before_anything_runs(
    problems: Problems, matrix: str, problem: str
) -> None:
    (found,) = problems(BASE + f"experiment:\n  folds: 3\n  matrix: {matrix}\n")
    assert found == f"c.yaml:10: experiment.matrix: {problem}"


def test_every_problem_of_a_matrix_is_told_at_once(problems: Problems) -> None:
    keys = "{model.lnik: [logit], name: [a], normalize: []}"
    assert [
        problem.partition("experiment.matrix: ")[2].split(" ")[0]
        for problem in problems(BASE + f"experiment: {{matrix: {keys}}}\n")
    ] == ["'model.lnik'", "'name'", "'normalize'"]
    values = "{model.link: [logit, prob], normalize: [none, smaller]}"
    found = problems(BASE + f"experiment: {{matrix: {values}}}\n")
    assert ["'prob'" in problem for problem in found] == [False, True]
    assert ["'smaller'" in problem for problem in found] == [True, False]


def test_cells_come_in_the_order_written_the_last_key_fastest(read: Callable[..., Config]) -> None:
    config = read(
        "experiment: {matrix: {normalize: [none, minmax], model.link: [probit, logit]}}\n"
    )
    found = [
        (tuple(settings.values()), cell.normalize, cell.model.link)
        for settings, cell in cells(config)
    ]
    assert found == [
        (("none", "probit"), "none", "probit"),
        (("none", "logit"), "none", "logit"),
        (("minmax", "probit"), "minmax", "probit"),
        (("minmax", "logit"), "minmax", "logit"),
    ]
    assert list(cells(read())) == []


def test_a_name_of_the_environment_is_replaced_when_used_and_never_stored(
    read: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read("store: '${env:LOGIT_TEST_PLACE}/store'\n")
    with pytest.raises(UsageError, match="LOGIT_TEST_PLACE is not set in the environment"):
        config.resolve(config.store)
    monkeypatch.setenv("LOGIT_TEST_PLACE", "elsewhere")
    assert config.resolve(config.store) == tmp_path / "elsewhere" / "store"
    assert "elsewhere" not in to_yaml(config.content())


@pytest.mark.parametrize(
    "file", ["config.yaml", "data/exam/config.yaml", "data/exam/two_features.yaml"]
)
def test_a_shipped_config_is_valid_and_survives_its_own_content(file: str) -> None:
    config = read_config(ROOT / file)
    again = from_mapping(config.content(), config.folder)
    assert again == config
    assert again.content() == config.content()


def test_the_schema_explains_every_key() -> None:
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    fields = [
        (key, field) for section in sections for key, field in section.get("properties", {}).items()
    ]
    assert [key for key, field in fields if not {"description", "$ref"} & field.keys()] == []


def known_keys(model: type[BaseModel], parents: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of the config by its path, sections and leaves."""
    for name, field in model.model_fields.items():
        yield (*parents, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from known_keys(field.annotation, (*parents, name))


KEYS = sorted(known_keys(Config))


@st.composite
def misspelt(draw: st.DrawFn) -> tuple[tuple[str, ...], str]:
    """A known key, and the same with one letter changed, left out or doubled, so that it is
    unknown there.
    """
    path = draw(st.sampled_from(KEYS))
    word, at = path[-1], draw(st.integers(0, len(path[-1]) - 1))
    other = draw(st.sampled_from("qjxz"))
    wrong = draw(
        st.sampled_from(
            [word[:at] + other + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + word[at:]]
        )
    )
    wrong = wrong or "q"
    siblings = {key[-1] for key in KEYS if key[:-1] == path[:-1]}
    return path, wrong if wrong not in siblings else word + other


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(misspelt())
def test_a_misspelt_key_is_always_refused_where_it_stands(
    case: tuple[tuple[str, ...], str],
) -> None:
    path, wrong = case
    content: dict[str, Any] = {
        "name": "demo",
        "data": {"source": "a.csv", "target": {"column": "y", "positive": 1}, "id": "key"},
        "features": {"numeric": ["x"]},
    }
    section = content
    for part in path[:-1]:
        section = section.setdefault(part, {})
    section[wrong] = section.pop(path[-1], 1)
    with pytest.raises(ConfigError) as caught:
        from_mapping(content, ".")
    dotted = ".".join([*path[:-1], wrong])
    later = [f"{dotted}: {REFUSED_KEYS[dotted]}."] if dotted in REFUSED_KEYS else []
    assert later or any(
        problem.startswith(f"{dotted}: unknown key") for problem in caught.value.problems
    )


def test_a_written_config_has_every_name_as_it_is(tmp_path: Path) -> None:
    features = {"numeric": list(AWKWARD_NAMES), "reference": dict.fromkeys(AWKWARD_NAMES, "b")}
    file = tmp_path / "c.yaml"
    file.write_text(to_yaml({**YAML(typ="safe").load(BASE), "features": features}))
    assert YAML(typ="rt").load(file.read_text())["features"] == features


def test_a_file_of_data_is_no_config_and_is_not_printed(tmp_path: Path) -> None:
    data = tmp_path / "churn.csv"
    data.write_text("id,name\n" + "1,Smith\n" * 1000, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"churn\.csv is data, no config: .* by `logit init"):
        read_config(data)
    odd = data.rename(tmp_path / "churn.yaml")
    with pytest.raises(ConfigError) as caught:
        read_config(odd)
    assert len(str(caught.value)) < 200
