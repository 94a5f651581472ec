"""The orchestrator of a verb: the flag, then the config, then the server that is named."""

from pathlib import Path

import pytest
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.operations import orchestrator
from logit_flows.operations.orchestrator import named_server, under_prefect, unreachable_server
from logit_flows.steps.identity import identify
from logit_flows.steps.load import load_dataset

from logit_engine.errors import UsageError
from tests.support.command import logit

EXAM = Path(__file__).parents[3] / "data" / "exam" / "config.yaml"
SERVER = "http://server:4200/api"


def exam(choice: str) -> Config:
    return read_config(EXAM, [f"orchestrator={choice}"])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of Prefect's, and no server named anywhere."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("choice", "plain", "with_server"),
    [("auto", False, True), ("prefect", True, True), ("none", False, False)],
)
def test_the_config_says_and_a_flag_overrules_it(
    choice: str, plain: bool, with_server: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert under_prefect(exam(choice)) is plain
    monkeypatch.setenv("PREFECT_API_URL", SERVER)
    assert under_prefect(exam(choice)) is with_server
    assert under_prefect(exam(choice), True)
    assert not under_prefect(exam(choice), False)


def test_auto_is_the_default() -> None:
    assert read_config(EXAM).orchestrator == "auto"


PROFILES = f"""
active = "plain"
[profiles.plain]
PREFECT_LOGGING_LEVEL = "INFO"
[profiles.team]
PREFECT_API_URL = "{SERVER}"
"""


def test_a_profile_names_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "profiles.toml").write_text(PROFILES)
    assert named_server() is None
    monkeypatch.setenv("PREFECT_PROFILE", "team")
    assert named_server() == SERVER


def test_a_profile_that_prefect_brings_may_be_active(home: Path) -> None:
    assert named_server() is None
    (home / "profiles.toml").write_text('active = "local"\n')
    assert named_server() == "http://127.0.0.1:4200/api"


def test_prefects_own_reading_of_the_profiles_agrees(home: Path) -> None:
    from prefect.settings.profiles import load_profiles

    (home / "profiles.toml").write_text('active = "local"\n' + PROFILES.split("\n", 2)[2])
    active = load_profiles(include_defaults=True).active_profile
    assert active is not None
    assert {setting.name: value for setting, value in active.settings.items()}[
        "PREFECT_API_URL"
    ] == named_server()


BROKEN = ["active = [", "profiles = 3", 'active = ["a"]', "active = 'x'\nprofiles.x = 3"]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_of_profiles_names_no_server(home: Path, content: str) -> None:
    (home / "profiles.toml").write_text(content)
    assert named_server() is None


def test_a_server_that_does_not_answer_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    done = logit("train", EXAM, "--set", f"store={tmp_path}")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "logit: Prefect's server http://127.0.0.1:9/api cannot be reached: start it, or run plain "
        "functions by --no-prefect."
    ]


def test_a_server_that_goes_away_in_a_flow_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    cure = "cannot be reached: start it, or run plain functions by --no-prefect."
    for error in (httpx.ConnectError("refused"), httpx.ReadTimeout("late")):
        assert unreachable_server(error) == f"Prefect's server {cure}"
    monkeypatch.setenv("PREFECT_API_URL", SERVER)
    assert unreachable_server(httpx.ConnectError("refused")) == f"Prefect's server {SERVER} {cure}"
    assert unreachable_server(ValueError("no.")) is None


@pytest.mark.parametrize(
    ("choice", "asked", "who"),
    [
        ("none", True, "--prefect"),
        ("prefect", None, "orchestrator: prefect"),
        ("auto", None, f"the server {SERVER}"),
    ],
)
def test_prefect_that_is_not_installed_is_said_with_who_wants_it(
    choice: str, asked: bool | None, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orchestrator, "find_spec", lambda name: None)
    if choice == "auto":
        monkeypatch.setenv("PREFECT_API_URL", SERVER)
    with pytest.raises(
        UsageError, match=f"^{who} needs Prefect, which is not installed.*--no-prefect"
    ):
        under_prefect(exam(choice), asked)


def test_the_orchestrator_is_no_part_of_the_run_id() -> None:
    ids = {
        identify(config, load_dataset(config)) for config in map(exam, ("auto", "prefect", "none"))
    }
    assert len(ids) == 1
