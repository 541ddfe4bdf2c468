"""Pages of attendance."""

from portal.attendance.views import checkin, checkpoints, projector, roll
from portal.attendance.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "checkin",
    "checkpoints",
    "projector",
    "roll",
]
