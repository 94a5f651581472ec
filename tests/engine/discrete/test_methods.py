"""Methods and their keywords under statsmodels' names: each arrives or says what stopped it."""

import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize

import logit_engine.discrete as ours
from logit_engine.discrete.methods import REFUSED

METHODS = ("newton", "bfgs", "lbfgs", "nm", "powell", "cg", "ncg", "basinhopping", "minimize")
SCIPYS = sorted(optimize._minimize.MINIMIZE_METHODS)
MODELS = ("Logit", "Probit", "MNLogit")


def data(name: str, n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 2)) * [1.0, 20.0]])
    latent = X @ [0.2, 1.0, -0.03] + rng.logistic(size=n)
    return (
        np.digitize(latent, [-0.7, 0.9]) if name == "MNLogit" else (latent > 0).astype(float)
    ), X


def model(name: str, package=ours):
    return getattr(package, name)(*data(name))


def options(method: str) -> dict:
    return {"niter": 2} if method == "basinhopping" else {}


@pytest.fixture(scope="module")
def best() -> dict[str, np.ndarray]:
    return {name: np.asarray(model(name, sm).fit(disp=0, tol=1e-14).params) for name in MODELS}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["Logit", "MNLogit"])
def test_answers_have_statsmodels_keys_sign_and_scale(name: str, method: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model(name, sm).fit(disp=0, method=method, maxiter=500, **options(method))
    mine = model(name).fit(disp=0, method=method, maxiter=500, **options(method))
    assert set(theirs.mle_retvals) <= set(mine.mle_retvals)
    for key, value in theirs.mle_retvals.items():
        if key in ("fopt", "score", "gopt", "Hessian", "Hinv"):
            assert np.shape(mine.mle_retvals[key]) == np.shape(value)
            if not theirs.mle_retvals["converged"]:
                continue
            # theirs is BFGS's
            tolerance = (
                {"rtol": 0.5, "atol": 1.0} if key == "Hinv" else {"rtol": 1e-3, "atol": 2e-4}
            )
            np.testing.assert_allclose(mine.mle_retvals[key], value, err_msg=key, **tolerance)
        elif key in ("fcalls", "gcalls", "hcalls"):
            assert mine.mle_retvals[key] > 0
    assert mine.mle_retvals["warnflag"] == 0


def test_the_inverse_hessian_is_that_of_the_mean_log_likelihood() -> None:
    mine = model("Logit").fit(disp=0, method="bfgs")
    np.testing.assert_allclose(
        mine.mle_retvals["Hinv"] @ model("Logit").fit(disp=0).mle_retvals["Hessian"],
        np.eye(3),
        atol=1e-9,
    )


@pytest.mark.parametrize("method", METHODS)
def test_settings_have_statsmodels_keys(method: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = (
            model("Logit", sm)
            .fit(disp=0, method=method, maxiter=500, **options(method))
            .mle_settings
        )
    mine = model("Logit").fit(disp=0, method=method, maxiter=500, **options(method)).mle_settings
    assert set(theirs) - set(mine) <= {"iprint"}
    assert mine["optimizer"] == method
    assert mine["maxiter"] == 500


@pytest.mark.parametrize("method", SCIPYS)
@pytest.mark.parametrize("name", MODELS)
def test_every_method_of_scipy_arrives(name: str, method: str, best) -> None:
    mine = model(name).fit(disp=0, method="minimize", min_method=method, maxiter=3000)
    assert mine.converged, mine.status
    np.testing.assert_allclose(mine.params, best[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "bfgs", "gtol": 1e-2, "norm": 2},
        {"method": "lbfgs", "pgtol": 1e-2, "factr": 1e10, "m": 3},
        {"method": "lbfgs", "gtol": 1e-2, "ftol": 1e-3, "approx_grad": True, "epsilon": 1e-6},
        {"method": "nm", "xtol": 0.1, "ftol": 0.1},
        {"method": "nm", "xatol": 0.1, "fatol": 0.1},
        {"method": "powell", "xtol": 0.1, "ftol": 0.1, "start_direc": np.eye(3)[::-1]},
        {"method": "cg", "gtol": 1e-2},
        {"method": "ncg", "avextol": 1e-1},
        {
            "method": "basinhopping",
            "niter": 1,
            "T": 0.5,
            "stepsize": 0.1,
            "interval": 5,
            "seed": 3,
            "niter_success": 1,
        },
        {"method": "basinhopping", "niter": 1, "minimizer": {"method": "Nelder-Mead", "tol": 0.1}},
        {"method": "minimize", "tol": 1e-2},
        {
            "method": "minimize",
            "min_method": "nelder-mead",
            "initial_simplex": np.vstack([np.zeros(3), np.eye(3)]),
        },
        {
            "method": "minimize",
            "min_method": "BFGS",
            "hess_inv0": np.diag([1.0, 2.0, 0.1]),
            "gtol": 1e-2,
        },
        {"method": "newton", "tol": 1e-2},
    ],
    ids=lambda asked: "-".join(map(str, asked)),
)
def test_loose_tolerances_are_polished_to_the_certificate(asked: dict, best) -> None:
    mine = model("Logit").fit(disp=0, maxiter=1000, **asked)
    assert mine.converged, mine.status
    np.testing.assert_allclose(mine.params, best["Logit"], rtol=1e-10)


def test_tolerances_are_heard() -> None:
    for method, loose, tight in (
        ("bfgs", {"gtol": 1e-1}, {"gtol": 1e-10}),
        ("lbfgs", {"pgtol": 1e-1}, {"pgtol": 1e-10}),
        ("nm", {"xtol": 1e-1, "ftol": 1e-1}, {"xtol": 1e-8, "ftol": 1e-8}),
        ("powell", {"ftol": 1e-1, "xtol": 1e-1}, {"ftol": 1e-12, "xtol": 1e-12}),
        ("cg", {"gtol": 1e-1}, {"gtol": 1e-10}),
        ("ncg", {"avextol": 1.0}, {"avextol": 1e-10}),
    ):
        calls = [
            model("Logit").fit(disp=0, method=method, **asked).mle_retvals["fcalls"]
            for asked in (loose, tight)
        ]
        assert calls[0] < calls[1], method


def test_limits_stop_a_method_and_the_sentence_says_which() -> None:
    for asked, sentence in (
        ({"method": "bfgs", "maxiter": 2}, "limit of passes was reached"),
        ({"method": "nm", "maxiter": 5}, "limit of passes was reached"),
        ({"method": "lbfgs", "maxfun": 2}, "limit of evaluations was reached"),
        ({"method": "nm", "maxfun": 9}, "limit of evaluations was reached"),
        ({"method": "powell", "maxfun": 9}, "limit of evaluations was reached"),
        (
            {"method": "minimize", "min_method": "TNC", "maxiter": 2},
            "limit of evaluations was reached",
        ),
    ):
        with pytest.warns(UserWarning, match=sentence):
            mine = model("Logit").fit(disp=0, **asked)
        assert not mine.converged
        assert mine.mle_retvals["warnflag"] == 1


def test_a_callback_stops_a_method_and_its_own_errors_pass() -> None:
    def stop(params: np.ndarray) -> None:
        raise StopIteration

    def fail(params: np.ndarray) -> None:
        raise ValueError("the caller's own")

    with pytest.warns(UserWarning, match="the callback stopped the method"):
        assert not model("Logit").fit(disp=0, method="bfgs", callback=stop).converged
    with pytest.raises(ValueError, match=r"^the caller's own$"):
        model("Logit").fit(disp=0, method="bfgs", callback=fail)


def test_hops_are_counted_seeded_and_told_as_by_scipy() -> None:
    told: list[tuple] = []
    fit = lambda **asked: model("Logit").fit(disp=0, method="basinhopping", **asked).mle_retvals  # noqa: E731
    found = fit(niter=3, seed=1, callback=lambda *hop: told.append(hop))
    assert len(told) == 4
    assert {len(hop) for hop in told} == {3}
    assert found["fcalls"] == fit(niter=3, seed=1)["fcalls"] == fit(niter=3, rng=1)["fcalls"]
    assert fit(niter=1, seed=1)["fcalls"] < found["fcalls"]


def test_powells_directions_come_and_go_in_the_users_units() -> None:
    found = model("Logit").fit(disp=0, method="powell", start_direc=np.eye(3), ftol=1e-1, xtol=1e-1)
    assert found.mle_retvals["direc"].shape == (3, 3)
    untouched = model("Logit").fit(
        disp=0, method="minimize", min_method="Powell", direc=2 * np.eye(3), ftol=0.9
    )
    np.testing.assert_allclose(untouched.mle_retvals["direc"][1:], 2 * np.eye(3)[1:], atol=1e-12)
    with pytest.raises(ValueError, match="direc has shape"):
        model("Logit").fit(disp=0, method="powell", start_direc=np.eye(2))


@pytest.mark.parametrize(
    "asked", [{"method": "lbfgs"}, *({"method": "minimize", "min_method": m} for m in SCIPYS)]
)
def test_bounds_are_kept_as_there(asked: dict) -> None:
    bounds = [(None, None), (None, 0.5), (-0.02, None)]
    theirs = model("Logit", sm).fit(
        disp=0, method="lbfgs", bounds=bounds, pgtol=1e-10, factr=1.0, maxiter=500
    )
    mine = model("Logit").fit(disp=0, bounds=bounds, maxiter=3000, **asked)
    np.testing.assert_allclose(mine.params, theirs.params, rtol=1e-6)
    assert mine.params[1] == 0.5
    assert mine.bse[1] == 0.0
    pairs = optimize.Bounds([-np.inf, -np.inf, -0.02], [np.inf, 0.5, np.inf])
    np.testing.assert_allclose(
        model("Logit").fit(disp=0, bounds=pairs, maxiter=3000, **asked).params, mine.params
    )


def test_iterates_are_kept_where_asked() -> None:
    for method in ("newton", "bfgs", "nm", "powell", "cg", "ncg"):
        found = model("Logit").fit(disp=0, method=method, retall=True).mle_retvals["allvecs"]
        assert len(found) >= 2
        assert np.shape(found[-1]) == (3,)


def test_without_the_hessian_there_are_no_standard_errors() -> None:
    mine = model("Logit").fit(disp=0, method="bfgs", skip_hessian=True)
    assert mine.converged
    assert np.isnan(mine.bse).all()


@pytest.mark.parametrize("keyword", sorted(REFUSED))
def test_refused_keywords_have_a_sentence_of_their_own(keyword: str) -> None:
    with pytest.raises(TypeError, match=f"'{keyword}' is not taken: "):
        model("Logit").fit(disp=0, method="bfgs", **{keyword: (1.0,)})
    with pytest.raises(TypeError, match=f"'{keyword}' is not taken: "):
        model("Logit").fit_regularized(disp=0, alpha=1.0, **{keyword: (1.0,)})
    assert model("Logit").fit(disp=0, method="bfgs", **{keyword: None}).converged


def test_the_page_lists_the_refused_keywords_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "from-statsmodels.md").read_text()
    listed = re.findall(r"^\| `\w+\.(\w+)` \| refused \| (.+) \|$", page, re.MULTILINE)
    assert {name for name, _ in listed} == {*REFUSED, "callback"}
    assert len(listed) == len({reason for _, reason in listed}) <= 10


@pytest.mark.parametrize("method", METHODS)
def test_unknown_keywords_are_named(method: str) -> None:
    with pytest.raises((TypeError, ValueError), match="nonsense"):
        model("Logit").fit(disp=0, method=method, nonsense=1)


def test_what_statsmodels_warns_of_is_heard_with_a_warning(best) -> None:
    with pytest.warns(FutureWarning, match="Keyword arguments have been passed"):
        found = model("Logit").fit(disp=0, method="bfgs", tol=1e-1)
    assert found.converged
    assert (
        found.mle_retvals["fcalls"]
        < model("Logit").fit(disp=0, method="bfgs").mle_retvals["fcalls"]
    )
    with pytest.warns(FutureWarning, match="full_output=False is deprecated"):
        assert model("Logit").fit(disp=0, full_output=False).mle_retvals["converged"]


def test_unknown_methods_of_scipy_are_named() -> None:
    with pytest.raises(ValueError, match="min_method is 'magic'; it is one of BFGS"):
        model("Logit").fit(disp=0, method="minimize", min_method="magic")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"method": "basinhopping", "seed": "a"}, "seed is 'a'"),
        ({"method": "basinhopping", "interval": 0}, "interval is 0"),
        ({"method": "basinhopping", "minimizer": {"jac": 1}}, "minimizer holds 'jac'"),
        (
            {"method": "basinhopping", "minimizer": {"method": "magic"}},
            "minimizer's method is 'magic'",
        ),
        ({"method": "lbfgs", "bounds": 5}, "bounds has 0 entries"),
        ({"method": "lbfgs", "bounds": [(1, 0)] * 3}, "contradict each other"),
        ({"method": "powell", "start_direc": "x"}, "direc holds what is no number"),
        ({"method": "bfgs", "gtol": "a"}, "SciPy's method 'BFGS' refused what it was given"),
        ({"method": "newton", "tol": -1}, "tol is -1"),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused_by_a_sentence(asked: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        model("Logit").fit(disp=0, **asked)


@pytest.mark.parametrize("method", SCIPYS)
def test_separation_has_its_verdict_whatever_the_method(method: str) -> None:
    X = data("Logit")[1]
    y = (X[:, 1] > 0).astype(float)
    for asked in (
        {"method": "minimize", "min_method": method},
        {"method": "basinhopping", "minimizer": {"method": method}},
    ):
        hops = {"niter": 1} if asked["method"] == "basinhopping" else {}
        with pytest.warns(UserWarning, match="predicts y perfectly"):
            assert not ours.Logit(y, X).fit(disp=0, **asked, **hops).converged


# --- l1 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("alpha", [0.0, 5.0, 1e3])
def test_penalized_results_count_and_mark_as_there(name: str, alpha: float) -> None:
    at = np.full(6 if name == "MNLogit" else 3, alpha)
    at[0] = 0.0
    asked = {"disp": 0, "alpha": at.reshape(3, -1, order="F") if name == "MNLogit" else at}
    theirs = model(name, sm).fit_regularized(**asked, acc=1e-12)
    mine = model(name).fit_regularized(**asked)
    np.testing.assert_array_equal(mine.trimmed, theirs.trimmed)
    assert mine.nnz_params == theirs.nnz_params
    assert (mine.df_model, mine.df_resid) == (theirs.df_model, theirs.df_resid)
    assert set(theirs.mle_retvals) <= set(mine.mle_retvals)
    assert mine.mle_retvals["fopt"] == pytest.approx(theirs.mle_retvals["fopt"], abs=1e-8)
    assert set(theirs.mle_settings) - set(mine.mle_settings) <= {"cov_params_func"}
    assert not hasattr(model(name).fit(disp=0), "nnz_params")


def test_a_penalty_of_zero_hears_maxiter() -> None:
    short = model("Logit").fit_regularized(disp=0, alpha=0, maxiter=1, warn_convergence=False)
    assert not short.converged
    np.testing.assert_allclose(
        model("Logit").fit_regularized(disp=0).params, model("Logit").fit(disp=0).params, rtol=1e-12
    )


def test_trimming_by_size_and_none_at_all() -> None:
    asked = {"disp": 0, "alpha": 5.0}
    small = model("Logit").fit_regularized(trim_mode="size", size_trim_tol=0.1, **asked)
    np.testing.assert_array_equal(
        small.trimmed, np.abs(model("Logit").fit_regularized(**asked).params) < 0.1
    )
    theirs = model("Logit", sm).fit_regularized(disp=0, alpha=1e3, trim_mode="off", acc=1e-14)
    whole = model("Logit").fit_regularized(disp=0, alpha=1e3, trim_mode="off")
    assert whole.nnz_params == theirs.nnz_params == 3
    np.testing.assert_allclose(whole.bse, theirs.bse, rtol=1e-5)
    with pytest.raises(ValueError, match="trim_mode is 'some'; it is one of auto, size, off"):
        model("Logit").fit_regularized(trim_mode="some", **asked)
    with pytest.raises(ValueError, match="size_trim_tol is -1"):
        model("Logit").fit_regularized(size_trim_tol=-1, **asked)


def test_the_conditions_of_the_optimum_are_checked_at_qc_tol() -> None:
    with pytest.warns(
        UserWarning, match=r"miss qc_tol = 0.001 for 3 of 3 parameters(.|\n)*\|False"
    ):
        model("Logit").fit_regularized(
            disp=0, alpha=0.5, maxiter=1, qc_tol=0.001, qc_verbose=True, warn_convergence=False
        )


def test_penalized_fits_refuse_what_they_do_not_take() -> None:
    for keyword in ("nonsense", "gtol", "weights"):
        with pytest.raises(
            TypeError, match=f"'{keyword}' is not an option of fit with method 'l1'"
        ):
            model("Logit").fit_regularized(disp=0, alpha=1.0, **{keyword: 1})
    with pytest.raises(TypeError, match="'callback' is not taken"):
        model("Logit").fit_regularized(disp=0, alpha=1.0, callback=print)
    with pytest.raises(ValueError, match="acc is -1"):
        model("Logit").fit_regularized(disp=0, alpha=1.0, acc=-1)
    accepted = inspect.signature(sm.Logit.fit_regularized).parameters
    assert set(accepted) <= set(inspect.signature(ours.Logit.fit_regularized).parameters) | {
        "kwargs"
    }
