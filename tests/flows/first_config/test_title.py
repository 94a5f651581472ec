"""The title of a first config: it tells a file as init wrote it from one that a person changed."""

from logit_flows.first_config.title import is_untouched, titled_text


def test_file_is_untouched_until_a_letter_changes() -> None:
    text = titled_text("a.csv", "name: a\nstore: store\n")
    assert is_untouched(text, "a.csv")
    assert not is_untouched(text.replace("store: store", "store: other"), "a.csv")
    assert not is_untouched(text, "b.csv")
    assert not is_untouched("name: a\n", "a.csv")
