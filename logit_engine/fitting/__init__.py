"""Fitting: one fit from top to bottom, from preparation to verdict and result; and paths of fits."""
