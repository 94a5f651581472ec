"""Fit: the model of the config on the training rows, through the engine."""

import numpy as np

from flows.config import Config
from flows.steps.cluster import placed, threads_of
from flows.steps.learn import Learned
from flows.steps.load import Dataset
from flows.steps.rows import open_rows, outcome_of, rows_for_fit
from flows.steps.split import Split
from logit_engine.errors import DataError
from logit_engine.fitting import fit
from logit_engine.inference.covariance import covariance_named
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LINKS
from logit_engine.penalties import L2, NONE, ElasticNet, Penalty
from logit_engine.result import FitResult


def penalty_of(config: Config, rows: int, coefficients: int, outputs: int, strength: float | None = None) -> Penalty:
    """The penalty of the config, or at another strength: it is on the mean log-likelihood, the engine's on the sum.

    coefficients: of each of the linear predictors (outputs), the constant first, which is left alone.
    """
    asked = config.model.penalty
    size = asked.strength if strength is None else strength
    if asked.type == "none" or size is None:
        return NONE
    if asked.type == "l2":
        return L2(size * rows)
    ratio = 1.0 if asked.l1_ratio is None else asked.l1_ratio
    share = np.tile(np.r_[0.0, np.ones(coefficients - 1)] * (size * rows), outputs)
    return ElasticNet(ratio * share, (1.0 - ratio) * share)


def likelihood_of(config: Config, dataset: Dataset) -> Likelihood:
    """The likelihood of the config's family and link."""
    if config.model.family == "multinomial":
        return Multinomial(len(dataset.classes) - 1)
    return Bernoulli(LINKS[config.model.link])


def fit_model(
    config: Config, dataset: Dataset, split: Split, learned: Learned, strength: float | None = None
) -> FitResult:
    """The fit on the scale of X; strength: of the penalty, where it was chosen by cross-validation.

    Raises SeparationError or RankError naming columns, unless the config only warns.
    """
    frames = open_rows(config, dataset, split, "train")
    code_of = outcome_of(dataset)
    seen = {code for frame in frames.frames([dataset.target]) for code in np.unique(code_of(frame)).tolist()}
    absent = [label for code, label in enumerate(dataset.classes) if code not in seen]
    if absent:
        raise DataError(
            f"no training row has {config.data.target.column} = {absent[0]!r}; choose another split, or drop these rows."
        )
    likelihood = likelihood_of(config, dataset)
    with placed(config, dataset, rows_for_fit(config, dataset, frames, learned.design)) as rows:
        return fit(
            rows,
            likelihood,
            penalty=penalty_of(config, frames.n, len(learned.design.names), likelihood.outputs, strength),
            covariance_type=covariance_named(config.model.covariance.type),
            allow_separation=config.model.on_separation == "warn",
            threads=threads_of(config),
        )
