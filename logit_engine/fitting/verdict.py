"""Judging: what may be said of a solution. The verdict with its sentence, and the notes beside the estimates."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Coordinates
from logit_engine.diagnostics.collinearity import nearly_collinear
from logit_engine.diagnostics.direction_proofs import Proof
from logit_engine.diagnostics.linear_program import Cone
from logit_engine.diagnostics.recession import Recession, recession
from logit_engine.diagnostics.separation import Clause, empty_cells, moves_level, separation_remedy
from logit_engine.diagnostics.wording import PLAIN, Wording, first_names
from logit_engine.fitting.result import Status, Verdict
from logit_engine.inference.hypotheses import LIKELIHOOD_RATIO
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import condition_number, r_factor
from logit_engine.penalties import NONE
from logit_engine.solvers.certificate import arrival_certificate, information_loss
from logit_engine.solvers.descent import PENALTY_RATIO
from logit_engine.solvers.newton import Newton, newton_solution
from logit_engine.solvers.solution import (
    MAX_CERTIFICATE,
    Information,
    Residual,
    Solution,
    Termination,
)

FLAGGED = 1e8  # a condition number above it is said; above 1e12 it is said to be hopeless
HOPELESS = 1e12
FAR = 10.0  # of a linear predictor: such a row is predicted perfectly but for 1 in 20,000
EXACT_CERTIFICATE = (
    1e-6  # above it standard errors have fewer than six digits, which only collinear columns excuse
)


def separation_sentence(clauses: list[Clause], several: bool) -> str:
    """What separates, by clauses on columns, and what may be done."""
    shown = "; ".join(clause.text for clause in clauses[:5]) + (
        f"; and {len(clauses) - 5} more" if len(clauses) > 5 else ""
    )
    what = "their coefficients have" if several else "its coefficient has"
    return f"{shown}, so {what} no finite estimate. {separation_remedy(any(clause.is_level for clause in clauses))}"


class Judged(NamedTuple):
    """The solution that stands, its status, the certificate it rests on, and the infinite coefficients' signs,
    (q,), as in `Recession`, if any.
    """

    solution: Solution
    status: Status
    certificate: float
    signs: Array | None = None


def judged_solution(
    objective: Objective,
    solution: Solution,
    perfect: list[Clause],
    constants: Array,
    wording: Wording = PLAIN,
) -> Judged:
    """What may be said of a solution, which is led on where it stopped before a proof though nothing separates.

    `converged` is said by the certificate alone. Where it does not fire, a linear program tells whether a
    maximum exists at all; if it does, the solver goes on from where it stopped, then from the constants, (q,),
    that fit by themselves.
    """
    if not objective.separable:
        away = unheld_recession(objective, solution)
        if away is not None:
            return Judged(
                solution,
                separated_status(objective, away, perfect, wording),
                solution.proof.bound,
                away.signs,
            )
        return Judged(solution, _status(objective, solution), solution.proof.bound)
    certificate = np.inf if perfect else arrival_certificate(objective, solution)
    if _is_proved(objective, solution, certificate):
        return Judged(solution, _status(objective, solution), certificate)
    away = recession(objective, solution.theta)
    if away is not None and _separates(away, wording):
        return Judged(
            solution, separated_status(objective, away, perfect, wording), certificate, away.signs
        )
    if solution.termination in STOPPED:
        return Judged(solution, _status(objective, solution), certificate)
    known = solution.information
    onward = None if known is None or known.basis is None else known.next_basis
    for start, basis in ((solution.theta, onward), (constants, None)):
        further = newton_solution(objective, start, Newton(past_plateaus=True), basis)
        further = replace(further, passes=solution.passes + further.passes)
        certificate = arrival_certificate(objective, further)
        if _is_proved(objective, further, certificate):
            return Judged(further, _status(objective, further), certificate)
    lost = (
        replace(solution, termination=Termination.UNCERTIFIED)
        if solution.termination is Termination.CONVERGED
        else solution
    )
    return Judged(lost, _lost_status(objective, lost, away, wording), certificate)


def _separates(away: Recession, wording: Wording) -> bool:
    """Whether a direction separates; of columns that were normalized, rows that tie but for rounding tie in the file."""
    return away.proof is Proof.EXACT or (away.proof is Proof.ROUNDED and wording.units is not None)


def _lost_status(
    objective: Objective, lost: Solution, nearly: Recession | None, wording: Wording
) -> Status:
    """The status of a fit that reached no maximum; nearly: what separates but for rounding, None for nothing."""
    if nearly is None:
        return _status(objective, lost)
    clause = nearly.clause(objective.coefficient_names, objective.free, wording)
    return Status(
        Verdict.NOT_CONVERGED,
        f"not converged after {lost.passes} passes: {nearly.proof.value}, {clause}. "
        f"{separation_remedy(moves_level(objective, nearly.signs))}",
    )


def _is_proved(objective: Objective, solution: Solution, certificate: float) -> bool:
    """Whether a certificate proves the arrival, and that the information is exact: the last step hardly changes it."""
    if not certificate < MAX_CERTIFICATE:
        return False
    if certificate < EXACT_CERTIFICATE:
        return True
    bar = EXACT_CERTIFICATE * max(1.0, 1e-6 * column_condition(objective, solution.information))
    return certificate < bar or information_loss(objective, solution, certificate) < bar


def column_condition(objective: Objective, information: Information | None) -> float:
    """The condition number of the weighted columns at unit length, clear of the constants; see docs/engine.md.

    Infinite if there is no information, which is singular then.
    """
    return (
        np.inf
        if information is None
        else condition_number(_clear_triangle(objective, information)[0])
    )


def _clear_triangle(
    objective: Objective, information: Information
) -> tuple[Array, NDArray[np.intp]]:
    """The triangle of the weighted columns, clear of the constants, and the coefficient that each column is of.

    Under constraints a column is of no coefficient.
    """
    triangle, constant = information.triangle, objective.coordinates.constant
    if triangle.shape[1] != objective.free.size:
        return triangle, np.zeros(0, dtype=np.intp)
    if constant is None:
        return triangle, np.arange(triangle.shape[1])
    constants = (
        constant + np.arange(objective.likelihood.outputs) * objective.coordinates.scale.size
    )
    others = np.delete(np.arange(triangle.shape[1]), constants)
    if constants.size == 1 and constant == 0:
        return triangle[1:, 1:], others
    clear = r_factor(np.ascontiguousarray(triangle[:, np.concatenate([constants, others])]))
    return clear[constants.size :, constants.size :], others


def collinear_names(
    objective: Objective, information: Information | None, condition: float
) -> tuple[str, ...]:
    """The columns that are nearly combinations of each other, if the condition number is flagged."""
    if information is None or not FLAGGED < condition < np.inf:
        return ()
    triangle, at = _clear_triangle(objective, information)
    if not at.size:
        return ()
    names = objective.rows.names
    involved = {int(at[i]) % len(names) for i in nearly_collinear(triangle, 1.0 / FLAGGED)}
    return tuple(names[j] for j in sorted(involved))


def separated_status(
    objective: Objective, away: Recession, perfect: list[Clause], wording: Wording = PLAIN
) -> Status:
    """The status of a fit whose estimate does not exist."""
    classes, names = objective.rows.classes, objective.coefficient_names
    cells = empty_cells(objective, away.signs) if classes else []
    texts = [*cells, away.clause(names, objective.free, wording)]
    level = not perfect and moves_level(objective, away.signs)
    clauses = perfect or [Clause(text, level) for text in texts]
    named = len(perfect) or int((away.signs != 0)[~objective.free].sum())
    several = len(clauses) > 1 or named > 1
    return Status(Verdict.SEPARATED, separation_sentence(clauses, several))


def unheld_recession(objective: Objective, solution: Solution) -> Recession | None:
    """The direction in which a penalized estimate runs off, along what the penalty leaves free; None if there is none.

    Only looked for where the solver did not arrive, or a row is far out: else every row's margin shows in the residual.
    """
    if objective.fixed is not None:
        return None
    low, high = objective.penalty.open_directions(solution.theta.size)
    if not ((low < high) & ~objective.free).any():
        return None
    if (
        solution.termination is Termination.CONVERGED
        and objective.widest_predictor_gap(solution.theta) < FAR
    ):
        return None
    away = recession(replace(objective, penalty=NONE), cone=Cone(low, high))
    return away if away is not None and away.proof is Proof.EXACT else None


STOPPED = (
    Termination.ITERATIONS,
    Termination.EVALUATIONS,
    Termination.HALTED,
)  # by the caller: the solver is not led on
ADVICE = {
    **dict.fromkeys(STOPPED, "Allow more passes, or scale or drop columns."),
    Termination.UNCERTIFIED: (
        "No direction separates the outcomes, so a maximum exists, but it lies so far out that rounding hides the way. "
        "Look for offsets or weights of very different size, drop columns, or set a penalty."
    ),
}


def _status(objective: Objective, solution: Solution) -> Status:
    """Converged, or why not, as the solver saw it."""
    if solution.termination is not Termination.CONVERGED:
        advice = ADVICE.get(
            solution.termination, "Scale or drop columns, set a penalty, or use a log-concave link."
        )
        sentence = (
            f"not converged after {solution.passes} passes: {solution.termination.value}. {advice}"
        )
        return Status(Verdict.NOT_CONVERGED, sentence)
    if isinstance(solution.proof, Residual):
        of_penalty, of_gradient = PENALTY_RATIO * solution.proof.bound, solution.proof.bound
        return Status(
            Verdict.CONVERGED,
            f"Converged after {solution.passes} passes; no coefficient is further from optimal than {of_penalty:.1e} "
            f"of its penalty, nor {of_gradient:.1e} of the gradient's size.",
        )
    sentence = f"Converged after {solution.passes} passes; the last step was {solution.proof.decrement:.1e} standard errors."
    if not objective.likelihood.log_concave:
        sentence += f" The {objective.likelihood.name} log-likelihood is not concave: this is a local maximum."
    return Status(Verdict.CONVERGED, sentence)


def _unknown_signs(objective: Objective, signs: Array) -> str:
    """The note on infinite coefficients whose sign the data do not tell; signs: (q,), nan for these."""
    names = objective.coefficient_names
    found = [f"'{names[j]}'" for j in np.flatnonzero(np.isnan(signs)).tolist()]
    return (
        f"The data do not identify {first_names(found)}, not even the sign: the likelihood reaches the same limit whether "
        f"{'it rises or falls' if len(found) == 1 else 'they rise or fall'}."
    )


def notes(
    coordinates: Coordinates,
    condition: float,
    objective: Objective,
    naive: bool,
    given: bool,
    constant: bool,
    signs: Array | None = None,
    collinear: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """What a reader of the estimates should know beside them.

    given: whether there are standard errors; constant: whether some column is one; collinear: the columns that are
    nearly combinations of each other.
    """
    return (
        *([] if signs is None else _separation_notes(objective, signs)),
        *_column_notes(coordinates, condition, constant, collinear),
        *objective.penalty.notes(objective.free, objective.likelihood.outputs, given),
        *_error_notes(objective, condition, naive, given),
    )


def _separation_notes(objective: Objective, signs: Array) -> list[str]:
    """The notes on infinite estimates; signs: (q,), as in `Recession`."""
    said = [f"Infinite estimates have no standard errors. {LIKELIHOOD_RATIO}"]
    if np.isnan(signs).any():
        said.append(_unknown_signs(objective, signs))
    return said


def _column_notes(
    coordinates: Coordinates, condition: float, constant: bool, collinear: tuple[str, ...]
) -> list[str]:
    """The notes on the constant and on the condition number; parameters as in `notes`."""
    said = []
    if coordinates.constant is None and constant:
        said.append("The constant is penalized too: set its strength to 0 to leave it alone.")
    elif coordinates.constant is None:
        said.append(
            "There is no constant column, so columns were not centered: shifted columns cost digits."
        )
    if condition > FLAGGED:
        digits = "few" if condition > HOPELESS else f"about {14.0 - np.log10(condition):.0f}"
        shown = first_names([f"'{name}'" for name in collinear])
        said.append(
            f"The condition number is {condition:.1e}: the columns {shown}{' ' * bool(shown)}are nearly collinear, "
            f"{digits} digits are real."
        )
    return said


def _error_notes(objective: Objective, condition: float, naive: bool, given: bool) -> list[str]:
    """The note on standard errors after a penalized fit; parameters as in `notes`."""
    if objective.separable:
        return []
    if given:
        known = "its zeros were known" if objective.penalty.kinked else "it did not"
        return [
            f"The penalty biases the estimates: standard errors after it are naive, as if {known}."
        ]
    if not naive:
        return [
            "Standard errors are not given after a penalized fit: the penalty biases the estimates."
        ]
    if np.isnan(condition):
        return [
            "The information is singular where the penalty left off, so there are no naive standard errors."
        ]
    return []
