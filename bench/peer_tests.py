"""The peers' own public tests, run against our faces: python bench/peer_tests.py PEER [words of
pytest's -k].

A peer is a module beside this one, peer_tests_PEER.py, with `substituted`, which puts our classes
in place of the peer's before its tests are imported and gives the classes, `FILES`, its test files,
`SET_ASIDE`, the tests that do not concern public behavior, and `FAILS`, the tests of public
behavior that fail, each with its reason. A test counts if one of our classes was made in it, or in
a fixture it takes: nobody lists by hand what concerns us. Exits with 1 if a test fails that is in
neither list, or one of `FAILS` passes.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pytest

PEERS = sorted(
    path.stem.removeprefix("peer_tests_") for path in Path(__file__).parent.glob("peer_tests_*.py")
)


class Peer(Protocol):
    """A peer's tests.

    FILES: paths of its package; SET_ASIDE, FAILS: reasons by pattern of a test's id.
    """

    FILES: Sequence[Path]
    SET_ASIDE: Mapping[str, str]
    FAILS: Mapping[str, str]
    MOST_FAILS: int

    @staticmethod
    def substituted() -> Sequence[type]:
        """Our classes, once they stand where the peer's stood."""


@dataclass(slots=True)
class Walk:
    """A plugin of pytest: which tests made one of our classes, and how each of them ended."""

    made: int = 0
    fixtures: set[Any] = field(default_factory=set)
    ours: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def watch(self, kind: type) -> None:
        """Count the instances of a class from here on."""
        made_before: Callable[..., None] = kind.__init__

        @wraps(made_before)
        def counted(this: Any, *args: Any, **kwargs: Any) -> None:
            self.made += 1
            made_before(this, *args, **kwargs)

        kind.__init__ = counted  # type: ignore[misc]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Remember the fixtures in which our classes are made."""
        before = self.made
        try:
            return (yield)
        finally:
            if self.made > before:
                self.fixtures.add(fixturedef)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Iterator[None]:
        """A test is ours if it, or a fixture it takes, made one of our classes."""
        before = self.made
        found = yield
        taken = {one for several in item._fixtureinfo.name2fixturedefs.values() for one in several}
        if self.made > before or taken & self.fixtures:
            self.ours.add(item.nodeid)
        return found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The worst of setup, call and teardown."""
        if report.failed:
            self.ended[report.nodeid] = "failed"
            lines = report.longreprtext.strip().splitlines()
            self.errors[report.nodeid] = next(
                (line[1:].strip() for line in lines if line.startswith("E ")), lines[-1]
            )
        elif report.skipped:
            self.ended.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self.ended.setdefault(report.nodeid, "passed")


def reason(test: str, reasons: Mapping[str, str]) -> str | None:
    """The reason of the first pattern that fits a test's id, if one does."""
    return next((why for pattern, why in reasons.items() if fnmatchcase(test, f"*{pattern}")), None)


def run(peer: Peer, words: Sequence[str]) -> int:
    """Run the tests and print what came of them; how many were not foreseen."""
    walk = Walk()
    for kind in peer.substituted():
        walk.watch(kind)
    asked = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(peer.FILES[0].parents[3]),
        "--tb=short",
    ]
    filters = ["-W", "ignore", "--no-header", "-r", "N", "--show-capture=no", "--no-summary"]
    pytest.main(
        [*map(str, peer.FILES), *asked, *filters, *(["-k", " ".join(words)] if words else [])],
        plugins=[walk],
    )
    ended = {test: walk.ended[test] for test in sorted(walk.ours) if test in walk.ended}
    aside = {test for test in ended if reason(test, peer.SET_ASIDE)}
    counted = Counter(end for test, end in ended.items() if test not in aside)
    failed = [test for test, end in ended.items() if end == "failed" and test not in aside]
    unforeseen = [test for test in failed if not reason(test, peer.FAILS)]
    print(
        f"\n{counted['passed']} pass, {counted['failed']} fail, {counted['skipped']} are skipped "
        "there; set aside:"
    )
    for why, number in Counter(reason(test, peer.SET_ASIDE) for test in aside).items():
        print(f"  {number:4} {why}")
    for test in failed:
        print(f"FAILS {test}: {reason(test, peer.FAILS) or walk.errors[test]}")
    passing = [test for test, end in ended.items() if end == "passed" and reason(test, peer.FAILS)]
    for test in passing:
        print(f"PASSES, but is listed to fail: {test}")
    return len(unforeseen) + len(passing) + max(0, len(failed) - peer.MOST_FAILS)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in PEERS:
        sys.exit(f"python bench/peer_tests.py PEER; PEER is one of {', '.join(PEERS)}.")
    sys.exit(1 if run(import_module(f"peer_tests_{sys.argv[1]}"), sys.argv[2:]) else 0)  # type: ignore[arg-type]
