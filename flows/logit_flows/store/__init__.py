"""The store: published runs, and the only knowledge of their layout on disk."""

from logit_flows.store.layout import append_line

__all__ = ["append_line"]
