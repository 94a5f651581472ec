"""What can go wrong, by whose fault it is; every message says what was found, where, and what to do."""


class LogitEngineError(Exception):
    """The root of all errors raised on purpose; its text is one clear sentence for the user."""


class UsageError(LogitEngineError, ValueError):
    """The caller asked for something that does not exist or does not fit together."""


class UnavailableError(UsageError, AttributeError):
    """An attribute that this fit does not have, so that `hasattr` says so; the text tells why."""


class DataError(LogitEngineError, ValueError):
    """The data break what was promised of them: a column, a type, a value, a count."""


class RankError(LogitEngineError):
    """Some columns of X are exact linear combinations of others, so their coefficients are not identified.

    columns: the names of the later one of each set.
    """

    def __init__(self, message: str, columns: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.columns = columns


class SeparationError(LogitEngineError):
    """The outcome is predicted perfectly in some direction, so the estimate does not exist."""


class ArtifactError(LogitEngineError):
    """A stored model, run or prediction is missing, damaged, or written by a newer version."""


class ClusterError(LogitEngineError):
    """The machines that were to sum the rows are not there, not alike, or were lost."""


class KeywordError(UsageError, TypeError):
    """A keyword that does not exist, or not with this meaning; the text names the ones that do."""


class SeparationWarning(UserWarning):
    """The outcome is predicted perfectly in some direction: some of the estimates that follow do not exist."""


class ConvergenceWarning(UserWarning):
    """The estimates that follow are not at the maximum."""
