"""What the page of an opened answer file shows: what adopting it does, unit by unit."""

from __future__ import annotations

from typing import Any

from flask_babel import ngettext

from portal.assessment.labels import points
from portal.assessment.pages_keys import certificate_url
from portal.assessment.queries import results
from portal.assessment.rules import keys, late
from portal.assessment.rules.judging import COMPETENT
from portal.assessment.services.answer_files import OpenedFile
from portal.assessment.services.rescoring import Effect
from portal.core.permissions import Actor
from portal.core.words import gettext as _

_LETTERS = {"": "–", COMPETENT: "K"}


def opened_page(opened: OpenedFile, actor: Actor) -> dict[str, Any]:
    """The rows of the dry run, and how many verdicts change or are asked to; two statements at most."""
    names = results.units_named([one.unit_id for one in opened.effects]) if opened.effects else []
    by_unit = {one.unit_id: one for one in opened.effects}
    return {
        "rows": [_row(by_unit[name.id], name.position, name.title, actor) for name in names],
        "changed": len(opened.of_fate(keys.CHANGED)),
        "asked": len(opened.of_fate(late.ASKED)),
    }


def _row(one: Effect, position: int, title: str, actor: Actor) -> dict[str, Any]:
    return {
        "title": f"{position}. {title}",
        "old": points(one.old),
        "new": points(one.new),
        "of": points(one.of),
        "was": _LETTERS.get(one.stands, "BK"),
        "now": _LETTERS.get(one.proposed, "BK"),
        "is_turned": one.fate in late.TURNED,
        "note": _note(one),
        "certificate": one.certificate,
        "href": certificate_url(one.certificate, actor),
    }


def _note(one: Effect) -> str:
    """What becomes of the verdict, beside its letters."""
    return {
        keys.CHANGED: "",
        keys.CERTIFIED: _("Tidak diubah: sertifikat sudah terbit."),
        keys.BY_HAND: _("Tetap: ditetapkan penilai, yang memutuskan sendiri."),
        keys.CLOSED: _("Tidak diubah: angkatan tidak berjalan."),
        keys.UNJUDGED: _("Belum dinilai. Nilai uji ini diusulkan di halaman hasil."),
        keys.POINTS: _("Hanya nilainya yang berubah."),
        late.ASKED: _("Sudah ditandatangani: koreksi diajukan ke kepala balai."),
        late.LEFT: _("Diterapkan penilai lain di halaman hasil."),
        late.RETEST: _("Uji ulang belum selesai. Nilai ini diusulkan di halaman hasil."),
    }[one.fate]


def told(opened: OpenedFile | None) -> list[str]:
    """What adopting did, as sentences."""
    changed, asked = (len(opened.of_fate(fate)) if opened else 0 for fate in (keys.CHANGED, late.ASKED))
    said = []
    if changed:
        said.append(ngettext("%(num)d penilaian berubah.", "%(num)d penilaian berubah.", changed))
    if asked:
        said.append(
            ngettext(
                "%(num)d koreksi diajukan ke kepala balai.",
                "%(num)d koreksi diajukan ke kepala balai.",
                asked,
            )
        )
    return said
