"""The role home pages. One blueprint; each module holds the pages of one kind of account."""

from portal.desks.views import (
    admin,
    center,
    cooperative,
    home,
    oversight,
    profile,
    public,
    roles,
    teaching,
    trainee,
)
from portal.desks.views.blueprint import blueprint

BLUEPRINTS = (blueprint,)

__all__ = [
    "BLUEPRINTS",
    "admin",
    "center",
    "cooperative",
    "home",
    "oversight",
    "profile",
    "public",
    "roles",
    "teaching",
    "trainee",
]
