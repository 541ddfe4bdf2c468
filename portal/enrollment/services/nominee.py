"""The answer of the person who was nominated: by their own link or signed in, they say who they are and
consent, or decline. The database keeps the digest of a link, never the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import people_with_account
from portal.catalog.models import Program
from portal.core import audit
from portal.core.crypto import random_code, token_hash
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.formatting import long_date
from portal.core.mail.content import link
from portal.core.permissions import SYSTEM, Actor
from portal.core.ports import Message, ports
from portal.core.words import gettext as _
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import Enrollment, Nomination, NominationGroup, NominationState
from portal.enrollment.queries.nominations import INVITED, closes_of, get_nomination, invitation_key
from portal.enrollment.services.attaching import attach, is_named, refuse_foreign
from portal.enrollment.services.cases import lock_batch
from portal.enrollment.services.seats import withdraw
from portal.people import queries as people_queries
from portal.people import services as people
from portal.people.models import Person
from portal.people.services.completing import Identity, complete_person

#: 26 characters of 5 bits.
TOKEN_LENGTH = 26


def invite_group(*, group_id: int, actor: Actor = SYSTEM, now: datetime) -> int:
    """Give everybody of a group who waits for one their link, and send it; how many. Called again it invites
    nobody twice. A bounded number of statements however many people."""
    group = db.session.get(NominationGroup, group_id)
    if group is None:
        raise NotFound()
    statement = (
        sa.select(Nomination)
        .where(
            Nomination.group_id == group_id,
            Nomination.state == NominationState.PROPOSED,
            Nomination.link_hash.is_(None),
        )
        .order_by(Nomination.id)
        .with_for_update()
    )
    found = list(db.session.scalars(statement))
    return _invite(found, actor, now) if found else 0


def _invite(nominations: Sequence[Nomination], actor: Actor, now: datetime) -> int:
    until = rules_n.link_end(closes_of(nominations[0].batch_id), now)
    tokens = {}
    for one in nominations:
        tokens[one.id] = random_code(TOKEN_LENGTH)
        one.link_hash, one.link_until, one.updated_at = token_hash(tokens[one.id]), until, now
        audit.record("nomination.invited", "nomination", one.id, actor=actor, now=now, group=one.group_id)
    db.session.flush()
    program = db.session.get(Program, nominations[0].program_id)
    assert program is not None
    messages = [invitation(one, tokens[one.id], program, until) for one in nominations]
    ports().notify_many(messages=messages, now=now)
    return len(nominations)


def invitation(nomination: Nomination, token: str, program: Program, until: datetime) -> Message:
    """The message with somebody's own link. Families share phones: which cooperative asks is on the page."""

    def facts() -> dict[str, Any]:
        url = link("enrollment.nominee", token=token)
        last = long_date(until, weekday=False)
        rows = [
            (_("Pelatihan"), program.name),
            (_("Jawab paling lambat"), last),
        ]
        return {
            "rows": rows, "action": (_("Jawab usulan"), url), "url": url, "course": program.short_name,
            "until": last,
        }  # fmt: skip

    return Message(
        nomination.person_id, INVITED, facts, invitation_key(nomination), expires_at=until, deadline=until
    )


def renew_link(*, cooperative_id: int, nomination_id: int, actor: Actor, now: datetime) -> str:
    """A fresh link for the chair to hand over; the old one ends. Returns the token, which is kept nowhere.

    Raises NotFound, Conflict `nomination_answered` or `deadline_over`.
    """
    get_nomination(actor, cooperative_id, nomination_id)
    nomination = _locked(nomination_id)
    if nomination.state != NominationState.PROPOSED:
        raise Conflict("nomination_answered", _("Orang ini sudah menjawab, jadi tautannya tidak perlu lagi."))
    closes = closes_of(nomination.batch_id)
    rules_n.check_before_deadline(closes, now)
    token = random_code(TOKEN_LENGTH)
    nomination.link_hash, nomination.link_until = token_hash(token), rules_n.link_end(closes, now)
    nomination.updated_at = now
    audit.record("nomination.link_made", "nomination", nomination_id, actor=actor, now=now)
    return token


def _locked(nomination_id: int) -> Nomination:
    """A nomination with its batch locked first, read anew. Raises NotFound."""
    found = db.session.get(Nomination, nomination_id)
    if found is None or found.group_id is None:
        raise NotFound()
    if found.batch_id is not None:
        lock_batch(found.batch_id)
    nomination = db.session.get(Nomination, nomination_id, with_for_update=True, populate_existing=True)
    if nomination is None:
        raise NotFound()
    return nomination


@dataclass(frozen=True)
class Consent:
    """What the person says: who they are (None where that is known: they are signed in as themselves), and
    whether they may be called."""

    identity: Identity | None
    may_contact: bool = False


def consent_to_nomination(*, nomination_id: int, consent: Consent, actor: Actor, now: datetime) -> Nomination:
    """The person agrees to be nominated. Again is no error.

    A person without a NIK gives it; a NIK that is on record with the name and birth date given attaches the
    nomination to that person while they have no account, else they sign in first. Raises Conflict
    `nik_known` (one neutral answer), `link_over`, DomainError on `birth_date`, `name` or `nik`.
    """
    nomination = _locked(nomination_id)
    if nomination.state in (NominationState.CONSENTED, NominationState.PLACED):
        return nomination
    rules_n.check_nomination_move(nomination.state, NominationState.CONSENTED)
    if nomination.link_until is not None and now >= nomination.link_until:
        raise Conflict("link_over", _("Waktu menjawab usulan ini sudah habis. Hubungi koperasi Anda."))
    _identify(nomination, consent.identity, actor, now)
    nomination.state, nomination.answered_at, nomination.updated_at = NominationState.CONSENTED, now, now
    codes = [people.CONSENT_TRAINING, *([people.CONSENT_CONTACT] if consent.may_contact else [])]
    for code in codes:
        people.give_consent(
            person_id=nomination.person_id,
            purpose=code,
            version=people.CONSENT_PURPOSES[code].version,
            method="screen",
            actor=actor,
            now=now,
        )
    db.session.flush()
    audit.record(
        "nomination.consented", "nomination", nomination.id, actor=actor, now=now, group=nomination.group_id
    )
    return nomination


def _identify(nomination: Nomination, identity: Identity | None, actor: Actor, now: datetime) -> None:
    person = people_queries.get_person(nomination.person_id)
    if actor.person_id == person.id and person.nik_index is not None:
        return
    if identity is None:
        raise DomainError("identity_missing", _("Lengkapi data diri Anda."), "nik")
    if person.nik_index is not None:
        _agree(person, identity)
        return
    people.hold_niks()
    known = people_queries.find_by_nik(identity.nik)
    if known is None:
        refuse_foreign(actor, person)
        complete_person(person_id=person.id, identity=identity, actor=actor, now=now)
        return
    may = actor.person_id == known.id or (
        known.birth_date is not None
        and known.birth_date == identity.birth_date
        and is_named(known, identity.name)
        and not people_with_account([known.id])
    )
    if not may or known.erased_at is not None:
        raise Conflict("nik_known", _("Data ini perlu diteruskan dengan akun Anda atau kode dari balai."))
    attach(nomination, person, known, actor=actor, now=now)


def _agree(person: Person, identity: Identity) -> None:
    """The link of somebody on record opens with their birth date, so that whoever forwards it cannot answer
    for them. Without a birth date on record the NIK has to agree."""
    if person.birth_date is not None:
        if person.birth_date != identity.birth_date:
            raise DomainError(
                "birth_mismatch",
                _("Tanggal lahir ini tidak cocok dengan data kami. Periksa lagi."),
                "birth_date",
            )
        return
    known = people_queries.find_by_nik(identity.nik) if identity.nik else None
    if known is None or known.id != person.id:
        raise DomainError("nik_mismatch", _("NIK ini tidak cocok dengan data kami. Periksa lagi."), "nik")


def decline_nomination(*, nomination_id: int, reason: str = "", actor: Actor, now: datetime) -> Nomination:
    """The person says no, with or without a reason; what they held in the batch is free again. Again is no
    error. Raises DomainError `illegal_move`."""
    nomination = _locked(nomination_id)
    if nomination.state == NominationState.DECLINED:
        return nomination
    rules_n.check_nomination_move(nomination.state, NominationState.DECLINED)
    nomination.state, nomination.answered_at, nomination.updated_at = NominationState.DECLINED, now, now
    nomination.answer_note = " ".join(reason.split())[:300]
    db.session.flush()
    for enrollment_id in _open_enrollments(nomination):
        withdraw(
            enrollment_id=enrollment_id,
            reason=_("Tidak bersedia mengikuti usulan koperasi."),
            actor=actor,
            now=now,
        )
    nomination.state = NominationState.DECLINED
    audit.record(
        "nomination.declined", "nomination", nomination.id, actor=actor, now=now, group=nomination.group_id
    )
    return nomination


def _open_enrollments(nomination: Nomination) -> list[int]:
    statement = sa.select(Enrollment.id).where(
        Enrollment.nomination_id == nomination.id, Enrollment.state.in_(sorted(rules_n.ENDABLE))
    )
    return list(db.session.scalars(statement.order_by(Enrollment.id)))
