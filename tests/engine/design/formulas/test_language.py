"""The language of formulas: nothing is evaluated but what is listed."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from logit_engine.design.formulas.design import formula_design
from logit_engine.errors import DataError, UsageError
from tests.support.formulas import frame


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("y ~ xx", "the data have no column 'xx'; did you mean 'x'?"),
        (
            "y ~ np.log(flog)",
            "the data have no column 'flog', read by 'np.log(flog)'; did you mean 'flag'?",
        ),
        (
            "y ~ Q('mycol')",
            "the data have no column 'mycol', read by 'Q('mycol')'; did you mean 'my col'?",
        ),
        ("y + x ~ z", "the formula 'y + x ~ z' needs one outcome on its left side, as in 'y ~ x'."),
        ("~ x", "the formula '~ x' needs one outcome on its left side, as in 'y ~ x'."),
        ("y ~ 0", "the formula 'y ~ 0' leaves X without columns; give it a term."),
        ("y ~ x > 2", "cannot be read: Unknown operator '>'. A comparison goes inside I(...)."),
        ("y ~ x +", "the formula 'y ~ x +' cannot be read: Operator `+` has insuffient arguments"),
        ("y ~ .", "cannot be read: The `.` operator requires additional context"),
        (
            "y ~ np.mean(x)",
            "'np.mean' in 'np.mean(x)' is not a function that a formula may call; did you mean",
        ),
        ("y ~ x.mean()", "'x.mean' in 'x.mean()' is not a function that a formula may call"),
        (
            "y ~ abs(x)",
            "'abs' in 'abs(x)' is not a function that a formula may call; did you mean 'bs'?",
        ),
        (
            "y ~ I(x.values)",
            "'x.values' in 'I(x.values)' is not allowed: a formula holds columns, numbers, "
            "operators",
        ),
        ("y ~ I([v for v in x])", "is not allowed: a formula holds columns, numbers, operators"),
        ("y ~ x[0]", "'x[0]' in 'x[0]' is not allowed"),
        ("y ~ I(a == 'it\\'s')", "holds a quote, a backslash or a control character; rename it."),
        (3, "a formula is a text such as 'y ~ x', not int."),
    ],
)
def test_formulas_that_cannot_be_used_are_refused(formula: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        formula_design(formula, frame())
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("y ~ C(one)", "'C(one)' is 'k' in all 120 rows, so it has no column; drop it."),
        (
            "y ~ unused",
            "no row has the level 'd' that 'unused' declares, so its column would be zero",
        ),
        (
            "y ~ C(a, levels=['a', 'b'])",
            "'C(a, levels=['a', 'b'])' has values outside its levels: 'c' in ",
        ),
        ("y ~ C(a, Treatment('q'))", "the formula cannot be evaluated on these rows: Value `'q'`"),
        (
            "y ~ np.log(signed)",
            "'np.log(signed)' is not finite in 2 of 120 rows without nulls (rows 1, 6).",
        ),
        ("y ~ infinite", "'infinite' is not finite in 1 of 120 rows without nulls (row 2)."),
        (
            "y ~ I(a + 1)",
            "the formula cannot be evaluated on these rows: Unable to evaluate factor `I(a + 1)`.",
        ),
        ("y ~ date", "column 'date' of data holds Timestamp values; make numbers of them"),
        ("y ~ empty", "no row is complete in the columns that the formula 'y ~ empty' reads."),
    ],
)
def test_data_that_would_be_dropped_or_zeroed_are_refused(formula: str, sentence: str) -> None:
    data = frame().assign(
        one="k", date=pd.Timestamp("2020-01-01"), signed=1.0, infinite=1.0, empty=np.nan
    )
    data["unused"] = pd.Categorical(data["a"], categories=list("abcd"))
    data.loc[[1, 6], "signed"] = [-1.0, 0.0]
    data.loc[2, "infinite"] = np.inf
    with pytest.raises(DataError) as refused:
        formula_design(formula, data)
    assert sentence in str(refused.value)


def test_a_column_may_be_called_like_a_function_unless_both_are_meant() -> None:
    data = frame().rename(columns={"a": "C", "z": "np"})
    assert formula_design("y ~ C + np", data).names == ("Intercept", "C[T.b]", "C[T.c]", "np")
    for formula in ("y ~ C(C)", "y ~ C(b) + C", "y ~ np + np.log(x)"):
        with pytest.raises(UsageError, match="is a column and a word of the formula"):
            formula_design(formula, data)


CALL = "(__import__('os').system('touch {0}'))()"
ATTACKS = [
    "y ~ __import__('os').system('touch {0}')",
    "y ~ I(__import__('os').system('touch {0}'))",
    f"y ~ I({CALL})",
    f"I({CALL}) ~ x",
    f"I({CALL}) ~ .",
    f"I({CALL}) + y - I({CALL}) ~ x",
    f"y ~ x - I({CALL})",
    f"y ~ {{{{{CALL}}}}}",
    "y ~ np.f2py.os.system('touch {0}')",
    "y ~ I(open('{0}', 'w'))",
    "y ~ I(x.__class__.__base__.__subclasses__())",
    "y ~ I(eval('open(1)'))",
    'y ~ center(x, \'\\") or open("{0}", "w") or ("\')',
    'y ~ Q(\'x\\") or open("{0}", "w") or ("\')',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outside_the_language_is_evaluated(attack: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(UsageError):
        formula_design(attack.format(trace), frame())
    assert not trace.exists()


def test_the_callers_names_are_not_seen() -> None:
    threshold = 2.0
    with pytest.raises(
        UsageError, match="the data have no column 'threshold', read by 'I\\(x > threshold\\)'"
    ):
        formula_design("y ~ I(x > threshold)", frame())
    assert threshold
