"""Tasks and flows: each step as a Prefect task by its policy, each recipe as a flow."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from prefect import Flow, Task, flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from logit_engine.errors import LogitEngineError, UsageError
from logit_engine.reporting.cell_text import visible_text
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.recipes.experimenting import experiment, run_cell
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.running import announce
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import Trained, train
from logit_flows.steps.check import conclude_check, leave_out, plan_check
from logit_flows.steps.cluster import DASK_IS_MISSING, local_cluster
from logit_flows.steps.crossvalidate import cross_validate, find_validation, keep_validation
from logit_flows.steps.evaluate import Evaluation, evaluate_model
from logit_flows.steps.fit import fit_model
from logit_flows.steps.gate import Decision, first_decision, judge_challenger
from logit_flows.steps.leaderboard import Leaderboard, plan_experiment, publish_leaderboard
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import load_dataset
from logit_flows.steps.promotion import promote_first, promote_run, read_champion
from logit_flows.steps.publish import build_model, keep_contract, publish_run
from logit_flows.steps.score import Scored, find_cohorts, load_stored_model, score_cohort
from logit_flows.steps.split import split_rows
from logit_flows.steps.stored_run import find_run
from logit_flows.steps.trained_keys import hash_training_rows
from logit_flows.steps.tune import tune_penalty

T = TypeVar("T")
Item = TypeVar("Item")
Step = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """How a step behaves as a task; delays and limit are in seconds.

    retry_delays: before each retry of a transient error. artifact: what is shown of the result in
    Prefect. Nothing is cached by Prefect: a published run is reused by its id, and its manifest is
    the authority on that.
    """

    step: Step
    retry_delays: tuple[float, ...] = ()
    limit: float | None = None
    artifact: Callable[[Config, Any], None] | None = None


def _metrics_artifact(config: Config, evaluation: Evaluation) -> None:
    rows = [
        {
            "split": m.split,
            "metric": visible_text(m.metric),
            "value": m.value,
            "lower": m.lower,
            "upper": m.upper,
        }
        for m in evaluation.metrics
    ]
    create_table_artifact(
        rows, key=_artifact_key("metrics", config), description=f"Metrics of {config.name}"
    )


def _decision_artifact(config: Config, decision: Decision) -> None:
    key = _artifact_key("gate", config)
    sentence = visible_text(decision.sentence)
    create_markdown_artifact(sentence, key=key, description=f"Gate of {config.name}")


def _artifact_key(kind: str, config: Config) -> str:
    """Prefect's keys are lower-case letters, digits and dashes."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in config.name.lower())
    return f"{kind}-{plain}".strip("-")


RETRY_SECONDS = (1.0, 5.0, 15.0)
TEN_MINUTES = 600.0
ONE_HOUR = 3600.0

TASK_POLICIES = (
    TaskPolicy(load_dataset, RETRY_SECONDS, ONE_HOUR),
    TaskPolicy(find_run, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(split_rows, RETRY_SECONDS, ONE_HOUR),
    TaskPolicy(learn_design, limit=ONE_HOUR),
    TaskPolicy(tune_penalty),
    TaskPolicy(fit_model),
    TaskPolicy(evaluate_model, artifact=_metrics_artifact),
    TaskPolicy(build_model, limit=TEN_MINUTES),
    TaskPolicy(hash_training_rows, RETRY_SECONDS, ONE_HOUR),
    TaskPolicy(publish_run, RETRY_SECONDS, ONE_HOUR),
    TaskPolicy(keep_contract, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(read_champion, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(promote_first, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(promote_run, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(load_stored_model, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(first_decision, artifact=_decision_artifact),
    TaskPolicy(judge_challenger, artifact=_decision_artifact),
    TaskPolicy(find_cohorts, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(score_cohort, RETRY_SECONDS),
    TaskPolicy(plan_experiment, limit=TEN_MINUTES),
    TaskPolicy(find_validation, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(cross_validate),
    TaskPolicy(keep_validation, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(run_cell),
    TaskPolicy(publish_leaderboard, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(plan_check, RETRY_SECONDS, TEN_MINUTES),
    TaskPolicy(leave_out, limit=TEN_MINUTES),
    TaskPolicy(conclude_check, limit=TEN_MINUTES),
)


def _is_transient(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Whether waiting may heal it: an error of the system, not of data, config or fit."""
    try:
        state.result()
    except LogitEngineError:
        return False
    except OSError:
        return True
    except Exception:
        return False
    return False


def as_task(policy: TaskPolicy) -> Task[..., Any]:
    """The step as a Prefect task of the step's name."""
    step = policy.step

    def run_step(*args: Any, **kwargs: Any) -> Any:
        result = step(*args, **kwargs)
        if policy.artifact is not None:
            policy.artifact(args[0], result)
        return result

    run_step.__doc__ = step.__doc__
    options: dict[str, Any] = (
        {"retry_delay_seconds": list(policy.retry_delays)} if policy.retry_delays else {}
    )
    made: Task[..., Any] = task(
        name=step.__name__,
        retries=len(policy.retry_delays),
        retry_condition_fn=_is_transient,
        timeout_seconds=policy.limit,
        cache_policy=NO_CACHE,
        persist_result=False,
        tags=["logit-engine"],
        **options,
    )(run_step)
    return made


TASKS: dict[Step, Task[..., Any]] = {policy.step: as_task(policy) for policy in TASK_POLICIES}


class Orchestrated:
    """Steps as Prefect tasks of the current flow run."""

    @property
    def id(self) -> str | None:
        """Prefect's id of the flow run."""
        return str(flow_run.id) if flow_run.id else None

    def __call__(self, step: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """The step's task, run to its end."""
        announce(step)
        return cast(T, TASKS[step](*args, **kwargs))

    def each(self, step: Callable[[Item], T], items: Sequence[Item], workers: int) -> list[T]:
        """The step's task for each item, through the flow's task runner."""
        futures = [TASKS[step].submit(item) for item in items]
        return [future.result() for future in futures]


def _flow_run_name() -> str:
    name = flow_run.parameters["config"]["name"]
    return f"{name}-{flow_run.flow_name}"


def _flow(name: str) -> Callable[[Callable[..., T]], Flow[..., T]]:
    return flow(
        name=name, flow_run_name=_flow_run_name, persist_result=False, validate_parameters=False
    )


@_flow("train")
def train_flow(config: dict[str, Any], folder: str, relearn: bool = False) -> Trained:
    """Train the config, given by content; paths in it are relative to the folder."""
    return train(from_mapping(config, folder), relearn, Orchestrated())


@_flow("score")
def score_flow(
    config: dict[str, Any], folder: str, cohorts: list[str], model: str = "champion"
) -> list[Scored]:
    """Score cohorts with the champion or another run."""
    return score(from_mapping(config, folder), cohorts, model, Orchestrated())


@_flow("retrain")
def retrain_flow(config: dict[str, Any], folder: str, relearn: bool = False) -> Any:
    """Retrain; a kept champion is a state of its own name, and a promotion emits an event."""
    outcome = retrain(from_mapping(config, folder), relearn, Orchestrated())
    if not outcome.decision.promote:
        return Completed(
            name="KeptChampion", message=visible_text(outcome.decision.sentence), data=outcome
        )
    emit_event(
        "logit-engine.champion.promoted",
        resource={
            "prefect.resource.id": f"logit-engine.{config['name']}",
            "run": outcome.trained.run,
        },
        payload={"reason": outcome.decision.sentence},
    )
    return outcome


@_flow("experiment")
def _experiment_flow(config: dict[str, Any], folder: str) -> Leaderboard:
    """Run the matrix, each cell a task."""
    return experiment(from_mapping(config, folder), Orchestrated())


def experiment_flow(config: dict[str, Any], folder: str) -> Leaderboard:
    """The experiment's flow, its cells on threads or on the config's Dask workers."""
    runner = _task_runner(from_mapping(config, folder))
    return _experiment_flow.with_options(task_runner=runner)(config, folder)


FLOWS: dict[Callable[..., Any], Callable[..., Any]] = {
    train: train_flow,
    score: score_flow,
    retrain: retrain_flow,
    experiment: experiment_flow,
}


def _task_runner(config: Config) -> TaskRunner[Any]:
    if config.compute.backend == "threads":
        return ThreadPoolTaskRunner(max_workers=os.cpu_count() or 1)
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise UsageError(DASK_IS_MISSING) from None
    if config.compute.scheduler is None:
        return DaskTaskRunner(cluster_kwargs=local_cluster(config))
    return DaskTaskRunner(address=config.compute.scheduler)
