"""What a verdict rests on, its source and the states around it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from portal.assessment.rules.scoring import shown_points
from portal.core.formatting import current_locale
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

SOURCE_LABELS = {
    "judged": _l("dinilai penilai"),
    "written": _l("dari uji tertulis"),
    "retest": _l("dari uji ulang"),
    "appeal": _l("dari banding"),
    "correction": _l("dari koreksi yang disetujui"),
    "key": _l("dari perbaikan kunci jawaban"),
}
APPEAL_TAGS = {
    "filed": ("info", "hourglass", _l("Menunggu asesor")),
    "assigned": ("info", "eye", _l("Sedang diperiksa")),
    "upheld": ("ok", "circle-check", _l("Diterima")),
    "dismissed": ("mute", "circle-x", _l("Ditolak")),
    "withdrawn": ("mute", "log-out", _l("Ditarik")),
}
CORRECTION_TAGS = {
    "open": ("warn", "hourglass", _l("Menunggu kepala balai")),
    "approved": ("ok", "circle-check", _l("Disetujui")),
    "refused": ("mute", "circle-x", _l("Ditolak")),
}
SEEN_LABELS = {
    "met": _l("Terpenuhi"),
    "not_met": _l("Belum terpenuhi"),
    "not_observed": _l("Tidak diamati"),
}
SECOND_TAGS = {
    "missing": ("warn", "hourglass", _l("Menunggu penilai kedua")),
    "agreed": ("ok", "circle-check", _l("Dua penilai sepakat")),
    "disagreed": ("err", "circle-alert", _l("Penilai kedua berbeda")),
}


def value_letter(value: str | None) -> str:
    """K, BK, or a dash for no verdict."""
    return {"competent": "K", "not_yet_competent": "BK"}.get(value or "", "–")


def value_words(value: str | None) -> str:
    """The value in full."""
    words = {"competent": _("Kompeten (K)"), "not_yet_competent": _("Belum kompeten (BK)")}
    return words.get(value or "", _("Belum dinilai"))


def points(value: float | Fraction) -> str:
    """Points as people read them: 7, 6,5, 6,67; with a point in English. Never rounded up."""
    text = shown_points(value)
    return text.replace(",", ".") if current_locale() == "en" else text


def written_words(of_score: float, of: float, needed: float) -> str:
    """One written result in words."""
    return _(
        "uji tertulis %(points)s dari %(of)s (perlu %(needed)s%%)",
        points=points(of_score), of=points(of), needed=points(needed),
    )  # fmt: skip


def evidence_words(source: str, evidence: Mapping[str, Any]) -> list[str]:
    """What a verdict rests on, in words, without names."""
    found: list[str] = []
    written = evidence.get("written")
    if isinstance(written, Mapping) and {"score", "of", "needed"} <= set(written):
        found.append(written_words(written["score"], written["of"], written["needed"]))
    elif source == "written":
        found.append(_("uji tertulis"))
    if "observation" in evidence:
        found.append(_("pengamatan praktik"))
    if "retest" in evidence:
        found.append(_("uji ulang"))
    if "appeal" in evidence:
        found.append(_("banding"))
    if "correction" in evidence:
        found.append(_("koreksi yang disetujui kepala balai"))
    if source == "key":
        found.append(_("kunci jawaban yang diperbaiki"))
    return found or [_("penilaian langsung oleh penilai")]
