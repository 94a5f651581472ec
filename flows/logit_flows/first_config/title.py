"""Title: the first line of a first config; by its digest a file says that nobody changed it."""

import hashlib

DIGEST_LETTERS = 8


def titled_text(data_name: str, text: str) -> str:
    """The text below its title."""
    return f"{_title(data_name, text)}\n{text}"


def is_untouched(content: str, data_name: str) -> bool:
    """Whether a file is still what init wrote for this data file."""
    title, _, text = content.partition("\n")
    return title == _title(data_name, text)


def _title(data_name: str, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LETTERS]
    return (
        f"# Written by `logit init {data_name}` ({digest}): guesses, each with its reason. Correct "
        "what is wrong, then `logit train`."
    )
