"""How recipes run: they call steps through a `Run`, as functions or as an orchestrator's tasks."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from logit_engine.errors import UsageError
from logit_flows.config.model import Config
from logit_flows.config.remedies import remedies_of, with_key
from logit_flows.steps.opening import open_store, writable_store

T = TypeVar("T")
Item = TypeVar("Item")


class Run(Protocol):
    """What a recipe needs of its runner. id: the orchestrator's name for the run, or None."""

    @property
    def id(self) -> str | None: ...

    def __call__(self, step: Callable[..., T], /, *args: Any) -> T:
        """step(*args)."""
        ...

    def each(self, step: Callable[[Item], T], items: Sequence[Item], workers: int) -> list[T]:
        """step(item) for each item, side by side, in order."""
        ...


_listeners: list[Callable[[str], None]] = []


def listen(listener: Callable[[str], None]) -> None:
    """Call the listener with the name of each step as it starts."""
    _listeners.append(listener)


def announce(step: Callable[..., Any]) -> None:
    """Tell the listeners that a step starts, by its name."""
    for listener in _listeners:
        listener(step.__name__.replace("_", " "))


class Direct:
    """Steps as plain functions, in this process; `each` in processes of its own."""

    id: str | None = None

    def __call__(self, step: Callable[..., T], /, *args: Any) -> T:
        """step(*args)."""
        announce(step)
        return step(*args)

    def each(self, step: Callable[[Item], T], items: Sequence[Item], workers: int) -> list[T]:
        """step(item) for each item, in spawned processes if there are several workers."""
        if workers == 1 or len(items) == 1:
            return [step(item) for item in items]
        with ProcessPoolExecutor(min(workers, len(items)), mp_context=get_context("spawn")) as pool:
            with _hidden_main():
                results = pool.map(step, items)
            return list(results)


class StepWatch:
    """A runner that hands each step on to another one, and knows the name of the last."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.step = ""

    @property
    def id(self) -> str | None:
        """The other runner's name for the run."""
        return self._run.id

    def __call__(self, step: Callable[..., T], /, *args: Any) -> T:
        """step(*args)."""
        self.step = step.__name__
        return self._run(step, *args)

    def each(self, step: Callable[[Item], T], items: Sequence[Item], workers: int) -> list[T]:
        """step(item) for each item."""
        self.step = step.__name__
        return self._run.each(step, items, workers)


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Processes spawned in here do not run the user's script again."""
    main = sys.modules["__main__"]
    hidden = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
    vars(main).update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        vars(main).update(hidden)


DIRECT = Direct()


@contextmanager
def attempt(config: Config, recipe: str, run: Run) -> Iterator[dict[str, Any]]:
    """Put an attempt on record in the store, with its outcome and what the recipe adds; a failure
    is raised again.

    Raises UsageError if the config or the runner is not one, or the store cannot be written.
    """
    store = writable_store(checked_config(config, recipe))
    if not callable(run):
        raise UsageError(
            f"{recipe} takes as run what runs its steps, but got {run!r}; leave it out."
        )
    record: dict[str, Any] = {"recipe": recipe, "orchestrator": run.id}
    try:
        yield record
    except BaseException as error:
        store.append_attempt(
            {**record, "outcome": "failed", "error": f"{type(error).__name__}: {with_key(error)}"}
        )
        for remedy in remedies_of(error):
            error.add_note(f"in the config:  {remedy.yaml}")
        raise
    store.append_attempt({"outcome": "done", **record})


def hold_name(config: Config, recipe: str) -> AbstractContextManager[None]:
    """Hold the config's name for one recipe. Raises Busy if another process holds it."""
    return open_store(checked_config(config, recipe)).lock(recipe)


def checked_config(config: Config, verb: str) -> Config:
    """The config itself. Raises UsageError for anything else, as the path of its file."""
    if not isinstance(config, Config):
        raise UsageError(
            f"{verb} takes a config, but got {type(config).__name__}; read it first: config = "
            f"read_config({config!r})."
        )
    return config
