"""Fit: the model of the config on the training rows, through the engine."""

from flows.config import Config
from flows.steps.learn import Learned
from flows.steps.load import Dataset
from flows.steps.rows import class_names, outcomes, read_rows
from flows.steps.split import Split
from logit_engine.errors import DataError
from logit_engine.fitting import fit
from logit_engine.inference.covariance import covariance_named
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LINKS
from logit_engine.penalties import L2, NONE, Penalty
from logit_engine.result import FitResult
from logit_engine.sources.frames import frame_rows


def threads_of(config: Config) -> int | None:
    """The threads asked for; None lets the engine take the cores there are."""
    return None if config.compute.threads == "auto" else config.compute.threads


def penalty_of(config: Config, rows: int) -> Penalty:
    """The penalty of the config; its strength is on the mean log-likelihood, the engine's on the sum."""
    asked = config.model.penalty
    return NONE if asked.type == "none" or asked.strength is None else L2(asked.strength * rows)


def likelihood_of(config: Config, dataset: Dataset) -> Likelihood:
    """The likelihood of the config's family and link."""
    if config.model.family == "multinomial":
        return Multinomial(len(dataset.classes) - 1)
    return Bernoulli(LINKS[config.model.link])


def fit_model(config: Config, dataset: Dataset, split: Split, learned: Learned) -> FitResult:
    """The fit on the scale of X. Raises SeparationError or RankError naming columns, unless the config only warns."""
    frame = read_rows(config, dataset, split, "train")
    y = outcomes(config, dataset, frame)
    absent = [label for code, label in enumerate(dataset.classes) if not (y == code).any()]
    if absent:
        raise DataError(
            f"no training row has {config.data.target.column} = {absent[0]!r}; choose another split, or drop these rows."
        )
    return fit(
        frame_rows(learned.design, frame, y, config.data.cluster, class_names(dataset)),
        likelihood_of(config, dataset),
        penalty=penalty_of(config, frame.height),
        covariance_type=covariance_named(config.model.covariance.type),
        allow_separation=config.model.on_separation == "warn",
        threads=threads_of(config),
    )
