"""Retrain: train a challenger, compare it with the champion, promote it or say why not."""

from dataclasses import dataclass, replace

from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, attempt, hold_name
from logit_flows.recipes.training import Trained, train_run
from logit_flows.steps.gate import UNCHANGED, Decision, first_decision, judge_challenger
from logit_flows.steps.promotion import promote_first, promote_run, read_champion
from logit_flows.steps.score import load_stored_model


@dataclass(frozen=True, slots=True)
class Retrained:
    """The challenger's run, the champion before it, if there was one, and the gate's decision."""

    trained: Trained
    champion: str | None
    decision: Decision


def retrain(config: Config, relearn: bool = False, run: Run = DIRECT) -> Retrained:
    """Train a challenger, and promote it if the gate lets it.

    The gate compares it with the champion on rows that neither has seen. A champion that is kept is
    no error: `decision` says why. relearn: learn the contract of the data anew. Raises Busy while
    another retrain of the name runs.
    """
    with hold_name(config, "retrain"), attempt(config, "retrain", run) as record:
        before = run(read_champion, config)
        trained = train_run(config, relearn, run)
        record["run"] = trained.run
        if before is None:
            trained = replace(trained, champion=run(promote_first, config, trained.run))
            decision = run(first_decision, config, trained.evaluation)
        elif before.run == trained.run:
            trained = replace(trained, champion=True)
            decision = UNCHANGED
        else:
            champion = run(load_stored_model, config, before.run)
            anchor = run(load_stored_model, config, before.anchor)
            decision = run(
                judge_challenger,
                config,
                trained.dataset,
                trained.model,
                trained.evaluation,
                champion,
                anchor,
            )
            if decision.promote:
                run(promote_run, config, trained.run, decision.sentence, before.run)
                trained = replace(trained, champion=True)
        record["decision"] = decision.sentence
        return Retrained(trained, None if before is None else before.run, decision)
