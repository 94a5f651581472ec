"""One fit, from preparation to verdict and result (steps.py), and paths of fits (paths.py).

steps.py reads from top to bottom: preparation.py makes the first pass and the null model
(null_model.py), constrained.py puts linear constraints in, the solver solves, verdict.py judges
(status.py has its sentences), assembly.py puts covariance, facts and notes (condition.py, notes.py)
into a result.py.
"""
