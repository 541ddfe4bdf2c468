"""Pages of certificates: the center's desk and what holders take along."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("certificates", __name__)

from portal.certificates.views import (  # noqa: E402
    archive,  # noqa: F401
    badges,  # noqa: F401
    center,  # noqa: F401
    decrees,  # noqa: F401
    external,  # noqa: F401
    external_import,  # noqa: F401
    holder,  # noqa: F401
    keys,  # noqa: F401
    log,  # noqa: F401
    published,  # noqa: F401
    renewals,  # noqa: F401
    reports,  # noqa: F401
)

BLUEPRINTS = (blueprint,)
