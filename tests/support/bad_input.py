"""Samples that are right but for what a test spoils in them."""

from tests.support.samples import Sample, drawn_sample

METHODS = ("newton", "bfgs", "lbfgs", "nm", "powell", "cg", "ncg")


def good_sample() -> Sample:
    """A constant, two columns, and an outcome with slope 0.754 on the first."""
    return drawn_sample(200, [0.0, 0.754, 0.0], seed=3, constant=True)


def quiet(model, **options):
    return model.fit(disp=False, **options)
