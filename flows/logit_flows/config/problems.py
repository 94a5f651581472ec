"""What is wrong with a configuration: the error, and how a message shows a value."""

from typing import Any

from logit_engine.errors import LogitEngineError


class ConfigError(LogitEngineError):
    """The configuration does not make sense; one sentence per problem, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def shown(value: Any) -> str:
    """A value as a message shows it."""
    return repr(value) if isinstance(value, str) else "nothing" if value is None else str(value)
