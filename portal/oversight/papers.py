"""The minister's report on one page A4, set from the facts that were written down: always the same bytes."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.core.formatting import long_date, moment, number, percent
from portal.core.typesetting import compile_pdf
from portal.oversight.rules.targets import share
from portal.readiness.models import CoverageReport

CLOSED = "ditutup"
SUBJECTS = {
    "cooperatives": "Koperasi",
    "holders": "Pemegang jabatan",
    "trained": "Orang dilatih",
    "certified": "Orang bersertifikat",
}


def report_pdf(report: CoverageReport) -> bytes:
    """The report as an archival, tagged PDF; in Indonesian, like all papers."""
    return compile_pdf("laporan_cakupan.typ", report_words(report), at=report.made_at, is_lenient=True)


def report_words(report: CoverageReport) -> dict[str, Any]:
    """The words and figures of the sheet."""
    facts = report.facts
    totals, target, before = facts["totals"], facts["target"], facts["before"]
    return {
        "date": _day(facts["on"]),
        "made": moment(report.made_at, locale="id"),
        "share": _percent(totals),
        "measure": _measure(target),
        "tiles": [
            ["Orang bersertifikat", _count(totals["certified"]), _target(target)],
            ["Selesai dilatih", _count(totals["trained"]), "orang, sejak awal"],
            ["Catatan luar, terpisah", _count(totals["external"]), "sudah diperiksa"],
            [
                "Koperasi siap layanan",
                _count(totals["ready"]),
                f"dari {_count(totals['cooperatives'])} koperasi",
            ],
        ],
        "change": _change(totals, before),
        "lines": [
            [one["name"], _count(one["ready"]), _count(one["nearly"]), _count(one["not_ready"])]
            for one in facts["lines"]
        ][:8],
        "lowest": [
            [
                facts["names"][code],
                _percent(facts["regions"][code]),
                _count(facts["regions"][code]["certified"]),
            ]
            for code in facts["lowest"]
        ],
        "outside": [_outside(one) for one in facts["outside"]][:4],
        "source": "" if target is None else f"Sumber target {target['year']}: {target['source']}.",
    }


def _day(text: str) -> str:
    return long_date(date.fromisoformat(text), weekday=False, locale="id")


def _count(count: int | None) -> str:
    return CLOSED if count is None else number(count, locale="id")


def _percent(row: dict[str, Any]) -> str:
    part = None if row["certified"] is None else share(row["certified"], row["goal"])
    return "–" if part is None else percent(part, 1, locale="id")


def _measure(target: dict[str, Any] | None) -> str:
    if target is None:
        return "belum ada target"
    each = target["per_cooperative"]
    if each is None:
        return "dari target yang ditetapkan"
    return f"dari target {number(each, locale='id')} orang per koperasi"


def _target(target: dict[str, Any] | None) -> str:
    return "belum ada target" if target is None else f"target {_count(target['people'])} orang"


def _change(totals: dict[str, Any], before: dict[str, Any] | None) -> str:
    """What moved since the last report, in one sentence."""
    if before is None:
        return "Ini laporan pertama; perubahan dihitung mulai laporan berikutnya."
    names = {
        "certified": "bersertifikat",
        "trained": "dilatih",
        "external": "catatan luar",
        "ready": "koperasi siap",
    }
    told = []
    for key, name in names.items():
        if totals[key] is not None and before.get(key) is not None:
            step = totals[key] - before[key]
            told.append(
                f"{name} {'+' if step > 0 else '−' if step < 0 else ''}{number(abs(step), locale='id')}"
            )
    return f"Sejak laporan {_day(before['on'])}: {', '.join(told) or 'tidak dapat dihitung'}."


def _outside(one: dict[str, Any]) -> str:
    name, source = SUBJECTS[one["subject"]], f"{one['source']} per {_day(one['as_of'])}"
    if one["own"] is None:
        return f"{name}: {_count(one['value'])} menurut {source}."
    told = f"{name}: {_count(one['own'])} di portal ini, {_count(one['value'])} menurut {source}"
    return f"{told}; berbeda {one['off']}%." if one["off"] is not None else f"{told}."
