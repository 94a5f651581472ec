"""Train: load, split, learn the design, fit, evaluate, publish; reads from top to bottom."""

from dataclasses import dataclass, field, replace

from logit_engine.storage.model_file import StoredModel
from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.steps.evaluate import Evaluation, evaluate_model
from logit_flows.steps.fit import fit_model
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import Dataset, load_dataset
from logit_flows.steps.promotion import promote_first
from logit_flows.steps.publish import build_model, keep_contract, publish_run
from logit_flows.steps.split import Split, split_rows
from logit_flows.steps.stored_run import StoredRun, find_run
from logit_flows.steps.trained_keys import hash_training_rows
from logit_flows.steps.tune import Tuning, tune_penalty


@dataclass(frozen=True, slots=True)
class Trained:
    """A published run: its id, folder, data, model and metrics.

    reused: it was published before. champion: it is the champion of its name.
    """

    run: str
    folder: str
    dataset: Dataset = field(repr=False)
    model: StoredModel = field(repr=False)
    evaluation: Evaluation = field(repr=False)
    reused: bool
    champion: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A run that is made and not published. tuning: of a penalty's strength, if it was chosen."""

    split: Split
    tuning: Tuning | None
    evaluation: Evaluation
    model: StoredModel


def train(config: Config, relearn: bool = False, run: Run = DIRECT) -> Trained:
    """Train the config's model and publish it as a run.

    relearn: learn the contract of the data anew, where a file contradicts the one of the name.
    The first run of a name becomes its champion. A run of the same config and data that is
    published already is verified and reused. Raises DataError with every problem of the data,
    SeparationError or RankError with the columns that the fit cannot have.
    """
    with attempt(config, "train", run) as record:
        trained = train_run(config, relearn, run)
        champion = run(promote_first, config, trained.run)
        record["run"] = trained.run
        return replace(trained, champion=champion)


def train_run(config: Config, relearn: bool, run: Run) -> Trained:
    """The run of this config and data: verified and reused if it is published, else made now."""
    dataset = run(load_dataset, config, relearn=relearn)
    found = run(find_run, config, dataset)
    if found is not None and relearn:
        run(keep_contract, config, dataset)
    made = found or publish_draft(config, dataset, draft_run(config, dataset, run), run)
    return Trained(
        made.run,
        made.folder,
        dataset,
        made.model,
        made.evaluation,
        reused=found is not None,
        champion=False,
    )


def draft_run(config: Config, dataset: Dataset, run: Run) -> Draft:
    """All that a run consists of, made from the data; nothing is published."""
    split = run(split_rows, config, dataset)
    learned = run(learn_design, config, dataset, split)
    tuning = (
        run(tune_penalty, config, dataset, split) if config.model.penalty.strength == "cv" else None
    )
    strength = None if tuning is None else tuning.strength
    fitted = run(fit_model, config, dataset, split, learned, strength)
    evaluation = run(evaluate_model, config, dataset, split, fitted.learned, fitted.result)
    model = run(
        build_model, config, dataset, split, fitted.learned, fitted.result, evaluation, tuning
    )
    return Draft(split, tuning, evaluation, model)


def publish_draft(config: Config, dataset: Dataset, draft: Draft, run: Run) -> StoredRun:
    """The draft as a run of the store, with what a later gate knows its training rows by."""
    keys = run(hash_training_rows, config, dataset, draft.split)
    return run(
        publish_run, config, dataset, draft.split, draft.model, draft.evaluation, keys, draft.tuning
    )
