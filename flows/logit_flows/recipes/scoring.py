"""Score: each cohort is scored by the champion, or a given run, and published by itself."""

from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.steps.score import Patterns, Scored, find_cohorts, load_stored_model, score_cohort


def score(
    config: Config, cohorts: Patterns = (), model: str = "champion", run: Run = DIRECT
) -> list[Scored]:
    """Score each cohort and publish its scores, a Parquet file by itself.

    cohorts: files or globs, relative to the config's folder; by default those of the config. model:
    a run's id, the beginning of it, or champion. Raises DataError, naming the cohort, if a file
    cannot be scored whole.
    """
    with attempt(config, "score", run) as record:
        found = run(find_cohorts, config, cohorts)
        scorer = run(load_stored_model, config, model)
        record["run"] = scorer.origin["run"]
        record["cohorts"] = [cohort.name for cohort in found]
        return [run(score_cohort, config, scorer, cohort) for cohort in found]
