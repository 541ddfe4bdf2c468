"""Words for the steps of a founding."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import ngettext

from portal.cooperatives.rules.founding import FOUNDERS_LEAST, OPTIONAL, FoundingFacts, FoundingStep
from portal.core.formatting import long_date
from portal.core.words import gettext as _


def step_lines(steps: Sequence[FoundingStep], facts: FoundingFacts) -> list[tuple[str, str, str]]:
    """(state, title, text) of each step, for the timeline."""
    return [(step.state, step_title(step.code), _text(step, facts)) for step in steps]


def step_title(code: str) -> str:
    """A step on screen."""
    return {
        "founders": _("Para pendiri"),
        "meeting": _("Rapat pendirian"),
        "name": _("Persetujuan nama"),
        "deed": _("Akta pendirian"),
        "legal": _("Pengesahan badan hukum"),
        "number": _("Nomor Induk Koperasi"),
    }[code]


def _text(step: FoundingStep, facts: FoundingFacts) -> str:
    if step.code == "founders":
        return _founders(facts)
    if not step.lacks:
        done = {
            "meeting": f"{_day(facts.meeting_on)}, {facts.meeting_place}",
            "name": _day(facts.name_approved_on),
            "deed": _("Nomor %(number)s, %(day)s, %(notary)s", number=facts.deed_number,
                      day=_day(facts.deed_on), notary=facts.notary),
            "legal": _("Nomor %(number)s, %(day)s", number=facts.legal_number, day=_day(facts.legal_on)),
            "number": facts.cooperative_number,
        }  # fmt: skip
        return done[step.code]
    words = {
        "meeting_on": _("tanggal rapat"),
        "meeting_place": _("tempat rapat"),
        "minutes": _("berita acara"),
        "name_approved_on": _("tanggal persetujuan"),
        "deed_number": _("nomor akta"),
        "deed_on": _("tanggal akta"),
        "notary": _("nama notaris"),
        "legal_number": _("nomor pengesahan"),
        "legal_on": _("tanggal pengesahan"),
        "cooperative_number": _("nomornya"),
    }
    sentence = _("Belum ada: %(what)s.", what=", ".join(words[what] for what in step.lacks))
    return f"{sentence} {_('Boleh menyusul.')}" if step.code in OPTIONAL else sentence


def _founders(facts: FoundingFacts) -> str:
    missing = FOUNDERS_LEAST - facts.founders
    if missing <= 0:
        return ngettext("%(num)d pendiri tercatat.", "%(num)d pendiri tercatat.", facts.founders)
    return _(
        "%(count)s dari %(least)s. Tambahkan %(missing)s orang lagi.",
        count=facts.founders, least=FOUNDERS_LEAST, missing=missing,
    )  # fmt: skip


def _day(day: object) -> str:
    return long_date(day, False) if day else ""  # type: ignore[arg-type]
