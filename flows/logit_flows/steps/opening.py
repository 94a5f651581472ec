"""Opening: the store of a config, in a file that imports nothing heavy, for quick verbs."""

from logit_flows.config.model import Config
from logit_flows.store.layout import Store


def open_store(config: Config) -> Store:
    """The store of the config's name."""
    return Store(config.resolve(config.store), config.name)
