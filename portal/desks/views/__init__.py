"""The role home pages. One blueprint; each module holds the pages of one kind of account."""

from portal.desks.views import (
    accounts,
    admin,
    center,
    consents,
    cooperative,
    correction_desk,
    corrections,
    erasure,
    helpdesk,
    home,
    my_data,
    oversight,
    privacy_admin,
    profile,
    public,
    roles,
    teaching,
    trainee,
    unmasking,
)
from portal.desks.views.blueprint import blueprint

BLUEPRINTS = (blueprint,)

__all__ = [
    "BLUEPRINTS",
    "accounts",
    "admin",
    "blueprint",
    "center",
    "consents",
    "cooperative",
    "correction_desk",
    "corrections",
    "erasure",
    "helpdesk",
    "home",
    "my_data",
    "oversight",
    "privacy_admin",
    "profile",
    "public",
    "roles",
    "teaching",
    "trainee",
    "unmasking",
]
