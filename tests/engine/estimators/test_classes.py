"""Weights of classes go by their labels, in the estimators and in the engine."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression as Peer

from logit_engine import LOGIT, Bernoulli, Multinomial, array_rows, fit
from logit_engine.errors import DataError, SeparationWarning, UsageError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from tests.support.samples import Sample, latent_sample


def sample() -> Sample:
    X, code = latent_sample(200, [1.0, 0.0], seed=61, cuts=[-1.0, 1.0])
    return X, np.array(["ash", "birch", "cedar"])[code]


@pytest.mark.parametrize("kind", [LogisticRegression, LogisticRegressionCV])
@pytest.mark.parametrize(
    ("labels", "asked", "sentence"),
    [
        (
            [0, 1],
            {0: 1.0, "1": 10.0},
            "class_weight names '1', which y does not have; its labels are 0, 1",
        ),
        ([0, 1], {0: 1.0, 1: 2.0, 2: 5.0}, "class_weight names 2, which y does not have"),
        (
            ["no", "yes"],
            {0: 1.0, 1: 2.0},
            "class_weight names 0, 1, which y does not have; its labels are 'no', 'yes'",
        ),
        (
            [False, True],
            {"True": 2.0},
            "class_weight names 'True', which y does not have; its labels are False, True",
        ),
        (
            [0, 1],
            [1.0, 2.0],
            r"class_weight \[1.0, 2.0\] is not known; give 'balanced', or a dict of weights by "
            "label",
        ),
        ([0, 1], "balance", "class_weight 'balance' is not known"),
        ([0, 1], 2.0, "class_weight 2.0 is not known"),
        ([0, 1], {0: -1.0}, "class_weight of 0 is -1.0; it is a number from 0 on"),
        ([0, 1], {0: np.nan}, "class_weight of 0 is nan"),
        ([0, 1], {1: "2"}, "class_weight of 1 is '2'"),
        ([0, 1], {1: None}, "class_weight of 1 is None"),
    ],
)
def test_class_weights_that_name_no_class_or_no_number_are_refused(kind, labels, asked, sentence):
    X, y = sample()
    with pytest.raises(UsageError, match=sentence):
        kind(class_weight=asked).fit(X, np.asarray(labels)[(y > "ash").astype(int)])


def test_keys_that_equal_a_label_are_that_label():
    X, y = sample()
    flags = y > "ash"
    for asked in ({True: 2.0}, {1: 2.0}, {np.True_: 2.0}):
        np.testing.assert_array_equal(
            LogisticRegression(class_weight=asked).fit(X, flags).coef_,
            LogisticRegression(class_weight={1.0: 2.0}).fit(X, flags.astype(float)).coef_,
        )


@pytest.mark.parametrize("table", [np.asarray, csr_matrix])
@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("way", ["sample_weight", "class_weight", "balanced"])
def test_a_class_without_weight_is_named_and_gets_probability_zero(table, C, way):
    X, y = sample()
    weight = np.where(y == "cedar", 0.0, 1.0)
    asked = {"sample_weight": None, "class_weight": {"cedar": 0.0}, "balanced": "balanced"}[way]
    model = LogisticRegression(C=C, class_weight=asked)
    with pytest.warns(
        SeparationWarning,
        match="no row with a weight above 0 in class 'cedar'. Its probability is 0",
    ):
        model.fit(table(X), y, None if way == "class_weight" else weight)
    assert model.coef_.shape == (3, 2)
    assert model.intercept_[2] == -np.inf
    kept = y != "cedar"
    # two classes share the penalty: of the contrast it is half
    strength = C / 0.5 if np.isfinite(C) else C
    other = Peer(
        C=strength,
        class_weight="balanced" if way == "balanced" else None,
        solver="newton-cholesky",
        tol=1e-12,
    )
    if way == "balanced":  # scikit-learn counts two classes, we the three of y
        other.set_params(C=strength * 2.0 / 3.0)
    share = other.fit(X[kept], y[kept]).predict_proba(X)
    np.testing.assert_allclose(
        model.predict_proba(table(X)), np.c_[share, np.zeros(y.size)], atol=1e-8
    )
    assert set(model.predict(table(X))) <= {"ash", "birch"}


def test_one_class_with_weight_is_refused_by_label():
    X, y = sample()
    two = np.where(y == "ash", "no", "yes")
    for weight in (np.where(two == "yes", 1.0, 0.0), None):
        model = LogisticRegression(class_weight=None if weight is not None else {"no": 0})
        with pytest.raises(
            DataError,
            match=r"no row with a weight above 0 in class 'no'\. A model needs two classes",
        ):
            model.fit(X, two, weight)


def test_the_engine_names_a_class_whose_rows_have_no_weight():
    X, y = sample()
    code = np.unique(y, return_inverse=True)[1].astype(float)
    names = ("ash", "birch", "cedar")
    count = int((code == 2).sum())
    with pytest.raises(
        DataError,
        match=rf"the {count} rows with y = cedar all have weight 0; a model needs weight in all",
    ):
        fit(array_rows(X, code, weight=(code != 2) * 1.0, classes=names), Multinomial(2))
    with pytest.raises(DataError, match=rf"the {count} rows with y = 1 all have weight 0"):
        fit(array_rows(X, (code == 2) * 1.0, weight=(code != 2) * 1.0), Bernoulli(LOGIT))


def test_shares_of_events_have_no_classes_to_weigh_and_no_score():
    X, y = sample()
    share = np.where(y == "ash", 0.25, 1.0)
    with pytest.raises(
        UsageError, match="class_weight goes with labels, and y holds shares of events"
    ):
        LogisticRegression(class_weight="balanced").fit(X, share)
    with pytest.raises(DataError, match="y holds shares of events, which no scorer takes"):
        LogisticRegressionCV(Cs=2).fit(X, share)
