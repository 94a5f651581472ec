"""Inference after the fit: covariances, tests, intervals, margins."""
