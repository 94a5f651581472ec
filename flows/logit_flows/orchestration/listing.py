"""The page flows/README.md, written from the code."""

import inspect
from collections.abc import Callable
from typing import Any

from logit_flows.orchestration.tasks import FLOWS, TASK_POLICIES, TaskPolicy

HEAD = """# Flows and tasks

The pipeline's package is `logit_flows`, in this folder. An installed package called `flows` would
be shadowed by the folder of that name in a Prefect project.
`python -m logit_flows.orchestration.listing > flows/README.md` writes this page.
"""


def listing() -> str:
    """The page.

    For each flow what it does; for each task also its retries, its limit and what it leaves in
    Prefect.
    """
    flows = [f"| `{recipe.__name__}` | {_first_sentence(flow)} |" for recipe, flow in FLOWS.items()]
    return "\n".join(
        [
            HEAD,
            "| flow | what it does |",
            "|---|---|",
            *flows,
            "",
            "| task | what it does | retries after | limit | artifact |",
            "|---|---|---|---|---|",
            *map(_task_line, TASK_POLICIES),
            "",
        ]
    )


def _task_line(policy: TaskPolicy) -> str:
    delays = ", ".join(f"{delay:g}" for delay in policy.retry_delays)
    cells = (
        f"`{policy.step.__name__}`",
        _first_sentence(policy.step),
        f"{delays} s" if delays else "none",
        "none" if policy.limit is None else f"{policy.limit / 60:g} min",
        "none" if policy.artifact is None else "yes",
    )
    return f"| {' | '.join(cells)} |"


def _first_sentence(function: Callable[..., Any]) -> str:
    """The first paragraph of a docstring on one line, with no bar that would end a cell."""
    text = inspect.getdoc(function) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    print(listing(), end="")
