"""What the catalog's pages show, prepared in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import ngettext

from portal.catalog.labels import (
    local_name,
    sector_label,
    track_label,
    track_order,
    vocation_label,
    vocation_order,
)
from portal.catalog.models import CompetencyUnit, Curriculum, Program, ProgramRule
from portal.catalog.queries import program_names, rules_on
from portal.catalog.rules import group_words, read_groups
from portal.cooperatives.labels import kind_label, post_label
from portal.core.formatting import long_date
from portal.core.words import gettext as _


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


@dataclass(frozen=True)
class RuleRow:
    """A program with the rule in force, in the editors' list."""

    href: str
    name: str
    code: str
    validity: str
    renewal: str
    needs: str


def rule_rows(programs: Iterable[Program], today: date) -> list[RuleRow]:
    """Programs by name. Two statements."""
    rules, names = rules_on(today), program_names()
    rows = []
    for program in sorted(programs, key=local_name):
        current = next((c for c in reversed(program.curricula) if c.retired_on is None), None)
        rule = rules.get(program.id)
        months = (rule.validity_months if rule else None) or (current.validity_months if current else None)
        rows.append(
            RuleRow(
                url_for("catalog.rule", slug=program.slug),
                local_name(program),
                program.code,
                ngettext("%(num)d bulan", "%(num)d bulan", months) if months else _("Tanpa batas waktu"),
                renewal_words(rule) if rule else "",
                needs_words(rule, names) if rule else "",
            )
        )
    return rows


def renewal_words(rule: ProgramRule) -> str:
    """What renews a certificate, in one line; empty where it is not settled."""
    if rule.grace_months is None:
        return ""
    return _(
        "%(hours)s JP dalam %(window)s bulan, sampai %(grace)s bulan sesudah habis",
        hours=rule.renewal_hours,
        window=rule.window_months,
        grace=rule.grace_months,
    )


def needs_words(rule: ProgramRule, names: Mapping[int, str]) -> str:
    """What one must hold on the first day: groups joined by "atau"."""
    return f" {_('atau')} ".join(group_words(group, names, _) for group in read_groups(rule.groups))


def rule_facts(rule: ProgramRule | None, names: Mapping[int, str] | None = None) -> list[tuple[Any, ...]]:
    """A rule as facts: validity, renewal, the courses that count, prerequisites. One statement without
    `names`; none and no facts without a rule."""
    if rule is None:
        return []
    names = program_names() if names is None else names
    months = rule.validity_months
    counted = ", ".join(names[number] for number in rule.counted if number in names)
    return [
        (
            _("Masa berlaku sertifikat"),
            ngettext("%(num)d bulan", "%(num)d bulan", months) if months else _("menurut kurikulum"),
        ),
        (
            _("Perpanjangan"),
            renewal_words(rule) or _("Belum ditetapkan"),
            _("Dihitung: %(programs)s", programs=counted) if counted else "",
        ),
        (_("Syarat pada hari pertama angkatan"), needs_words(rule, names) or _("Tidak ada")),
    ]
