"""Inference after the fit: covariances of the estimates."""
