"""Summaries of tests: a name, a level or a title that is given acts, or is refused."""

import pickle

import numpy as np
import pytest

from logit_engine.errors import KeywordError, UsageError
from tests.support.statsmodels_pairs import NAMES, pair


def test_a_contrast_takes_names_level_and_title() -> None:
    found = pair("Logit")[1].t_test(np.eye(4)[1:3])
    text = str(found.summary(xname=["first", "second"], alpha=0.1, title="Two slopes"))
    assert text.splitlines()[0].strip() == "Two slopes"
    for shown in ("first", "second", "[0.05", "0.95]"):
        assert shown in text
    assert found.summary_frame(["first", "second"], 0.1).index.tolist() == ["first", "second"]
    interval = found.summary_frame(alpha=0.1)[["Conf. Int. Low", "Conf. Int. Upp."]]
    np.testing.assert_array_equal(interval, found.conf_int(0.1))


@pytest.mark.parametrize("names", [["first"], ["a", "b", "c"], "ab", 3])
def test_a_contrast_refuses_another_number_of_names(names: list[str] | str | int) -> None:
    found = pair("Logit")[1].t_test(np.eye(4)[1:3])
    for show in (found.summary, found.summary_frame):
        with pytest.raises(UsageError, match="give a list of 2 names"):
            show(xname=names)


def test_a_joint_test_takes_a_title_and_refuses_what_needs_rows() -> None:
    found = pair("Logit")[1].wald_test(np.eye(4)[1:3])
    assert found.summary() == found.summary_frame() == str(found)
    assert found.summary(title="Both slopes").splitlines() == ["Both slopes", str(found)]
    for show in (found.summary, found.summary_frame):
        with pytest.raises(UsageError, match="no rows that xname could name"):
            show(xname=["a", "b"])
        with pytest.raises(UsageError, match="a joint test has no intervals"):
            show(alpha=0.1)


def test_a_summary_takes_a_label_for_each_class_and_no_other() -> None:
    several = pair("MNLogit")[1]
    labels = ["second class", "third class"]
    text = str(several.summary(yname_list=labels))
    assert all(label in text for label in labels)
    with pytest.raises(UsageError, match="give a name for each of 2 classes"):
        several.summary(yname_list=labels[:1])
    with pytest.raises(UsageError, match="yname_list names classes of an MNLogit"):
        pair("Logit")[1].summary(yname_list=["yes"])


def test_a_fit_refuses_what_only_other_fits_take() -> None:
    model = pair("Logit")[1].model
    for keyword in ("alpha", "trimming", "equalities", "inequalities", "start"):
        with pytest.raises(KeywordError, match=f"'{keyword}' is not an option of fit"):
            model.fit(disp=0, **{keyword: 1.0})
    with pytest.raises(KeywordError, match=r"a penalty is for fit_regularized\(alpha=\.\.\.\)"):
        model.fit(disp=0, alpha=1.0)


@pytest.mark.parametrize("name", NAMES)
def test_results_come_back_from_a_pickle(name: str) -> None:
    results = pair(name)[1]
    again = pickle.loads(pickle.dumps(results))
    np.testing.assert_array_equal(again.params, results.params)
    np.testing.assert_array_equal(again.bse, results.bse)
    assert again.llf == results.llf
    assert str(again.t_test(np.eye(results.params.size))) == str(
        results.t_test(np.eye(results.params.size))
    )


def test_results_of_another_model_forget_the_first() -> None:
    results = pair("Logit")[1].model.fit(disp=0)
    before = results.fittedvalues
    other = results.params * 0.5
    assert results.llf > results.model.loglike(other)
    results.initialize(results.model, other)
    np.testing.assert_array_equal(results.params, other)
    assert results.llf == results.model.loglike(other)
    np.testing.assert_allclose(results.fittedvalues, 0.5 * before)
