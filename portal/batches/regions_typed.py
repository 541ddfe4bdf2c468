"""Regions that an administrator types by name, as codes."""

from __future__ import annotations

import re

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.words import gettext as _
from portal.regions.models import Region

_WORD = re.compile(r"^(provinsi|kabupaten|kab\.?|kota)\s+", re.I)


def region_codes(text: str) -> list[str]:
    """Codes of provinces, regencies and cities from "Kabupaten Sintang, Melawi" or "61.05". One statement.

    Raises DomainError on `regions` for a name that is unknown or means two regions.
    """
    typed = [part.strip() for part in text.split(",") if part.strip()]
    if not typed:
        return []
    wide = sa.func.length(Region.code) <= 5
    rows = db.session().execute(sa.select(Region.code, Region.name).where(wide)).all()
    found = []
    for part in typed[:50]:
        exact = [code for code, name in rows if part == code or part.lower() == name.lower()]
        bare = _WORD.sub("", part).lower()
        near = exact or [code for code, name in rows if _WORD.sub("", name).lower() == bare]
        if not near:
            message = _(
                "Wilayah “%(name)s” tidak dikenal. Tulis nama provinsi, kabupaten, atau kota.", name=part
            )
            raise DomainError("region_unknown", message, "regions")
        if len(near) > 1:
            names = ", ".join(name for code, name in rows if code in near)
            message = _("“%(name)s” bisa berarti %(names)s. Tulis lengkap.", name=part, names=names)
            raise DomainError("region_ambiguous", message, "regions")
        found.append(near[0])
    return list(dict.fromkeys(found))
