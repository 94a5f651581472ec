"""Pipelines around the engine: configuration, store, steps, recipes, tasks and the command line."""
