"""The logical types by name, in a file that imports nothing heavy: the config names them too."""

from enum import StrEnum


class LogicalType(StrEnum):
    """What a column means. A datetime is naive; a zoned one is a moment, kept in UTC."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    ZONED = "datetime with zone"
    DURATION = "duration"


NUMBER_TYPES = (LogicalType.NUMBER, LogicalType.DURATION)  # a value is a double
TIME_TYPES = (LogicalType.DATE, LogicalType.DATETIME, LogicalType.ZONED)
SECONDS_FRACTION = "%.f"  # in a form of times: with its point, of any number of digits
