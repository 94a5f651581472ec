"""Formulas over a table, learnt once and the same for later rows; alone with formulaic."""
