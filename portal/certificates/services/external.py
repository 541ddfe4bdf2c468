"""What somebody learned elsewhere: recorded by one person, checked by another, disputed by its holder."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.catalog.queries import program_by_id
from portal.certificates import external_rules as rules
from portal.certificates.external_rules import RecordText
from portal.certificates.external_words import sentence
from portal.certificates.models import ExternalRecord
from portal.certificates.queries.external import READERS, get_external, records_to_map
from portal.certificates.queries.external_people import Who, find_people
from portal.cooperatives.queries import cooperatives_of, own_cooperatives
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.core.words import gettext as _

ZONE = "Asia/Jakarta"


def today(now: datetime) -> date:
    """The day by which papers are judged: the capital's."""
    return local_date(now, ZONE)


def center_of(actor: Actor) -> int | None:
    """The training center for which the actor records; None for a regency office and the operator."""
    scope = actor.scope(Permission.EXTERNAL_RECORD)
    return min(scope.centers) if scope.centers and not scope.regions else None


def record_external(*, who: Who, text: RecordText, actor: Actor, now: datetime) -> ExternalRecord:
    """Note a paper of somebody in reach; somebody else checks it. Without an end a competency certificate
    gets the usual three years, marked as assumed.

    Raises DomainError (reasons of external_rules and `person_unknown`, `person_several`, `name_differs`, on
    their field), Conflict `record_known`.
    """
    require(actor, Permission.EXTERNAL_RECORD)
    text = checked(text, now)
    found = find_people(actor, [who], today(now))[0]
    if found.person_id is None:
        raise DomainError(found.reason, sentence(found.reason), "nik" if who.nik else "name")
    _refuse_known(found.person_id, text)
    record = ExternalRecord(
        person_id=found.person_id,
        center_id=center_of(actor),
        recorded_by=actor.user_id,
        recorded_at=now,
        **asdict(text),
    )
    db.session.add(record)
    db.session.flush()
    _record("external.recorded", record, actor, now, kind=text.kind)
    ports().standing_touched(person_ids=[record.person_id], now=now)
    return record


def checked(text: RecordText, now: datetime) -> RecordText:
    """A record fit to be kept, with its proposed end. Raises DomainError on the first field that is not."""
    found = rules.problems(text, today(now))
    if found:
        reason, field = found[0]
        raise DomainError(reason, sentence(reason, str(getattr(text, field) or "")), field)
    if text.program_id is not None:
        program_by_id(text.program_id)
    return rules.with_expiry(text)


def _refuse_known(person_id: int, text: RecordText, but: int | None = None) -> None:
    key = rules.paper_key(text.kind, text.issuer, text.number, text.title, text.issued_on)
    statement = sa.select(ExternalRecord).where(ExternalRecord.person_id == person_id)
    for known in db.session.scalars(statement):
        if known.id != but and key == key_of(known):
            raise Conflict("record_known", _("Sertifikat ini sudah tercatat untuk orang itu."))


def key_of(record: ExternalRecord) -> tuple[str, ...]:
    """`paper_key` of a stored record."""
    return rules.paper_key(record.kind, record.issuer, record.number, record.title, record.issued_on)


def _load(record_id: int, actor: Actor, now: datetime, *permissions: Permission) -> ExternalRecord:
    """A record in the actor's reach by one of the permissions, locked: who checks the papers of an office
    does not rewrite them. Raises NotFound."""
    record = get_external(actor, record_id, today(now), permissions).record
    db.session.refresh(record, with_for_update=True)
    return record


def change_external(*, record_id: int, text: RecordText, actor: Actor, now: datetime) -> ExternalRecord:
    """Correct what a paper says. Whoever does is the one who recorded it, so that somebody else checks it
    again; a dispute is answered with it, but not by writing the same again. Raises NotFound, DomainError
    (also as `refuse_settler`), Conflict."""
    require(actor, Permission.EXTERNAL_RECORD)
    record = _load(record_id, actor, now, Permission.EXTERNAL_RECORD)
    text = checked(text, now)
    _refuse_known(record.person_id, text, but=record.id)
    changed = [name for name, value in asdict(text).items() if getattr(record, name) != value]
    if record.dispute and not {*changed} - {"is_expiry_assumed"}:
        refuse_settler(record, actor, now)
    for name, value in asdict(text).items():
        setattr(record, name, value)
    record.state, record.state_note, record.dispute, record.disputed_at = "unverified", "", "", None
    record.decided_by, record.decided_at = None, None
    record.recorded_by, record.recorded_at = actor.user_id, now
    _record("external.changed", record, actor, now, fields=changed)
    ports().standing_touched(person_ids=[record.person_id], now=now)
    return record


def verify_external(
    *, record_id: int, is_good: bool, note: str, actor: Actor, now: datetime
) -> ExternalRecord:
    """Say that a paper was checked by hand (its number with the issuer, say) and holds, or that it does not.
    Never by who recorded it, for oneself or for one's own cooperative.

    Raises NotFound, Forbidden, Conflict `already_decided`, DomainError `same_person`, `own_case`,
    `note_missing` (on `note`).
    """
    require(actor, Permission.EXTERNAL_VERIFY)
    record = _load(record_id, actor, now, Permission.EXTERNAL_VERIFY)
    if record.state != "unverified":
        raise Conflict("already_decided", _("Catatan ini sudah diputuskan. Muat ulang halaman."))
    refuse_decider(record, actor, now)
    note = " ".join(note.split())
    if not note:
        said = _("Tulis apa yang diperiksa, misalnya nomornya dicocokkan dengan penerbit.")
        raise DomainError("note_missing", said if is_good else _("Tulis alasannya."), "note")
    if len(note) > 300:
        raise DomainError("note_long", _("Paling banyak %(max)d karakter.", max=300), "note")
    record.state, record.state_note = ("verified" if is_good else "rejected"), note
    record.decided_by, record.decided_at = actor.user_id, now
    _record("external.verified" if is_good else "external.rejected", record, actor, now)
    ports().standing_touched(person_ids=[record.person_id], now=now)
    return record


def refuse_decider(record: ExternalRecord, actor: Actor, now: datetime) -> None:
    """Raises DomainError `same_person` or `own_case` when this actor may not decide on a record."""
    if _is_writer(record, actor):
        raise DomainError("same_person", _("Yang mencatat dan yang memeriksa harus dua orang berbeda."))
    _refuse_own_case(record, actor, now)


def refuse_settler(record: ExternalRecord, actor: Actor, now: datetime) -> None:
    """Raises DomainError `same_person` or `own_case` when this actor may not call a disputed record right:
    who wrote it would be the judge of their own word."""
    if _is_writer(record, actor):
        said = _(
            "Sanggahan diputuskan orang lain, bukan yang mencatat. Minta rekan Anda, atau perbaiki isinya."
        )
        raise DomainError("same_person", said)
    _refuse_own_case(record, actor, now)


def _is_writer(record: ExternalRecord, actor: Actor) -> bool:
    recorder = db.session.get(User, record.recorded_by) if record.recorded_by else None
    if recorder and recorder.person_id and recorder.person_id == actor.person_id:
        return True
    is_recorder = record.recorded_by is not None and record.recorded_by == actor.user_id
    return is_recorder or actor.user_id in _writers(record.id)


def _refuse_own_case(record: ExternalRecord, actor: Actor, now: datetime) -> None:
    theirs = cooperatives_of([record.person_id], now.date()).get(record.person_id, set())
    if actor.person_id == record.person_id or theirs & own_cooperatives(actor, now):
        message = _("Anda tidak dapat memeriksa catatan sendiri atau koperasi sendiri. Minta rekan lain.")
        raise DomainError("own_case", message)


def _writers(record_id: int) -> set[int | None]:
    """Accounts that ever said what the record says: noted it, corrected it, or named its program. Whoever
    corrects a word of somebody else's record does not hand it back to them to be checked."""
    statement = sa.select(audit.AuditEvent.actor_id).where(
        audit.AuditEvent.object_kind == "external_record", audit.AuditEvent.object_id == str(record_id),
        audit.AuditEvent.action.in_(("external.recorded", "external.changed", "external.mapped")),
    )  # fmt: skip
    return set(db.session.scalars(statement)) - {None}


def remove_external(*, record_id: int, actor: Actor, now: datetime) -> None:
    """Take out a record that was never checked: it was of somebody else, say. Raises NotFound, Conflict
    `already_decided` for one that somebody decided on."""
    require(actor, Permission.EXTERNAL_RECORD)
    record = _load(record_id, actor, now, Permission.EXTERNAL_RECORD)
    if record.state == "verified":
        raise Conflict("already_decided", _("Catatan yang sudah diperiksa tidak dihapus; perbaiki isinya."))
    _record("external.removed", record, actor, now, person_id=record.person_id)
    ports().standing_touched(person_ids=[record.person_id], now=now)
    db.session.delete(record)
    db.session.flush()


def dispute_external(*, record_id: int, words: str, actor: Actor, now: datetime) -> ExternalRecord:
    """The holder says what is wrong with a record of theirs; the office sees it first in its list.

    Raises NotFound for a record of anybody else, DomainError `words_missing` or `words_long` (on `words`).
    """
    record: ExternalRecord | None = db.session.get(ExternalRecord, record_id, with_for_update=True)
    if record is None or actor.person_id is None or record.person_id != actor.person_id:
        raise NotFound()
    words = " ".join(words.split())
    if not words:
        raise DomainError("words_missing", _("Tulis apa yang salah dan bagaimana seharusnya."), "words")
    if len(words) > 300:
        raise DomainError("words_long", _("Paling banyak %(max)d karakter.", max=300), "words")
    record.dispute, record.disputed_at = words, now
    _record("external.disputed", record, actor, now)
    return record


def settle_dispute(*, record_id: int, actor: Actor, now: datetime) -> None:
    """The record is right as it is: the dispute is answered outside the portal. Never said by who wrote the
    record, for oneself or for one's own cooperative. Raises NotFound, Forbidden, DomainError `same_person`,
    `own_case`."""
    if not any(actor.may(one) for one in READERS):
        raise Forbidden()
    record = _load(record_id, actor, now, *READERS)
    if record.dispute:
        refuse_settler(record, actor, now)
        record.dispute, record.disputed_at = "", None
        _record("external.settled", record, actor, now)


def map_external(*, kind: str, title: str, scheme: str, program_id: int, actor: Actor, now: datetime) -> int:
    """Say for which program of the catalog the unchecked records of a title stand; only then one can count
    for a service line. Answers how many. Raises NotFound for the program."""
    require(actor, Permission.EXTERNAL_RECORD)
    program_by_id(program_id)
    records = records_to_map(actor, kind, title, scheme, today(now))
    for record in records:
        record.program_id = program_id
        _record("external.mapped", record, actor, now, program_id=program_id)
    if records:
        ports().standing_touched(person_ids=sorted({one.person_id for one in records}), now=now)
    return len(records)


def _record(action: str, record: ExternalRecord, actor: Actor, now: datetime, **data: Any) -> None:
    scope = f"center:{record.center_id}" if record.center_id else ""
    audit.record(action, "external_record", record.id, actor=actor, now=now, scope=scope, **data)
