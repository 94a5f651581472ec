"""Judging: what may be said of a solution. The verdict with its sentence, and the notes beside the estimates."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.blocks import coefficient_names
from logit_engine.coordinates import Coordinates
from logit_engine.diagnostics.separation import REMEDY, Cone, Recession, recession, witness
from logit_engine.inference.hypotheses import LIKELIHOOD_RATIO
from logit_engine.objective import Objective
from logit_engine.penalties import NONE, ElasticNet
from logit_engine.result import Status, Verdict
from logit_engine.solvers.descent import BESIDE
from logit_engine.solvers.newton import CERTIFIED, Outcome, Solution

FLAGGED = 1e8  # a condition number above it is said; above 1e12 it is said to be hopeless
HOPELESS = 1e12
FAR = 10.0  # of a linear predictor: such a row is predicted perfectly but for 1 in 20,000


def separation_sentence(clauses: list[str], several: bool) -> str:
    """What separates, by clauses on columns, and what may be done."""
    shown = "; ".join(clauses[:5]) + (f"; and {len(clauses) - 5} more" if len(clauses) > 5 else "")
    what = "their coefficients have" if several else "its coefficient has"
    return f"{shown}, so {what} no finite estimate. {REMEDY}"


class Judged(NamedTuple):
    """The verdict with its sentence, the certificate it rests on, and the infinite coefficients' signs, (q,), if any."""

    status: Status
    certificate: float
    signs: NDArray[np.int8] | None = None


def judged_solution(objective: Objective, solution: Solution, perfect: list[str]) -> Judged:
    """The verdict: by the certificate where there is one, else by the linear programme, which decides."""
    if not objective.separable:
        away = unheld_recession(objective, solution)
        if away is not None:
            return Judged(_separated(objective, away, perfect), solution.certificate, away.signs)
        return Judged(_arrival(objective, solution), solution.certificate)
    proof = solution
    if solution.outcome is Outcome.CONVERGED and not perfect:
        proof = witness(objective, solution)
        if proof.certificate < CERTIFIED:
            return Judged(_arrival(objective, solution), proof.certificate)
    away = recession(objective)
    if away is None:
        settled = solution.outcome is Outcome.UNCERTIFIED
        arrived = replace(solution, outcome=Outcome.CONVERGED) if settled else solution
        return Judged(_arrival(objective, arrived), proof.certificate)
    return Judged(_separated(objective, away, perfect), proof.certificate, away.signs)


def _separated(objective: Objective, away: Recession, perfect: list[str]) -> Status:
    """The status of a fit whose estimate does not exist."""
    classes = objective.rows.classes
    own = len(classes) == objective.likelihood.outputs  # every class has a predictor, none is the base
    names = coefficient_names(objective.rows.names, ("", *classes) if own else classes)
    clauses = perfect or [away.clause(names, objective.free)]
    several = len(clauses) > 1 or int((away.signs != 0)[~objective.free].sum()) > 1
    return Status(Verdict.SEPARATED, separation_sentence(clauses, several))


def unheld_recession(objective: Objective, solution: Solution) -> Recession | None:
    """The direction in which a penalized estimate runs off, along what the penalty leaves free; None if there is none.

    Only looked for where the solver did not arrive, or a row is far out: else every row's margin shows in the residual.
    """
    penalty = objective.penalty
    if not isinstance(penalty, ElasticNet) or objective.fixed is not None:
        return None
    low, high = penalty.open_directions
    if not ((low < high) & ~objective.free).any():
        return None
    if solution.outcome is Outcome.CONVERGED and objective.farthest(solution.theta) < FAR:
        return None
    return recession(replace(objective, penalty=NONE), cone=Cone(low, high))


def _arrival(objective: Objective, solution: Solution) -> Status:
    """Converged, or why not, as the solver saw it."""
    if solution.outcome is not Outcome.CONVERGED:
        sentence = (
            f"not converged after {solution.passes} passes: {solution.outcome.value}. "
            "Scale or drop columns, set a penalty, or use a log-concave link."
        )
        return Status(Verdict.NOT_CONVERGED, sentence)
    by_light_passes = solution.basis is None and solution.next_basis is None
    if isinstance(objective.penalty, ElasticNet) and by_light_passes:
        return Status(
            Verdict.CONVERGED,
            f"Converged after {solution.passes} passes; no coefficient is further from optimal than "
            f"{BESIDE * solution.certificate:.1e} of its penalty, nor {solution.certificate:.1e} of the gradient's size.",
        )
    sentence = f"Converged after {solution.passes} passes; the last step was {solution.decrement:.1e} standard errors."
    if not objective.likelihood.log_concave:
        sentence += f" The {objective.likelihood.name} log-likelihood is not concave: this is a local maximum."
    return Status(Verdict.CONVERGED, sentence)


def notes(
    coordinates: Coordinates,
    condition: float,
    objective: Objective,
    naive: bool,
    given: bool,
    signs: NDArray[np.int8] | None = None,
) -> tuple[str, ...]:
    """What a reader of the estimates should know beside them; given: whether there are standard errors."""
    said = []
    if signs is not None:
        said.append(f"Infinite estimates have no standard errors. {LIKELIHOOD_RATIO}")
    if coordinates.constant is None:
        said.append("There is no constant column, so columns were not centered: shifted columns cost digits.")
    if condition > FLAGGED:
        digits = "few" if condition > HOPELESS else f"about {14.0 - np.log10(condition):.0f}"
        said.append(
            f"The condition number is {condition:.1e}: the columns are nearly collinear, {digits} digits are real."
        )
    penalty = objective.penalty
    if isinstance(penalty, ElasticNet) and penalty.groups is not None:
        said.append("The penalty is on norms of groups: the coefficients of a group are zero together.")
    if isinstance(penalty, ElasticNet) and penalty.smooth is not None:
        said.append("Levels that are ordered are drawn to their neighbors.")
    pinned = isinstance(penalty, ElasticNet) and given and bool(np.isinf(penalty.l1[objective.free]).any())
    if pinned and objective.likelihood.outputs > 1:
        said.append("The first class's intercept is zero by choice: only differences between the classes' are known.")
    if not objective.separable and given:
        kinked = isinstance(penalty, ElasticNet) and penalty.kinked
        known = "its zeros were known" if kinked else "it did not"
        said.append(f"The penalty biases the estimates: standard errors after it are naive, as if {known}.")
    elif not objective.separable and not naive:
        said.append("Standard errors are not given after a penalized fit: the penalty biases the estimates.")
    elif not objective.separable and np.isnan(condition):
        said.append("The information is singular where the penalty left off, so there are no naive standard errors.")
    return tuple(said)
