"""Types of values that need more than a Python type: each with its check and its sentence."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator

from logit_flows.config.problems import shown


def _some_text(value: Any) -> Any:
    """One text or several, as a list."""
    values = [value] if isinstance(value, str) else value
    if (
        not isinstance(values, list)
        or not values
        or not all(isinstance(v, str) and v for v in values)
    ):
        raise ValueError(f"expected a file or a list of files, found {shown(value)}")
    return values


def _label(value: Any) -> Any:
    if not isinstance(value, bool | int | str):
        raise ValueError(f"expected text, an integer, true or false, found {shown(value)}")
    return value


def _labels(value: Any) -> Any:
    """A label, or several."""
    if not isinstance(value, list):
        return _label(value)
    if not value:
        raise ValueError("expected a label or several, found an empty list")
    return [_label(one) for one in value]


def value_text(label: object) -> str:
    """A value of the config as its canonical text, that of a level: true is "true", 1 is "1"."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def _strength(value: Any) -> Any:
    if value is None or value == "cv":
        return value
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0.0 < value < float("inf")
    ):
        raise ValueError(f"expected a number above 0, or cv, found {shown(value)}")
    return float(value)


def _threads(value: Any) -> Any:
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"expected auto or a number of threads from 1 on, found {shown(value)}")
    return value


SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])B")


def bytes_of(size: str) -> int:
    """The bytes of a size such as 2GB."""
    number, unit = SIZE.findall(size)[0]
    return int(float(number) * 1024 ** ("KMGT".index(unit) + 1))


def machine_memory() -> int:
    """The memory of the machine in bytes, or the limit of the container if it has one."""
    limit, physical = (
        Path("/sys/fs/cgroup/memory.max"),
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )
    text = limit.read_text().strip() if limit.exists() else "max"
    return physical if text == "max" else min(int(text), physical)


def _memory(value: Any) -> Any:
    if not isinstance(value, str) or (value != "auto" and not SIZE.fullmatch(value)):
        raise ValueError(f"expected auto or a size such as 2GB, found {shown(value)}")
    return value


CRON_FIELDS = ("minute", "hour", "day", "month", "weekday")
CRON_EXAMPLE = "five cron fields such as '0 5 * * 1'"
ANY_DAY = datetime(2024, 1, 1)
# The last weekday of a month, or the last Friday: cronsim knows them, Prefect does not.
LAST_OF_ITS_KIND = re.compile("LW|.L", re.IGNORECASE)


def _cron(value: str) -> str:
    fields = value.split()
    if len(fields) != len(CRON_FIELDS):
        raise ValueError(f"expected {CRON_EXAMPLE}, found {shown(value)}")
    wrong = [f"the {name} {text!r}" for name, text in _wrong_fields(fields)]
    if wrong:
        raise ValueError(
            f"expected {CRON_EXAMPLE}, found {shown(value)}, where {' and '.join(wrong)} cannot be"
        )
    minute, hour, day, month, _ = fields
    if not _is_cron([minute, hour, day, month, "*"]):
        raise ValueError(f"the day {day!r} never comes in the month {month!r}; choose another day")
    return value


def _wrong_fields(fields: list[str]) -> Iterator[tuple[str, str]]:
    """The fields that are wrong by themselves, each with its name."""
    for place, (name, text) in enumerate(zip(CRON_FIELDS, fields, strict=True)):
        alone = ["*"] * len(fields)
        alone[place] = text
        if LAST_OF_ITS_KIND.fullmatch(text) or not _is_cron(alone):
            yield name, text


def _is_cron(fields: list[str]) -> bool:
    try:
        CronSim(" ".join(fields), ANY_DAY)
    except CronSimError:
        return False
    return True


def _scheduler(value: str) -> str:
    if not re.fullmatch(r"(tcp|tls|ucx|ws|wss)://\S+:\d+", value):
        raise ValueError(
            "expected the address of a Dask scheduler such as tcp://host:8786, "
            f"found {shown(value)}"
        )
    return value


def _timezone(value: str) -> str:
    try:
        return str(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"expected a time zone such as America/New_York, found {shown(value)}"
        ) from None


Files = Annotated[list[str], BeforeValidator(_some_text)]
Label = Annotated[Any, BeforeValidator(_label)]
Labels = Annotated[Any, BeforeValidator(_labels)]
Strength = Annotated[Any, BeforeValidator(_strength)]
Threads = Annotated[Any, BeforeValidator(_threads)]
Memory = Annotated[Any, BeforeValidator(_memory)]
Cron = Annotated[str, AfterValidator(_cron)]
Scheduler = Annotated[str, AfterValidator(_scheduler)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
