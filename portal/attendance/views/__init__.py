"""Pages of attendance."""

from portal.attendance.views import (
    checkin,
    checkpoints,
    corrections,
    paper,
    projector,
    roll,
    scan,
    walkins,
)
from portal.attendance.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "checkin",
    "checkpoints",
    "corrections",
    "paper",
    "projector",
    "roll",
    "scan",
    "walkins",
]
