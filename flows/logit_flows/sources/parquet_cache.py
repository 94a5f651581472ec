"""The cache of text files: each is turned into Parquet once, by its contents and its contract.

The key is a hash of the contents, the dialect, the types of the columns and what the folders of the
file name. So a file that changes is read anew. The file is hashed again before its entry is
published, since an entry stands for these contents ever after. An entry is a folder with a sealed
manifest, as all that is published: a damaged one is made anew.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from logit_engine.errors import ArtifactError
from logit_engine.storage.publish import (
    AlreadyPublished,
    canonical_json,
    publish_folder,
    verify_manifest,
    write_manifest,
)
from logit_flows.sources.files import DataFile, Stamp, refuse_new_contents
from logit_flows.sources.logical_types import PHYSICAL_TYPES
from logit_flows.sources.raw_files import RawFile
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.scanning import write_parquet
from logit_flows.sources.type_names import LogicalType

CACHE_VERSION = 1  # of what the conversion makes
ROWS = "rows.parquet"
BY_CONTENT = Stamp(0, 0, 0)  # of a file whose path names its contents


def cached_parquet(file: RawFile, types: Mapping[str, LogicalType], cache: Path) -> RawFile:
    """The Parquet of a text file, made if it is not there, with the physical types of a contract.

    Raises DataError for the first value that is not of its type.
    """
    assert file.dialect is not None, "only text files are turned into Parquet"
    partitions = dict(file.partitions)
    own = {name: wanted for name, wanted in types.items() if name not in partitions}
    folder = cache / _key(file.file, file.dialect, own)
    if not _is_whole(folder):
        _make_entry(file.file, file.dialect, own, folder)
    rows = str(folder / ROWS)
    made = DataFile(rows, file.file.sha256, BY_CONTENT, file.partitions)
    physical = {name: PHYSICAL_TYPES[wanted] for name, wanted in own.items()}
    named = {name: file.types[name] for name in partitions}
    return RawFile(made, {**physical, **named}, file.partitions)


def _key(file: DataFile, dialect: Dialect, types: Mapping[str, LogicalType]) -> str:
    content = {
        "version": CACHE_VERSION,
        "sha256": file.sha256,
        "dialect": dialect.to_content(),
        "types": {name: str(wanted) for name, wanted in types.items()},
        "partitions": [list(pair) for pair in file.partitions],
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:32]


def _is_whole(folder: Path) -> bool:
    """Whether the entry is there and as it was written; a damaged one, or another's, is removed."""
    if not os.path.lexists(folder):
        return False
    if folder.is_dir() and not folder.is_symlink():
        try:
            if verify_manifest(folder).get("key") == folder.name:
                return True
        except ArtifactError:
            pass
        shutil.rmtree(folder, ignore_errors=True)
    else:
        folder.unlink()
    return False


def _make_entry(
    file: DataFile, dialect: Dialect, types: Mapping[str, LogicalType], folder: Path
) -> None:
    """Convert the file. Another process that was faster has made the same entry.

    Raises DataError if the file is not the one that was hashed.
    """
    try:
        with publish_folder(folder, folder.parent / ".staging") as staged:
            rows = write_parquet(file.path, dialect, types, staged / ROWS)
            with ThreadPoolExecutor(1) as pool:
                hashed = pool.submit(refuse_new_contents, [file])
                write_manifest(staged, {"rows": rows, "key": folder.name})
                hashed.result()
    except AlreadyPublished:
        pass
