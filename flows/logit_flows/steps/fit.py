"""Fit: the model of the config on the training rows, through the engine."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logit_engine.design.table_design import Design
from logit_engine.diagnostics.collinearity import alias_clause
from logit_engine.errors import DataError, RankError, SeparationError, UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import covariance_named
from logit_engine.likelihoods import LIKELIHOODS, Likelihood
from logit_engine.links import LINKS
from logit_engine.penalties import NONE, PENALTIES, ElasticNet, Penalty, PenaltyTarget, differences
from logit_engine.rows.labels import quoted_label
from logit_flows.config.model import Config
from logit_flows.steps.cluster import rows_for_backend
from logit_flows.steps.learn import Learned, smooth_columns
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import Table, open_rows, outcome_of, rows_for_fit, wording_of
from logit_flows.steps.split import Split


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit on the scale of X, and the design of its columns.

    learned: the design that was given, without the columns that the fit dropped.
    """

    learned: Learned
    result: FitResult


def penalty_of(
    config: Config, rows: int, design: Design, outputs: int, strength: float | None = None
) -> Penalty:
    """The penalty of the config, or at another strength.

    The config's strength is on the mean log-likelihood, the engine's on the sum.
    """
    asked = config.model.penalty
    size = asked.strength if strength is None else strength
    if size is None:
        return NONE
    return PENALTIES[asked.type](penalty_target(config, design, outputs)).multiplied(size * rows)


def unit_penalty(config: Config, design: Design, outputs: int) -> ElasticNet:
    """The penalty of strength one as an elastic net, for a path.

    Raises UsageError for a penalty that is none.
    """
    target = penalty_target(config, design, outputs)
    unit = PENALTIES[config.model.penalty.type](target).as_elastic_net(target.weights)
    if unit is None:
        raise UsageError(
            f"the penalty '{config.model.penalty.type}' is no elastic net, so it has no path of "
            "strengths to choose from; give a number as its strength."
        )
    return unit


def penalty_target(config: Config, design: Design, outputs: int) -> PenaltyTarget:
    """The coefficients that the penalty is on, of all linear predictors but their constants."""
    asked = config.model.penalty
    p = len(design.names)
    runs = [design.level_positions(name) for name in smooth_columns(config, design)]
    share = np.r_[0.0, np.ones(p - 1)]
    share[[j for run in runs for j in run if j >= 0]] = 0.0  # the differences are in its place
    whole = np.tile(share, outputs)
    smooth = None
    if runs:
        every = [[j + k * p if j >= 0 else -1 for j in run] for k in range(outputs) for run in runs]
        smooth = differences(every, p * outputs)
    return PenaltyTarget(whole, np.tile(design.groups, outputs), asked.l1_ratio or 0.0, smooth)


def likelihood_of(config: Config, dataset: Dataset) -> Likelihood:
    """The likelihood of the config's family and link."""
    return LIKELIHOODS[config.model.family](len(dataset.classes), LINKS[config.model.link])


def fit_model(
    config: Config, dataset: Dataset, split: Split, learned: Learned, strength: float | None = None
) -> Fitted:
    """The fit on the scale of X; strength: of a penalty whose strength was chosen by
    cross-validation.

    Raises SeparationError or RankError with the names of columns, unless the config only warns, or
    drops them.
    """
    frames = open_rows(config, dataset, split, "train", config.compute.backend == "dask")
    _refuse_absent_classes(config, dataset, frames)
    likelihood = likelihood_of(config, dataset)

    def fit_design(design: Design) -> FitResult:
        encoded = rows_for_fit(dataset, frames, design, config.data.cluster)
        with rows_for_backend(config, dataset, encoded) as rows:
            return fit(
                rows,
                likelihood,
                penalty=penalty_of(config, frames.n, design, likelihood.outputs, strength),
                covariance_type=covariance_named(config.model.covariance.type),
                allow_separation=config.model.on_separation == "warn",
                threads=config.compute.thread_count,
                wording=wording_of(config, dataset, split, design),
            )

    return fit_unaliased(config, learned, fit_design)


def fit_unaliased(
    config: Config, learned: Learned, fit_design: Callable[[Design], FitResult]
) -> Fitted:
    """The fit of a design, or of its columns that are no aliases, if the config drops these.

    Aliases are the columns that the engine's own error names; each is noted. Raises what
    `fit_design` raises.
    """
    try:
        return Fitted(learned, fit_design(learned.design))
    except (RankError, SeparationError) as error:
        if config.features.aliased != "drop" or not error.aliases:
            raise
        found = error.aliases
    notes = [f"{alias_clause(name, sources)}; it is dropped." for name, sources in found.items()]
    kept = Learned(learned.design.without(found), (*learned.notes, *notes))
    return Fitted(kept, fit_design(kept.design))


def _refuse_absent_classes(config: Config, dataset: Dataset, frames: Table) -> None:
    """Raises DataError for a class that no training row has."""
    code_of = outcome_of(dataset)
    seen = {
        code
        for frame in frames.frames([dataset.target])
        for code in np.unique(code_of(frame)).tolist()
    }
    absent = [label for code, label in enumerate(dataset.classes) if code not in seen]
    if absent:
        raise DataError(
            f"no training row has {config.data.target.column} = {quoted_label(absent[0])}; choose "
            "another split, or drop these rows."
        )
