"""The store: published runs, and the only knowledge of their layout on disk."""

from logit_engine.storage.publish import append_line

__all__ = ["append_line"]
