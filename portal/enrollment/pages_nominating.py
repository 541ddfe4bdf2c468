"""Values of the pages about nominations, prepared for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from portal.batches.rules import Phase, phase_of, seats_left
from portal.catalog.models import Program
from portal.cooperatives.labels import post_label
from portal.core.formatting import date_range, long_date, moment
from portal.core.words import gettext as _
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.forms_nominating import NO_BATCH
from portal.enrollment.labels import state_tag
from portal.enrollment.messages_nominating import nomination_tag
from portal.enrollment.queries.choosing import Choice
from portal.enrollment.queries.judging import Judged
from portal.enrollment.queries.nominations import GroupRow, NomineeRow, OwnNomination
from portal.enrollment.rules.places import CAPPED, KEPT
from portal.enrollment.rules_nominating import Outcome

ZONE = "Asia/Jakarta"


def batch_choices(rows: Sequence[Any], now: datetime) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """((value, words) of every batch and of the program alone, value -> small second line)."""
    found, notes = [], {}
    for row in rows:
        phase = phase_of(row, now, row.zone)
        if phase not in (Phase.OPEN, Phase.FEW_LEFT, Phase.WAITLIST):
            continue
        value = str(row.id)
        found.append((value, f"{date_range(row.starts_on, row.ends_on)}, {row.center}"))
        left = seats_left(row.quota, row.seats_taken)
        seats = _("%(left)d kursi tersisa dari %(quota)d", left=left, quota=row.quota)
        notes[value] = _(
            "%(city)s. %(seats)s. Usulan paling lambat %(when)s.",
            city=row.city, seats=seats, when=moment(row.closes_at, row.zone),
        )  # fmt: skip
    found.append((NO_BATCH, _("Belum memilih angkatan")))
    notes[NO_BATCH] = _("Dinas atau balai mencarikan angkatannya sesudah orangnya bersedia.")
    return found, notes


def people_notes(people: Sequence[Choice]) -> tuple[dict[str, str], list[str]]:
    """(person id -> post and state in the program, ids that cannot be chosen)."""
    notes, closed = {}, []
    for one in people:
        if one.is_nominated:
            state = _("sudah diusulkan")
            closed.append(str(one.person_id))
        elif one.training:
            state = str(state_tag(one.training)[2]).lower()
        elif one.is_certified:
            state = (
                _("bersertifikat sampai %(day)s", day=long_date(one.until, weekday=False))
                if one.until
                else _("bersertifikat")
            )
        else:
            state = _("belum bersertifikat")
        notes[str(one.person_id)] = f"{post_label(one.post)}, {state}"
    return notes, closed


def answers(judged: Judged) -> list[dict[str, Any]]:
    """One line a person of the group: name, post, tag, sentences."""
    found = []
    for answer in judged.decision.answers:
        one = judged.people[answer.key]
        lines = [f"{blocker.message} {blocker.remedy}".strip() for blocker in answer.blockers]
        if answer.outcome == Outcome.SEAT:
            tag, lines = ("ok", "armchair", _("Ada kursi")), [_("Masuk seleksi begitu usulan dikirim.")]
        elif answer.outcome == Outcome.PROGRAM:
            tag, lines = ("ok", "circle-check", _("Dapat diusulkan")), [_("Menunggu angkatan.")]
        elif answer.outcome == Outcome.NO:
            tag = ("err", "ban", _("Tidak dapat diusulkan"))
        else:
            is_reserve = answer.outcome == Outcome.RESERVE
            words = _("Calon cadangan") if is_reserve else _("Daftar tunggu")
            tag = ("info", "user-plus" if is_reserve else "list-plus", words)
            lines = [_waits(answer.place, answer.why)]
        found.append({"name": one.name, "post": post_label(one.post), "tag": tag, "lines": lines})
    return found


def _waits(place: int, why: str) -> str:
    reason = {
        CAPPED: _("Koperasi sudah menempati batas tempatnya di angkatan ini."),
        KEPT: _("Kursi yang tersisa dijaga untuk koperasi percontohan atau jabatan tertentu."),
    }.get(why, _("Kursi tidak cukup."))
    return _("%(reason)s Urutan ke-%(place)d di daftar tunggu.", reason=reason, place=place)


def summary(judged: Judged) -> str:
    """What sending would do, in one sentence."""
    decision = judged.decision
    going, seats = len(decision.going), decision.count(Outcome.SEAT)
    waits = decision.count(Outcome.WAIT) + decision.count(Outcome.RESERVE)
    if decision.count(Outcome.PROGRAM):
        return _("%(count)d orang diusulkan dan menunggu angkatan.", count=going)
    if not waits:
        return _("%(count)d orang diusulkan, semuanya ada kursinya.", count=going)
    return _("%(seats)d orang ada kursinya, %(waits)d orang menunggu.", seats=seats, waits=waits)


def batch_words(batch: Any | None) -> str:
    """ "Angkatan 4, 7–9 Desember 2026, BPVP Surakarta", or that none was chosen."""
    if batch is None:
        return _("Belum memilih angkatan")
    return _(
        "Angkatan %(number)s, %(dates)s, %(center)s",
        number=batch.number, dates=date_range(batch.starts_on, batch.ends_on), center=batch.center,
    )  # fmt: skip


def groups(rows: Sequence[GroupRow], ranks: dict[int, int], now: datetime) -> list[dict[str, Any]]:
    """The groups of a cooperative with their people."""
    return [
        {
            "id": row.group.id,
            "program": _name(row.program),
            "batch": batch_words(row.batch),
            "batch_url": url_for("batches.show", batch_id=row.batch.id, slug=row.batch.slug)
            if row.batch
            else None,
            "sent": moment(row.group.made_at, ZONE),
            "proposer": row.proposer,
            "number": row.group.letter_number,
            "is_unverified": row.is_unverified,
            "together": row.group.keep_together,
            "until": _until(row, now),
            "people": [_person(one, row, ranks, now) for one in row.people],
            "has_open": any(one.nomination.state in rules_n.OPEN_NOMINATIONS for one in row.people),
            "has_placed": any(_is_placed(one) for one in row.people),
        }
        for row in rows
    ]


def _until(row: GroupRow, now: datetime) -> str:
    if row.batch is None or row.batch.closes_at <= now:
        return ""
    return moment(row.batch.closes_at, row.batch.zone)


def _is_placed(row: NomineeRow) -> bool:
    return row.enrollment is not None and row.enrollment.state in ("confirmed", "completed", "not_completed")


def _person(row: NomineeRow, group: GroupRow, ranks: dict[int, int], now: datetime) -> dict[str, Any]:
    nomination, place = row.nomination, row.enrollment
    is_open = nomination.state in rules_n.OPEN_NOMINATIONS
    batch = row.batch or group.batch
    in_time = batch is None or now < batch.closes_at
    lines = []
    if row.batch is not None and group.batch is None:
        lines.append(batch_words(row.batch))
    if place is not None and place.id in ranks:
        lines.append(_("Urutan ke-%(place)d di daftar tunggu", place=ranks[place.id]))
    if nomination.state == "proposed":
        lines.append(_invitation(row))
    if nomination.answer_note:
        lines.append(_("Alasannya: %(note)s", note=nomination.answer_note))
    if row.replaced_by:
        lines.append(_("Diganti %(name)s", name=row.replaced_by))
    return {
        "id": nomination.id,
        "name": row.name,
        "post": post_label(nomination.post),
        "tag": nomination_tag(nomination.state),
        "place": state_tag(place.state) if place is not None and is_open else None,
        "lines": lines,
        "can_link": nomination.state == "proposed" and in_time,
        "can_change": is_open and in_time,
    }


def _invitation(row: NomineeRow) -> str:
    if row.sent in ("sent", "handed", "unsure"):
        return _("Tautan sudah dikirim, belum dijawab")
    if row.sent in ("waiting", "sending"):
        return _("Tautan sedang dikirim")
    return _("Tautan belum terkirim: tampilkan, lalu berikan kepada orangnya")


def _name(program: Program) -> str:
    return str(program.name)


def own_facts(own: OwnNomination, now: datetime) -> list[tuple[Any, ...]]:
    """Who proposed somebody for what, and until when they answer."""
    nomination, batch = own.nomination, own.batch
    until = nomination.link_until
    who = _("%(name)s, untuk %(cooperative)s", name=own.proposer, cooperative=own.cooperative.name)
    return [
        (_("Diusulkan oleh"), who if own.proposer else own.cooperative.name),
        (_("Pelatihan"), _name(own.program)),
        (_("Kapan dan di mana"), _when(batch), f"{batch.center}, {batch.city}" if batch else ""),
        (_("Sebagai"), post_label(nomination.post)),
        (
            _("Jawab paling lambat"),
            moment(until, batch.zone if batch else ZONE) if until and until > now else "",
        ),
    ]


def _when(batch: Any | None) -> str:
    return date_range(batch.starts_on, batch.ends_on) if batch else _("Angkatannya belum ditentukan")
