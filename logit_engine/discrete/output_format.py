"""Results in the caller's own kind of object.

pandas' objects come back as pandas' objects. Polars' come back as named arrays and Polars' tables.
"""

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array

if TYPE_CHECKING:
    import pandas as pd

# Objects of the caller's library, which no type can name: the library may not be installed.
Vector: TypeAlias = Any  # an array, a named array, or pandas' Series
Table: TypeAlias = Any  # an array, or a frame of pandas or Polars


class NamedArray(np.ndarray):
    """An array whose entries have names: a["age"] is the entry, or the row, of that name."""

    names: tuple[str, ...]

    def __array_finalize__(self, source: object) -> None:
        self.names = ()

    @property
    def values(self) -> NDArray[Any]:
        """The entries without their names, as of pandas' Series."""
        return np.asarray(self)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return np.asarray(self)[self.names.index(key)]
        return np.asarray(self)[key]


def named_array(values: NDArray[Any], names: Sequence[str]) -> NamedArray:
    """Values, (m, ...), with a name for each entry of the first axis."""
    out = np.asarray(values).view(NamedArray)
    out.names = tuple(names)
    return out


def are_names(given: object, count: int) -> bool:
    """Whether a caller gave a list of so many names, and not one text or no list at all."""
    return isinstance(given, Sized) and not isinstance(given, str) and len(given) == count


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Makes objects of the caller's library of arrays.

    library: numpy, pandas or polars. index: pandas' labels of the rows.
    """

    library: str
    index: "pd.Index | None" = None

    def vector(self, values: Array, names: Sequence[str]) -> Vector:
        """One value for each name, (m,)."""
        if self.library == "pandas":
            import pandas as pd

            return pd.Series(values, index=list(names))
        return named_array(values, names) if self.library == "polars" else values

    def matrix(self, values: Array, rows: Iterable[object], columns: Iterable[object]) -> Table:
        """A table of values, (m, c), with names of rows and columns.

        The names may be an index of pandas, of one or of several levels.
        """
        if self.library == "pandas":
            import pandas as pd

            return pd.DataFrame(values, index=_pandas_axis(rows), columns=_pandas_axis(columns))
        if self.library == "polars":
            by_column = dict(zip(map(_label_text, columns), values.T, strict=True))
            return self.table(by_column, [_label_text(row) for row in rows])
        return values

    def rows(
        self,
        values: NDArray[Any],
        index: "pd.Index | None" = None,
        columns: Sequence[object] | None = None,
    ) -> Table:
        """One value, or one row of values, for each row of the data. index: of other rows."""
        labels = self.index if index is None else index
        if self.library == "pandas" and labels is not None and len(labels) == values.shape[0]:
            import pandas as pd

            if values.ndim == 1:
                return pd.Series(values, index=labels)
            return pd.DataFrame(
                values, index=labels, columns=None if columns is None else list(columns)
            )
        return values

    def table(
        self,
        columns: Mapping[str, NDArray[Any]],
        names: Iterable[object] | None = None,
        label: str = "term",
    ) -> Table:
        """A table for people, of columns by name.

        pandas' table has the row names as its index, for NumPy's callers too. Polars' table has
        them in its first column, called `label`. It serves NumPy's callers if pandas is missing.
        """
        if self.library == "polars" or find_spec("pandas") is None:
            import polars as pl

            first = {} if names is None else {label: [_label_text(name) for name in names]}
            return pl.DataFrame({**first, **{key: np.asarray(v) for key, v in columns.items()}})
        import pandas as pd

        return pd.DataFrame(dict(columns), index=None if names is None else _pandas_axis(names))


def frame_text(frame: object) -> str:
    """A frame of pandas or Polars as text, with all its rows and columns."""
    if hasattr(frame, "to_string"):
        return str(frame.to_string())
    import polars as pl

    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=-1):
        return str(frame)


def pandas_frame(values: Array, index: "pd.Index", columns: Sequence[str]) -> "pd.DataFrame":
    """pandas' frame of values, (n, p), with these labels of rows and columns."""
    import pandas as pd

    return pd.DataFrame(values, index=index, columns=list(columns))


def two_levels(
    first: Sequence[object],
    second: Sequence[object],
    names: tuple[str | None, str | None],
) -> Iterable[object]:
    """A label (a, b) for each a of the first and each b of the second.

    pandas' index, whose levels have these names; a list of pairs where pandas is missing.
    """
    pairs = [(a, b) for a in first for b in second]
    if find_spec("pandas") is None:
        return pairs
    import pandas as pd

    index: Iterable[object] = pd.MultiIndex.from_tuples(pairs, names=names)
    return index


def _pandas_axis(labels: Iterable[object]) -> "pd.Index":
    import pandas as pd

    if isinstance(labels, pd.Index):
        return labels
    listed = list(labels)
    if listed and isinstance(listed[0], tuple):
        return pd.MultiIndex.from_tuples(listed)
    return pd.Index(listed)


def _label_text(label: object) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
