"""Keys that are right alone but not together: for each section, the place and a sentence.

What stands behind "write" in a sentence is YAML that works.
"""

from collections.abc import Iterator

from logit_flows.config.features import Features
from logit_flows.config.model import Config
from logit_flows.config.sections import Data, Penalty
from logit_flows.config.values import value_text

Contradiction = tuple[str, str]


def contradictions(config: Config) -> Iterator[Contradiction]:
    """Each contradiction: the dotted key where it shows, and a sentence without its stop."""
    for of_section in (
        _of_features,
        _of_family,
        _of_format,
        _of_imputation,
        _of_split,
        _of_split_key,
        _of_model,
        _of_penalty,
        _of_smoothing,
    ):
        yield from of_section(config)


def _of_features(config: Config) -> Iterator[Contradiction]:
    data, features = config.data, config.features
    used = [*features.numeric, *features.categorical]
    if not used:
        yield "features", "no feature is listed; name columns under numeric or categorical"
    for name in sorted({name for name in used if used.count(name) > 1})[:1]:
        yield "features", f"the column '{name}' is listed twice; list it once"
    for role, column in (("id", data.id), ("target", data.target.column)):
        if column in used:
            yield "features", f"the column '{column}' is data.{role}, so it cannot be a feature"
    for name in sorted(set(features.reference) - set(features.categorical))[:1]:
        yield "features.reference", f"'{name}' is not one of features.categorical"
    yield from _of_recode(features)


def _of_recode(features: Features) -> Iterator[Contradiction]:
    for name, levels in features.recode.items():
        if name not in features.categorical:
            yield "features.recode", f"'{name}' is not one of features.categorical"
        listed = [(value_text(value), level) for level, of in levels.items() for value in of]
        first: dict[str, object] = {}
        for value, level in listed:
            if value in first:
                yield (
                    "features.recode",
                    f"the value {value!r} of '{name}' is listed twice, under {first[value]!r} and "
                    f"under {level!r}; list it once",
                )
            first[value] = level


def _of_family(config: Config) -> Iterator[Contradiction]:
    yield from (
        _of_multinomial(config) if config.model.family == "multinomial" else _of_binary(config.data)
    )


def _of_binary(data: Data) -> Iterator[Contradiction]:
    if data.target.positive is None:
        yield (
            "data.target.positive",
            "a binary model needs it: the value whose probability it gives",
        )
    if data.target.base is not None:
        yield "data.target.base", "it goes with model.family multinomial; leave it out"


def _of_multinomial(config: Config) -> Iterator[Contradiction]:
    model = config.model
    if config.data.target.positive is not None:
        yield (
            "data.target.positive",
            "a multinomial model gives the probability of every class; leave it out: "
            "data.target.base names the one to compare with",
        )
    if model.link != "logit":
        yield "model.link", "a multinomial model has the logit link; write model: {link: logit}"
    if model.covariance.type in ("HC2", "HC3"):
        yield (
            "model.covariance.type",
            "HC2 and HC3 need one leverage per row, which a multinomial model has not; "
            "use HC0 or HC1: write model: {covariance: {type: HC1}}",
        )
    if config.evaluate.threshold != 0.5:
        yield (
            "evaluate.threshold",
            "a multinomial model predicts the most probable class, without a threshold; "
            "leave it out",
        )


def _of_format(config: Config) -> Iterator[Contradiction]:
    form = config.data.format
    if form is None:
        return
    if form.thousands is not None and form.thousands == (form.decimal or "."):
        yield "data.format.thousands", "it is the decimal mark too; set decimal"
    if form.separator is not None and form.separator == form.quote:
        yield "data.format.separator", "it is the quote too; give another"


def _of_imputation(config: Config) -> Iterator[Contradiction]:
    numeric = config.features.impute.numeric
    if numeric.strategy == "constant" and numeric.value is None:
        yield (
            "features.impute.numeric",
            "strategy constant goes with a value; write features: {impute: {numeric: {value: 0}}}",
        )
    if numeric.strategy != "constant" and numeric.value is not None:
        yield (
            "features.impute.numeric",
            "a value goes with strategy constant; "
            "write features: {impute: {numeric: {strategy: constant}}}",
        )
    if numeric.add_indicator and numeric.strategy == "error":
        yield (
            "features.impute.numeric.add_indicator",
            "an indicator needs something to stand in for the missing value; "
            "write features: {impute: {numeric: {strategy: mean}}}",
        )


def _of_split(config: Config) -> Iterator[Contradiction]:
    data, split, method = config.data, config.split, config.split.method
    if method == "time" and data.time is None:
        yield "split.method", "a time split needs data.time, the column that orders the rows"
    if method in ("group", "column") and split.column is None:
        yield "split", f"method {method} needs split.column"
    if method == "column" and not split.test:
        yield "split", "method column needs split.test, the values that test"
    if method != "column" and split.test is not None:
        yield "split.test", "it goes with method column; leave it out"
    if method not in ("group", "column") and split.column is not None:
        yield "split.column", "it goes with group or column; leave it out"
    if method == "stratified" and data.cluster is not None:
        yield (
            "split.method",
            "a stratified split would cut clusters in two; write split: {method: random}",
        )
    if data.test is not None and method != "none":
        yield "data.test", "a test file goes without a split; write split: {method: none}"


def _of_split_key(config: Config) -> Iterator[Contradiction]:
    data, by = config.data, config.split.by
    for key, column in (("id", data.id), ("cluster", data.cluster)):
        if by == key and column is None:
            yield "split.by", f"by: {key} needs data.{key}"
    if by in ("id", "row") and data.cluster is not None:
        yield (
            "split.by",
            f"by: {by} would cut clusters in two; leave it out, or drop data.cluster",
        )
    if by is not None and config.split.method == "group":
        yield "split.by", "method group keeps the groups of split.column together; leave it out"


def _of_model(config: Config) -> Iterator[Contradiction]:
    model, compute = config.model, config.compute
    if model.covariance.type == "cluster" and config.data.cluster is None:
        yield (
            "model.covariance.type",
            "a clustered covariance needs data.cluster; "
            "without clusters write model: {covariance: {type: HC1}}",
        )
    yield from _of_penalty_type(model.penalty)
    if compute.scheduler is not None and compute.backend != "dask":
        yield "compute.scheduler", "a scheduler goes with Dask; write compute: {backend: dask}"


def _of_penalty_type(penalty: Penalty) -> Iterator[Contradiction]:
    if penalty.type != "none" and penalty.strength is None:
        yield "model.penalty", "a type goes with a strength; write model: {penalty: {strength: cv}}"
    if penalty.type == "none" and penalty.strength is not None:
        yield "model.penalty", "a strength goes with a type; write model: {penalty: {type: l2}}"
    if penalty.type == "elastic_net" and penalty.l1_ratio is None:
        yield (
            "model.penalty.l1_ratio",
            "type elastic_net goes with an l1_ratio; write model: {penalty: {l1_ratio: 0.5}}",
        )
    if penalty.type != "elastic_net" and penalty.l1_ratio is not None:
        yield (
            "model.penalty.l1_ratio",
            "an l1_ratio goes with type elastic_net; leave it out, "
            "or write model: {penalty: {type: elastic_net}}",
        )


def _of_penalty(config: Config) -> Iterator[Contradiction]:
    data, penalty = config.data, config.model.penalty
    chosen, by_time = penalty.strength == "cv", penalty.fold_method == "time"
    for key in ("rule", "folds", "fold_method"):
        if not chosen and getattr(penalty, key) != type(penalty).model_fields[key].default:
            yield (
                f"model.penalty.{key}",
                "it goes with strength: cv; leave it out, "
                "or write model: {penalty: {type: l2, strength: cv}}",
            )
    if by_time and data.time is None:
        yield (
            "model.penalty.fold_method",
            "folds by time need data.time, the column that orders the rows",
        )
    if penalty.fold_method == "stratified" and data.cluster is not None:
        yield (
            "model.penalty.fold_method",
            "stratified folds would cut clusters in two; "
            "write model: {penalty: {fold_method: random}}",
        )
    elif penalty.fold_method == "stratified" and config.split.method == "group":
        yield (
            "model.penalty.fold_method",
            "stratified folds would cut groups in two; "
            "write model: {penalty: {fold_method: random}}",
        )


def _of_smoothing(config: Config) -> Iterator[Contradiction]:
    penalty = config.model.penalty
    for name in sorted(set(penalty.smooth) - set(config.features.categorical))[:1]:
        yield "model.penalty.smooth", f"'{name}' is not one of features.categorical"
    if penalty.smooth and penalty.type == "none":
        yield (
            "model.penalty.smooth",
            "ordered levels are drawn to their neighbors by a penalty; "
            "write model: {penalty: {type: l2, strength: 0.01}}",
        )
