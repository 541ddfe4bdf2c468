"""What the catalog's pages show, prepared in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.catalog.labels import (
    local_name,
    sector_label,
    track_label,
    track_order,
    vocation_label,
    vocation_order,
)
from portal.catalog.models import CompetencyUnit, Curriculum, Program
from portal.cooperatives.labels import kind_label, post_label
from portal.core.formatting import long_date


@dataclass(frozen=True)
class ProgramCard:
    """A program in the list."""

    href: str
    name: str
    track: str
    summary: str
    length: str
    audience: str


@dataclass(frozen=True)
class Group:
    """A vocation with its programs in the order of their tracks."""

    key: str
    label: str
    programs: list[ProgramCard]


def group_programs(programs: Iterable[Program]) -> list[Group]:
    """Programs of all tracks, grouped by vocation, both in the order of the vocabulary."""
    order = track_order()
    by_vocation: dict[str, list[ProgramCard]] = {}
    prefix = url_for("catalog.program", slug="-").removesuffix("-")
    for program in sorted(programs, key=lambda p: order.index(p.track) if p.track in order else len(order)):
        current = next((c for c in reversed(program.curricula) if c.retired_on is None), None)
        more = _(" dan lainnya") if len(program.posts) > 3 else ""
        card = ProgramCard(
            href=prefix + program.slug,
            name=local_name(program),
            track=track_label(program.track),
            summary=local_name(program, "summary"),
            length=_("%(num)d JP", num=current.hours) if current else "",
            audience=", ".join(post_label(post) for post in program.posts[:3]) + more,
        )
        by_vocation.setdefault(program.vocation, []).append(card)
    keys = [*vocation_order(), *sorted(set(by_vocation) - set(vocation_order()))]
    return [Group(key, vocation_label(key), by_vocation[key]) for key in keys if key in by_vocation]


@dataclass(frozen=True)
class UnitView:
    """A unit with its elements: (title, criteria)."""

    position: int
    title: str
    meta: str
    elements: list[tuple[str, list[str]]]


def program_page(program: Program, curriculum: Curriculum) -> dict[str, Any]:
    """The context of `catalog/program.html`."""
    validity = curriculum.validity_months
    facts: list[tuple[Any, ...]] = [
        (_("Untuk siapa"), ", ".join(post_label(post) for post in program.posts) or _("Siapa pun")),
        (_("Jenis koperasi"), ", ".join(kind_label(kind) for kind in program.kinds) or _("Semua jenis")),
        (_("Lama belajar"), _("%(num)d jam pelajaran (JP)", num=curriculum.hours), _("1 JP = 45 menit")),
        (
            _("Kehadiran"),
            _("Paling sedikit %(pct)d%%", pct=curriculum.min_attendance_pct),
            _("Izin dan sakit ikut dihitung.") if curriculum.excused_counts else "",
        ),
        (
            _("Masa berlaku sertifikat"),
            ngettext("%(num)d bulan", "%(num)d bulan", validity) if validity else _("Tanpa batas waktu"),
        ),
        (_("Jalur"), track_label(program.track)),
        (
            _("Kurikulum"),
            _("Versi %(num)d", num=curriculum.version),
            _("Berlaku sejak %(day)s", day=long_date(curriculum.published_on, weekday=False)),
        ),
    ]
    if program.sectors:
        facts.append((_("Sektor"), ", ".join(sector_label(key) for key in program.sectors)))
    return {
        "program": program,
        "title": local_name(program),
        "summary": local_name(program, "summary"),
        "vocation": vocation_label(program.vocation),
        "facts": facts,
        "units": [unit_view(unit) for unit in curriculum.units],
        "is_confirmed": curriculum.source_status == "confirmed"
        and all(unit.source_status == "confirmed" for unit in curriculum.units),
        "older": len(program.curricula) - 1,
    }


def unit_view(unit: CompetencyUnit) -> UnitView:
    """A unit as the page folds it."""
    parts = [_("%(num)d JP", num=unit.hours)]
    if unit.code:
        parts.append(unit.code)
    if unit.reference:
        parts.append(_("rujukan %(text)s", text=unit.reference))
    if not unit.is_required:
        parts.append(_("pilihan"))
    return UnitView(
        position=unit.position,
        title=local_name(unit, "title"),
        meta=", ".join(parts),
        elements=[(e.title, [criterion.text for criterion in e.criteria]) for e in unit.elements],
    )
