"""What can go wrong, by whose fault it is. A message says what was found, where, and what to do.

    LogitEngineError
      UsageError             (ValueError)       the call: a value or combination that is not there
        KeywordError         (TypeError)        an unknown keyword
        UnavailableError     (AttributeError)   an attribute that this fit does not have
      DataError              (ValueError)       the data: a column, a type, a value, a count
      RankError                                 columns that are combinations of others
      SeparationError                           outcomes that are predicted perfectly
      ArtifactError                             a stored model, run or prediction
      ClusterError                              the machines that sum the rows

    UserWarning
      SeparationWarning                         the estimates that follow are infinite in part
      ConvergenceWarning                        the estimates that follow are not at the maximum

Messages speak of the engine: of values and keywords in Python. An error that a setting cures has a
`reason` besides, one word of a table. Whoever has settings of their own, as the pipeline has its
config, maps it to the key to set.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Reason(StrEnum):
    """What a setting can cure."""

    MISSING_NUMBERS = "missing_numbers"
    MISSING_LEVELS = "missing_levels"
    UNSEEN_LEVELS = "unseen_levels"
    MANY_UNSEEN = "many_unseen"
    NOT_NUMERIC = "not_numeric"
    UNKNOWN_REFERENCE = "unknown_reference"
    RECODE_MEETS_LEVEL = "recode_meets_level"
    RARE_LEVELS = "rare_levels"
    CONSTANT = "constant"
    NO_ROBUST_SCALE = "no_robust_scale"
    NO_CLUSTERS = "no_clusters"
    MORE_COLUMNS_THAN_ROWS = "more_columns_than_rows"
    ALIASED = "aliased"
    SEPARATION = "separation"
    SEPARATED_POOL = "separated_pool"


class LogitEngineError(Exception):
    """The root of all errors raised on purpose; its text is one clear sentence for the user.

    reason: what a setting can cure, None if no setting does. names: the names that the error is
    about and that the setting takes, as far as they are known, such as {"column": "carrier"}.
    parts: the errors that were found together, if it stands for several; its text is then theirs,
    a sentence a line. None of them can be set again.
    """

    def __init__(
        self,
        message: str = "",
        *,
        reason: Reason | None = None,
        names: Mapping[str, str] | None = None,
        parts: Sequence["LogitEngineError"] = (),
    ) -> None:
        super().__init__(message or "\n".join(str(part) for part in parts))
        self._reason = reason
        self._names = dict(names or {})
        self._parts = tuple(single for part in parts for single in part.parts)

    @property
    def reason(self) -> Reason | None:
        """What a setting can cure, or None."""
        return self._reason

    @property
    def names(self) -> dict[str, str]:
        """The names that the error is about, by what they name."""
        return dict(self._names)

    @property
    def parts(self) -> tuple["LogitEngineError", ...]:
        """The errors that it stands for: those found together, or itself alone."""
        return self._parts or (self,)


class UsageError(LogitEngineError, ValueError):
    """The caller asked for something that does not exist or does not fit together."""


class UnavailableError(UsageError, AttributeError):
    """An attribute that this fit does not have, so that `hasattr` says so; the text tells why."""


class DataError(LogitEngineError, ValueError):
    """The data break what was promised of them: a column, a type, a value, a count."""


class RankError(LogitEngineError):
    """Some columns of X are combinations of others, so their coefficients are not identified.

    columns: the names of the later one of each set. aliases: where it is known, each of them with
    the earlier columns of its combination.
    """

    def __init__(
        self,
        message: str,
        columns: Sequence[str] = (),
        *,
        reason: Reason | None = None,
        aliases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.aliases = dict(aliases or {})
        self.columns = tuple(columns or self.aliases)


class SeparationError(LogitEngineError):
    """The outcome is predicted perfectly in some direction, so the estimate does not exist.

    aliases: as of a RankError, if columns are combinations of others besides.
    """

    def __init__(
        self,
        message: str = "",
        *,
        reason: Reason | None = Reason.SEPARATION,
        aliases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.aliases = dict(aliases or {})


class ArtifactError(LogitEngineError):
    """A stored model, run or prediction is missing, damaged, or written by a newer version."""


class ClusterError(LogitEngineError):
    """The machines that were to sum the rows are not there, not alike, or were lost."""


class KeywordError(UsageError, TypeError):
    """A keyword that does not exist, or not with this meaning; the text names the ones that do."""


class SeparationWarning(UserWarning):
    """The outcome is predicted perfectly in some direction: some estimates do not exist."""


class ConvergenceWarning(UserWarning):
    """The estimates that follow are not at the maximum."""


def joint_error(found: Sequence[LogitEngineError]) -> LogitEngineError:
    """One error of all that were found together: the only one itself, else a DataError."""
    return found[0] if len(found) == 1 else DataError(parts=found)


def placed_error(error: LogitEngineError, place: str) -> LogitEngineError:
    """An error of the data with the place before each of its sentences: "cohort march: ..."."""
    return joint_error(
        [
            DataError(f"{place}: {part}", reason=part.reason, names=part.names)
            for part in error.parts
        ]
    )
