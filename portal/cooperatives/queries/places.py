"""A village that somebody typed: by its code, or as "Desa, Kecamatan, Kabupaten"."""

from __future__ import annotations

import re

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.words import gettext as _
from portal.regions.models import Region

_WORD = re.compile(
    r"^(desa|ds|kelurahan|kel|kecamatan|kec|kabupaten|kab|kota|kampung|nagari|gampong)\b[\s.:]*", re.I
)
SHOWN = 4


def typed_village(text: str, region: str = "") -> str:
    """The code of a village within a region's code ("" the country).

    Raises DomainError on the field village: nothing typed, unknown, or several of that name.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise DomainError("village_missing", _("Tulis desa atau kelurahannya."), "village")
    digits = re.sub(r"[\s.]", "", text)
    if digits.isascii() and digits.isdigit():
        return _by_code(digits, region)
    found = _named(parts, region, bare=False) or _named(parts, region, bare=True)
    if not found:
        message = _("Desa ini tidak ditemukan. Tulis nama desa dan kecamatannya, atau kode desanya.")
        raise DomainError("village_unknown", message, "village")
    if len(found) > 1:
        where = "; ".join(f"{village}, {district} ({code})" for code, village, district in found[:SHOWN])
        message = _(
            "Ada beberapa desa bernama ini: %(where)s. Tulis dengan kecamatan atau kodenya.", where=where
        )
        raise DomainError("village_ambiguous", message, "village")
    return str(found[0][0])


def _by_code(digits: str, region: str) -> str:
    code = f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}" if len(digits) == 10 else ""
    known = code and db.session.scalar(sa.select(Region.code).where(Region.code == code))
    if not known or not (not region or code.startswith(f"{region}.")):
        message = _("Tidak ada desa dengan kode ini di wilayahnya. Kode desa terdiri atas 10 angka.")
        raise DomainError("village_unknown", message, "village")
    return str(code)


_DISTRICT, _REGENCY = sa.orm.aliased(Region), sa.orm.aliased(Region)


def _named(parts: list[str], region: str, *, bare: bool) -> list[tuple[str, str, str]]:
    """(code, village, district) of the villages that the parts name; `bare`: without "Desa" and the like."""
    names = [(_WORD.sub("", part) if bare else part).lower() for part in parts[:3]]
    statement = (
        sa.select(Region.code, Region.name, _DISTRICT.name)
        .join(_DISTRICT, _DISTRICT.code == Region.parent_code)
        .join(_REGENCY, _REGENCY.code == _DISTRICT.parent_code)
        .where(sa.func.lower(Region.name) == names[0], sa.func.length(Region.code) == 13)
        .order_by(Region.code)
        .limit(SHOWN + 1)
    )
    if region:
        statement = statement.where(Region.code >= f"{region}.", Region.code < f"{region}/")
    for place, name in zip((_DISTRICT, _REGENCY), names[1:], strict=False):
        statement = statement.where(sa.func.lower(place.name).like(f"%{_plain(name)}%", escape="\\"))
    return [(code, village, where) for code, village, where in db.session.execute(statement)]


def _plain(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
