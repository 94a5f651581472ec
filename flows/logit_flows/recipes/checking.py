"""Check: train's own path to the model, which publishes nothing and tells every problem at once."""

from logit_engine.errors import LogitEngineError
from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, StepWatch, checked_config
from logit_flows.recipes.training import draft_run
from logit_flows.steps.check import Checked, conclude_check, leave_out, plan_check
from logit_flows.steps.load import load_dataset
from logit_flows.steps.stored_run import find_run


def check(config: Config, run: Run = DIRECT) -> Checked:
    """What train would make of the config and its data; nothing is published.

    Where a step finds problems, the path is taken again without what they are about, so that what
    else is wrong is found too. Raises DataError with every problem that train would meet.
    """
    plan = run(plan_check, checked_config(config, "check"))
    problems = list(plan.problems)
    left: Config | None = plan.config
    found: Checked | None = None
    watch = StepWatch(run)
    while left is not None and found is None:
        try:
            found = checked_path(left, watch)
        except LogitEngineError as error:
            problems += error.parts
            left = run(leave_out, left, watch.step, error)
        except OSError:
            # Text files have their cache in the store: where that cannot be written, it was said.
            if not problems:
                raise
            left = None
    return run(conclude_check, config, found, problems)


def checked_path(config: Config, run: Run) -> Checked:
    """What train takes from the store or would put there, by train's own steps."""
    dataset = run(load_dataset, config)
    found = run(find_run, config, dataset)
    made = found or draft_run(config, dataset, run)
    return Checked(
        str(made.model.origin["run"]), found is not None, dataset, made.model, made.evaluation
    )
