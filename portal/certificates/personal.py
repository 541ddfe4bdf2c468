"""What certificates holds of a person, for their own copy, and what is left when the person is forgotten."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.certificates.models import (
    Certificate,
    CertificateEvent,
    CertificateRequest,
    Decree,
    ForgeryReport,
    Renewal,
    RenewalCourse,
    ValidityExtension,
)
from portal.certificates.queries import certificates_of_person
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every certificate with its facts as signed and what happened to it."""
    rows = certificates_of_person(person_id, date.min)
    events: dict[int, list[dict[str, Any]]] = {}
    statement = sa.select(CertificateEvent).where(
        CertificateEvent.certificate_id.in_([row.id for row in rows])
    )
    for event in db.session.scalars(
        statement.order_by(CertificateEvent.certificate_id, CertificateEvent.position)
    ):
        line = {"type": event.type, "reason_class": event.reason_class or None, "at": event.at.isoformat()}
        events.setdefault(event.certificate_id, []).append(line)
    renews, counted, extensions = _ties([row.id for row in rows])
    return [
        {
            "code": row.code,
            "number": row.number,
            "name": row.facts.name,
            "post": row.facts.post,
            "program": row.facts.program.name,
            "issued_at": row.issued_at.isoformat(),
            "expires_on": row.facts.expires.isoformat() if row.facts.expires else None,
            "renews": renews.get(row.id),
            "counted": counted.get(row.id, []),
            "extensions": extensions.get(row.id, []),
            "events": events.get(row.id, []),
        }
        for row in rows
    ]


def _ties(ids: list[int]) -> tuple[dict[int, str], dict[int, list[Any]], dict[int, list[Any]]]:
    """By certificate: the code of what it renews, the courses that counted, the decrees that extend it."""
    renewed = (
        sa.select(sa.literal("renews"), Renewal.certificate_id, Certificate.code)
        .join(Certificate, Certificate.id == Renewal.renews_id)
        .where(Renewal.certificate_id.in_(ids))
    )
    courses = (
        sa.select(sa.literal("counted"), RenewalCourse.certificate_id, Certificate.code)
        .join(Certificate, Certificate.id == RenewalCourse.course_certificate_id)
        .where(RenewalCourse.certificate_id.in_(ids))
    )
    granted = (
        sa.select(ValidityExtension.certificate_id, Decree.number, ValidityExtension.extended_until)
        .join(Decree, Decree.id == ValidityExtension.decree_id)
        .where(ValidityExtension.certificate_id.in_(ids), Decree.state == "adopted")
    )
    counted: dict[int, list[Any]] = {}
    codes: dict[int, str] = {}
    for tie, number, code in db.session.execute(sa.union_all(renewed, courses)):
        if tie == "renews":
            codes[number] = code
        else:
            counted.setdefault(number, []).append({"code": code})
    extensions: dict[int, list[Any]] = {}
    for number, decree, until in db.session.execute(granted):
        extensions.setdefault(number, []).append({"decree": decree, "extended_until": until.isoformat()})
    return codes, counted, extensions


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """A certificate stays as it was signed. What was typed for a change of one, or reported about it, goes;
    while certificates are being decided or issued the person stays."""
    own = sa.select(Certificate.id).where(Certificate.person_id == person_id)
    asked = CertificateRequest.certificate_id.in_(own)
    if not is_dry:
        for row in db.session.scalars(sa.select(CertificateRequest).where(asked)):
            row.changes, row.note = {}, ""
        words = sa.update(ForgeryReport).where(ForgeryReport.certificate_id.in_(own))
        db.session.execute(words.values(text="", note=""))
    count = db.session.scalar(sa.select(sa.func.count()).where(Certificate.person_id == person_id)) or 0
    return Erasure(
        stays=(
            _(
                "Sertifikat yang sudah terbit: nama, jabatan, program, dan tanggal yang tercetak tetap ada "
                "dan tetap dapat diperiksa, karena tanda tangannya mengikat isi itu."
            ),
        )
        if count
        else (),
        blockers=_blockers(person_id, asked),
    )


def _blockers(person_id: int, asked: Any) -> tuple[str, ...]:
    """A change that waits, or an issue of the batch that would still print the name."""
    is_open = CertificateRequest.state.in_(("prepared", "approved"))
    seats = sa.select(Enrollment.batch_id).where(
        Enrollment.person_id == person_id, Enrollment.state == "completed"
    )
    waiting = sa.or_(
        asked, sa.and_(CertificateRequest.certificate_id.is_(None), CertificateRequest.batch_id.in_(seats))
    )
    found = db.session.execute(sa.select(CertificateRequest.id).where(is_open, waiting).limit(1)).first()
    if found is None:
        return ()
    return (_("Sertifikat Anda sedang diproses. Tunggu sampai keputusannya keluar."),)
