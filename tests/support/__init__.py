"""Builders of data and configs that several test files share."""
