"""Recipes: what runs the steps, in the order in which they read."""

from logit_flows.recipes.running import listen

__all__ = ["listen"]
