"""Train: load, split, learn the design, fit, evaluate, publish; reads from top to bottom."""

from dataclasses import dataclass, replace

import polars as pl

from logit_engine.storage.model_file import Model, read_model
from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.steps.evaluate import Evaluation, Measured, evaluate_model
from logit_flows.steps.fit import fit_model
from logit_flows.steps.identity import identify, open_store
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import Dataset, load
from logit_flows.steps.publish import build_model, crown, publish_run
from logit_flows.steps.split import split_rows
from logit_flows.steps.tune import tune_penalty
from logit_flows.store.layout import ChampionMoved


@dataclass(frozen=True, slots=True)
class Trained:
    """A published run: its id and folder, the model and its metrics, and whether it was there already or is champion."""

    run: str
    folder: str
    dataset: Dataset
    model: Model
    evaluation: Evaluation
    reused: bool
    champion: bool


def train(config: Config, run: Run = DIRECT) -> Trained:
    """Train the config's model and publish it as a run; the first run of a name becomes its champion."""
    with attempt(open_store(config), "train", run) as record:
        trained = crown_first(config, published_run(config, run), run)
        record["run"] = trained.run
        return trained


def published_run(config: Config, run: Run) -> Trained:
    """The run of this config and data: verified and reused if it is published, else made now."""
    dataset = run(load, config)
    store, name = open_store(config), identify(config, dataset)
    reused = store.has_run(name)
    if reused:
        model, evaluation = stored_run(config, name)
    else:
        split = run(split_rows, config, dataset)
        learned = run(learn_design, config, dataset, split)
        tuning = run(tune_penalty, config, dataset, split) if config.model.penalty.strength == "cv" else None
        if tuning is not None:
            learned = replace(learned, notes=(*learned.notes, tuning.sentence))
        strength = None if tuning is None else tuning.strength
        result = run(fit_model, config, dataset, split, learned, strength)
        evaluation = run(evaluate_model, config, dataset, split, learned, result)
        model = build_model(config, dataset, split, learned, result, evaluation)
        run(publish_run, config, dataset, split, model, evaluation, tuning)
    champion = store.champion()
    is_champion = champion is not None and champion.run == name
    return Trained(name, str(store.run_folder(name)), dataset, model, evaluation, reused, is_champion)


def crown_first(config: Config, trained: Trained, run: Run) -> Trained:
    """Make the run the champion if its name has none yet; of two first runs at once, one wins and both are fine."""
    if open_store(config).champion() is not None:
        return trained
    try:
        run(crown, config, trained.run, "the first published run", None)
    except ChampionMoved:
        return trained
    return replace(trained, champion=True)


def stored_run(config: Config, name: str) -> tuple[Model, Evaluation]:
    """A published run, verified, read back."""
    store = open_store(config)
    store.verify_run(name)
    folder = store.run_folder(name)
    model = read_model(folder / "model.parquet")
    rows = pl.read_parquet(folder / "metrics.parquet").iter_rows(named=True)
    return model, Evaluation(model.threshold, tuple(Measured(**row) for row in rows), model.result.classes)
