"""Designs: how columns of a table become X, by terms or by a formula."""
