"""One fit, top to bottom: rows, a likelihood and options in, a frozen `FitResult` out.

This file is the order of the steps and holds no arithmetic: preparation, pilot or solver, verdict,
covariance, result.
"""

from dataclasses import replace

from logit_engine.columns import Array, Coordinates
from logit_engine.constraints import Equalities, Inequalities
from logit_engine.diagnostics.wording import DEFAULT_WORDING, Wording
from logit_engine.errors import SeparationError
from logit_engine.fitting.assembly import SolvedProblem, covariance_estimate, fit_result
from logit_engine.fitting.constrained import constrained_problem
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.preparation import Preparation, prepare
from logit_engine.fitting.refusals import (
    PerfectSearch,
    check_likelihood,
    check_rank,
    check_solver,
    separation_reason,
)
from logit_engine.fitting.result import FitResult, Verdict
from logit_engine.fitting.verdict import judge
from logit_engine.inference.covariance import NONROBUST, Covariance
from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE, Penalty
from logit_engine.rows import Rows, cores, one_blas_thread
from logit_engine.solvers.newton import Newton, newton_solution
from logit_engine.solvers.pilot import (
    MAX_PILOT_PASSES,
    Approach,
    estimates_only_solution,
    pilot_approach,
)
from logit_engine.solvers.solution import Solution, Solver, Termination


def fit(
    rows: Rows,
    likelihood: Likelihood = Bernoulli(LOGIT),  # noqa: B008  (a frozen value)
    *,
    penalty: Penalty = NONE,
    covariance_type: Covariance | None = NONROBUST,
    equalities: Equalities | None = None,
    inequalities: Inequalities | None = None,
    allow_separation: bool = False,
    threads: int | None = None,
    solver: Solver | None = None,
    naive: bool = False,
    start: Array | None = None,
    wording: Wording = DEFAULT_WORDING,
) -> FitResult:
    """Fit by maximum (penalized) likelihood, under linear constraints if there are any.

    covariance_type: None for estimates alone, which saves the last look at the information if the
        maximum is proved without it.
    allow_separation: return a separated fit, and let its status say so.
    threads: None for all cores.
    solver: None for the one that suits the penalty.
    naive: give standard errors after an l1 penalty as if its zeros had been known beforehand (nan
        for those).
    start: (q,), in the user's units; by default the constants that fit the shares of the classes.
    wording: what sentences call the outcome, its values and the rows.

    Raises DataError if a class is not there or there are more columns than rows, UsageError if the
    penalty is not made for the model's coefficients, RankError naming aliased columns, and, unless
    `allow_separation`, SeparationError naming what predicts perfectly.
    """
    options = FitOptions(
        penalty=penalty,
        covariance_type=covariance_type,
        equalities=equalities,
        inequalities=inequalities,
        allow_separation=allow_separation,
        threads=threads,
        solver=solver,
        naive=naive,
        start=start,
        wording=wording,
    )
    return fit_rows(rows, likelihood, options)


def fit_rows(rows: Rows, likelihood: Likelihood, options: FitOptions) -> FitResult:
    """`fit` with its options as one value."""
    check_likelihood(rows, likelihood)
    options = options.simplified(likelihood)
    check_solver(options)
    with one_blas_thread():
        begun = prepare(rows, likelihood, options.penalty, options.threads or cores())
        problem = _solved_problem(begun, options)
        objective, solution = problem.objective, problem.solution
        check_rank(objective, solution, options.wording)
        perfect = problem.perfect.clauses
        judgment = judge(objective, solution, perfect, begun.start, options.wording)
        if judgment.status.verdict is Verdict.SEPARATED and not options.allow_separation:
            reason = separation_reason(perfect())
            raise SeparationError(judgment.status.sentence, reason=reason)
        estimated = covariance_estimate(problem, judgment, options, begun.first.observations)
        return fit_result(begun, problem, judgment, estimated, options)


def _solved_problem(begun: Preparation, options: FitOptions) -> SolvedProblem:
    """The solution by a pilot if one leads there, else by the solver from the start.

    Newton's method that lost its way from a given start tries once more from the constants.
    Raises SeparationError if one column or level predicts perfectly, unless separation is allowed.
    """
    objective, likelihood = begun.objective, begun.objective.likelihood
    if options.allows_pilot:
        approach = pilot_approach(objective, begun.start, options.estimates_only(likelihood))
        if approach is not None:
            solution = _from_approach(objective, approach, options.estimates_only(likelihood))
            return SolvedProblem(objective, solution, None, PerfectSearch(objective, options, []))
    perfect = PerfectSearch(objective, options)
    if objective.level_spans:  # a rare level is what mostly separates, and passes of codes are long
        perfect.refuse()
    solver = _asking_when_slow(options.solver_for(objective), perfect)
    starts = [begun.start]
    if options.start is not None:
        starts.insert(0, _inner_start(objective.coordinates, options.start, likelihood))
    for start in starts:
        problem = constrained_problem(objective, options, start)
        solution = solver.solve(problem.objective, problem.start)
        if not _lost_its_way(solver, solution):
            break
    if solution.termination is not Termination.CONVERGED:
        perfect.refuse()
    return SolvedProblem(problem.objective, solution, problem.free_space, perfect)


def _asking_when_slow(solver: Solver, perfect: PerfectSearch) -> Solver:
    """The solver that looks for perfect predictors once it takes long; others are asked before."""
    if isinstance(solver, Newton):
        return replace(solver, when_slow=perfect.refuse)
    perfect.refuse()
    return solver


def _from_approach(objective: Objective, approach: Approach, estimates_only: bool) -> Solution:
    """Newton's method from where a pilot led.

    It takes no step if estimates suffice and the maximum is proved.
    """
    found = estimates_only_solution(objective, approach) if estimates_only else None
    if found is not None:
        return found
    basis = approach.basis(objective.likelihood.outputs)
    solver = Newton(exact_decrement=approach.exact_decrement)
    solution = newton_solution(objective, approach.theta, solver, basis)
    return replace(solution, passes=solution.passes + approach.passes)


def _lost_its_way(solver: Solver, solution: Solution) -> bool:
    """Whether Newton's method failed from its start. To stop after few passes is no failure."""
    if not isinstance(solver, Newton):
        return False
    out_of_passes = (
        solution.termination is Termination.ITERATIONS and solver.max_passes >= MAX_PILOT_PASSES
    )
    return out_of_passes or solution.termination in (Termination.SINGULAR, Termination.NO_ASCENT)


def _inner_start(coordinates: Coordinates, start: Array, likelihood: Likelihood) -> Array:
    """A start in inner coordinates, (q,).

    If every class has its own constant only differences count: the first is zero.
    """
    theta = coordinates.to_inner(start).reshape(likelihood.outputs, -1)
    if coordinates.constant is not None and not likelihood.identified:
        theta[:, coordinates.constant] -= theta[0, coordinates.constant]
    return theta.reshape(-1)
