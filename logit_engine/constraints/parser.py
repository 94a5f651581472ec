"""Reads the text of linear constraints: a recursive descent over one text, and nothing is ever
evaluated.

Where a name may stand, the longest known name is tried first, so names may hold brackets, dots,
colons and spaces, as in `C(x)[T.b]` or `I(x ** 2)`.
"""

import re
from difflib import get_close_matches

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError

MAX_BRACKET_DEPTH = 100  # brackets within brackets
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
WORD = re.compile(r"([\w.:]|\([^()]*\)|\[[^\]]*\])+")
RELATION = re.compile(r"[<>=!]+")
ENDS_A_WORD = re.compile(r"$|[\s+\-*/=,()<>!]")


class Parser:
    """Reads one text from left to right: coefficients and constant of a sum, (p + 1,), or a list of
    constraints' rows.

    listing: item {"," item}; item: sum {relation sum}; sum: product {("+" | "-") product}; product:
    factor {("*" | "/") factor}; factor: {"+" | "-"} (name | number | "(" listing ")").
    """

    def __init__(self, text: str, names: tuple[str, ...], relations: tuple[str, ...] = ()) -> None:
        self.text, self.names, self.relations = text, names, relations
        self.longest_first = sorted(range(len(names)), key=lambda j: -len(names[j]))
        self.at = self.depth = 0

    def rows(self) -> list[Array]:
        """All of the text, as constraints: (p + 1,) each."""
        return self.asserted(self.whole())

    def sum_alone(self) -> Array:
        """All of the text, as one sum: (p + 1,)."""
        return self.plain(self.whole())

    def whole(self) -> Array | list[Array]:
        """All of the text, and nothing after it."""
        value = self.listing()
        if rest := self.rest():
            raise self.error(f"found '{rest[0]}' where an operator or a comma was expected")
        return value

    def listing(self) -> Array | list[Array]:
        """One item, or several with commas between them, as rows."""
        value = self.item()
        while self.take(","):
            value = self.asserted(value) + self.asserted(self.item())
        return value

    def item(self) -> Array | list[Array]:
        """A sum, or sums with relations between them, as rows."""
        self.rest()
        start, value, rows = self.at, self.sum(), []
        while found := RELATION.match(self.rest()):
            if found[0] not in self.relations:
                raise self.error(f"found '{found[0]}'" + self.instead())
            self.at += found.end()
            left, right = self.plain(value), self.plain(self.sum())
            sides = (right, left) if found[0] == "<=" else (left, right)
            rows.append(difference(*sides, self.text[start : self.at].strip()))
            value = right
        return rows or value

    def sum(self) -> Array | list[Array]:
        """Products, added and subtracted."""
        value = self.product()
        while sign := self.take("+-"):
            term = self.plain(self.product())
            value = self.plain(value) + (term if sign == "+" else -term)
        return value

    def product(self) -> Array | list[Array]:
        """Factors, multiplied and divided; one of them may hold coefficients."""
        value = self.factor()
        while sign := self.take("*/"):
            left, right = self.plain(value), self.plain(self.factor())
            if sign == "*" and not left[:-1].any():
                left, right = right, left
            if right[:-1].any():
                raise self.error(
                    "a coefficient cannot be a factor of another, or a divisor; constraints are "
                    "linear"
                )
            if sign == "/" and right[-1] == 0.0:
                raise self.error("found a division by zero")
            value = left * right[-1] if sign == "*" else left / right[-1]
        return value

    def factor(self) -> Array | list[Array]:
        """A name, a number or a bracket, with its signs."""
        sign = 1.0
        while (j := self.name()) is None and (found := self.take("+-")):
            sign = -sign if found == "-" else sign
        value = np.zeros(len(self.names) + 1)
        if j is not None:
            value[j] = sign
            return value
        if self.take("("):
            inner = self.bracket()
            return inner if isinstance(inner, list) and sign > 0.0 else sign * self.plain(inner)
        value[-1] = sign * self.number()
        return value

    def bracket(self) -> Array | list[Array]:
        """What stands between '(' and ')'."""
        self.depth += 1
        if self.depth > MAX_BRACKET_DEPTH:
            raise self.error("found too many brackets within brackets")
        value = self.listing()
        if not self.take(")"):
            raise self.error("a bracket is not closed")
        self.depth -= 1
        return value

    def name(self) -> int | None:
        """The position among the names of the longest that stands here, and ends where a word
        may end.
        """
        rest = self.rest()
        for j in self.longest_first:
            if rest.startswith(self.names[j]) and ENDS_A_WORD.match(rest, len(self.names[j])):
                if self.names.count(self.names[j]) > 1:
                    raise self.error(
                        f"several coefficients are called '{self.names[j]}'; give a matrix R"
                    )
                self.at += len(self.names[j])
                return j
        return None

    def number(self) -> float:
        """The number that stands here. Raises UsageError with the nearest name if there is none."""
        rest = self.rest()
        found = NUMBER.match(rest)
        if found and ENDS_A_WORD.match(rest, found.end()) and np.isfinite(float(found[0])):
            self.at += found.end()
            return float(found[0])
        if word := WORD.match(rest):
            near = get_close_matches(word[0], self.names, 1, cutoff=0.0)
            raise self.error(
                f"no coefficient is called '{word[0]}'",
                (f"did you mean '{near[0]}'?") if near else "",
            )
        raise self.error(
            f"found '{rest[0]}'" if rest else "found the end",
            ("a name, a number or '(' was expected"),
        )

    def asserted(self, value: Array | list[Array]) -> list[Array]:
        """A sum that stands alone is said to be zero."""
        if isinstance(value, list):
            return value
        if "=" not in self.relations:
            raise self.error("a relation is missing" + self.instead())
        return [difference(value, np.zeros_like(value), self.text.strip())]

    def plain(self, value: Array | list[Array]) -> Array:
        """The value, if it is a sum. Raises UsageError for a constraint."""
        if isinstance(value, list):
            raise self.error("a constraint cannot be part of a sum")
        return value

    def rest(self) -> str:
        """What is still to be read, from the next character that is no space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at :]

    def take(self, characters: str) -> str:
        """The next character, read, if it is one of these; else nothing."""
        rest = self.rest()
        if not rest or rest[0] not in characters:
            return ""
        self.at += 1
        return rest[0]

    def instead(self) -> str:
        """Which relations can stand in this text, for an error."""
        return (
            (f" where only {' and '.join(repr(r) for r in self.relations)} can stand")
            if self.relations
            else ""
        )

    def error(self, what: str, advice: str = "") -> UsageError:
        """The error with its place in the text, and what to do."""
        where = f"{what}, at character {self.at + 1} of '{self.text}'"
        return UsageError(
            f"{where}; {advice}"
            if advice.endswith("?")
            else (f"{where}{'; ' * bool(advice)}{advice}.")
        )


def difference(left: Array, right: Array, text: str) -> Array:
    """left - right with the constant taken to the right-hand side: (r, q) as one row (p + 1,)."""
    row = left - right
    row[-1] = -row[-1]
    if not row[:-1].any():
        raise UsageError(f"no coefficient is left in the constraint '{text}'.")
    return row + 0.0  # no minus zeros
