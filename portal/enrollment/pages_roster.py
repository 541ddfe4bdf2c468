"""Rosters as their pages show them: prepared values, in the language of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from portal.cooperatives.labels import kind_label, post_label
from portal.core.formatting import date_range, number
from portal.core.paging import cut
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.enrollment.models import RosterImport
from portal.enrollment.queries.roster import ISSUES_A_PAGE, ImportRow, ImportView
from portal.enrollment.queries.spread import ClassRow
from portal.enrollment.roster.preview import POSTS
from portal.enrollment.rules.places import CAPPED, KEPT
from portal.enrollment.rules_spread import (
    BUSY,
    HELD_BACK,
    NO_CLASS,
    NO_SEATS,
    UNPREPARED,
    ClassPlan,
    Nominee,
)
from portal.enrollment.services.spread import Proposal
from portal.regions.queries import paths_of

LEFT_A_PAGE = 40


def next_steps(rows: Sequence[ImportRow], actor: Actor) -> list[tuple[str, str]]:
    """(what waits, where to go on) for each regency and program with people to spread: once, though it may
    have several files."""
    if not actor.may(Permission.ROSTER_SPREAD):
        return []
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        if row.waiting and (row.regency, row.program) not in found:
            said = _(
                "%(n)s orang dari %(regency)s menunggu angkatan %(program)s",
                n=number(row.waiting),
                regency=row.regency,
                program=row.program,
            )
            found[(row.regency, row.program)] = (
                said,
                url_for("enrollment.roster_spread", import_id=row.id),
            )
    return list(found.values())


def import_context(view: ImportView, actor: Actor) -> dict[str, Any]:
    """What the page of one roster needs."""
    summary = view.found.summary
    result = summary.get("result", {})
    here = url_for("enrollment.roster_import", import_id=view.found.id)
    may_spread = actor.may(Permission.ROSTER_SPREAD) and view.waiting
    return {
        "view": view,
        "found": view.found,
        "job": view.job,
        "people": summary["people"],
        "bad": summary["bad_rows"],
        "tiles": _tiles(view, result),
        "kinds": [(kind_label(kind), count) for kind, count in summary["kinds"].items() if count],
        "posts": _posts(summary["posts"]),
        "here": here,
        "spread_url": f"{here}/bagi" if may_spread else None,
        "last_issue": (view.issues.number - 1) * ISSUES_A_PAGE + len(view.issues.items),
        "first_issue": (view.issues.number - 1) * ISSUES_A_PAGE + 1,
    }


def _posts(counts: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """(post, people, share of the most frequent in per cent), in the order of the board."""
    most = max(counts.values(), default=1)
    return [(post_label(post), counts[post], 100 * counts[post] / most) for post in POSTS if post in counts]


def _tiles(view: ImportView, result: Mapping[str, int]) -> list[tuple[str, ...]]:
    summary = view.found.summary
    bad = (number(summary["bad_rows"]), _("baris bermasalah"))
    if result:
        return [
            (number(result["new"]), _("orang baru diusulkan")),
            (number(result["updated"]), _("diperbarui")),
            (number(result["unchanged"]), _("tidak berubah")),
            bad,
        ]
    return [
        (number(summary["people"]), _("orang bisa disimpan")),
        (number(summary["cooperatives"]), _("koperasi")),
        bad,
        (number(summary["warnings"]), _("perlu dilihat lagi")),
    ]


@dataclass(frozen=True)
class ClassLine:
    """One class in the table of a proposal."""

    batch_id: int
    href: str
    title: str
    where: str
    days: str
    districts: tuple[str, ...]
    seated: int
    reserves: int
    taken: int
    quota: int
    spare: int
    text: str


def _picked(picked: Sequence[int] | None) -> dict[str, Any]:
    """The classes ticked, for addresses."""
    return {"angkatan": picked} if picked else {}


def _line(
    found: RosterImport, plan: ClassPlan, row: ClassRow, names: Mapping[str, str], picked: Any
) -> ClassLine:
    counted = Counter(nominee.district for nominee in (*plan.seated, *plan.reserves))
    taken = row.quota - row.option.free + len(plan.seated)
    return ClassLine(
        batch_id=row.batch_id,
        href=url_for("enrollment.roster_class", import_id=found.id, batch_id=row.batch_id, **_picked(picked)),
        title=_("Angkatan %(num)s", num=row.number),
        where=f"{row.center}, {row.city}",
        days=date_range(row.option.starts_on, row.option.ends_on, weekday=False),
        districts=tuple(f"{names[code]} {count}" for code, count in sorted(counted.items())),
        seated=len(plan.seated),
        reserves=len(plan.reserves),
        taken=taken,
        quota=row.quota,
        spare=row.option.reserves,
        text=_("%(taken)s dari %(quota)s kursi", taken=taken, quota=row.quota),
    )


def _district_names(people: Sequence[Nominee]) -> dict[str, str]:
    codes = {nominee.district for nominee in people}
    return {code: path[-1] if path else code for code, path in paths_of(codes).items()} if codes else {}


def reason_texts() -> dict[str, str]:
    """Why somebody has no class."""
    return {
        NO_CLASS: _("Tidak ada angkatan untuk jabatan atau koperasi ini."),
        NO_SEATS: _("Kursi dan cadangan sudah habis."),
        CAPPED: _("Koperasinya sudah mencapai batas orang di angkatan yang masih ada kursinya."),
        KEPT: _("Kursi yang tersisa dijaga untuk koperasi percontohan atau jabatan lain."),
        BUSY: _("Sudah ada di kelas lain pada hari yang sama."),
        HELD_BACK: _("Belum dimasukkan ke angkatan."),
        UNPREPARED: _("Belum memegang sertifikat yang disyaratkan pada hari pertama."),
    }


def spread_context(
    found: RosterImport, proposal: Proposal, picked: Sequence[int] | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """What the page of a proposal needs."""
    used = proposal.used
    names = _district_names([n for plan in used for n in (*plan.seated, *plan.reserves)])
    seated = sum(len(plan.seated) for plan in used)
    reserves = sum(len(plan.reserves) for plan in used)
    reasons = Counter(reason for _nominee, reason in proposal.spread.unplaced)
    return {
        **_frame(found, proposal, picked),
        "lines": [_line(found, plan, proposal.rows[plan.option.batch_id], names, picked) for plan in used],
        "seated": seated,
        "reserves": reserves,
        "left": [(reason_texts()[reason], count) for reason, count in sorted(reasons.items())],
        "left_url": url_for("enrollment.roster_class", import_id=found.id, batch_id=0, **_picked(picked)),
        "tiles": [
            (number(seated), _("mendapat kursi")),
            (number(reserves), _("cadangan")),
            (number(len(used)), _("angkatan dipakai")),
            (number(len(proposal.spread.unplaced)), _("belum mendapat kelas")),
        ],
        "options": [(row.batch_id, _class_text(row), row.option.free) for row in proposal.rows.values()],
    }


def _frame(found: RosterImport, proposal: Proposal, picked: Sequence[int] | None) -> dict[str, Any]:
    back = url_for("enrollment.roster_import", import_id=found.id)
    return {
        "found": found,
        "proposal": proposal,
        "picked": picked or [],
        "import_url": back,
        "spread_url": url_for("enrollment.roster_spread", import_id=found.id, **_picked(picked)),
        "place": paths_of([found.regency_code])[found.regency_code][-1],
    }


def _class_text(row: ClassRow) -> str:
    days = date_range(row.option.starts_on, row.option.ends_on, weekday=False)
    return _("Angkatan %(num)s, %(days)s, %(center)s", num=row.number, days=days, center=row.center)


@dataclass(frozen=True)
class PersonLine:
    """Somebody with the select that moves them. options: (value, text) of the classes open to the person."""

    id: int
    name: str
    cooperative: str
    post: str
    district: str
    is_pilot: bool
    reason: str
    current: str
    options: tuple[tuple[str, str], ...]


def _options(
    nominee: Nominee, current: str, proposal: Proposal, texts: Mapping[int, str]
) -> tuple[tuple[str, str], ...]:
    """Where the person is and every class with room that the person may go to."""
    found: list[tuple[str, str]] = []
    for plan in proposal.spread.classes:
        option, seat, spare = plan.option, str(plan.option.batch_id), f"{plan.option.batch_id}c"
        fits = option.is_meant_for(nominee) and option.is_on_free_days(nominee)
        fits = fits and option.batch_id not in nominee.unprepared_for
        text = texts[option.batch_id]
        if current == seat or (fits and not plan.refusal([nominee])):
            found.append((seat, text))
        if current == spare or (fits and plan.reserve_room() > 0):
            found.append((spare, _("%(label)s, cadangan", label=text)))
    return tuple(found)


def _people(people: Sequence[tuple[Nominee, str, str]], proposal: Proposal) -> list[PersonLine]:
    """(nominee, reason, current choice) as lines."""
    names = _district_names([nominee for nominee, _reason, _current in people])
    room = {plan.option.batch_id: plan.room(True) for plan in proposal.spread.classes}
    texts = {
        batch_id: _("%(label)s (sisa %(room)s)", label=_class_text(row), room=max(room.get(batch_id, 0), 0))
        for batch_id, row in proposal.rows.items()
    }
    return [
        PersonLine(
            id=nominee.nomination_id,
            name=nominee.name,
            cooperative=nominee.cooperative,
            post=post_label(nominee.post),
            district=names[nominee.district],
            is_pilot=nominee.is_pilot,
            reason=reason,
            current=current,
            options=_options(nominee, current, proposal, texts),
        )
        for nominee, reason, current in people
    ]


def class_context(
    found: RosterImport, proposal: Proposal, picked: Sequence[int] | None, batch_id: int
) -> dict[str, Any]:
    """What the page of one class of a proposal needs."""
    row = proposal.rows[batch_id]
    plan = next(plan for plan in proposal.spread.classes if plan.option.batch_id == batch_id)
    everybody = [(n, "", str(batch_id)) for n in plan.seated]
    everybody += [(n, "", f"{batch_id}c") for n in plan.reserves]
    names = _district_names([n for n, _reason, _current in everybody])
    return {
        **_frame(found, proposal, picked),
        "title": _("Angkatan %(num)s", num=row.number),
        "line": _line(found, plan, row, names, picked),
        "people": _people(everybody, proposal),
        "paging": None,
        "action": url_for("enrollment.roster_move", import_id=found.id, batch_id=batch_id),
    }


def left_context(
    found: RosterImport, proposal: Proposal, picked: Sequence[int] | None, page: int
) -> dict[str, Any]:
    """What the page of everybody without a class needs."""
    texts = reason_texts()
    start = (page - 1) * LEFT_A_PAGE
    left = proposal.spread.unplaced[start : start + LEFT_A_PAGE + 1]
    paging = cut(left, page, LEFT_A_PAGE, len(proposal.spread.unplaced))
    return {
        **_frame(found, proposal, picked),
        "title": _("Belum mendapat kelas"),
        "line": None,
        "people": _people([(n, n.lacks or texts[reason], "-") for n, reason in paging.items], proposal),
        "paging": paging,
        "left_url": url_for("enrollment.roster_class", import_id=found.id, batch_id=0, **_picked(picked)),
        "action": url_for("enrollment.roster_move", import_id=found.id, batch_id=0),
    }
