"""Decrees that extend validity: written by one person, adopted by another, done in chunks, undone by two.

What was signed never changes: a decree adds rows beside the certificates, which count while it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import User
from portal.accounts.queries import actor_of
from portal.certificates.models import Certificate, Decree, ValidityExtension
from portal.certificates.queries import decrees as queries
from portal.cooperatives.queries import cooperatives_of
from portal.core import audit, jobs
from portal.core.db import db, insert_new
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment

CHUNK = 200
JOB_KIND = "certificates.decree"


@dataclass(frozen=True)
class DecreeText:
    """What a decree says. Empty `programs`, `centers`, `regions` (Kemendagri codes) mean all; the last days
    are the signed ones, both inclusive; one of `extend_to` and `extend_months` is set."""

    number: str
    title: str
    legal_basis: str
    signed_on: date
    last_day_from: date
    last_day_to: date
    extend_to: date | None = None
    extend_months: int | None = None
    programs: tuple[int, ...] = ()
    centers: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()


def save_decree(*, text: DecreeText, decree_id: int | None = None, actor: Actor, now: datetime) -> Decree:
    """Write a draft, or change one; whoever wrote last is its author. Raises Forbidden, NotFound, DomainError
    on a field, Conflict `decree_fixed` once adopted."""
    require(actor, Permission.DECREE_EDIT)
    _check(text)
    if decree_id is None:
        decree = Decree(state="draft", undo_reason="")
        db.session.add(decree)
    else:
        decree = _lock(decree_id, "draft")
    for name, value in vars(text).items():
        setattr(decree, name, list(value) if isinstance(value, tuple) else value)
    decree.prepared_by, decree.prepared_at = actor.user_id, now
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError("number_taken", _("Keputusan dengan nomor ini sudah ada."), "number") from error
    _record("decree.saved", decree, actor, now, **_as_json(text))
    return decree


def discard_decree(*, decree_id: int, actor: Actor, now: datetime) -> None:
    """Throw a draft away. Raises Forbidden, NotFound, Conflict `decree_fixed`."""
    require(actor, Permission.DECREE_EDIT)
    decree = _lock(decree_id, "draft")
    _record("decree.discarded", decree, actor, now, number=decree.number)
    db.session.delete(decree)


def adopt_decree(*, decree_id: int, mark: str, actor: Actor, now: datetime) -> Decree:
    """Put a draft into force, as previewed (`mark`); a job extends the certificates.

    Raises Forbidden, NotFound, Conflict `decree_fixed` or `preview_changed`, DomainError `same_person`,
    `own_case`, `nobody_reached`.
    """
    require(actor, Permission.DECREE_EDIT)
    decree = _lock(decree_id, "draft")
    _refuse_same_person(decree.prepared_by, actor)
    seen = queries.preview(decree)
    if seen.mark != mark:
        raise Conflict("preview_changed", _("Isi atau jangkauan keputusan ini berubah. Periksa lagi."))
    if not seen.count:
        raise DomainError("nobody_reached", _("Tidak ada sertifikat di dalam jangkauan keputusan ini."))
    _refuse_own(decree, actor, now)
    decree.state, decree.adopted_by, decree.adopted_at = "adopted", actor.user_id, now
    job = jobs.enqueue(JOB_KIND, {"decree_id": decree.id}, total=seen.count, actor=actor, now=now)
    decree.job_id = job.id
    _record("decree.adopted", decree, actor, now, count=seen.count, prepared_by=decree.prepared_by)
    return decree


def ask_undo(*, decree_id: int, reason: str, actor: Actor, now: datetime) -> Decree:
    """Ask that a decree be undone. Raises Forbidden, NotFound, Conflict, DomainError `reason_missing`."""
    require(actor, Permission.DECREE_EDIT)
    decree = _lock(decree_id, "adopted")
    if decree.undo_asked_by is not None:
        raise Conflict("undo_asked", _("Pembatalan keputusan ini sudah diminta."))
    words = " ".join(reason.split())
    if len(words) < 5:
        raise DomainError("reason_missing", _("Tulis alasan pembatalannya."), "reason")
    decree.undo_reason, decree.undo_asked_by, decree.undo_asked_at = words[:300], actor.user_id, now
    _record("decree.undo_asked", decree, actor, now)
    return decree


def decide_undo(*, decree_id: int, approve: bool, actor: Actor, now: datetime) -> Decree:
    """Undo a decree, or let it stand; the decider is not who asked. Its rows stop counting at once.

    Raises Forbidden, NotFound, Conflict `undo_not_asked`, DomainError `same_person`.
    """
    require(actor, Permission.DECREE_EDIT)
    decree = _lock(decree_id, "adopted")
    if decree.undo_asked_by is None:
        raise Conflict("undo_not_asked", _("Pembatalan keputusan ini belum diminta."))
    _refuse_same_person(decree.undo_asked_by, actor)
    asked_by = decree.undo_asked_by
    if approve:
        decree.state, decree.undone_by, decree.undone_at = "undone", actor.user_id, now
        count = queries.extended_count(decree.id)
        _record("decree.undone", decree, actor, now, asked_by=asked_by, count=count)
        ports().standing_touched(person_ids=queries.extended_people(decree.id), now=now)
    else:
        decree.undo_reason, decree.undo_asked_by, decree.undo_asked_at = "", None, None
        _record("decree.undo_refused", decree, actor, now, asked_by=asked_by)
    return decree


@jobs.job_kind(JOB_KIND)
def extend_chunk(job: jobs.Job, now: datetime) -> None:
    """One chunk of an adopted decree, in the order of ids: started again after a kill it goes on from where
    it stood. It stops when the decree was undone meanwhile."""
    decree = db.session.get(Decree, job.payload["decree_id"], with_for_update=True)
    if decree is None:
        raise DomainError("decree_gone", _("Keputusan ini tidak ada lagi."))
    last = job.result.get("last", 0)
    found: Sequence[Any] = ()
    if decree.state == "adopted":
        found = db.session.execute(
            sa.select(
                Certificate.id,
                Certificate.code,
                Certificate.center_id,
                Certificate.expires_on,
                Certificate.person_id,
            )
            .where(*queries.reached(decree), Certificate.id > last)
            .order_by(Certificate.id)
            .limit(CHUNK)
        ).all()
        _extend(decree, found, now)
    job.done = min(job.total, job.done + len(found))
    if found:
        job.result = {"last": found[-1].id}
    else:
        # Only when a look finds nobody: what was replaced during the last chunk has a new certificate by now.
        job.state, job.done = "done", job.total


def _extend(decree: Decree, found: Any, now: datetime) -> None:
    rows = [
        {
            "decree_id": decree.id,
            "certificate_id": row.id,
            "extended_until": queries.granted_day(decree, row.expires_on),
        }
        for row in found
    ]
    insert_new(db.session(), ValidityExtension.__table__, rows)
    ports().standing_touched(person_ids=[row.person_id for row in found], now=now)
    adopter = actor_of(decree.adopted_by, now)
    for row, made in zip(found, rows, strict=True):
        audit.record(
            "certificate.extended",
            "certificate",
            row.code,
            actor=adopter,
            now=now,
            scope=f"center:{row.center_id}",
            decree=decree.id,
            until=made["extended_until"].isoformat(),
        )


def carry_extensions(old_id: int, new_id: int) -> None:
    """A certificate that replaces another keeps what decrees granted the old one. One statement."""
    columns = (ValidityExtension.decree_id, sa.literal(new_id), ValidityExtension.extended_until)
    granted = sa.select(*columns).where(ValidityExtension.certificate_id == old_id)
    names = ["decree_id", "certificate_id", "extended_until"]
    db.session.execute(sa.insert(ValidityExtension).from_select(names, granted))


def _lock(decree_id: int, state: str) -> Decree:
    decree = db.session.get(Decree, decree_id, with_for_update=True, populate_existing=True)
    if decree is None:
        raise NotFound()
    if decree.state != state:
        raise Conflict("decree_fixed", _("Keadaan keputusan ini sudah berubah. Muat ulang halamannya."))
    return decree


def _check(text: DecreeText) -> None:
    """What the database would refuse too, said beside its field."""
    if text.last_day_from > text.last_day_to:
        raise DomainError("days_order", _("Hari terakhir harus sesudah hari pertama."), "last_day_to")
    if (text.extend_to is None) == (text.extend_months is None):
        message = _("Isi salah satu: tanggal baru, atau jumlah bulan.")
        raise DomainError("one_extension", message, "extend_to")
    if text.extend_to is not None and text.extend_to <= text.last_day_to:
        message = _("Tanggal baru harus sesudah hari terakhir semua sertifikat yang dijangkau.")
        raise DomainError("extends_nothing", message, "extend_to")


def _refuse_same_person(first_id: int | None, actor: Actor) -> None:
    first = db.session.get(User, first_id) if first_id is not None else None
    same_person = first and first.person_id and first.person_id == actor.person_id
    if (first_id is not None and first_id == actor.user_id) or same_person:
        raise DomainError("same_person", _("Yang menyiapkan dan yang menyetujui harus dua orang berbeda."))


def _refuse_own(decree: Decree, actor: Actor, now: datetime) -> None:
    """Neither author nor adopter, nor their cooperative, holds one of the certificates (FLOWS: nobody decides
    for themselves)."""
    author = db.session.get(User, decree.prepared_by) if decree.prepared_by is not None else None
    people = {person for person in (actor.person_id, author.person_id if author else None) if person}
    if not people:
        return
    own = [Certificate.person_id.in_(people)]
    mine = set[int]().union(*cooperatives_of(sorted(people), now.date()).values())
    if mine:
        theirs = sa.select(Enrollment.id).where(Enrollment.cooperative_id.in_(mine))
        own.append(Certificate.enrollment_id.in_(theirs))
    if db.session.scalar(sa.select(Certificate.id).where(*queries.reached(decree), sa.or_(*own)).limit(1)):
        message = _(
            "Keputusan ini menjangkau sertifikat penyusun atau penyetuju sendiri, atau koperasinya. "
            "Minta rekan lain."
        )
        raise DomainError("own_case", message)


def _as_json(text: DecreeText) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in vars(text).items()
    }


def _record(action: str, decree: Decree, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(action, "decree", decree.id, actor=actor, now=now, **data)
