"""Score: each cohort is scored by the champion, or a given run, and published by itself."""

from collections.abc import Sequence

from logit_flows.config.model import Config
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.steps.score import Scored, find_cohorts, load_model, score_cohort


def score(config: Config, patterns: Sequence[str] = (), reference: str = "champion", run: Run = DIRECT) -> list[Scored]:
    """Score the cohorts of these files or globs; by default those of the config."""
    with attempt(config, "score", run) as record:
        cohorts = run(find_cohorts, config, patterns)
        model = run(load_model, config, reference)
        record["run"] = model.origin["run"]
        record["cohorts"] = [cohort.name for cohort in cohorts]
        return [run(score_cohort, config, model, cohort) for cohort in cohorts]
