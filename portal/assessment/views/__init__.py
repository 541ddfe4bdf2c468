"""Pages of assessment."""

from portal.assessment.views import judging
from portal.assessment.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "judging",
]
