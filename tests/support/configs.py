"""A small config as text."""

from collections.abc import Callable

BASE = """\
name: demo
data:
  source: a.csv
  target: {column: y, positive: 1}
  id: key
features:
  numeric: [x]
"""

Problems = Callable[..., list[str]]
