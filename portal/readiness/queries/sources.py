"""What readiness is made from, as plain rows: terms, proofs, training. Prebuilt statements, one a subject.

The cooperative's page and the summaries both read through these, so that they cannot disagree on what counts.
Each statement takes `ids` (cooperatives), `on` (the day) and `until` (the moment at which that day is over):
what was issued, suspended, revoked, decreed or enrolled later is not there yet. Corrections of dates (terms,
outside records) tell every past day anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.certificates.models import (
    Certificate,
    CertificateEvent,
    Decree,
    ExternalRecord,
    ValidityExtension,
)
from portal.certificates.queries.validity import ENDING
from portal.cooperatives.models import PostTerm
from portal.core.clock import local_date
from portal.core.db import UtcDateTime, among, read
from portal.enrollment.models import Enrollment, Nomination
from portal.people.models import Person
from portal.readiness.rules import Held, Holding, Proof
from portal.readiness.rules_coverage import ZONE, day_over
from portal.readiness.rules_forecast import joined

#: Enrollments of which something is still to come; `completed` only while its certificate may be on the way.
OPEN_STATES = ("applied", "offered", "confirmed", "waitlisted", "reserve", "completed")
#: Who has one of these sits in class, or waits for the certificate of a class.
IN_CLASS = frozenset({"offered", "confirmed", "completed"})
#: Days after the last class day in which a certificate is still expected.
CERTIFICATE_DAYS = 120


class TermRow(NamedTuple):
    """A term that is in force on the day or begins later."""

    cooperative_id: int
    person_id: int
    name: str
    post: str
    starts_on: date
    ends_on: date | None
    is_ex_officio: bool
    sex: str = ""


class ProofRow(NamedTuple):
    """A certificate of this portal in force, or an outside record that is not rejected.

    `proof` is a rules.Proof value. `code` names the portal's own; `kind` is certificate, training or
    competency; `until` the last day that counts, with what decrees grant.
    """

    person_id: int
    proof: str
    kind: str
    program_id: int
    since: date
    until: date | None
    number: str
    code: str
    title: str
    issuer: str


class TrainingRow(NamedTuple):
    """An open enrollment, or a nomination that has no batch yet (`proposed`, `consented`)."""

    person_id: int
    program_id: int
    program: str
    state: str
    batch_id: int | None
    starts_on: date | None
    ends_on: date | None


_IDS: Any = sa.bindparam("ids", expanding=True)
_ON = sa.bindparam("on", type_=sa.Date())
_UNTIL = sa.bindparam("until", type_=UtcDateTime())
#: The last day of a class whose certificate may still be expected.
_FIRST = sa.bindparam("first", type_=sa.Date())


def _people_of(cooperatives: sa.ColumnElement[bool]) -> Any:
    """The people with a term there that is not over."""
    not_over = sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= _ON)
    return sa.select(PostTerm.person_id).where(cooperatives, not_over).scalar_subquery()


_PEOPLE = _people_of(PostTerm.cooperative_id.in_(_IDS))
#: Those of one cooperative: a list in a statement is written anew each time, which a page feels.
_HERE = _people_of(PostTerm.cooperative_id == sa.bindparam("id"))
#: The same people, named one by one: for many, PostgreSQL finds its indexes only so.
_GIVEN: Any = sa.bindparam("people", expanding=True)
TERMS = (
    sa.select(
        PostTerm.cooperative_id,
        PostTerm.person_id,
        Person.name,
        PostTerm.post,
        PostTerm.starts_on,
        PostTerm.ends_on,
        PostTerm.is_ex_officio,
        Person.sex,
    )
    .join(Person, Person.id == PostTerm.person_id)
    .where(PostTerm.cooperative_id.in_(_IDS), sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= _ON))
    .order_by(Person.name, PostTerm.id)
)
_IS_ENDED = sa.exists().where(
    CertificateEvent.certificate_id == Certificate.id,
    among(CertificateEvent.type, ENDING),
    CertificateEvent.at < _UNTIL,
)
#: The newest suspension or its end; NULL for a certificate that was never suspended by then.
_PAUSE = (
    sa.select(CertificateEvent.type)
    .where(
        CertificateEvent.certificate_id == Certificate.id,
        among(CertificateEvent.type, ("suspend", "unsuspend")),
        CertificateEvent.at < _UNTIL,
    )
    .order_by(CertificateEvent.position.desc())
    .limit(1)
    .correlate(Certificate)
    .scalar_subquery()
)
#: The latest day that decrees standing by then grant; NULL without one.
_GRANTED = (
    sa.select(sa.func.max(ValidityExtension.extended_until))
    .join(Decree, Decree.id == ValidityExtension.decree_id)
    .where(
        ValidityExtension.certificate_id == Certificate.id,
        Decree.adopted_at < _UNTIL,
        sa.or_(Decree.undone_at.is_(None), Decree.undone_at >= _UNTIL),
    )
    .correlate(Certificate)
    .scalar_subquery()
)
_EMPTY = sa.literal("", sa.String())
_PROOF = sa.case(
    (ExternalRecord.state == "verified", sa.literal(Proof.VERIFIED.value, sa.String())),
    else_=sa.literal(Proof.REPORTED.value, sa.String()),
)


def _proofs(people: Any) -> Any:
    """Certificates and outside records. What ended or rests is asked for each row and left out afterwards: as
    a condition, PostgreSQL would ask it of every certificate of the country."""
    certificates = sa.select(
        Certificate.person_id,
        sa.literal(Proof.PORTAL.value, sa.String()).label("proof"),
        Certificate.kind,
        Certificate.program_id,
        Certificate.issued_at,
        sa.cast(sa.null(), sa.Date()).label("issued_on"),
        Certificate.expires_on,
        _GRANTED.label("granted"),
        _IS_ENDED.label("is_ended"),
        _PAUSE.label("pause"),
        Certificate.number,
        Certificate.code,
        _EMPTY.label("title"),
        _EMPTY.label("issuer"),
    ).where(Certificate.person_id.in_(people), Certificate.issued_at < _UNTIL)
    outside = sa.select(
        ExternalRecord.person_id,
        _PROOF,
        ExternalRecord.kind,
        ExternalRecord.program_id,
        sa.cast(sa.null(), UtcDateTime()),
        ExternalRecord.issued_on,
        ExternalRecord.expires_on,
        sa.cast(sa.null(), sa.Date()),
        sa.false(),
        sa.cast(sa.null(), sa.String()),
        ExternalRecord.number,
        _EMPTY,
        ExternalRecord.title,
        ExternalRecord.issuer,
    ).where(ExternalRecord.person_id.in_(people), ExternalRecord.state != "rejected")
    return sa.union_all(certificates, outside)


PROOFS, PROOFS_HERE, PROOFS_OF = _proofs(_PEOPLE), _proofs(_HERE), _proofs(_GIVEN)


def _enrolled(people: Any) -> Any:
    return (
        sa.select(
            Enrollment.person_id,
            Batch.program_id,
            Program.short_name,
            Enrollment.state,
            Enrollment.batch_id,
            Batch.starts_on,
            Batch.ends_on,
        )
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(
            Enrollment.person_id.in_(people),
            among(Enrollment.state, OPEN_STATES),
            Enrollment.applied_at < _UNTIL,
            Batch.ends_on >= _FIRST,
            Batch.state != "cancelled",
        )
    )


def _proposed(cooperatives: sa.ColumnElement[bool]) -> Any:
    return (
        sa.select(
            Nomination.person_id,
            Nomination.program_id,
            Program.short_name,
            Nomination.state,
            sa.cast(sa.null(), sa.BigInteger()),
            sa.cast(sa.null(), sa.Date()),
            sa.cast(sa.null(), sa.Date()),
        )
        .join(Program, Program.id == Nomination.program_id)
        .where(
            cooperatives,
            among(Nomination.state, ("proposed", "consented")),
            Nomination.created_at < _UNTIL,
        )
    )


_PROPOSED = _proposed(Nomination.cooperative_id.in_(_IDS))
TRAINING, TRAINING_OF = (sa.union_all(_enrolled(one), _PROPOSED) for one in (_PEOPLE, _GIVEN))
TRAINING_HERE = sa.union_all(_enrolled(_HERE), _proposed(Nomination.cooperative_id == sa.bindparam("id")))


def _asked(cooperative_ids: Sequence[int], on: date) -> dict[str, Any]:
    first = on - timedelta(days=CERTIFICATE_DAYS)
    return {"ids": list(cooperative_ids), "on": on, "until": day_over(on), "first": first}


def _rows(
    many: Any, one: Any, named: Any, cooperative_ids: Sequence[int], on: date, people: Sequence[int] | None
) -> sa.CursorResult[*tuple[Any, ...]]:
    """What the statement for these cooperatives, for a single one or for named people answers."""
    asked = _asked(cooperative_ids, on)
    if people is not None:
        return read(named, asked | {"people": people})
    if len(cooperative_ids) == 1:
        return read(one, asked | {"id": cooperative_ids[0]})
    return read(many, asked)


def term_rows(cooperative_ids: Sequence[int], on: date) -> list[TermRow]:
    """Terms in force on the day and those that begin later, by name. One statement."""
    return [TermRow._make(row) for row in read(TERMS, _asked(cooperative_ids, on))]


def proof_rows(
    cooperative_ids: Sequence[int], on: date, people: Sequence[int] | None = None
) -> list[ProofRow]:
    """What the people of these cooperatives hold on the day. One statement.

    people: these people, where the caller knows them; worth it for more than a few cooperatives.
    """
    rows = []
    for row in _rows(PROOFS, PROOFS_HERE, PROOFS_OF, cooperative_ids, on, people):
        person, proof, kind, program, issued_at, issued_on, expires, granted, is_ended, pause, *rest = row
        if is_ended or pause == "suspend":
            continue
        until = max(expires, granted) if expires and granted else expires
        since = issued_on or local_date(issued_at, ZONE)
        if since <= on and (until is None or until >= on):
            rows.append(ProofRow(person, proof, kind, program or 0, since, until, *rest))
    return rows


def training_rows(
    cooperative_ids: Sequence[int], on: date, people: Sequence[int] | None = None
) -> list[TrainingRow]:
    """What the people of these cooperatives are enrolled in or proposed for. One statement; `people` as in
    `proof_rows`."""
    found = _rows(TRAINING, TRAINING_HERE, TRAINING_OF, cooperative_ids, on, people)
    return [TrainingRow._make(row) for row in found]


def holdings(rows: Iterable[TermRow]) -> list[Holding]:
    """Terms as the rules want them; those that follow each other without a day between are one."""
    return joined(Holding(row.person_id, row.post, row.starts_on, row.ends_on) for row in rows)


def held_by_person(rows: Iterable[ProofRow]) -> dict[int, list[Held]]:
    """Competences by person; outside records that name no program count for none."""
    found: dict[int, list[Held]] = {}
    for row in rows:
        if row.program_id:
            one = Held(row.program_id, row.since, row.until, Proof(row.proof))
            found.setdefault(row.person_id, []).append(one)
    return found


def in_class(rows: Iterable[TrainingRow]) -> Mapping[int, set[int]]:
    """person id -> the programs that the person sits in class for, or awaits the certificate of."""
    found: dict[int, set[int]] = {}
    for row in rows:
        if row.state in IN_CLASS:
            found.setdefault(row.person_id, set()).add(row.program_id)
    return found
