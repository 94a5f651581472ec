"""All that a fit computes from its rows, for tests that compare it to the last bit."""

import numpy as np

from logit_engine.fitting.result import FitResult, Status


def bits(result: FitResult) -> tuple[bytes, bytes, bytes, Status]:
    """Estimates, covariance, log-likelihoods with the certificate, and the status."""
    numbers = np.array([result.loglik, result.null_loglik, result.certificate])
    return (
        result.estimates.tobytes(),
        result.covariance.tobytes(),
        numbers.tobytes(),
        result.status,
    )
