"""Somebody of whom every room holds something, with words that are found again wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts import models as accounts
from portal.accounts.passwords import protect
from portal.assessment.models import (
    Appeal,
    Observation,
    Retest,
    SecondVerdict,
    Verdict,
    VerdictCorrection,
)
from portal.attendance.models import (
    AttendanceChange,
    AttendanceCorrection,
    AttendanceMark,
    CheckIn,
    DeviceReview,
    WalkIn,
)
from portal.centers.models import Leave, Staff
from portal.certificates.models import (
    Certificate,
    Decree,
    ExternalRecord,
    Renewal,
    RenewalCourse,
    ValidityExtension,
)
from portal.certificates.services import decide_request, prepare_change
from portal.cooperatives.models import ChairClaim, PostTerm
from portal.core.db import db, transaction
from portal.core.mail.content import Content
from portal.core.mail.outbox import Address, put
from portal.core.permissions import SYSTEM, GrantedActor
from portal.enrollment import services as enrollment
from portal.enrollment.models import Contact, Enrollment, MoveChoice, Nomination
from portal.enrollment.queries.drafts import draft_key
from portal.people import services
from portal.people.models import ErasureRequest, LegalHold, Person, UnmaskedRead
from portal.people.rules.inclusion import InclusionAnswers
from portal.people.services import save_inclusion
from tests.support.issuing import REASON, issue, sign_class
from tests.support.sat import sit_written
from tests.support.world_rights import EVIDENCE

NAME, NIK, PHONE, EMAIL = (
    "Zulkarnain Wibawaputra",
    "6105011707830017",
    "+6281298765432",
    "zulkarnain@contoh.id",
)
BORN = date(1983, 7, 17)
PASSWORD = "sandi-zulkarnain-99"
#: None of these may be found after an erasure but where insert-only records keep them.
TRACES = (NAME, "Zulkarnain", "zulkarnain", "Wibawaputra", NIK, PHONE, "81298765432", EMAIL, "1983-07-17")


@dataclass
class FullPerson:
    """Ids of what was made. `actor` is the person signed in."""

    person_id: int
    user_id: int
    enrollment_id: int
    code: str
    signed: Any

    @property
    def actor(self) -> GrantedActor:
        """The person as an actor."""
        return GrantedActor(self.user_id, self.person_id, NAME)


def make_full_person(now: datetime) -> FullPerson:
    """A certified trainee with an account, every factor, messages, requests and notes about them."""
    signed = sign_class(now, people=2, start=now - timedelta(days=40))
    person_id, enrollment_id = signed.room.people[0], signed.room.enrollments[0]
    with transaction():
        user_id = _identity(person_id, now)
    certificate = next(one for one in issue(signed, now) if one.person_id == person_id)
    made = FullPerson(person_id, user_id, enrollment_id, certificate.code, signed)
    with transaction():
        _account(user_id, person_id, now)
        _messages(made, now)
        _classwork(made, now)
        sit_written(signed.room, now, reason="Zulkarnain memakai kacamata")
        _requests(made, now)
        _office(made, certificate, now)
        _inclusion(made, now)
    return made


def _add(*rows: Any) -> None:
    db.session.add_all(rows)
    db.session.flush()


def _identity(person_id: int, now: datetime) -> int:
    person = db.session.get(Person, person_id)
    assert person is not None
    person.name, person.birth_date, person.sex = NAME, BORN, "L"
    person.phone, person.email = PHONE, EMAIL
    person.set_nik(NIK)
    user = accounts.User(
        login="zulkarnain",
        name=NAME,
        password_hash=str(protect(PASSWORD)),
        person_id=person_id,
        created_at=now,
    )
    _add(user)
    for purpose in services.CONSENT_PURPOSES.values():
        services.give_consent(
            person_id=person_id, purpose=purpose.code, version=purpose.version, method="paper", actor=SYSTEM,
            now=now,
        )  # fmt: skip
    return int(user.id)


def _account(user_id: int, person_id: int, now: datetime) -> None:
    later, own = now + timedelta(days=3), {"user_id": user_id, "created_at": now}
    _add(
        accounts.UserSession(**own, token_hash="a" * 64, seen_at=now, expires_at=later,
                             agent="HP Zulkarnain"),
        accounts.TotpFactor(**own, secret_cipher="f1.x", confirmed_at=now),
        accounts.Passkey(**own, credential_hash="b" * 64, credential_id="x", public_key="y",
                         name="HP Zulkarnain"),
        accounts.RecoveryCode(**own, code_hash="c" * 64),
        accounts.ContactPoint(**own, kind="email", value=EMAIL, verified_at=now),
        accounts.ContactPoint(**own, kind="phone", value=PHONE, verified_at=now),
        accounts.LinkedIdentity(**own, issuer="https://masuk.example", subject="zulkarnain"),
        accounts.OneTime(
            kind="contact", token_hash="d" * 64, user_id=user_id, person_id=person_id, data={"value": EMAIL},
            created_at=now, expires_at=later,
        ),
        accounts.ClaimCode(person_id=person_id, code_hash="e" * 64, created_at=now, expires_at=later,
                           used_at=now),
        accounts.AccessRecovery(
            user_id=user_id, reason="Zulkarnain kehilangan HP", asked_at=now, expires_at=later,
            state="refused", note="Wibawaputra datang sendiri",
        ),
        accounts.RoleGrant(
            user_id=user_id, role="trainee", scope_kind="self", starts_on=now.date(), reason="Zulkarnain"
        ),
        accounts.MessagePreference(person_id=person_id, updated_at=now),
    )  # fmt: skip


def _messages(made: FullPerson, now: datetime) -> None:
    text = f"Halo {NAME}, kursi Anda siap."
    content = Content(subject=f"Untuk {NAME}", text=text, html=f"<p>{text}</p>", sms=text)
    for key, kind in (("zul:1", "seat.offered"), ("zul:2", "sign_in.code")):
        put(
            kind=kind, to=Address("whatsapp", PHONE), content=content, key=key, now=now,
            person_id=made.person_id, user_id=made.user_id,
        )  # fmt: skip


def _classwork(made: FullPerson, now: datetime) -> None:
    row = db.session.get(Enrollment, made.enrollment_id)
    assert row is not None
    row.state_reason = "Zulkarnain lulus"
    verdict = db.session.scalar(sa.select(Verdict).where(Verdict.enrollment_id == row.id).limit(1))
    assert verdict is not None
    verdict.note = "Zulkarnain teliti"
    _results(row.id, verdict, now)
    nomination = Nomination(
        person_id=made.person_id, cooperative_id=row.cooperative_id,
        program_id=made.signed.room.extra["program_id"], post="chair", created_at=now, updated_at=now,
    )  # fmt: skip
    _add(
        Contact(
            enrollment_id=row.id, channel="call", outcome="reached", note="Bicara dengan istri Zulkarnain",
            made_at=now,
        ),
        MoveChoice(
            enrollment_id=row.id, cause="postponed", old_starts_on=now.date(), choice="keep", created_at=now
        ),
        AttendanceChange(
            session_id=made.signed.room.sessions[0], enrollment_id=row.id, old_mark="absent",
            new_mark="present", changed_at=now, reason="Zulkarnain tertukar",
        ),
        AttendanceCorrection(
            session_id=made.signed.room.sessions[0], enrollment_id=row.id, old_version=1, mark="late",
            reason="Zulkarnain datang terlambat", asked_at=now, state="refused",
            decision_note="Tidak, Pak Zulkarnain", decided_at=now,
        ),
        WalkIn(
            session_id=made.signed.room.sessions[0], name="Zulkarnain W.", note="Teman Zulkarnain",
            state="admitted", enrollment_id=row.id, recorded_at=now, handled_at=now,
        ),
        CheckIn(
            session_id=made.signed.room.sessions[0], position=1, enrollment_id=row.id, evidence="qr",
            device="f" * 32, at=now,
        ),
        DeviceReview(
            session_id=made.signed.room.sessions[0], device="f" * 32, people=2,
            note="Zulkarnain dan istrinya", reviewed_at=now,
        ),
        PostTerm(
            cooperative_id=row.cooperative_id, person_id=made.person_id, post="chair",
            starts_on=date(2026, 1, 1),
        ),
        ChairClaim(
            cooperative_id=row.cooperative_id, user_id=made.user_id, person_id=made.person_id,
            method="founding", state="rejected", asked_at=now, decided_at=now,
            decision_note="Zulkarnain bukan ketuanya",
        ),
        nomination,
    )  # fmt: skip
    for mark in db.session.scalars(sa.select(AttendanceMark).where(AttendanceMark.enrollment_id == row.id)):
        mark.remark = "Zulkarnain duduk di depan"
    key = draft_key(made.actor, None)
    assert key is not None
    enrollment.save_draft(
        key=key,
        batch_id=made.signed.room.batch_id,
        step="identity",
        data={"name": NAME},
        actor=SYSTEM,
        now=now,
    )


def _results(enrollment_id: int, verdict: Verdict, now: datetime) -> None:
    cell = {"enrollment_id": enrollment_id, "unit_id": verdict.unit_id}
    about = {**cell, "verdict_id": verdict.id}
    _add(
        SecondVerdict(
            verdict_id=verdict.id, value="competent", note="Zulkarnain rapi", judged_by=1, judged_at=now
        ),
        Observation(
            **cell, version=1, criteria={"1": "met"}, note="Zulkarnain tenang",
            interview="Zulkarnain menjawab lancar", observed_at=now,
        ),
        Retest(**about, note="Zulkarnain minta hari lain", opened_at=now),
        Appeal(
            **about, reason="Menurut Zulkarnain saldonya cocok", filed_at=now, due_at=now + timedelta(days=14)
        ),
        VerdictCorrection(
            **about, value="competent", note="", reason="Lembar Zulkarnain tertukar", asked_at=now
        ),
    )  # fmt: skip


def _requests(made: FullPerson, now: datetime) -> None:
    asked = services.file_correction(
        person_id=made.person_id, field="name", text="Zulkarnain Wibawa", note="nama Zulkarnain keliru",
        evidence=EVIDENCE, actor=made.actor, now=now,
    )  # fmt: skip
    assert asked.id
    _add(
        ErasureRequest(
            person_id=made.person_id, state="refused", reason="Zulkarnain ingin dilupakan", asked_at=now,
            decided_at=now, decision_note="Belum, Pak Zulkarnain", kept=[],
        ),
        LegalHold(
            person_id=made.person_id, reason="Perkara Zulkarnain", placed_at=now - timedelta(days=9),
            lifted_at=now - timedelta(days=1),
        ),
        UnmaskedRead(
            person_id=made.person_id, actor_name="Petugas", fields="nik", reason="identity_check", at=now
        ),
    )  # fmt: skip


def _inclusion(made: FullPerson, now: datetime) -> None:
    answers = InclusionAnswers("yes", ("sight",), "yes", ("large_print",))
    save_inclusion(answers=answers, actor=made.actor, now=now)


def _office(made: FullPerson, certificate: Certificate, now: datetime) -> None:
    staff = Staff(center_id=made.signed.room.center_id, name=NAME, user_id=made.user_id, is_active=False)
    _add(staff)
    _add(Leave(staff_id=staff.id, starts_on=now.date(), ends_on=now.date(), reason="Zulkarnain sakit"))
    _renewed(certificate, now)
    _add(
        ExternalRecord(
            person_id=made.person_id, kind="competency", title="Pengurus koperasi", issuer="LSP Contoh",
            number="C-1", issued_on=now.date(), source="arsip", recorded_at=now, dispute="Bukan saya",
        )
    )  # fmt: skip
    change = prepare_change(
        certificate_id=certificate.id, action="replace", reason_class=REASON["replace"],
        note="nama Zulkarnain", changes={"name": "Zulkarnain Wibawa"}, actor=made.signed.admin, now=now,
    )  # fmt: skip
    decide_request(request_id=change.id, approve=False, actor=made.signed.head, now=now)


def _renewed(certificate: Certificate, now: datetime) -> None:
    """The certificate as one that renewed another, for a course, and that a decree extends."""
    other = db.session.scalars(sa.select(Certificate).where(Certificate.id != certificate.id).limit(1)).one()
    decree = Decree(
        number="KEP-1/2026", title="Perpanjangan", legal_basis="Keputusan contoh", signed_on=now.date(),
        last_day_from=now.date(), last_day_to=now.date(), extend_months=6, state="adopted",
        prepared_at=now, adopted_at=now,
    )  # fmt: skip
    _add(decree)
    _add(Renewal(certificate_id=certificate.id, renews_id=other.id))
    _add(RenewalCourse(certificate_id=certificate.id, course_certificate_id=other.id))
    _add(ValidityExtension(decree_id=decree.id, certificate_id=certificate.id, extended_until=now.date()))
