"""Formulas: "y ~ x1 + C(x2)" over a table, learnt once and the same for later rows; alone with formulaic and pandas."""
