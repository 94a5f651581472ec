"""What publishes a file or a folder whole or not at all; it lives in storage/publish.py."""

from logit_engine.storage.publish import publish_folder, sealed, sweep, unsealed, write_manifest

__all__ = ["publish_folder", "sealed", "sweep", "unsealed", "write_manifest"]
