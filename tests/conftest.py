"""What holds for all tests: their own Prefect, one profile of hypothesis, no skipped test in CI."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Before anything imports Prefect: a home of its own that exists, patience on a slow machine, and no
# calls to the world.
os.environ.pop("PREFECT_API_URL", None)
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-home-")
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "120"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


@pytest.fixture
def all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passes take all the threads they may, however few the numbers."""
    monkeypatch.setattr("logit_engine.rows.tree_of_sums.MIN_PART_NUMBERS", 1)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's embedded server with a database of its own, started once for all tests that need
    it.
    """
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


def skipped_in_ci(config: pytest.Config) -> int:
    """How many tests were skipped where none may be: with CI set, a test that cannot run is a
    failure.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if os.environ.get("CI") and reporter else 0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK and skipped_in_ci(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if skipped := skipped_in_ci(config):
        terminalreporter.write_line(
            f"Skipped in CI: {skipped}, and there it counts as failed.", red=True
        )
