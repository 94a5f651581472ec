"""A fit as a table that a statistician recognizes, in plain text of fixed columns."""

from textwrap import wrap

import numpy as np

from logit_engine.errors import UsageError
from logit_engine.fitting.result import FitResult

WIDTH = 100


def summarize(result: FitResult, standardized: FitResult | None = None, *, title: str = "", level: float = 0.95) -> str:
    """The header, the coefficient table and the notes of a fit.

    result: in original units; standardized: the same fit on the scale of X, printed beside it. Odds ratios with their
    interval stand beside the estimates of a logit fit; level: of the intervals. Raises UsageError for what is no FitResult.
    """
    if not isinstance(result, FitResult):
        raise UsageError(
            f"summarize takes a FitResult, not {type(result).__name__}; of an estimator pass estimator.inference_, of "
            "results of logit_engine.discrete call results.summary()."
        )
    table = _coefficients(result, standardized, level)
    width = max(WIDTH, *(len(line) for line in table))
    kind = "Multinomial regression" if result.classes else f"Binary regression, {result.link} link"
    lines = [title or kind, "=" * width, *_header(result), "-" * width]
    verdict = "" if result.converged else f"{result.status.verdict.value.capitalize()}: "
    said = (verdict + result.status.sentence, *result.notes)
    lines += [*table, "-" * width, *(line for sentence in said for line in wrap(sentence, width))]
    return "\n".join(line.rstrip() for line in lines)


def _header(r: FitResult) -> list[str]:
    covariance = r.covariance_type + (f" ({' x '.join(f'{g:,}' for g in r.clusters)} clusters)" if r.clusters else "")
    if r.penalty_strength:
        naive = not np.isnan(r.covariance).all()
        covariance = f"{covariance}, naive (penalized)" if naive else "none (penalized)"
    left = [
        ("Rows", f"{r.n:,}"),
        ("Link", r.link),
        ("Covariance", covariance),
        (
            "Penalty",
            _penalty(r),
        ),
    ]
    right = [
        ("Log-likelihood", f"{r.loglik:,.4f}"),
        ("Null log-likelihood", f"{r.null_loglik:,.4f}"),
        ("McFadden R2", f"{r.mcfadden_r2:.5f}"),
        ("AIC / BIC", f"{r.aic:,.1f} / {r.bic:,.1f}"),
    ]
    wide = max(38, *(len(text) + 2 for _, text in left))
    return [f"{a + ':':<14}{b:<{wide}}{c + ':':<22}{d:>26}" for (a, b), (c, d) in zip(left, right, strict=True)]


def _penalty(r: FitResult) -> str:
    """The penalty, with its strength on the sum of the rows and scikit-learn's C."""
    if not r.penalty_strength:
        return "none"
    name = {0.0: "l2", 1.0: "l1"}.get(r.l1_ratio, f"elastic net {r.l1_ratio:g}")
    if r.grouped:
        name = "group lasso" if r.l1_ratio == 1.0 else f"group lasso with a ridge, {r.l1_ratio:g}"
    return f"{name}, strength {r.penalty_strength:.4g} (C {1 / r.penalty_strength:.4g})"


def _coefficients(r: FitResult, standardized: FitResult | None, level: float) -> list[str]:
    interval = r.interval(level)
    percent = f"{100 * level:g}%"
    wide = max(len("Term"), *(len(name) for name in r.names))
    odds = r.link in ("logit", "multinomial")
    head = f"{'Term':<{wide}}  {'Estimate':>11} {'Std. error':>11} {'z':>8} {'P>|z|':>7} {percent + ' interval':>23}"
    head += f"  {'Odds ratio':>10} {percent + ' interval':>21}" if odds else ""
    head += f"  {'Standardized':>12}" if standardized is not None else ""
    lines = [head]
    against = f", against {r.classes[0]}" if r.classes and r.contrasts else ""
    for j, name in enumerate(r.names * (r.estimates.size // len(r.names))):
        if r.classes and j % len(r.names) == 0:
            lines += ["", r.classes[int(r.contrasts) + j // len(r.names)] + against]
        line = (
            f"{name:<{wide}}  {number(r.limits[j]):>11} {number(r.std_errors[j]):>11} {z_text(r.z[j]):>8} "
            f"{p_text(r.p_values[j]):>7} {number(interval[j, 0]):>11} {number(interval[j, 1]):>11}"
        )
        if odds:
            with np.errstate(over="ignore"):  # beyond the largest number an odds ratio is infinite
                ratio = [number(v, 4) for v in np.exp([r.limits[j], *interval[j]])]
            line += f"  {ratio[0]:>10} {ratio[1]:>10} {ratio[2]:>10}"
        if standardized is not None:
            line += f"  {number(standardized.limits[j]):>12}"
        lines.append(line)
    return lines


def number(value: float, digits: int = 5) -> str:
    """A number to some significant digits, plain between 1e-4 and 1e6, else in powers of ten; '.' where there is none."""
    if np.isnan(value):
        return "."
    if np.isinf(value):
        return "+inf" if value > 0.0 else "-inf"
    if value == 0.0 or 1e-4 <= abs(value) < 1e6:
        places = max(0, digits - 1 - (int(np.floor(np.log10(abs(value)))) if value else 0))
        return f"{value:.{min(places, digits + 2)}f}"
    return f"{value:.{digits - 2}e}"


def z_text(value: float) -> str:
    """A z statistic to three places; '.' where there is none."""
    return "." if np.isnan(value) else f"{value:.3f}"


def p_text(value: float) -> str:
    """A p-value to three places; below 0.001 it says so."""
    if np.isnan(value):
        return "."
    return "<0.001" if value < 0.0005 else f"{value:.3f}"
