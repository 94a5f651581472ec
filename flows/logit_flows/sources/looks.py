"""Looks that were taken: what text files were found to hold, kept by their contents.

A look costs a pass over a text file. Before a name has a contract, each check and train would look
anew; the same bytes under the same config were found to be the same.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from logit_engine.errors import ArtifactError
from logit_engine.storage.publish import canonical_json, publish_text, sealed, unsealed
from logit_flows.sources.contract import Contract, Roles
from logit_flows.sources.files import DataFile
from logit_flows.sources.looking import KnownTypes
from logit_flows.sources.text.dialects import DialectChoice

LOOK_VERSION = 2  # of what a look finds


def look_file(
    cache: Path, files: Sequence[DataFile], roles: Roles, known: KnownTypes, dialects: DialectChoice
) -> Path:
    """Where the look at these files, for these roles, is or would be kept."""
    content = {
        "version": LOOK_VERSION,
        "files": [[file.sha256, [list(pair) for pair in file.partitions]] for file in files],
        "roles": {name: [str(role) for role in found] for name, found in roles.items()},
        "known": {name: str(found) for name, found in known.types.items()},
        "declared": {
            key: list(v) if isinstance(v, tuple) else v for key, v in dialects.declared.items()
        },
        "dialect": None if dialects.older is None else dialects.older.to_content(),
    }
    key = hashlib.sha256(canonical_json(content).encode()).hexdigest()[:32]
    return cache / "looks" / f"{key}.json"


def read_look(file: Path) -> Contract | None:
    """The contract that the look found; None if there is none, or it is damaged."""
    try:
        return Contract.from_content(unsealed(file)) if file.exists() else None
    except ArtifactError:
        return None


def keep_look(file: Path, contract: Contract) -> None:
    """Keep what a look found."""
    publish_text(file, sealed(contract.to_content()), file.parents[1] / ".staging")
