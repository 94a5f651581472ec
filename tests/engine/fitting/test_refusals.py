"""What the engine refuses at its door, in one sentence on what was found and what to do."""

import re

import numpy as np
import pytest

from logit_engine.discrete import Logit
from logit_engine.errors import DataError, UsageError
from logit_engine.estimators import LogisticRegression
from logit_engine.fitting.paths import fit_path
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import Covariance
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LOGIT
from logit_engine.penalties import L2, ElasticNet, differences, group_lasso, lasso
from logit_engine.reporting.summary import summarize
from logit_engine.rows.memory import MemoryRows, array_rows


def rows(**others: object) -> MemoryRows:
    random = np.random.default_rng(2)
    X = random.normal(size=(60, 3))
    return array_rows(X, (X[:, 0] + random.logistic(size=60) > 0.0).astype(float), **others)


def net(l1: float = 0.0, l2: float = 0.0, size: int = 4, **others: object) -> ElasticNet:
    free = np.r_[0.0, np.ones(size - 1)]
    return ElasticNet(l1 * free, l2 * free, **others)


@pytest.mark.parametrize(
    ("penalty", "sentence"),
    [
        (
            group_lasso([0, 0, 1, 1], 1e3),
            "the penalty touches the intercept, the first coefficient, which is never",
        ),
        (lasso(np.ones(4)), "the penalty touches the intercept"),
        (ElasticNet(np.zeros(4), np.ones(4)), "the penalty touches the intercept"),
        (net(smooth=differences([[0, 1, 2]], 4)), "the penalty touches the intercept"),
        (
            net(1.0, size=3),
            "the penalty's l1 is for 3 coefficients; the model has 4, the intercept first",
        ),
        (group_lasso([-1, 0, 0, 1, 1]), "is for 5 coefficients; the model has 4"),
        (net(1.0, smooth=differences([[1, 2]], 3)), "the penalty's smooth is for 3 coefficients"),
        (net(1.0, low=np.zeros(3)), "the penalty's low is for 3 coefficients"),
        (net(-1.0), "the penalty's l1 is -1 at position 1; it is from 0 on"),
        (
            net(1.0, low=np.full(4, 2.0), high=np.ones(4)),
            "the penalty's low is above its high at position 0",
        ),
        (
            group_lasso([-1, 0, 0, 1]).multiplied(-1.0),
            "the penalty's groups' strength is -1.41421 at position 0",
        ),
    ],
)
def test_a_penalty_that_does_not_fit_the_model_is_refused_in_a_sentence(
    penalty: ElasticNet, sentence: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        fit(rows(), penalty=penalty)
    with pytest.raises(UsageError, match=re.escape(sentence)):
        fit_path(rows(), Bernoulli(LOGIT), penalty, np.array([1.0]))


def test_a_constant_of_ones_own_may_be_penalized() -> None:
    X = np.c_[np.ones(60), np.random.default_rng(2).normal(size=(60, 1))]
    y = (np.arange(60) % 3 == 0).astype(float)
    assert fit(
        array_rows(X, y, intercept=False), penalty=group_lasso([0, 1], 1e3)
    ).estimates.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: group_lasso([-1, 0, 0, 1], -1.0),
            "the strength of group_lasso is -1.0; it is above 0",
        ),
        (
            lambda: group_lasso([-1, 0.5, 1]),
            "the labels of group_lasso are one whole number for each coefficient",
        ),
        (lambda: group_lasso([-2, 0, 1]), "the labels of group_lasso are one whole number"),
        (lambda: L2(-1.0), "the strength of L2 is -1.0; it is from 0 on"),
        (
            lambda: differences([[1, 4]], 4),
            "the run [1, 4] of differences has to hold positions from 0 to 3, or -1",
        ),
        (lambda: differences([[-2, 1]], 4), "the run [-2, 1] of differences has to hold positions"),
        (
            lambda: differences([[1, 2]], 4, order=0),
            "the order of differences is 0; it is 1, to neighbors, or 2",
        ),
        (
            lambda: differences([[1, 2]], 4, order=2),
            "the run [1, 2] of differences has 2 levels; order 2 needs three",
        ),
        (
            lambda: differences([[1, 2, 1]], 4),
            "the run [1, 2, 1] of differences holds a position twice",
        ),
    ],
)
def test_a_penalty_that_makes_no_sense_is_refused_where_it_is_made(
    make: object, sentence: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"covariance_type": "HC0"},
            "covariance_type is 'HC0'; it is a value of logit_engine, NONROBUST, HC0, HC1, HC2",
        ),
        ({"likelihood": "logit"}, "likelihood is 'logit'; it is a value, Bernoulli(LOGIT)"),
        ({"penalty": "l2"}, "penalty is 'l2'; it is a value, NONE, L2(strength)"),
    ],
)
def test_a_text_where_a_value_is_taken_is_refused(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        fit(rows(), **asked)
    assert np.isfinite(fit(rows(), covariance_type=Covariance()).std_errors).all()


def test_codes_of_several_classes_need_their_names_and_their_likelihood() -> None:
    X = np.random.default_rng(1).normal(size=(60, 2))
    y = np.arange(60) % 3
    with pytest.raises(
        DataError, match="of several classes the rows need their names: give classes"
    ):
        array_rows(X, y)
    with pytest.raises(
        UsageError, match=r"the rows have 3 classes, the likelihood 2; give Multinomial\(2\)"
    ):
        fit(array_rows(X, y, classes=["a", "b", "c"]))
    assert fit(array_rows(X, y, classes=["a", "b", "c"]), Multinomial(2)).converged
    for other, classes in ((Multinomial(3), 4), (Multinomial(2, base=False), 2)):
        with pytest.raises(UsageError, match=f"the rows have 3 classes, the likelihood {classes};"):
            fit(array_rows(X, y, classes=["a", "b", "c"]), other)


def test_the_name_of_a_column_is_no_label_of_clusters() -> None:
    with pytest.raises(
        DataError,
        match=re.escape("cluster is the text 'g'; give the labels, as in cluster=data['g']."),
    ):
        rows(cluster="g")
    X, y = np.random.default_rng(2).normal(size=(60, 1)), np.arange(60) % 2
    with pytest.raises(
        DataError,
        match=re.escape("groups is the text 'g'; give the labels, as in groups=data['g']."),
    ):
        Logit(y, X).fit(disp=False, cov_type="cluster", cov_kwds={"groups": "g"})


def test_a_summary_is_of_a_result() -> None:
    estimator = LogisticRegression(C=np.inf).fit(
        np.random.default_rng(2).normal(size=(60, 1)), np.arange(60) % 2
    )
    with pytest.raises(
        UsageError, match=r"not LogisticRegression; of an estimator pass estimator\.inference_"
    ):
        summarize(estimator)  # type: ignore[arg-type]
    assert "Log-likelihood" in summarize(estimator.inference_)
