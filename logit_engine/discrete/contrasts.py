"""Tests of hypotheses as statsmodels hands them out: contrasts with a table, one test, and one test a term."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.frames import Dress
from logit_engine.inference.hypotheses import Contrasts, Test
from logit_engine.inference.multiplicity import Pairwise
from logit_engine.tables import Equation, Report, contrasts_table


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


class LinearConstraints(NamedTuple):
    """R theta = q as statsmodels shows it: coefs (m, q), constants (m, 1), and the parameters' names, (q,)."""

    coefs: Array
    constants: Array
    variable_names: tuple[str, ...]


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
    """One Wald test of several restrictions: chi-squared, or F."""

    test: Test

    @property
    def statistic(self) -> float:
        """Of the chi-squared or F distribution."""
        return self.test.statistic

    fvalue = statistic

    @property
    def pvalue(self) -> float:
        """Its upper tail."""
        return self.test.p_value

    @property
    def df_num(self) -> float:
        """How many restrictions are independent."""
        return self.test.df

    @property
    def df_denom(self) -> float | None:
        """The denominator's degrees of freedom, None for chi-squared."""
        return self.test.df_denominator

    def __str__(self) -> str:
        name = "chi2" if self.df_denom is None else "F"
        numbers = f"statistic={self.statistic:.6g}, p-value={self.pvalue:.6g}, df={self.df_num:g}"
        return f"<Wald test ({name}): {numbers}>" + (f"\n{self.test.note}" if self.test.note else "")

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class TermTests:
    """One Wald test for each term."""

    tests: Mapping[str, Test]
    dress: Dress

    @property
    def col_names(self) -> list[str]:
        """The columns of the table."""
        return ["statistic", "pvalue", "df_constraint"]

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
    def table(self) -> Any:
        """The tests, one row a term."""
        columns = {"statistic": self.statistic, "pvalue": self.pvalues, "df_constraint": self.df_constraints}
        return self.dress.table(columns, list(self.tests))

    def summary_frame(self) -> Any:
        """The same with the distribution's name."""
        columns = {"chi2": self.statistic, "P>chi2": self.pvalues, "df constraint": self.df_constraints}
        return self.dress.table(columns, list(self.tests))

    def __str__(self) -> str:
        return str(self.table)


@dataclass(frozen=True, slots=True)
class PairwiseResult:
    """All differences between the levels of a term, with p-values adjusted for their number."""

    pairwise: Pairwise
    method: str
    alpha: float
    dress: Dress

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
