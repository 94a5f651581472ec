"""A model per group of rows, such as one per shop: small logit models are fitted many at a time.

The problem: `fit` on each of 10,000 groups spends its time on calls.

The idea: groups of about equal size make a stack, and batched_newton.py fits a stack at once. A
group whose maximum it cannot prove goes to `fit` alone, and so does each group of any other model.

Invariants: each verdict, error and refusal is that of `fit`. No group stops another. Which groups
make a stack depends on the rows alone, so the bits do not depend on threads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from logit_engine.columns import Array, dense_array
from logit_engine.diagnostics.wording import DEFAULT_WORDING
from logit_engine.errors import LogitEngineError, UsageError
from logit_engine.fitting.batched_newton import Stack, StackFits, stack_fits
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.refusals import check_likelihood
from logit_engine.fitting.result import Convergence, FitResult, Status, Verdict
from logit_engine.fitting.status import arrival_sentence
from logit_engine.fitting.steps import fit_rows
from logit_engine.inference.covariance import NONROBUST
from logit_engine.inference.reliability import Size, reliability_notes
from logit_engine.likelihoods import Bernoulli, Likelihood
from logit_engine.links import LOGIT
from logit_engine.rows import cores, one_blas_thread
from logit_engine.rows.memory import MemoryRows, cluster_codes
from logit_engine.rows.pass_threads import results_in_order

MAX_STACK_COLUMNS = 64
MAX_GROUP_NUMBERS = 2**17  # of a group in a stack: a larger one is worth the calls of `fit`
MAX_STACK_NUMBERS = 2**17  # of all its groups: they stay in a core's cache
MAX_SIZE_RATIO = 1.25  # of the rows of a stack's largest group to those of its smallest
STACK_FIGURES = ("estimates", "covariance", "loglik", "decrement", "certificate", "condition")
RESULT_FIGURES = (*STACK_FIGURES, "null_loglik", "passes")
ROW_PARTS = ("weight", "offset", "cluster", "precision", "fold")


class GroupTable(NamedTuple):
    """What the groups have in common, as arrays over them; nan where a group was refused.

    n, events: (G,), rows and the sum of y. estimates: (G, q). covariance: (G, q, q). loglik,
    null_loglik, decrement, certificate, condition: (G,), as in `FitResult`. passes: (G,).
    """

    n: NDArray[np.int64]
    events: Array
    estimates: Array
    covariance: Array
    loglik: Array
    null_loglik: Array
    decrement: Array
    certificate: Array
    condition: Array
    passes: NDArray[np.int64]


@dataclass(frozen=True)
class GroupFits(Mapping[Any, FitResult]):
    """The fits of G groups, by label: `fits[label]` is the group's `FitResult`.

    It raises the error that refused the group. labels: sorted. classes: as in `FitResult`. table:
    the groups as arrays, in the order of labels. apart: of each group that went to `fit`, by place,
    its fit or its error.
    """

    labels: tuple[Any, ...]
    names: tuple[str, ...]
    classes: tuple[str, ...]
    table: GroupTable
    apart: dict[int, FitResult | LogitEngineError]

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.labels)

    def __getitem__(self, label: Any) -> FitResult:
        i = self._label_places[label]
        found = self.apart.get(i)
        if isinstance(found, LogitEngineError):
            raise found
        return found or self._stacked_result(i)

    @cached_property
    def _label_places(self) -> dict[Any, int]:
        return {label: i for i, label in enumerate(self.labels)}

    @property
    def refusals(self) -> dict[Any, LogitEngineError]:
        """The errors of the groups that have no fit, by label."""
        return {
            self.labels[i]: found
            for i, found in self.apart.items()
            if isinstance(found, LogitEngineError)
        }

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Of which groups a maximum is proved and reached, (G,)."""
        found = np.ones(len(self.labels), dtype=bool)
        for i, fitted in self.apart.items():
            found[i] = isinstance(fitted, FitResult) and fitted.converged
        return found

    @property
    def std_errors(self) -> Array:
        """Square roots of the covariances' diagonals, (G, q)."""
        return np.sqrt(self.table.covariance.diagonal(axis1=1, axis2=2))

    def _stacked_result(self, i: int) -> FitResult:
        """The result of a group that was fitted in a stack."""
        table, size = self.table, int(self.table.n[i])
        events = float(table.events[i])
        sentence = arrival_sentence(int(table.passes[i]), float(table.decrement[i]))
        has_errors = not np.isnan(table.covariance[i]).any()
        rows = Size(len(self.names) - 1, float(size), min(events, size - events))
        return FitResult(
            names=self.names,
            classes=self.classes,
            estimates=table.estimates[i],
            covariance=table.covariance[i],
            covariance_type="nonrobust" if has_errors else "none",
            clusters=(),
            link=LOGIT.name,
            n=size,
            observations=float(size),
            loglik=float(table.loglik[i]),
            null_loglik=float(table.null_loglik[i]),
            free=np.arange(len(self.names)) == 0,
            convergence=Convergence(
                Status(Verdict.CONVERGED, sentence),
                int(table.passes[i]),
                float(table.decrement[i]),
                float(table.certificate[i]),
                float(table.condition[i]),
            ),
            notes=reliability_notes(rows) if has_errors else (),
        )


def fit_groups(
    rows: MemoryRows,
    by: Any,
    likelihood: Likelihood = Bernoulli(LOGIT),  # noqa: B008  (a frozen value)
    **options: Any,
) -> GroupFits:
    """Fit a model to each group of rows; by: the label of each row's group, (n,), in their order.

    options: those of `fit`, for all groups alike. Plain logit models, of rows without weights and
    offsets, are fitted many at a time, to the digits of `fit`.

    Raises DataError for labels that are missing, or not one for each row, and UsageError for two
    columns of them, or a likelihood of other classes. What is wrong with one group is told by that
    group alone.
    """
    asked = FitOptions(**options)
    check_likelihood(rows, likelihood)
    groups = _grouped_rows(rows, by)
    threads = asked.threads or cores()
    with one_blas_thread():
        stacks = groups.stacks() if _is_stackable(rows, likelihood, asked) else []
        found = list(results_in_order(groups.fit_stack, stacks, threads))
    table = _empty_table(groups, len(rows.names) * likelihood.outputs)
    left = np.ones(len(groups.labels), dtype=bool)
    for which, fits in zip(stacks, found, strict=True):
        _fill_stack(table, which, fits)
        left[which[fits.proved]] = False
    apart = {
        i: _own_fit(groups.rows_of(i), likelihood, asked) for i in np.flatnonzero(left).tolist()
    }
    for i, fitted in apart.items():
        _fill_result(table, i, fitted)
    if asked.covariance_type is None:
        table.covariance[:] = np.nan
    return GroupFits(groups.labels, rows.names, rows.classes, table, apart)


@dataclass(frozen=True)
class _Groups:
    """Rows in groups: order (n,) puts the rows of a group together, `sizes` (G,) of them from
    `starts` (G,) on.
    """

    rows: MemoryRows
    labels: tuple[Any, ...]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]

    @cached_property
    def X(self) -> Array:
        """The columns as an array, (n, p), of few columns."""
        return dense_array(self.rows.X)

    @cached_property
    def events(self) -> Array:
        """The sum of y of each group, (G,)."""
        return np.add.reduceat(self.rows.y[self.order], self.starts)

    def stacks(self) -> list[NDArray[np.intp]]:
        """The places of the groups that are fitted together, those of about equal size."""
        p = len(self.rows.names)
        both = (self.events > 0.0) & (self.events < self.sizes)
        small = both & (self.sizes >= p) & (self.sizes * p <= MAX_GROUP_NUMBERS)
        rising = np.flatnonzero(small)[np.argsort(self.sizes[small], kind="stable")]
        found, first = [], 0
        for last in range(1, rising.size + 1):
            least, most = self.sizes[rising[first]], self.sizes[rising[min(last, rising.size - 1)]]
            numbers = (last - first + 1) * most * p
            is_full = numbers > MAX_STACK_NUMBERS or most > MAX_SIZE_RATIO * least
            if is_full or last == rising.size:
                found.append(rising[first:last])
                first = last
        return found

    def fit_stack(self, which: NDArray[np.intp]) -> StackFits:
        """The fits of some groups."""
        sizes, longest = self.sizes[which], int(self.sizes[which].max())
        place = np.arange(longest)
        is_row = (place < sizes[:, None]).astype(np.float64)
        at = self.order[self.starts[which][:, None] + np.minimum(place, sizes[:, None] - 1)]
        return stack_fits(Stack(self.X[at], self.rows.y[at], is_row))

    def rows_of(self, i: int) -> MemoryRows:
        """The rows of one group as rows of their own."""
        whole, at = self.rows, self.order[self.starts[i] : self.starts[i] + self.sizes[i]]
        return replace(
            whole,
            X=whole.X.copy_rows(at),
            y=whole.y[at],
            **{name: part[at] for name in ROW_PARTS if (part := getattr(whole, name)) is not None},
        )


def _grouped_rows(rows: MemoryRows, by: Any) -> _Groups:
    """The rows by their labels.

    Raises DataError for labels that are missing or too few, UsageError for two columns of them.
    """
    codes = cluster_codes(by, rows.n, "by")
    if codes.shape[1] != 1:
        raise UsageError("by has two columns; give one label for each row.")
    sizes = np.bincount(codes[:, 0])
    kind = np.uint16 if sizes.size <= 2**16 else np.int64  # short numbers are sorted by their bytes
    order = np.argsort(codes[:, 0].astype(kind), kind="stable")
    starts = np.cumsum(sizes) - sizes
    return _Groups(rows, _as_labels(np.ravel(by)[order[starts]]), order, starts, sizes)


def _as_labels(values: NDArray[Any]) -> tuple[Any, ...]:
    """Values as Python's own; times of nanoseconds, which Python has not, as microseconds if they
    are.
    """
    if values.dtype.kind in "mM" and np.datetime_data(values.dtype)[0] == "ns":
        short = values.astype(f"{values.dtype.kind}8[us]")
        if (short != values).any():
            return tuple(values)
        values = short
    return tuple(values.tolist())


def _is_stackable(rows: MemoryRows, likelihood: Likelihood, asked: FitOptions) -> bool:
    """Whether groups may be fitted together: plain logit models with a constant first."""
    plain = replace(asked, threads=None, covariance_type=NONROBUST, wording=DEFAULT_WORDING)
    is_plain = plain == FitOptions() and asked.covariance_type in (None, NONROBUST)
    parts = (rows.weight, rows.offset, rows.precision)
    few = len(rows.names) <= MAX_STACK_COLUMNS
    return (
        is_plain
        and few
        and rows.intercept
        and likelihood == Bernoulli(LOGIT)
        and all(part is None for part in parts)
    )


def _own_fit(
    rows: MemoryRows, likelihood: Likelihood, asked: FitOptions
) -> FitResult | LogitEngineError:
    """The fit of one group, or the error that refuses it."""
    try:
        return fit_rows(rows, likelihood, asked)
    except LogitEngineError as error:
        return error


def _empty_table(groups: _Groups, q: int) -> GroupTable:
    """The table of no fit."""
    count = len(groups.labels)
    loglik, null, decrement, certificate, condition = np.full((5, count), np.nan)
    return GroupTable(
        groups.sizes,
        groups.events,
        np.full((count, q), np.nan),
        np.full((count, q, q), np.nan),
        loglik,
        null,
        decrement,
        certificate,
        condition,
        np.zeros(count, dtype=np.int64),
    )


def _fill_stack(table: GroupTable, which: NDArray[np.intp], fits: StackFits) -> None:
    """Put the proved fits of a stack into their places."""
    at, proved = which[fits.proved], fits.proved
    for name in STACK_FIGURES:
        getattr(table, name)[at] = getattr(fits, name)[proved]
    table.passes[at] = fits.passes
    classes = np.stack([table.events[at], table.n[at] - table.events[at]])
    table.null_loglik[at] = xlogy(classes, classes / table.n[at]).sum(axis=0)


def _fill_result(table: GroupTable, i: int, fitted: FitResult | LogitEngineError) -> None:
    """Put the fit of one group into its place."""
    if isinstance(fitted, FitResult):
        for name in RESULT_FIGURES:
            getattr(table, name)[i] = getattr(fitted, name)
