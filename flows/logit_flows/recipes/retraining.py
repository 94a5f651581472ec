"""Retrain: train a challenger, hold it against the champion at the gate, promote it or say why not."""

from dataclasses import dataclass

from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.recipes.training import Trained, crown_first, published_run
from logit_flows.steps.gate import Decision, judge, unmet_requirements
from logit_flows.steps.identity import open_store
from logit_flows.steps.publish import crown
from logit_flows.steps.score import load_model


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a retrain came to: the challenger's run, the champion before it, and the gate's decision."""

    trained: Trained
    champion: str | None
    decision: Decision


def retrain(config: Config, run: Run = DIRECT) -> Retrained:
    """Train, judge, promote; one retrain of a name at a time, a second one raises Busy."""
    store = open_store(config)
    with store.lock("retrain"), attempt(store, "retrain", run) as record:
        before = store.champion()
        trained = published_run(config, run)
        record["run"] = trained.run
        if before is None:
            crown_first(config, trained, run)
            decision = Decision(True, ("the first published run", *unmet_requirements(config, trained.evaluation)))
        elif before.run == trained.run:
            decision = Decision(
                False, ("neither the data nor the config has changed, so the champion is this very run",)
            )
        else:
            champion = run(load_model, config, before.run)
            anchor = run(load_model, config, before.anchor)
            decision = run(judge, config, trained.dataset, trained.model, trained.evaluation, champion, anchor)
            if decision.promote:
                run(crown, config, trained.run, decision.sentence, before.run)
        record["decision"] = decision.sentence
        return Retrained(trained, None if before is None else before.run, decision)
