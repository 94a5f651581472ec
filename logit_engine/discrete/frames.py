"""Results in the caller's own kind of object: pandas in, pandas out; Polars in, named arrays and Polars tables out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array


class NamedArray(np.ndarray):
    """An array whose entries also have names: a["age"] is the entry, or the row, of that name."""

    names: tuple[str, ...]

    def __array_finalize__(self, source: Any) -> None:
        self.names = ()

    @property
    def values(self) -> NDArray[Any]:
        """The entries without their names, as of a pandas Series."""
        return np.asarray(self)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return np.asarray(self)[self.names.index(key)]
        return np.asarray(self)[key]


def named(values: NDArray[Any], names: Sequence[str]) -> NamedArray:
    """values, (m, ...), with a name for each of its first axis."""
    out = np.asarray(values).view(NamedArray)
    out.names = tuple(names)
    return out


@dataclass(frozen=True, slots=True)
class Dress:
    """How arrays go out: library numpy, pandas or polars; index: pandas' labels of the rows."""

    library: str
    index: Any = None

    def vector(self, values: Array, names: Sequence[str], name: str | None = None) -> Any:
        """One value for each name."""
        if self.library == "pandas":
            import pandas as pd

            return pd.Series(values, index=list(names), name=name)
        return named(values, names) if self.library == "polars" else values

    def matrix(self, values: Array, rows: Any, columns: Any) -> Any:
        """A table with names for rows and columns (either may be pandas' tuples of levels)."""
        if self.library == "pandas":
            import pandas as pd

            return pd.DataFrame(values, index=_axis(rows), columns=_axis(columns))
        if self.library == "polars":
            return self.table(dict(zip(map(_text, columns), values.T, strict=True)), [_text(row) for row in rows])
        return values

    def rows(self, values: NDArray[Any], index: Any = None, columns: Sequence[Any] | None = None) -> Any:
        """One value, or one row of values, for each row of the data."""
        labels = self.index if index is None else index
        if self.library == "pandas" and labels is not None and len(labels) == values.shape[0]:
            import pandas as pd

            if values.ndim == 1:
                return pd.Series(values, index=labels)
            return pd.DataFrame(values, index=labels, columns=None if columns is None else list(columns))
        return values

    def table(self, columns: Mapping[str, Any], names: Sequence[Any] | None = None, label: str = "term") -> Any:
        """A table for people: pandas with the names as its index (for NumPy too), Polars with them as its first column.

        Without pandas, NumPy's come as Polars tables.
        """
        if self.library == "polars" or find_spec("pandas") is None:
            import polars as pl

            first = {} if names is None else {label: [_text(name) for name in names]}
            return pl.DataFrame({**first, **{str(key): np.asarray(value) for key, value in columns.items()}})
        import pandas as pd

        return pd.DataFrame(dict(columns), index=None if names is None else _axis(names))


def frame_text(frame: Any) -> str:
    """A frame of pandas or Polars as text, with all its rows and columns."""
    if hasattr(frame, "to_string"):
        return str(frame.to_string())
    import polars as pl

    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=-1):
        return str(frame)


def framed(values: Array, index: Any, columns: Sequence[str]) -> Any:
    """pandas' frame of values, (n, p), with its labels as they are."""
    import pandas as pd

    return pd.DataFrame(values, index=index, columns=list(columns))


def two_levels(first: Sequence[Any], second: Sequence[Any], names: tuple[str | None, str | None]) -> Any:
    """Labels (a, b) for each a of the first and each b of the second.

    pandas' index with names of its levels if pandas is installed, else tuples.
    """
    if find_spec("pandas") is None:
        return [(a, b) for a in first for b in second]
    import pandas as pd

    return pd.MultiIndex.from_tuples([(a, b) for a in first for b in second], names=names)


def _axis(labels: Any) -> Any:
    import pandas as pd

    if isinstance(labels, pd.Index):
        return labels
    labels = list(labels)
    if labels and isinstance(labels[0], tuple):
        return pd.MultiIndex.from_tuples(labels)
    return pd.Index(labels)


def _text(label: Any) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
