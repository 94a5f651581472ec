"""Opening: the store of a config, in a file that imports nothing heavy, for quick verbs."""

import os
from pathlib import Path

from logit_engine.errors import UsageError
from logit_flows.config.model import Config
from logit_flows.store.layout import Store


def open_store(config: Config) -> Store:
    """The store of the config's name."""
    return Store(config.resolve(config.store), config.name)


def writable_store(config: Config) -> Store:
    """The store of the config's name. Raises UsageError if nothing can be published in it."""
    store = open_store(config)
    runs = store.run_folder("any").parent
    for folder in (store.folder, runs, store.staging, store.cache_folder):
        there = _nearest_there(folder)
        if not there.is_dir():
            raise UsageError(
                f"{there} is a file, so nothing can be stored in {folder}; name another folder by "
                "the key store."
            )
        if not os.access(there, os.W_OK | os.X_OK):
            raise UsageError(
                f"{there} cannot be written, so nothing can be stored in {folder}; name another "
                "folder by the key store, or change its permissions."
            )
    return store


def _nearest_there(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if os.path.lexists(path))
