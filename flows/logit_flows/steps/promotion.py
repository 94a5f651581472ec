"""Promotion: who is champion, and the move of the pointer to another run."""

from logit_flows.config.model import Config
from logit_flows.steps.opening import open_store
from logit_flows.store.layout import Champion, ChampionMoved

FIRST_RUN_REASON = "the first published run"


def read_champion(config: Config) -> Champion | None:
    """The champion of the config's name; None before the first promotion."""
    return open_store(config).champion()


def promote_first(config: Config, run: str) -> bool:
    """Make a published run the champion if its name has none. Returns whether it is the champion
    now.

    Two first runs may finish at once: one of them becomes the champion, and neither fails.
    """
    store = open_store(config)
    if store.champion() is None:
        try:
            store.promote(run, FIRST_RUN_REASON, None)
        except ChampionMoved:
            return False
    champion = store.champion()
    return champion is not None and champion.run == run


def promote_run(config: Config, run: str, reason: str, expected: str | None) -> None:
    """Make a published run the champion.

    Raises ChampionMoved if the champion is not the expected one.
    """
    open_store(config).promote(run, reason, expected)
