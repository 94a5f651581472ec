"""Tests of hypotheses as statsmodels hands them out: contrasts with a table, one test, and one test a term."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.frames import Dress, frame_text
from logit_engine.errors import UnavailableError, UsageError
from logit_engine.inference.hypotheses import Contrasts, Test
from logit_engine.inference.multiplicity import Pairwise
from logit_engine.reporting.tables import Equation, Report, contrasts_table


@dataclass(frozen=True, slots=True)
class ContrastResults:
    """Linear combinations of the parameters, each tested against its null value."""

    contrasts: Contrasts
    names: tuple[str, ...]
    dress: Dress

    @property
    def effect(self) -> Array:
        """The combinations, (m,)."""
        return self.contrasts.effects

    @property
    def sd(self) -> Array:
        """Their standard errors, (m,)."""
        return self.contrasts.std_errors

    @property
    def tvalue(self) -> Array:
        """Effect less its null value, in standard errors, (m,)."""
        return self.contrasts.z

    statistic = zvalue = tvalue

    @property
    def pvalue(self) -> Array:
        """Two-sided p-values, (m,)."""
        return self.contrasts.p_values

    @property
    def df_denom(self) -> float | None:
        """Degrees of freedom of Student's t, or None for the normal."""
        return self.contrasts.df

    @property
    def c_names(self) -> list[str]:
        """What the rows are called."""
        return list(self.names)

    @property
    def distribution(self) -> str:
        """SciPy's name of the distribution of the statistic."""
        return "norm" if self.df_denom is None else "t"

    @property
    def dist(self) -> Any:
        """SciPy's distribution."""
        return _scipys(self.distribution)

    @property
    def dist_args(self) -> tuple[float, ...]:
        """Its arguments."""
        return () if self.df_denom is None else (self.df_denom,)

    def conf_int(self, alpha: float = 0.05) -> Array:
        """Intervals of the effects, (m, 2)."""
        return self.contrasts.interval(1.0 - alpha)

    def odds_ratios(self, alpha: float = 0.05) -> Any:
        """The effects on the odds-ratio scale, with standard errors by the delta method and intervals, as a table."""
        found = self.contrasts.ratios(1.0 - alpha)
        columns = {
            "odds ratio": found.values,
            "std err": found.std_errors,
            "lower": found.interval[:, 0],
            "upper": found.interval[:, 1],
        }
        return self.dress.table(columns, self.names)

    def summary_frame(self, xname: Any = None, alpha: float = 0.05) -> Any:
        """The table of the effects."""
        interval = self.conf_int(alpha)
        letter = "z" if self.df_denom is None else "t"
        columns = {
            "coef": self.effect,
            "std err": self.sd,
            letter: self.tvalue,
            f"P>|{letter}|": self.pvalue,
            "Conf. Int. Low": interval[:, 0],
            "Conf. Int. Upp.": interval[:, 1],
        }
        return self.dress.table(columns, self.names if xname is None else xname)

    def summary(self, xname: Any = None, alpha: float = 0.05, title: str = "Test for Constraints") -> Report:
        """The table of the effects, in text, HTML, LaTeX and CSV."""
        names = self.names if xname is None else tuple(xname)
        rows = Equation("", names, self.effect, self.sd, self.tvalue, self.pvalue, self.conf_int(alpha))
        return contrasts_table(title, rows, alpha=alpha, letter="z" if self.df_denom is None else "t")

    def __str__(self) -> str:
        return str(self.summary())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.summary().as_html()


class LinearConstraints(NamedTuple):
    """R theta = q as statsmodels shows it: coefs (m, q), constants (m, 1), and the parameters' names, (q,)."""

    coefs: Array
    constants: Array
    variable_names: tuple[str, ...]

    @property
    def constraint_matrix(self) -> Array:
        """coefs."""
        return self.coefs

    @property
    def constraint_values(self) -> Array:
        """constants."""
        return self.constants


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Rao's test of several restrictions, or of each by itself; unpacks and indexes as the pair of statistic and p-value.

    distribution: chi2 of the joint test, norm of separate ones. k_constraint: how many restrictions, None of separate ones.
    """

    statistic: Any
    pvalue: Any
    distribution: str
    k_constraint: int | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, index: Any) -> Any:
        return (self.statistic, self.pvalue)[index]

    def __len__(self) -> int:
        return 2

    def __str__(self) -> str:
        count = "" if self.k_constraint is None else f", df={self.k_constraint}"
        return f"<Score test ({self.distribution}): statistic={self.statistic}, p-value={self.pvalue}{count}>"


@dataclass(frozen=True, slots=True)
class WaldResult:
    """One Wald test of several restrictions: chi-squared, or F. scalar: the statistic is a number, else (1, 1)."""

    test: Test
    scalar: bool = True
    effect: ClassVar[None] = None
    c_names: ClassVar[None] = None
    sd: ClassVar[None] = None

    @property
    def statistic(self) -> Any:
        """Of the chi-squared or F distribution."""
        return self.test.statistic if self.scalar else np.array([[self.test.statistic]])

    fvalue = tvalue = statistic

    @property
    def pvalue(self) -> float:
        """Its upper tail."""
        return self.test.p_value

    @property
    def df_num(self) -> float:
        """How many restrictions are independent."""
        return self.test.df

    @property
    def df_denom(self) -> float:
        """The denominator's degrees of freedom; of chi-squared, as there, its own."""
        return self.test.df if self.test.df_denominator is None else self.test.df_denominator

    @property
    def distribution(self) -> str:
        """chi2 or F."""
        return "chi2" if self.test.df_denominator is None else "F"

    @property
    def dist(self) -> Any:
        """SciPy's distribution."""
        return _scipys(self.distribution.lower())

    @property
    def dist_args(self) -> tuple[float, ...]:
        """Its arguments."""
        return (self.df_num,) if self.test.df_denominator is None else (self.df_num, self.df_denom)

    def conf_int(self, alpha: float = 0.05) -> Any:
        """Raises UsageError: several restrictions have no interval."""
        raise UsageError("a joint test has no intervals; t_test gives those of each row.")

    def summary(self, xname: Any = None, alpha: float = 0.05, title: str | None = None) -> str:
        """The test in a line."""
        return str(self)

    def summary_frame(self, xname: Any = None, alpha: float = 0.05) -> str:
        """The same, as there."""
        return str(self)

    def __str__(self) -> str:
        numbers = f"statistic={self.test.statistic:.6g}, p-value={self.pvalue:.6g}, df={self.df_num:g}"
        return f"<Wald test ({self.distribution}): {numbers}>" + (f"\n{self.test.note}" if self.test.note else "")

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class TermTests:
    """One Wald test for each term."""

    tests: Mapping[str, Test]
    dress: Dress

    @property
    def distribution(self) -> str:
        """chi2 or F."""
        return "F" if any(test.df_denominator is not None for test in self.tests.values()) else "chi2"

    @property
    def col_names(self) -> list[str]:
        """The columns of `summary_frame`."""
        names = [self.distribution, f"P>{self.distribution}", "df constraint"]
        return [*names, "df denom"] if self.distribution == "F" else names

    @property
    def statistic(self) -> Array:
        """(terms,)."""
        return np.array([test.statistic for test in self.tests.values()])

    @property
    def pvalues(self) -> Array:
        """(terms,)."""
        return np.array([test.p_value for test in self.tests.values()])

    @property
    def df_constraints(self) -> Array:
        """(terms,)."""
        return np.array([test.df for test in self.tests.values()], dtype=np.float64)

    @property
    def df_denom(self) -> Array:
        """Of F, (terms,). Raises UnavailableError for chi-squared."""
        if self.distribution == "chi2":
            raise UnavailableError("df_denom belongs to tests by the F distribution, of a fit with use_t=True.")
        return np.array([test.df_denominator for test in self.tests.values()], dtype=np.float64)

    @property
    def table(self) -> Any:
        """The tests, one row a term."""
        names = ["statistic", "pvalue", "df_constraint", "df_denom"]
        return self.dress.table(dict(zip(names, self._columns(), strict=False)), list(self.tests))

    def summary_frame(self) -> Any:
        """The same with the distribution's name."""
        return self.dress.table(dict(zip(self.col_names, self._columns(), strict=True)), list(self.tests))

    dframe = property(summary_frame)

    def _columns(self) -> list[Array]:
        columns = [self.statistic, self.pvalues, self.df_constraints]
        return [*columns, self.df_denom] if self.distribution == "F" else columns

    def __str__(self) -> str:
        notes = dict.fromkeys(test.note for test in self.tests.values() if test.note)
        return "\n".join([frame_text(self.summary_frame()), *notes])

    __repr__ = __str__

    def _repr_html_(self) -> Any:
        return self.summary_frame()._repr_html_()


@dataclass(frozen=True, slots=True)
class PairwiseResult:
    """All differences between the levels of a term, with p-values adjusted for their number."""

    pairwise: Pairwise
    method: str
    alpha: float
    dress: Dress
    term: str = ""

    @property
    def contrast_labels(self) -> list[str]:
        """Of the differences."""
        return list(self.pairwise.labels)

    @property
    def contrasts(self) -> Array:
        """The differences as combinations of the parameters, (m, q)."""
        return self.pairwise.R

    @property
    def result_frame(self) -> Any:
        """One row a pair: difference, standard error, z, p-value, interval, adjusted p-value and whether it rejects."""
        found = self.pairwise.contrasts
        interval = found.interval(1.0 - self.alpha)
        letter = "z" if found.df is None else "t"
        columns = {
            "coef": found.effects,
            "std err": found.std_errors,
            letter: found.z,
            f"P>|{letter}|": found.p_values,
            "Conf. Int. Low": interval[:, 0],
            "Conf. Int. Upp.": interval[:, 1],
            f"pvalue-{self.method}": self.pairwise.adjusted,
            f"reject-{self.method}": self.pairwise.adjusted <= self.alpha,
        }
        return self.dress.table(columns, list(self.pairwise.labels))

    def __str__(self) -> str:
        return frame_text(self.result_frame)

    __repr__ = __str__

    def _repr_html_(self) -> Any:
        return self.result_frame._repr_html_()


def _scipys(name: str) -> Any:
    """SciPy's distribution of that name."""
    from scipy import stats  # slow to import, and rarely needed

    return getattr(stats, name)
