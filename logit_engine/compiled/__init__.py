"""Compiled loops, alone with Numba, and when they are taken."""
