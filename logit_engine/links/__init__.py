"""Links: a sigmoid is five functions of eta, and one law gives score and curvature."""

from logit_engine.links.cauchit import CAUCHIT
from logit_engine.links.cloglog import CLOGLOG
from logit_engine.links.law import Link
from logit_engine.links.logit import LOGIT
from logit_engine.links.loglog import LOGLOG
from logit_engine.links.probit import PROBIT

__all__ = ["CAUCHIT", "CLOGLOG", "LINKS", "LOGIT", "LOGLOG", "PROBIT", "Link"]

LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        LOGIT,
        PROBIT,
        CLOGLOG,
        LOGLOG,
        CAUCHIT,
    )
}
