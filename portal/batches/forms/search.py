"""The public search: read from the address, kept in the address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from portal.batches.queries import BatchFilter
from portal.core.paging import page_number
from portal.core.words import gettext as _

NAMES = ("q", "provinsi", "blk", "program", "dari", "sampai", "kursi")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SLUG = re.compile(r"[a-z0-9-]{1,80}")


@dataclass
class SearchForm:
    """`values` as typed, `wanted` as understood, `errors` as (input id, sentence)."""

    values: dict[str, str]
    wanted: BatchFilter
    page: int = 1
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """For the error summary."""
        return self.errors

    @property
    def params(self) -> dict[str, str]:
        """The filters that say something, for addresses."""
        return {name: text for name, text in self.values.items() if text}

    @property
    def is_narrowed(self) -> bool:
        """True when any filter is set."""
        return bool(self.params)


def parse_search(args: Mapping[str, str]) -> SearchForm:
    """Read the search from the query string. What cannot be understood is an error beside its field and does
    not filter."""
    values = {name: _CONTROL.sub("", args.get(name) or "").strip()[:100] for name in NAMES}
    errors: list[tuple[str, str]] = []
    since = _day(values, "dari", errors)
    until = _day(values, "sampai", errors)
    if since and until and until < since:
        errors.append(("sampai", _("Tanggal “Sampai” lebih awal daripada “Mulai dari”.")))
        until = None
    values["kursi"] = "ada" if values["kursi"] == "ada" else ""
    wanted = BatchFilter(
        text=values["q"],
        province=values["provinsi"] if re.fullmatch(r"\d{2}", values["provinsi"], re.A) else "",
        center=values["blk"] if _SLUG.fullmatch(values["blk"]) else "",
        program=values["program"] if _SLUG.fullmatch(values["program"]) else "",
        since=since,
        until=until,
        with_seats=bool(values["kursi"]),
    )
    return SearchForm(values, wanted, page_number(args.get("hal")), errors)


def _day(values: dict[str, str], name: str, errors: list[tuple[str, str]]) -> date | None:
    if not values[name]:
        return None
    try:
        return date.fromisoformat(values[name])
    except ValueError:
        errors.append((name, _("Tanggal ini tidak ada. Tulis seperti 2026-12-07.")))
        return None
