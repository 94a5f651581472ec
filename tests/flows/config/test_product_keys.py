"""Every key of the product's example is accepted, or refused because its feature comes later."""

from collections.abc import Callable

import pytest
from logit_flows.config.explanations import REFUSED_KEYS
from logit_flows.config.model import Config

from tests.support.configs import BASE, Problems

# The product's example, key by key: each is accepted, or refused because its feature comes later.
PRODUCT = {
    "name": "flight-delays",
    "data.source": "data/flights/train/*.parquet",
    "data.format": (
        "{separator: ';', decimal: ',', thousands: '.', quote: '\"', encoding: latin-1, "
        "null_values: ['', NA, '?'], header: 2, skip_rows: 0, trim: true, dates: '%d/%m/%Y'}"
    ),
    "data.target": "{column: late, positive: true}",
    "data.id": "flight_id",
    "data.time": "time_hour",
    "data.cluster": "date",
    "data.missing_target": "drop",
    "data.freq_weights": "n",
    "data.sampling_weights": "w",
    "data.offset": "log_exposure",
    "features.numeric": "[distance, temp, humid, wind_speed, precip, visib]",
    "features.categorical": "[carrier, origin, dest, hour]",
    "features.impute": (
        "{numeric: {strategy: mean, add_indicator: true}, categorical: {strategy: level}}"
    ),
    "features.min_frequency": "100",
    "features": "{categorical: [c], recode: {c: {HS or less: [HS-grad, 11th, 12th]}}}",
    "features.pool_as": "reference",
    "features.handle_unknown": "pooled",
    "features.unknown_at_most": "0.05",
    "features.aliased": "drop",
    "features.constant": "drop",
    "features.formula": "'late ~ C(carrier) + bs(temp, 4)'",
    "normalize": "standard",
    "split.test_size": "0.2",
    "model.family": "binary",
    "model.link": "logit",
    "model.penalty": "{type: none}",
    "model.covariance": "{type: HC0}",
    "model.on_separation": "error",
    "evaluate.threshold": "0.5",
    "evaluate.intervals": "{method: bootstrap, level: 0.95, seed: 13}",
    "gate.metric": "log_loss",
    "gate.margin": "0.001",
    "gate.anchor": "first",
    "gate.require": "{skill: {min: 0.05}, calibration_slope: {min: 0.8, max: 1.25}}",
    "gate.approval": "automatic",
    "score.cohorts": "data/flights/cohorts/*.parquet",
    "score.output": "[probability, predicted_class, linear_predictor]",
    "experiment": "{matrix: {model.link: [logit, probit, cloglog], "
    "features.min_frequency: [50, 100, 500]}, folds: 5}",
    "schedule": "{cron: 0 5 * * 1, timezone: America/New_York}",
    "compute.threads": "auto",
    "compute.memory": "auto",
    "compute.backend": "dask",
    "compute": "{backend: dask, scheduler: tcp://there:8786}",
    "compute.engine": "dask",
    "store": "store",
}


@pytest.mark.parametrize("key", PRODUCT)
def test_a_key_of_the_product_is_accepted_or_refused_because_it_comes_later(
    read: Callable[..., Config], problems: Problems, key: str
) -> None:
    text = f"{key}={PRODUCT[key]}"
    if key in REFUSED_KEYS:
        assert problems(BASE, text) == [f"--set {text}: {key}: {REFUSED_KEYS[key]}."]
    else:
        read("", text)


@pytest.mark.parametrize(
    "choice",
    ["gate.approval=manual"],
)
def test_a_choice_of_the_product_that_comes_later_is_refused_by_its_sentence(
    problems: Problems, choice: str
) -> None:
    assert problems(BASE, choice) == [
        f"--set {choice}: {choice.partition('=')[0]}: {REFUSED_KEYS[choice]}."
    ]
