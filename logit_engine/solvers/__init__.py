"""Solvers: one algorithm a file, and the proof that it arrived."""
