"""How recipes run: they call steps through a `Run`, as functions or as an orchestrator's tasks."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import active_children, get_context, resource_tracker
from types import FrameType
from typing import Any, Protocol, TypeVar

from logit_engine.errors import UsageError
from logit_flows.config.model import Config
from logit_flows.config.remedies import remedies_of, with_key
from logit_flows.steps.opening import open_store, writable_store

T = TypeVar("T")
Item = TypeVar("Item")

# Not every system wakes a thread that waits when a signal arrives.
POLL_SECONDS = 0.2


class Run(Protocol):
    """What a recipe needs of its runner. id: the orchestrator's name for the run, or None."""

    @property
    def id(self) -> str | None: ...

    def __call__(self, step: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """step(*args, **kwargs)."""
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

    def __call__(self, step: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """step(*args, **kwargs)."""
        announce(step)
        return step(*args, **kwargs)

    def each(self, step: Callable[[Item], T], items: Sequence[Item], workers: int) -> list[T]:
        """step(item) for each item, in spawned processes if there are several workers."""
        if workers == 1 or len(items) == 1:
            return [step(item) for item in items]
        processes = min(workers, len(items))
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            resource_tracker.ensure_running()  # its start lets signals through again
            with _hidden_main(), held_interrupts():
                futures = [pool.submit(_whole_or_gone, step, item) for item in items]
            try:
                while wait(futures, POLL_SECONDS).not_done:
                    pass
                return [future.result() for future in futures]
            except BaseException:
                for worker in active_children():
                    worker.terminate()
                raise


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Processes spawned in here leave Ctrl-C, which a terminal sends to all, to this one."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _whole_or_gone(step: Callable[[Item], T], item: Item) -> T:
    """step(item) in a process of a pool.

    By SIGTERM the parent stops it: what is half-written is removed, and the process ends.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return step(item)
    finally:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
            os._exit(1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Interrupt once: a second interruption would disturb the removal."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


class StepWatch:
    """A runner that hands each step on to another one, and knows the name of the last."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.step = ""

    @property
    def id(self) -> str | None:
        """The other runner's name for the run."""
        return self._run.id

    def __call__(self, step: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """step(*args, **kwargs)."""
        self.step = step.__name__
        return self._run(step, *args, **kwargs)

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
        outcome = "failed" if isinstance(error, Exception) else "stopped"
        store.append_attempt(
            {**record, "outcome": outcome, "error": f"{type(error).__name__}: {with_key(error)}"}
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
