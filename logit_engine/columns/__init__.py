"""Columns of X as values: one kind each, with its products, moments and inner coordinates."""
