"""Why a goal is missed, by the goal's key: a missed goal without a sentence here fails `make bench`."""

MISSES: dict[str, str] = {}
