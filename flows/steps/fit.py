"""Fit: the model of the config on the training rows, through the engine."""

from flows.config import Config
from flows.steps.learn import Learned
from flows.steps.load import Dataset
from flows.steps.rows import outcomes, read_rows
from flows.steps.split import Split
from logit_engine.fitting import fit
from logit_engine.inference.covariance import covariance_named
from logit_engine.likelihoods import Bernoulli
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


def fit_model(config: Config, dataset: Dataset, split: Split, learned: Learned) -> FitResult:
    """The fit on the scale of X. Raises SeparationError or RankError naming columns, unless the config only warns."""
    frame = read_rows(config, dataset, split, "train")
    target = config.data.target
    rows = frame_rows(learned.design, frame, outcomes(frame, target.column, target.positive), config.data.cluster)
    return fit(
        rows,
        Bernoulli(LINKS[config.model.link]),
        penalty=penalty_of(config, frame.height),
        covariance_type=covariance_named(config.model.covariance.type),
        allow_separation=config.model.on_separation == "warn",
        threads=threads_of(config),
    )
