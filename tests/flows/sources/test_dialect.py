"""A dialect is stored whole, and what was sniffed of it is a line that declares it."""

import re
from collections.abc import Callable

import pytest
from logit_flows.config.model import Config
from logit_flows.sources.text.dialect import Dialect, declared_dialect, format_keys, sniffed_notes
from logit_flows.sources.text.dialects import DialectChoice

from tests.support.text_samples import SAMPLES

ODD = Dialect(";", ",", ".", None, "latin-1", ("", "NA"), None, ("a", "b"), 2, True, "%d.%m.%Y")


def test_a_dialect_survives_its_own_content() -> None:
    assert Dialect.from_content(ODD.to_content()) == ODD


def test_nothing_is_said_of_a_plain_file_or_of_what_is_declared() -> None:
    assert sniffed_notes(None, {}) == sniffed_notes(Dialect(), {}) == ()
    declared = {name: getattr(ODD, name) for name in ODD.__slots__}
    assert sniffed_notes(ODD, declared) == ()


def test_what_was_sniffed_is_said_as_a_line_of_the_config() -> None:
    dialect = Dialect(";", ",", null_values=("", "NA"), header=None)
    assert sniffed_notes(dialect, {"decimal": ","}) == (
        "Text files were found to be written as  "
        'data: {format: {separator: ";", null_values: ["", "NA"], header: none}}',
    )


def test_markers_are_said_and_no_key_declares_them() -> None:
    assert sniffed_notes(Dialect(markers=("?", "NA")), {}) == (
        "'?' and 'NA' are read as missing in all columns but those of text.",
    )
    assert sniffed_notes(Dialect(markers=("?",)), {}) == (
        "'?' is read as missing in all columns but those of text.",
    )


@pytest.mark.parametrize(
    "dialect", [ODD, *(Dialect(**sample.dialect) for sample in SAMPLES.values())]
)
def test_the_line_declares_what_was_sniffed(
    dialect: Dialect, read_format: Callable[[str], Config]
) -> None:
    notes = [note for note in sniffed_notes(dialect, {}) if "{format: " in note]
    (note,) = notes or ("data: {format: {}}",)
    line = re.sub(r".*data: \{format: (.*)\}$", r"\1", note, flags=re.DOTALL)
    declared = declared_dialect(read_format(line).data.format)
    assert format_keys(Dialect(**{**Dialect().to_content(), **declared}), {}) == {
        key: {"latin-1": "iso8859-1"}.get(str(value), value)
        for key, value in format_keys(dialect, {}).items()
    }


def test_missing_texts_that_a_config_declares_stand_above_the_markers_of_a_contract() -> None:
    older = Dialect(";", markers=("NA",))
    assert DialectChoice({}, older).of("f.csv") == older
    declared = DialectChoice({"null_values": ("", "?")}, older).of("f.csv")
    assert declared == Dialect(";", null_values=("", "?"))


@pytest.fixture
def read_format() -> Callable[[str], Config]:
    """A config with that section."""
    from logit_flows.config.reading import read_config

    return lambda line: read_config("data/exam/config.yaml", [f"data.format={line}"])
