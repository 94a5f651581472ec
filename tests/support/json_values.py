"""Values that JSON can hold, and some that it cannot."""

import math

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def words(value: object) -> object:
    """The value with its non-finite floats as the convention writes them."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {key: words(item) for key, item in value.items()}
    return [words(item) for item in value] if isinstance(value, list) else value
