"""Designs: how columns of a table become X; terms, learning, formulas, and rows that a design is laid over."""
