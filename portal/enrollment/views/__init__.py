"""Pages of enrollment: applying, one's own enrollment, the center's lists, moves and papers."""

from portal.enrollment.views import (
    apply,
    assist,
    center,
    contacts,
    mine,
    moves,
    nominating,
    nominations,
    nominee,
    numbers,
    papers,
    roster,
    spread,
    waitlist,
)
from portal.enrollment.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "apply",
    "assist",
    "center",
    "contacts",
    "mine",
    "moves",
    "nominating",
    "nominations",
    "nominee",
    "numbers",
    "papers",
    "roster",
    "spread",
    "waitlist",
]
