"""Diagnostics: separation, collinearity, predictive metrics."""
