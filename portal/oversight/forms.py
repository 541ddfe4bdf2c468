"""What the addresses of coverage pages ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.cooperatives.labels import KIND_LABELS, POST_LABELS
from portal.core.paging import page_number
from portal.core.words import gettext as _
from portal.oversight.queries.figures import LineName
from portal.oversight.rules.tables import ORDERS, Pick

FIRST_DAY = date(2025, 1, 1)


@dataclass(frozen=True)
class Ask:
    """One reading of an address. `on` None: the present figures. `wrong`: what to say beside the day."""

    code: str | None
    kind: str
    post: str
    line: str
    on: date | None
    order: str
    is_down: bool
    page: int
    wrong: str = ""
    typed_on: str = ""

    def pick(self, lines: list[LineName]) -> Pick:
        """What the table is about; a line that is not in use any more is all lines."""
        found = next((line.id for line in lines if line.code == self.line), None)
        return Pick(self.kind, self.post, found)

    def query(self, **changes: Any) -> dict[str, Any]:
        """This reading as the parameters of an address, with changes; what is a default is left out."""
        now = {
            "wilayah": self.code,
            "jenis": self.kind,
            "jabatan": self.post,
            "layanan": self.line,
            "per": self.on.isoformat() if self.on else "",
            "urut": self.order if (self.order, self.is_down) != ("cakupan", False) else "",
            "arah": "turun" if self.is_down else "",
        } | changes
        return {name: value for name, value in now.items() if value not in ("", None)}

    @property
    def is_filtered(self) -> bool:
        """True when something narrows the figures."""
        return bool(self.kind or self.post or self.line or self.on)


def read_ask(args: Mapping[str, str], today: date) -> Ask:
    """The reading of an address; unknown kinds, posts and orders are no filter, a wrong day says so."""
    typed = (args.get("per") or "").strip()[:10]
    on, wrong = _day(typed, today)
    order = args.get("urut") or "cakupan"
    return Ask(
        code=(args.get("wilayah") or "").strip()[:13] or None,
        kind=_known(args.get("jenis"), KIND_LABELS),
        post=_known(args.get("jabatan"), POST_LABELS),
        line=(args.get("layanan") or "").strip()[:40],
        on=on,
        order=order if order in ORDERS else "cakupan",
        is_down=args.get("arah") == "turun",
        page=page_number(args.get("hal")),
        wrong=wrong,
        typed_on=typed,
    )


def read_public_ask(args: Mapping[str, str]) -> Ask:
    """The reading of a public address: a region and an order, nothing that could be subtracted."""
    order = args.get("urut") or "cakupan"
    return Ask(
        code=(args.get("wilayah") or "").strip()[:13] or None,
        kind="",
        post="",
        line="",
        on=None,
        order=order if order in ORDERS else "cakupan",
        is_down=args.get("arah") == "turun",
        page=page_number(args.get("hal")),
    )


def _known(value: str | None, labels: Mapping[str, Any]) -> str:
    return value if value and value in labels else ""


def _day(typed: str, today: date) -> tuple[date | None, str]:
    """The day, None for today's figures, and what is wrong with it."""
    if not typed:
        return None, ""
    try:
        on = date.fromisoformat(typed)
    except ValueError:
        return None, _("Tanggal ini tidak ada. Tulis seperti 2026-11-30.")
    if on > today:
        return None, _("Tanggal ini belum tiba. Angka tersedia sampai hari ini.")
    if on < FIRST_DAY:
        return None, _("Angka tersedia sejak 1 Januari 2025.")
    return (None if on == today else on), ""
