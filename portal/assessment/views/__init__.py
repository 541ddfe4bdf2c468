"""Pages of assessment."""

from portal.assessment.views import judging, keys, sitting, written
from portal.assessment.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "appeals",
    "corrections",
    "judging",
    "keys",
    "observing",
    "own",
    "retests",
    "second",
    "sitting",
    "written",
]
