"""The training centers and national holidays the portal starts with, read from the files beside this one.

Center codes are the portal's own abbreviations for certificate numbers. `source_status` tells centers
confirmed in public sources from those of general knowledge, and both from the `example` centers that exist
for the demonstration. No address is stated: each center enters its own.

`holidays.json` holds only the days that are fixed or follow from Easter. Days that the yearly joint decree
sets by another calendar (Islamic, Saka, Buddhist, Chinese) and collective leave are added by a center admin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

CENTER_KINDS = frozenset({"uptp", "uptd", "community", "private"})
CENTER_SOURCES = frozenset({"confirmed", "general", "example"})
ZONES = frozenset({"Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"})
#: Longest short name in bytes: it travels inside the certificate's QR code.
SHORT_NAME_BYTES = 24


class ReferenceDataError(ValueError):
    """A reference file contradicts itself."""


@dataclass(frozen=True, slots=True)
class CenterRef:
    """A training center; `region_code` is its regency or city (Kemendagri, "33.72"), `zone` an IANA name."""

    slug: str
    code: str
    kind: str
    short_name: str
    name: str
    name_en: str
    city: str
    region_code: str
    zone: str
    address: str | None
    source_status: str


@dataclass(frozen=True, slots=True)
class HolidayRef:
    """A national holiday; `basis` is `fixed` (same date every year) or `easter` (counted from Easter)."""

    day: date
    name: str
    name_en: str
    basis: str


@cache
def load_centers(*, examples: bool = True) -> tuple[CenterRef, ...]:
    """Centers in the order of the file, without the examples if asked. Raises ReferenceDataError."""
    centers = [_center(entry) for entry in _read("centers.json")]
    for field in ("slug", "code", "short_name", "name"):
        values = [getattr(center, field) for center in centers]
        _check(len(set(values)) == len(values), f"centers.json: a {field} is repeated")
    return tuple(center for center in centers if examples or center.source_status != "example")


@cache
def load_holidays() -> tuple[HolidayRef, ...]:
    """National holidays of 2026 and 2027 that are certain, by day. Raises ReferenceDataError."""
    holidays = tuple(
        HolidayRef(**{**entry, "day": date.fromisoformat(entry["day"])}) for entry in _read("holidays.json")
    )
    days = [holiday.day for holiday in holidays]
    _check(days == sorted(set(days)), "holidays.json: days are in order and not repeated")
    _check({holiday.basis for holiday in holidays} <= {"fixed", "easter"}, "holidays.json: unknown basis")
    return holidays


def _center(entry: dict[str, Any]) -> CenterRef:
    try:
        center = CenterRef(**entry)
    except TypeError as error:
        raise ReferenceDataError(f"centers.json: {entry.get('slug')}: {error}") from error
    where = f"centers.json: {center.slug}"
    _check(center.kind in CENTER_KINDS, f"{where}: unknown kind")
    _check(center.source_status in CENTER_SOURCES, f"{where}: unknown source_status")
    _check(center.zone in ZONES, f"{where}: unknown zone")
    _check(
        len(center.short_name.encode()) <= SHORT_NAME_BYTES, f"{where}: short_name too long for the QR code"
    )
    return center


def _read(name: str) -> list[dict[str, Any]]:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    try:
        data: list[dict[str, Any]] = json.loads(text)
    except json.JSONDecodeError as error:
        raise ReferenceDataError(f"{name}: {error}") from error
    return data


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise ReferenceDataError(message)
