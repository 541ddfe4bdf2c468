"""One row of a register of cooperatives as plain values, or the first reason why it cannot come in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.cooperatives.rules.naming import VILLAGE_KINDS, display_name, match_key
from portal.cooperatives.rules.places import Places, TypedPlace
from portal.people.rules import read_cooperative_name

NAME_LENGTH, NUMBER_LENGTH, LEGAL_LENGTH, GROUP_LENGTH = 160, 40, 80, 80
_NUMBER = re.compile(r"[A-Za-z0-9./\-]+")
_YES = {"ya", "y", "yes", "true", "1", "x", "v", "✓", "percontohan", "pilot", "mock up", "mockup"}
_NO = {"tidak", "t", "n", "no", "false", "0", "-", "bukan"}
_KINDS = (
    ("prospective", r"prospective|calon|belum berdiri|pendirian|rintisan"),
    ("multi_stakeholder", r"multi[\s_-]*(pihak|stakeholder)"),
    ("union", r"\bunion\b|serikat"),
    ("driver_courier", r"driver|courier|pengemudi|kurir|ojek|ojol"),
    ("worker", r"\bworker\b|pekerja|buruh|karyawan"),
    ("partnership", r"partnership|kemitraan"),
    ("either", r"desa\s*/\s*kel|kdkmp|^(koperasi\s+)?merah putih"),
    ("urban_village", r"urban[\s_]village|kelurahan|kkmp|kopkel"),
    ("village", r"\bvillage\b|\bdesa\b|kdmp|kopdes"),
    ("other", r"\bother\b|lain"),
)
_KIND_PATTERNS = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in _KINDS)
_ROLES = (
    ("worker", re.compile(r"worker|pekerja|buruh|pengemudi|kurir|karyawan|produsen|petani|nelayan", re.I)),
    ("platform_provider", re.compile(r"platform|penyedia|aplikator|aplikasi", re.I)),
    ("service_user", re.compile(r"service|pengguna|konsumen|pembeli|pelanggan", re.I)),
)
_MONTHS = ("jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des")
_NAMED_DAY = re.compile(r"(\d{1,2})[\s\-]+([a-z]{3,9})\.?[\s\-]+(\d{4})", re.I)
_EXCEL_ZERO, _FIRST_SERIAL, _LAST_SERIAL = date(1899, 12, 30), 367, 109_574


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A cooperative as a register names it. None: the file says nothing, and what is known stays.

    region_code is a village's, or a district's for a kind without a village. villages: further villages
    served. groups: (name, role) of member groups.
    """

    name: str
    kind: str
    region_code: str
    number: str | None = None
    simkopdes: str | None = None
    is_pilot: bool | None = None
    legal_number: str | None = None
    legal_on: date | None = None
    villages: tuple[str, ...] | None = None
    groups: tuple[tuple[str, str], ...] | None = None

    @property
    def match_key(self) -> str:
        """The key of all spellings of this cooperative in its place."""
        return match_key(self.kind, self.name, self.region_code)

    @property
    def twin_key(self) -> str:
        """The key under the other kind of village cooperative: people mix up desa and kelurahan. "" for a
        kind without a twin."""
        other = {"village": "urban_village", "urban_village": "village"}.get(self.kind, "")
        return match_key(other, self.name, self.region_code) if other else ""

    def to_json(self) -> dict[str, Any]:
        """As a row keeps it; what the file does not say is left out."""
        given = {name: getattr(self, name) for name in self.__slots__}
        given["legal_on"] = self.legal_on.isoformat() if self.legal_on else None
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RegisterRow:
        """Back from `to_json`."""
        given = dict(data)
        if "legal_on" in given:
            given["legal_on"] = date.fromisoformat(given["legal_on"])
        if "villages" in given:
            given["villages"] = tuple(given["villages"])
        if "groups" in given:
            given["groups"] = tuple((name, role) for name, role in given["groups"])
        return cls(**given)


class BadRow(Exception):
    """Why a row cannot come in."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_row(cells: Mapping[str, Any], places: Places, today: date) -> RegisterRow:
    """Read the cells of a row by field. Raises BadRow with the first reason."""
    name = _name(cells)
    kind = _kind(text_of(cells.get("kind", "")), name)
    seat = _seat(cells, places, kind, name)
    if kind == "either":
        kind = "urban_village" if places.index.kinds.get(seat) == "urban_village" else "village"
    return RegisterRow(
        name=name,
        kind=kind,
        region_code=seat,
        number=_identity(cells.get("number", ""), "number_invalid"),
        simkopdes=_identity(cells.get("simkopdes", ""), "simkopdes_invalid"),
        is_pilot=_pilot(text_of(cells.get("pilot", ""))),
        legal_number=text_of(cells.get("legal_number", ""))[:LEGAL_LENGTH] or None,
        legal_on=_legal_day(cells.get("legal_on", ""), today),
        villages=_villages(text_of(cells.get("villages", ""), lines=True), places, seat),
        groups=_groups(text_of(cells.get("groups", ""), lines=True), kind),
    )


def text_of(cell: Any, *, lines: bool = False) -> str:
    """A cell as text of one line (or several); the apostrophe of a formula-neutral export is taken off."""
    if isinstance(cell, bool):
        return "ya" if cell else "tidak"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    text = str(cell)
    text = text.replace("\n", ";") if lines else text
    text = " ".join(text.split())
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _name(cells: Mapping[str, Any]) -> str:
    typed = text_of(cells.get("name", ""))
    if not any(c.isalpha() for c in typed):
        raise BadRow("name_missing")
    if len(typed) > NAME_LENGTH:
        raise BadRow("name_too_long")
    return display_name(typed)


def _kind(typed: str, name: str) -> str:
    """The kind that a cell names; without one what the name says, "either" for desa or kelurahan."""
    if not typed:
        return read_cooperative_name(name).kind or "either"
    for kind, pattern in _KIND_PATTERNS:
        if pattern.search(typed):
            return kind
    raise BadRow("kind_unknown")


def _seat(cells: Mapping[str, Any], places: Places, kind: str, name: str) -> str:
    typed = TypedPlace(
        *(text_of(cells.get(f, "")) for f in ("code", "province", "regency", "district", "village"))
    )
    needs_village = kind == "either" or kind in VILLAGE_KINDS
    hint = {"urban_village": "Kelurahan", "village": "Desa"}.get(kind, "")
    found = places.find(typed, hints=(hint, name), needs_village=needs_village)
    if found.reason:
        raise BadRow(found.reason)
    return found.code


def _identity(cell: Any, reason: str) -> str | None:
    """A number that names a cooperative. A numeric cell that lost its digits (an exponent) is refused."""
    if isinstance(cell, float) and not (cell.is_integer() and abs(cell) < 1e15):
        raise BadRow(reason)
    typed = text_of(cell).replace(" ", "").lstrip("'")
    if typed in ("", "-"):
        return None
    if (
        len(typed) > NUMBER_LENGTH
        or not _NUMBER.fullmatch(typed)
        or re.fullmatch(r"\d[.,]\d+[eE]\+?\d+", typed)
    ):
        raise BadRow(reason)
    return typed


def _pilot(typed: str) -> bool | None:
    word = typed.casefold()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise BadRow("pilot_unknown")


def _legal_day(cell: Any, today: date) -> date | None:
    if isinstance(cell, str) and text_of(cell) in ("", "-"):
        return None
    found = read_day(cell)
    if found is None or found.year < 1900:
        raise BadRow("legal_date")
    if found > today:
        raise BadRow("legal_future")
    return found


def read_day(cell: Any) -> date | None:
    """A day in a cell: a date, an Excel serial, 31/12/2025, 2025-12-31 or "1 Juli 2025"; None for no day."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _EXCEL_ZERO + timedelta(days=int(cell)) if _FIRST_SERIAL <= cell <= _LAST_SERIAL else None
    typed = text_of(cell)
    try:
        if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", typed[:10]):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", typed):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if (match := _NAMED_DAY.fullmatch(typed)) and match[2][:3].casefold() in _MONTHS:
            return date(int(match[3]), _MONTHS.index(match[2][:3].casefold()) + 1, int(match[1]))
    except ValueError:
        return None
    return None


def _villages(typed: str, places: Places, seat: str) -> tuple[str, ...] | None:
    parts = [part.strip() for part in re.split(r"[;,]", typed) if part.strip()]
    if not parts:
        return None
    found = []
    for part in parts:
        code = places.further(part, seat)
        if code is None:
            raise BadRow("unknown_further_village")
        if code in found or code == seat:
            raise BadRow("village_twice")
        found.append(code)
    return tuple(sorted(found))


def _groups(typed: str, kind: str) -> tuple[tuple[str, str], ...] | None:
    parts = [part.strip() for part in typed.split(";") if part.strip()]
    if not parts:
        return None
    if kind != "multi_stakeholder":
        raise BadRow("groups_wrong_kind")
    found = [(_group_name(part), group_role(part)) for part in parts]
    if len({name.casefold() for name, _role in found}) != len(found):
        raise BadRow("group_twice")
    return tuple(sorted(found))


def _group_name(part: str) -> str:
    bare = re.sub(r"\s*\([^()]*\)\s*$", "", part)
    return (bare or part)[:GROUP_LENGTH]


def group_role(text: str) -> str:
    """The role that the words of a group tell: what stands in brackets first."""
    bracket = re.search(r"\(([^()]*)\)\s*$", text)
    for words in ([bracket[1]] if bracket else []) + [text]:
        for role, pattern in _ROLES:
            if pattern.search(words):
                return role
    return "other"
