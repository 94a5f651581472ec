"""Classes: the values of the target that a config's family can model, the base first."""

from collections.abc import Sequence
from dataclasses import dataclass

from logit_engine.errors import DataError
from logit_engine.rows.labels import (
    LABEL_KINDS,
    Label,
    is_same_label,
    label_text,
    quoted_label,
    quoted_labels,
)
from logit_flows.config.sections import Target
from logit_flows.sources.logical_types import MAX_INT64, MIN_INT64

MAX_CLASSES = 100
MAX_SHOWN_LABELS = 4


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes, the base first, and what is wrong with the target."""

    labels: tuple[Label, ...] = ()
    problems: tuple[DataError, ...] = ()


def several_classes(values: list[Label], target: Target, training: bool) -> Classes:
    """The values of the target, the base first; fewer than three, or too many, are a problem."""
    if strange := _no_label(values):
        return Classes(problems=(_strange_value_error(target.column, strange[0]),))
    problems = _count_problems(values, target.column, training)
    base: Label | None = target.base
    if base is None:
        return Classes(tuple(values), problems)
    others = [value for value in values if not is_same_label(value, base)]
    if values and len(others) == len(values) and training:
        problems = (*problems, _no_such_label("base", base, target.column, values))
    return Classes((base, *others), problems)


def _count_problems(values: list[Label], column: str, training: bool) -> tuple[DataError, ...]:
    """That there are too many values for a multinomial model, or too few."""
    if len(values) > MAX_CLASSES:
        said = f"has more than {MAX_CLASSES} values, too many for a multinomial model."
    elif len(values) < 3 and training:
        shown = quoted_labels(values) or "nothing"
        said = (
            f"is {shown}; with two classes use model.family binary, and name data.target.positive."
        )
    else:
        return ()
    return (_target_error(column, said),)


def two_classes(values: list[Label], target: Target, training: bool) -> Classes:
    """The other value of the target, and the positive one; anything else is a problem."""
    if strange := _no_label(values):
        return Classes(problems=(_strange_value_error(target.column, strange[0]),))
    if isinstance(target.positive, list):
        return _listed_classes(values, target.positive, target.column, training)
    positive: Label = target.positive  # type: ignore[assignment]  # a binary model has it
    others = [value for value in values if not is_same_label(value, positive)]
    problem = _pair_problem(values, others, positive, target.column, training)
    problems = () if problem is None else (problem,)
    if not others and not training:
        return Classes((positive,), problems)
    return Classes((others[0] if others else "other", positive), problems)


def _pair_problem(
    values: list[Label], others: list[Label], positive: Label, column: str, training: bool
) -> DataError | None:
    """Why values are no two classes of which one is positive; others: those that are not."""
    if not values:
        return _target_error(column, "is missing in all rows.")
    if len(values) > 2:
        shown = quoted_labels(values[:MAX_SHOWN_LABELS])
        return _target_error(
            column,
            f"has more than two values ({shown}, ...); a binary target has two: set model.family: "
            "multinomial for more, without data.target.positive.",
        )
    if len(others) == len(values) and (training or len(values) == 2):
        return _no_such_label("positive", positive, column, values)
    if not others and training:
        said = f"is {quoted_labels(values)} in all rows; a model needs both classes."
        return _target_error(column, said)
    return None


def _listed_classes(
    values: list[Label], listed: list[Label], column: str, training: bool
) -> Classes:
    """The classes of a list of positive values, as text: none of them, and one of them."""
    event = " or ".join(map(label_text, listed))
    absent = [one for one in listed if not any(is_same_label(one, value) for value in values)]
    others = [one for one in values if not any(is_same_label(one, event) for event in listed)]
    problems: tuple[DataError, ...] = ()
    if not values:
        problems = (_target_error(column, "is missing in all rows."),)
    elif absent and training:
        problems = (_no_such_label("positive", absent[0], column, values),)
    elif not others and training:
        said = f"is {event} in all rows; a model needs others too."
        problems = (_target_error(column, said),)
    return Classes((f"not {event}", event), problems)


def _no_label(values: Sequence[object]) -> list[object]:
    """The values that are none: numbers that are not whole or have more than 64 bits, dates."""
    return [value for value in values if type(value) not in LABEL_KINDS or _is_wide(value)]


def _is_wide(value: object) -> bool:
    return isinstance(value, int) and not MIN_INT64 <= value <= MAX_INT64


def _target_error(column: str, said: str) -> DataError:
    return DataError(f"the target '{column}' {said}", names={"column": column})


def _strange_value_error(column: str, value: object) -> DataError:
    if _is_wide(value):
        return _target_error(column, f"holds {value}, more than 64 bits hold; convert it to text.")
    said = f"holds {value}; its values are text, whole numbers, or true and false: "
    return _target_error(column, f"{said}name another column, or convert it.")


def _no_such_label(key: str, asked: Label, column: str, values: Sequence[Label]) -> DataError:
    """That no row has the label asked for, and the line of the config that works."""
    text = label_text(asked).lower()
    alike = [value for value in values if value == asked or label_text(value).lower() == text]
    shown = quoted_labels(values[:MAX_SHOWN_LABELS]) + ", ..." * (len(values) > MAX_SHOWN_LABELS)
    wanted = quoted_label(alike[0] if alike else values[-1])
    return _target_error(
        column,
        f"is never {quoted_label(asked)} (data.target.{key}); it is {shown} "
        f"({LABEL_KINDS[type(values[0])]}): write {'' if alike else 'for example '}"
        f"data: {{target: {{{key}: {wanted}}}}}.",
    )
