"""Values unseen in training: a sentence lists them, and a frame with too many is refused."""

from collections.abc import Collection, Mapping
from math import ceil

from logit_engine.design.lookalikes import alike_clause, lookalikes, quoted_blanks
from logit_engine.errors import DataError, Reason

MAX_SHOWN_UNSEEN = 5


def unseen_clause(unseen: Mapping[str, int], known: Collection[str]) -> str:
    """The unseen values with their rows, the most frequent first, and known ones that look alike.

    unseen: rows by value, in this order.
    """
    listed = [f"{quoted_blanks(value)} ({rows:,} rows)" for value, rows in unseen.items()]
    more = len(listed) - MAX_SHOWN_UNSEEN
    rest = f" and {more} more" if more > 0 else ""
    alike = lookalikes(unseen, known)
    hint = f" ({alike_clause(alike)})" if alike else ""
    return f"{', '.join(listed[:MAX_SHOWN_UNSEEN])}{rest}{hint}"


def many_unseen_error(
    name: str, unseen: Mapping[str, int], present: int, known: Collection[str], at_most: float
) -> DataError | None:
    """The error of a column of which more than a share of the values are unseen, or None.

    unseen: rows by value. present: rows with a value.
    """
    count = sum(unseen.values())
    if count <= at_most * present:
        return None
    where = f"all {present:,}" if count == present else f"{count:,} of {present:,}"
    return DataError(
        f"column '{name}' holds values that were not in the training rows in {where} rows "
        f"({_percent(count / present)}), and at most {_percent(at_most)} are allowed: "
        f"{unseen_clause(unseen, known)}; levels are written in another way, or the model is too "
        "old: repair the values, train again on rows that hold them, or allow more.",
        # a line that lets half of the rows through would be no help
        reason=Reason.MANY_UNSEEN if 2 * count < present else None,
        names={"column": name, "share": f"{ceil(1000 * count / present) / 1000:g}"},
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g}%"
