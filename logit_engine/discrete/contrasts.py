"""Linear combinations of parameters as statsmodels hands them out: t tests and pairs of levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from logit_engine.columns import Array
from logit_engine.discrete.output_format import OutputFormat, Table, are_names, frame_text
from logit_engine.errors import UsageError
from logit_engine.inference.hypotheses import Contrasts
from logit_engine.inference.multiplicity import Pairwise
from logit_engine.reporting.layouts import Equation, contrasts_report
from logit_engine.reporting.tables import Report

if TYPE_CHECKING:
    from scipy import stats


@dataclass(frozen=True, slots=True)
class ContrastResults:
    """m linear combinations of the parameters, each tested against its null value."""

    contrasts: Contrasts
    names: tuple[str, ...]
    output_format: OutputFormat

    @property
    def effect(self) -> Array:
        """The combinations, (m,)."""
        return self.contrasts.effects

    @property
    def sd(self) -> Array:
        """The standard errors of the combinations, (m,)."""
        return self.contrasts.std_errors

    @property
    def tvalue(self) -> Array:
        """The combinations less their null values, in standard errors, (m,)."""
        return self.contrasts.z

    statistic = zvalue = tvalue

    @property
    def pvalue(self) -> Array:
        """Two-sided p-values, (m,)."""
        return self.contrasts.p_values

    @property
    def df_denom(self) -> float | None:
        """Degrees of freedom of Student's t, or None for the normal distribution."""
        return self.contrasts.df

    @property
    def c_names(self) -> list[str]:
        """The names of the combinations."""
        return list(self.names)

    @property
    def distribution(self) -> str:
        """SciPy's name of the distribution of the statistic: norm or t."""
        return "norm" if self.df_denom is None else "t"

    @property
    def dist(self) -> "stats.rv_continuous":
        """SciPy's distribution of the statistic."""
        return scipy_distribution(self.distribution)

    @property
    def dist_args(self) -> tuple[float, ...]:
        """The arguments of `dist`."""
        return () if self.df_denom is None else (self.df_denom,)

    def conf_int(self, alpha: float = 0.05) -> Array:
        """Wald intervals of the combinations at level 1 - alpha, (m, 2)."""
        return self.contrasts.interval(1.0 - alpha)

    def odds_ratios(self, alpha: float = 0.05) -> Table:
        """The combinations on the odds-ratio scale, as a table.

        Standard errors are by the delta method. Intervals have level 1 - alpha.
        """
        ratios = self.contrasts.ratios(1.0 - alpha)
        columns = {
            "odds ratio": ratios.values,
            "std err": ratios.std_errors,
            "lower": ratios.interval[:, 0],
            "upper": ratios.interval[:, 1],
        }
        return self.output_format.table(columns, self.names)

    def summary_frame(self, xname: Sequence[str] | None = None, alpha: float = 0.05) -> Table:
        """The combinations as a table with intervals at level 1 - alpha.

        xname: m names. Raises UsageError for another number of names.
        """
        return self.output_format.table(
            _contrast_columns(self.contrasts, alpha), self._row_names(xname)
        )

    def summary(
        self,
        xname: Sequence[str] | None = None,
        alpha: float = 0.05,
        title: str | None = "Test for Constraints",
    ) -> Report:
        """The combinations as a table in text, HTML, LaTeX and CSV, with intervals at 1 - alpha.

        xname: m names. Raises UsageError for another number of names.
        """
        names, interval = self._row_names(xname), self.conf_int(alpha)
        rows = Equation("", names, self.effect, self.sd, self.tvalue, self.pvalue, interval)
        return contrasts_report(
            title or "", rows, alpha=alpha, letter=_statistic_letter(self.contrasts)
        )

    def _row_names(self, xname: Sequence[str] | None) -> Sequence[str]:
        if xname is None:
            return self.names
        if not are_names(xname, len(self.names)):
            raise UsageError(f"xname is {xname!r}; give a list of {len(self.names)} names.")
        return tuple(xname)

    def __str__(self) -> str:
        return str(self.summary())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.summary().as_html()


@dataclass(frozen=True, slots=True)
class PairwiseResult:
    """All differences between the levels of a term, with p-values adjusted for their number.

    method: of the adjustment. alpha: the size of the tests; intervals have level 1 - alpha.
    """

    pairwise: Pairwise
    method: str
    alpha: float
    output_format: OutputFormat
    term: str = ""

    @property
    def contrast_labels(self) -> list[str]:
        """The names of the m differences."""
        return list(self.pairwise.labels)

    @property
    def contrasts(self) -> Array:
        """The differences as combinations of the parameters, (m, q)."""
        return self.pairwise.R

    @property
    def result_frame(self) -> Table:
        """A table of the differences with adjusted p-values, and whether these reject."""
        adjusted = self.pairwise.adjusted
        columns = {
            **_contrast_columns(self.pairwise.contrasts, self.alpha),
            f"pvalue-{self.method}": adjusted,
            f"reject-{self.method}": adjusted <= self.alpha,
        }
        return self.output_format.table(columns, self.contrast_labels)

    def __str__(self) -> str:
        return frame_text(self.result_frame)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return str(self.result_frame._repr_html_())


class LinearConstraints(NamedTuple):
    """R theta = q under statsmodels' names.

    coefs: (m, q), R. constants: (m, 1), the right sides. variable_names: of the q parameters.
    """

    coefs: Array
    constants: Array
    variable_names: tuple[str, ...]

    @property
    def constraint_matrix(self) -> Array:
        """The same as coefs."""
        return self.coefs

    @property
    def constraint_values(self) -> Array:
        """The same as constants."""
        return self.constants


def scipy_distribution(name: str) -> "stats.rv_continuous":
    """SciPy's distribution of that name."""
    from scipy import stats  # slow to import, and rarely needed

    distribution: stats.rv_continuous = getattr(stats, name)
    return distribution


def _statistic_letter(contrasts: Contrasts) -> str:
    """The letter of the statistic: z, or t."""
    return "z" if contrasts.df is None else "t"


def _contrast_columns(contrasts: Contrasts, alpha: float) -> dict[str, Array]:
    """The columns of a table of m combinations, under statsmodels' names, (m,) each."""
    interval, letter = contrasts.interval(1.0 - alpha), _statistic_letter(contrasts)
    return {
        "coef": contrasts.effects,
        "std err": contrasts.std_errors,
        letter: contrasts.z,
        f"P>|{letter}|": contrasts.p_values,
        "Conf. Int. Low": interval[:, 0],
        "Conf. Int. Upp.": interval[:, 1],
    }
