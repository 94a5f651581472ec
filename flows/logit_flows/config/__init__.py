"""The configuration: one strict model, and its reading."""
