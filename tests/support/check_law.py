"""The law of check and train: what train finds, check finds, and what check calls fine, train
publishes.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from logit_flows.config.model import Config
from logit_flows.recipes.checking import check
from logit_flows.recipes.training import Trained
from logit_flows.steps.check import Checked

from logit_engine.errors import ArtifactError, ClusterError, DataError, LogitEngineError

T = TypeVar("T")


class Silent:
    """Steps as plain functions, which no listener hears of."""

    id: str | None = None

    def __call__(self, step: Callable[..., T], /, *args: Any) -> T:
        return step(*args)

    def each(self, step: Callable[[Any], T], items: Sequence[Any], workers: int) -> list[T]:
        return [step(item) for item in items]


def verdict_of(config: Config) -> Checked | DataError:
    """What check says, after it was seen that it leaves no file in the store but a cache."""
    before = published_files(config)
    try:
        found: Checked | DataError = check(config, Silent())
    except DataError as error:
        found = error
    assert published_files(config) == before
    return found


def published_files(config: Config) -> list[tuple[str, int]]:
    """The files of the config's store and when they were written, without the cache."""
    store = Path(config.resolve(config.store))
    files = [path for path in store.rglob("*") if path.is_file() and ".cache" not in path.parts]
    return sorted((str(path), path.stat().st_mtime_ns) for path in files)


def lawful(train_run: Callable[..., Trained]) -> Callable[..., Trained]:
    """`train_run` that first asks check, and fails where the two disagree.

    The machines and the store's files are no matter of check. What learns a contract anew is not
    checked: check holds files against the old one. Nor are cells on threads, side by side in one
    store.
    """

    def checked_train_run(config: Config, *rest: Any) -> Trained:
        aside = threading.current_thread() is not threading.main_thread()
        if True in rest or aside:
            return train_run(config, *rest)
        found = verdict_of(config)
        try:
            trained = train_run(config, *rest)
        except (ArtifactError, ClusterError):
            raise
        except LogitEngineError as error:
            expect_problems(found, error)
            raise
        assert isinstance(found, Checked), f"train is fine, but check says: {found}"
        assert (found.run, found.published) == (trained.run, trained.reused)
        return trained

    return checked_train_run


def expect_problems(found: Checked | DataError, error: LogitEngineError) -> None:
    """Every sentence of train's error is among those of check."""
    assert isinstance(found, DataError), f"check is fine, but train says: {error}"
    told = [str(part) for part in found.parts]
    assert [str(part) for part in error.parts if str(part) not in told] == []
