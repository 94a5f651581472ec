"""R's own fits of R's own data sets, to eight digits; r/make_references.R made the numbers."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit
from logit_engine.discrete.models import BinaryModel

HERE = Path(__file__).parent / "r"
CASES = json.loads((HERE / "references.json").read_text(encoding="utf-8"))["cases"]
MODELS = {"logit": Logit, "probit": Probit, "cloglog": CLogLog}
BINARY = [name for name, case in CASES.items() if case["link"] in MODELS]
SEVERAL = [name for name, case in CASES.items() if case["link"] == "multinomial"]
EXPECTED = {"information": "expected"}  # what R's glm inverts


def table(name: str) -> pl.DataFrame:
    return pl.read_csv(HERE / "data" / f"{CASES[name]['data']}.csv", infer_schema_length=None)


def model(name: str) -> BinaryModel:
    frame = table(name)
    X = frame.select(pl.col("^x\\d+$").cast(pl.Float64)).to_numpy()
    trials = frame["trials"].to_numpy()
    grouped = {"var_weights": trials} if (trials != 1).any() else {}
    return MODELS[CASES[name]["link"]](frame["y"].to_numpy(), X, **grouped)


def fitted(name: str, **options):
    return model(name).fit(disp=0, **options)


@pytest.mark.parametrize("name", BINARY)
def test_glm(name: str) -> None:
    case, r = CASES[name], fitted(name, cov_kwds=EXPECTED)
    assert r.converged
    errors = np.abs(r.params - case["coef"]) / np.maximum(np.abs(case["coef"]), case["se"])
    assert errors.max() < 1e-8
    np.testing.assert_allclose(r.bse, case["se"], rtol=1e-8)
    assert r.llf == pytest.approx(case["loglik"], rel=1e-10)
    assert np.sum(np.square(r.resid_dev)) == pytest.approx(case["deviance"], rel=1e-9)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("name", [name for name in BINARY if "HC0" in CASES[name]])
def test_sandwich(name: str, kind: str) -> None:
    np.testing.assert_allclose(fitted(name, cov_type=kind, cov_kwds=EXPECTED).bse, CASES[name][kind], rtol=1e-8)


@pytest.mark.parametrize("correction", ["groups", "none"])
@pytest.mark.parametrize("name", ["ohio-logit", "infert-logit"])
def test_clusters(name: str, correction: str) -> None:
    groups = table(name)["cluster"].to_numpy()
    r = fitted(name, cov_type="cluster", cov_kwds={"groups": groups, "correction": correction})
    np.testing.assert_allclose(r.bse, CASES[name][f"cluster_{correction}"], rtol=1e-8)


def test_clusters_two_ways() -> None:
    groups = table("infert-logit").select("cluster", "second").to_numpy()
    r = fitted("infert-logit", cov_type="cluster", cov_kwds={"groups": groups, "correction": "groups"})
    np.testing.assert_allclose(r.bse, CASES["infert-logit"]["two_ways"], rtol=1e-8)


def test_residuals_leverages_and_predictions() -> None:
    case, r = CASES["birthwt-logit"], fitted("birthwt-logit")
    for kind, found in (("response", r.resid_response), ("pearson", r.resid_pearson), ("deviance", r.resid_dev)):
        np.testing.assert_allclose(found, case[f"residual_{kind}"], rtol=1e-8, err_msg=kind)
    influence = r.get_influence()
    np.testing.assert_allclose(influence.hat_matrix_diag, case["hat"], rtol=1e-8)
    np.testing.assert_allclose(influence.cooks_distance[0], case["cook"], rtol=1e-8)
    for ours, theirs in (("linear", "link"), ("mean", "response")):
        found = r.get_prediction(model("birthwt-logit").exog[:5], which=ours)
        np.testing.assert_allclose(found.predicted, case[f"predict_{theirs}"], rtol=1e-8)
        np.testing.assert_allclose(found.se, case[f"predict_{theirs}_se"], rtol=1e-8)


@pytest.mark.parametrize("name", SEVERAL)
def test_multinom(name: str) -> None:
    case, frame = CASES[name], table(name)
    X = frame.select(pl.col("^x\\d+$").cast(pl.Float64)).to_numpy()
    weight = frame["weight"].to_numpy()
    r = MNLogit(frame["y"].to_numpy(), X, freq_weights=weight).fit(disp=0)
    np.testing.assert_allclose(r.params.ravel(order="F"), case["coef"], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(r.bse.ravel(order="F"), case["se"], rtol=1e-8)
    np.testing.assert_allclose(r.params.ravel(order="F"), case["nnet"], atol=2e-4)  # where nnet's own search stops
    assert r.llf == pytest.approx(case["loglik"], rel=1e-10)
