"""Tasks and flows: every step as a Prefect task by one table, every recipe as a flow; alone in importing Prefect."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from logit_engine.errors import LogitEngineError, UsageError
from logit_flows.orchestration import environment

environment.prepare()

from prefect import Flow, Task, flow, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact, create_table_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.events import emit_event  # noqa: E402
from prefect.runtime import flow_run  # noqa: E402
from prefect.states import Completed, State  # noqa: E402
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner  # noqa: E402

from logit_flows.config.model import Config, from_mapping  # noqa: E402
from logit_flows.recipes import experimenting as experiment_recipe  # noqa: E402
from logit_flows.recipes import retraining as retrain_recipe  # noqa: E402
from logit_flows.recipes import scoring as score_recipe  # noqa: E402
from logit_flows.recipes import training as train_recipe  # noqa: E402
from logit_flows.recipes.running import tell  # noqa: E402
from logit_flows.steps.cluster import NEEDED, local_cluster  # noqa: E402
from logit_flows.steps.evaluate import Evaluation, evaluate_model  # noqa: E402
from logit_flows.steps.fit import fit_model  # noqa: E402
from logit_flows.steps.gate import Decision, judge  # noqa: E402
from logit_flows.steps.learn import learn_design  # noqa: E402
from logit_flows.steps.load import load  # noqa: E402
from logit_flows.steps.publish import crown, publish_run  # noqa: E402
from logit_flows.steps.score import load_model, score_cohort  # noqa: E402
from logit_flows.steps.split import split_rows  # noqa: E402
from logit_flows.steps.tune import tune_penalty  # noqa: E402

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contract:
    """How a step behaves as a task: retries (with these delays in seconds) after transient errors, and its limit in seconds.

    Nothing is cached by Prefect: a published run is reused by its id, and its manifest is the authority on that.
    """

    step: Callable[..., Any]
    retry_delays: tuple[float, ...] = ()
    timeout: float | None = None
    artifact: Callable[[Config, Any], None] | None = None


def _metrics_artifact(config: Config, evaluation: Evaluation) -> None:
    rows = [
        {"split": m.split, "metric": m.metric, "value": m.value, "lower": m.lower, "upper": m.upper}
        for m in evaluation.metrics
    ]
    create_table_artifact(rows, key=_key("metrics", config), description=f"Metrics of {config.name}")


def _decision_artifact(config: Config, decision: Decision) -> None:
    create_markdown_artifact(decision.sentence, key=_key("gate", config), description=f"Gate of {config.name}")


def _key(kind: str, config: Config) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in config.name.lower())
    return f"{kind}-{plain}".strip("-")


TRANSIENT = (1.0, 5.0, 15.0)  # seconds before each retry of a read or a write

CONTRACTS = (
    Contract(load, TRANSIENT, 3600.0),
    Contract(split_rows, TRANSIENT, 3600.0),
    Contract(learn_design, timeout=3600.0),
    Contract(tune_penalty),
    Contract(fit_model),
    Contract(evaluate_model, artifact=_metrics_artifact),
    Contract(publish_run, TRANSIENT, 3600.0),
    Contract(crown, TRANSIENT, 600.0),
    Contract(load_model, TRANSIENT, 600.0),
    Contract(judge, artifact=_decision_artifact),
    Contract(score_cohort, TRANSIENT),
    Contract(experiment_recipe.run_cell),
)


def _is_transient(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Retry what the outside may heal; never what the data, the config or the fit got wrong."""
    try:
        state.result()
    except LogitEngineError:
        return False
    except OSError:
        return True
    except Exception:
        return False
    return False


def _as_task(contract: Contract) -> Task[..., Any]:
    step = contract.step

    def run_step(*args: Any) -> Any:
        result = step(*args)
        if contract.artifact is not None:
            contract.artifact(args[0], result)
        return result

    run_step.__doc__ = step.__doc__
    return task(
        run_step,
        name=step.__name__,
        retries=len(contract.retry_delays),
        retry_delay_seconds=list(contract.retry_delays) or None,
        retry_condition_fn=_is_transient,
        timeout_seconds=contract.timeout,
        cache_policy=NO_CACHE,
        persist_result=False,
        tags=["logit-engine"],
    )


TASKS: dict[Callable[..., Any], Task[..., Any]] = {contract.step: _as_task(contract) for contract in CONTRACTS}


class Orchestrated:
    """Steps as Prefect tasks of the current flow run."""

    @property
    def id(self) -> str | None:
        """Prefect's id of the flow run."""
        return str(flow_run.id) if flow_run.id else None

    def __call__(self, step: Callable[..., T], /, *args: Any) -> T:
        """The step's task, run to its end."""
        tell(step)
        return TASKS[step](*args)  # type: ignore[no-any-return]

    def each(self, step: Callable[[Any], T], items: Sequence[Any], workers: int) -> list[T]:
        """The step's task for each item, through the flow's task runner."""
        futures = [TASKS[step].submit(item) for item in items]
        return [future.result() for future in futures]


def _run_name() -> str:
    name = flow_run.parameters["config"]["name"]
    return f"{name}-{flow_run.flow_name}"


def _flow(name: str, **options: Any) -> Callable[[Callable[..., T]], Flow[..., T]]:
    return flow(name=name, flow_run_name=_run_name, persist_result=False, validate_parameters=False, **options)


@_flow("train")
def train_flow(config: dict[str, Any], folder: str) -> train_recipe.Trained:
    """Train the config, given by content; paths in it are relative to the folder."""
    return train_recipe.train(from_mapping(config, folder), Orchestrated())


@_flow("score")
def score_flow(
    config: dict[str, Any], folder: str, cohorts: list[str], model: str = "champion"
) -> list[score_recipe.Scored]:
    """Score cohorts with the champion or another run."""
    return score_recipe.score(from_mapping(config, folder), cohorts, model, Orchestrated())


@_flow("retrain")
def retrain_flow(config: dict[str, Any], folder: str) -> Any:
    """Retrain; a kept champion is a completed run of its own name, and a promotion emits an event."""
    outcome = retrain_recipe.retrain(from_mapping(config, folder), Orchestrated())
    if not outcome.decision.promote:
        return Completed(name="KeptChampion", message=outcome.decision.sentence, data=outcome)
    emit_event(
        "logit-engine.champion.promoted",
        resource={"prefect.resource.id": f"logit-engine.{config['name']}", "run": outcome.trained.run},
        payload={"reason": outcome.decision.sentence},
    )
    return outcome


@_flow("experiment")
def _experiment_flow(config: dict[str, Any], folder: str) -> experiment_recipe.Leaderboard:
    """Run the matrix, each cell a task."""
    return experiment_recipe.experiment(from_mapping(config, folder), Orchestrated())


def experiment_flow(config: dict[str, Any], folder: str) -> experiment_recipe.Leaderboard:
    """The experiment's flow, its cells on threads here or on the workers of the config's Dask cluster."""
    runner = _runner(from_mapping(config, folder))
    return _experiment_flow.with_options(task_runner=runner)(config, folder)


def _runner(config: Config) -> TaskRunner[Any]:
    if config.compute.backend == "threads":
        return ThreadPoolTaskRunner(max_workers=os.cpu_count())  # type: ignore[arg-type]
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError:
        raise UsageError(NEEDED) from None
    if config.compute.scheduler is None:
        return DaskTaskRunner(cluster_kwargs=local_cluster(config))
    return DaskTaskRunner(address=config.compute.scheduler)
