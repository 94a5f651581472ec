"""Links: a sigmoid is five functions of eta, and one law gives score and curvature."""

from logit_engine.links.curves import CAUCHIT, CLOGLOG, LINKS, LOGIT, LOGLOG, PROBIT, Link

__all__ = ["CAUCHIT", "CLOGLOG", "LINKS", "LOGIT", "LOGLOG", "PROBIT", "Link"]
