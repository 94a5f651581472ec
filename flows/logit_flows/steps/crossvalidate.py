"""Cross-validate: the mean log-loss of a config on folds of its training rows."""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array
from logit_engine.design.learning import learn
from logit_engine.design.table_design import Design
from logit_engine.diagnostics.metric_intervals import difference_interval
from logit_engine.diagnostics.wording import Wording
from logit_engine.errors import DataError, UsageError
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import fit
from logit_flows.config.model import Config
from logit_flows.steps.fit import fit_unaliased, likelihood_of, penalty_of
from logit_flows.steps.folds import fold_key, hashed_folds
from logit_flows.steps.identity import identify
from logit_flows.steps.learn import Learned, fold_spec
from logit_flows.steps.load import Dataset
from logit_flows.steps.opening import open_store
from logit_flows.steps.rows import Table, clusters, open_rows, outcome_of, rows_for_fit
from logit_flows.steps.split import Split
from logit_flows.store.validations import keep_score, kept_score


@dataclass(frozen=True, slots=True)
class Validated:
    """The cross-validated mean log-loss and its standard error, by cluster where there is one."""

    log_loss: float
    std_error: float


def find_validation(config: Config, dataset: Dataset) -> Validated | None:
    """What an earlier experiment found for this config and data, or None."""
    assert config.experiment is not None
    run = identify(config, dataset)
    found = kept_score(open_store(config), run, config.experiment.folds)
    return None if found is None else Validated(*found)


def keep_validation(config: Config, dataset: Dataset, validated: Validated) -> None:
    """Keep what was found, so that an experiment that runs again fits nothing."""
    assert config.experiment is not None
    run, folds = identify(config, dataset), config.experiment.folds
    keep_score(open_store(config), run, folds, validated.log_loss, validated.std_error)


def cross_validate(config: Config, dataset: Dataset, split: Split) -> Validated:
    """Learn and fit on all folds but one, score that one, for each.

    Folds are hashes of what a random split would hash. Test rows take no part.
    """
    if config.model.penalty.strength == "cv":
        raise UsageError(
            "the cells of an experiment are compared by cross-validation and cannot choose their "
            "strength by another; "
            "list strengths under experiment.matrix: {model.penalty.strength: [...]}."
        )
    rows = open_rows(config, dataset, split, "train")
    assert config.experiment is not None
    count = config.experiment.folds
    fold = hashed_folds(rows, fold_key(config, dataset.contract), count)
    losses = np.empty(rows.n)
    for k in range(count):
        inside = fold == k
        if not inside.any():
            raise DataError(f"fold {k + 1} of {count} has no rows; use fewer experiment.folds.")
        losses[inside] = _fold_losses(config, dataset, rows.filter(~inside), rows.filter(inside))
    found = difference_interval(losses, cluster=clusters(config, rows))
    return Validated(found.mean, found.std_error)


def _fold_losses(config: Config, dataset: Dataset, train: Table, held: Table) -> Array:
    """The log-loss of each held-out row under the model of the training rows, (n,)."""
    likelihood = likelihood_of(config, dataset)

    def fit_design(design: Design) -> FitResult:
        return fit(
            rows_for_fit(dataset, train, design),
            likelihood,
            penalty=penalty_of(config, train.n, design, likelihood.outputs),
            covariance_type=None,
            allow_separation=config.model.on_separation == "warn",
            threads=config.compute.thread_count,
            wording=Wording(config.data.target.column, units=design.units, pools=design.pools),
        )

    fitted = fit_unaliased(config, Learned(*learn(train, fold_spec(config))), fit_design)
    design, code_of = fitted.learned.design, outcome_of(dataset)
    losses = [
        -likelihood.terms(design.predictors(frame, fitted.result.estimates), code_of(frame)).loglik
        for frame in held.frames()
    ]
    return np.concatenate(losses)
