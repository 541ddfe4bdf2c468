"""Pages of attendance."""

from portal.attendance.views import roll
from portal.attendance.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "roll",
]
