"""Diagnostics: separation, collinearity, residuals, influence, and how well a model predicts."""
