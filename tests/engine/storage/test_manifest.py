"""A manifest names every file, and no changed byte goes unnoticed."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logit_engine.errors import ArtifactError
from logit_engine.storage.publish import (
    fingerprint,
    publish_folder,
    sealed,
    unsealed,
    verify_manifest,
    write_manifest,
)
from tests.support.json_values import JSON, words


@pytest.fixture
def published(tmp_path: Path) -> Path:
    with publish_folder(tmp_path / "one", tmp_path / ".staging") as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "a").write_bytes(bytes(range(40)))
        (folder / "b").write_bytes(b"")
        write_manifest(folder, {"seed": 13, "loss": math.nan})
    return tmp_path / "one"


def test_a_manifest_names_every_file_and_keeps_what_it_was_given(published: Path) -> None:
    assert verify_manifest(published) == {
        "seed": 13,
        "loss": "nan",
        "files": {
            "b": fingerprint(published / "b"),
            "inner/a": fingerprint(published / "inner" / "a"),
        },
    }
    assert fingerprint(published / "inner" / "a")["bytes"] == 40


def test_the_same_content_gives_the_same_manifest(published: Path) -> None:
    before = (published / "manifest.json").read_bytes()
    write_manifest(published, {"loss": math.nan, "seed": 13})
    assert (published / "manifest.json").read_bytes() == before


@given(st.data())
def test_a_flipped_bit_in_any_file_or_in_the_manifest_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    (folder / "a").write_bytes(bytes(range(40)))
    write_manifest(folder, {"seed": 13, "source": "data/train.parquet"})
    path = folder / data.draw(st.sampled_from(["a", "manifest.json"]))
    content = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="is damaged: "):
        verify_manifest(folder)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: (folder / "b").unlink(),
            "one is damaged: b, which its manifest names, is missing.",
        ),
        (
            lambda folder: (folder / "b").write_text("x"),
            "one is damaged: b has 1 bytes, but 0 were published.",
        ),
        (
            lambda folder: (folder / "inner" / "a").write_bytes(bytes(40)),
            "one is damaged: inner/a has changed since it was published (its sha256 differs).",
        ),
        (
            lambda folder: (folder / "c").touch(),
            "one is damaged: c is there, but its manifest does not name it.",
        ),
        (
            lambda folder: (folder / "manifest.json").unlink(),
            "manifest.json is missing, so nothing says what was published there.",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text('{"files": {}, "seed": 14}'),
            "manifest.json is damaged: its content is not the one that was sealed.",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text("[]"),
            "its content is not the one that was sealed.",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text('{"fi'),
            "manifest.json is damaged: it is not JSON (",
        ),
        (lambda folder: folder.rename(folder.with_name("two")), "one does not exist."),
    ],
)
def test_damage_is_told_in_one_sentence_that_names_the_file(
    published: Path, damage: object, message: str
) -> None:
    assert callable(damage)
    damage(published)
    with pytest.raises(ArtifactError, match=re.escape(message)):
        verify_manifest(published)


def test_a_manifest_sets_files_and_seal_itself(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"A manifest's content may not name \['files', 'seal'\]"):
        write_manifest(tmp_path, {"files": {}, "seal": ""})


@given(st.dictionaries(st.text().filter(lambda key: key != "seal"), JSON))
def test_what_was_sealed_is_unsealed(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "sealed.json"
    path.write_text(sealed(content), encoding="utf-8")
    assert unsealed(path) == words(content)
