"""Joint tests as statsmodels hands them out: Wald tests, a Wald test for each term, score tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.contrasts import scipy_distribution
from logit_engine.discrete.output_format import OutputFormat, Table, frame_text
from logit_engine.errors import UnavailableError, UsageError
from logit_engine.inference.hypotheses import Test

if TYPE_CHECKING:
    from scipy import stats

NO_INTERVALS = "a joint test has no intervals; t_test gives the interval of each row."
DEFAULT_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class WaldResult:
    """One Wald test of several restrictions: chi-squared, or F.

    scalar: whether the statistic is a number, not an array (1, 1).
    """

    test: Test
    scalar: bool = True
    effect: ClassVar[None] = None
    c_names: ClassVar[None] = None
    sd: ClassVar[None] = None

    @property
    def statistic(self) -> float | Array:
        """The chi-squared or F statistic."""
        return self.test.statistic if self.scalar else np.array([[self.test.statistic]])

    fvalue = tvalue = statistic

    @property
    def pvalue(self) -> float:
        """The upper tail of the statistic."""
        return self.test.p_value

    @property
    def df_num(self) -> float:
        """How many restrictions are independent."""
        return self.test.df

    @property
    def df_denom(self) -> float:
        """Degrees of freedom of the denominator of F; of chi-squared, as in statsmodels, df_num."""
        denominator = self.test.df_denominator
        return self.test.df if denominator is None else denominator

    @property
    def distribution(self) -> str:
        """The distribution of the statistic: chi2 or F."""
        return "chi2" if self.test.df_denominator is None else "F"

    @property
    def dist(self) -> "stats.rv_continuous":
        """SciPy's distribution of the statistic."""
        return scipy_distribution(self.distribution.lower())

    @property
    def dist_args(self) -> tuple[float, ...]:
        """The arguments of `dist`."""
        return (self.df_num,) if self.distribution == "chi2" else (self.df_num, self.df_denom)

    def conf_int(self, alpha: float = DEFAULT_ALPHA) -> Array:
        """Raises UsageError: several restrictions have no interval."""
        raise UsageError(NO_INTERVALS)

    def summary(
        self,
        xname: Sequence[str] | None = None,
        alpha: float = DEFAULT_ALPHA,
        title: str | None = None,
    ) -> str:
        """The test in a line, below the title.

        Raises UsageError for xname, as the test has no rows, and for another alpha, as the test has
        no intervals.
        """
        if xname is not None:
            raise UsageError("a joint test has no rows that xname could name; leave xname out.")
        if alpha != DEFAULT_ALPHA:
            raise UsageError(NO_INTERVALS)
        return f"{title}\n{self}" if title else str(self)

    def summary_frame(
        self,
        xname: Sequence[str] | None = None,
        alpha: float = DEFAULT_ALPHA,
    ) -> str:
        """The test in a line, as in statsmodels. Raises UsageError as `summary` does."""
        return self.summary(xname, alpha)

    def __str__(self) -> str:
        statistic = f"statistic={self.test.statistic:.6g}"
        line = f"{statistic}, p-value={self.pvalue:.6g}, df={self.df_num:g}"
        note = f"\n{self.test.note}" if self.test.note else ""
        return f"<Wald test ({self.distribution}): {line}>{note}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class TermTests:
    """One Wald test for each term."""

    tests: Mapping[str, Test]
    output_format: OutputFormat

    @property
    def distribution(self) -> str:
        """The distribution of the statistics: chi2 or F."""
        is_F = any(test.df_denominator is not None for test in self.tests.values())
        return "F" if is_F else "chi2"

    @property
    def col_names(self) -> list[str]:
        """The names of the columns of `summary_frame`."""
        names = [self.distribution, f"P>{self.distribution}", "df constraint"]
        return [*names, "df denom"] if self.distribution == "F" else names

    @property
    def statistic(self) -> Array:
        """The statistics, (terms,)."""
        return np.array([test.statistic for test in self.tests.values()])

    @property
    def pvalues(self) -> Array:
        """The upper tails of the statistics, (terms,)."""
        return np.array([test.p_value for test in self.tests.values()])

    @property
    def df_constraints(self) -> Array:
        """How many restrictions of each term are independent, (terms,)."""
        return np.array([test.df for test in self.tests.values()], dtype=np.float64)

    @property
    def df_denom(self) -> Array:
        """Degrees of freedom of the denominator of F, (terms,).

        Raises UnavailableError for chi-squared.
        """
        if self.distribution == "chi2":
            raise UnavailableError(
                "df_denom belongs to tests by the F distribution, of a fit with use_t=True."
            )
        return np.array([test.df_denominator for test in self.tests.values()], dtype=np.float64)

    @property
    def table(self) -> Table:
        """The tests as a table with a row for each term."""
        names = ["statistic", "pvalue", "df_constraint", "df_denom"]
        columns = dict(zip(names, self._table_columns(), strict=False))  # chi2 has no df_denom
        return self.output_format.table(columns, list(self.tests))

    def summary_frame(self) -> Table:
        """The same table with the distribution's name in the heading."""
        columns = dict(zip(self.col_names, self._table_columns(), strict=True))
        return self.output_format.table(columns, list(self.tests))

    dframe = property(summary_frame)

    def _table_columns(self) -> list[Array]:
        columns = [self.statistic, self.pvalues, self.df_constraints]
        return [*columns, self.df_denom] if self.distribution == "F" else columns

    def __str__(self) -> str:
        notes = dict.fromkeys(test.note for test in self.tests.values() if test.note)
        return "\n".join([frame_text(self.summary_frame()), *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return str(self.summary_frame()._repr_html_())


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Rao's test of several restrictions together, or of each of m restrictions separately.

    It unpacks and indexes as the pair of statistic and p-value: numbers, or (m,) each.
    distribution: chi2 of the joint test, norm of separate tests. k_constraint: the number of
    restrictions, or None of separate tests.
    """

    statistic: np.float64 | Array
    pvalue: np.float64 | Array
    distribution: str
    k_constraint: int | None = None

    def __iter__(self) -> Iterator[np.float64 | Array]:
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, index: int) -> np.float64 | Array:
        return (self.statistic, self.pvalue)[index]

    def __len__(self) -> int:
        return 2

    def __str__(self) -> str:
        count = "" if self.k_constraint is None else f", df={self.k_constraint}"
        numbers = f"statistic={self.statistic}, p-value={self.pvalue}"
        return f"<Score test ({self.distribution}): {numbers}{count}>"
