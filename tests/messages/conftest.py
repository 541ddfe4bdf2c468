"""A class whose people can be reached, and everything that can be told about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import MessagePreference, User
from portal.accounts.services.messages import tell_user
from portal.assessment.services import notices as result_notices
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.certificates.services import notices as certificate_notices
from portal.cooperatives.services.claims import tell_claim
from portal.core.db import db, transaction
from portal.core.mail.content import link
from portal.core.ports import ports
from portal.desks.telling import tell_correction
from portal.enrollment.models import Enrollment
from portal.enrollment.services import notices, notices_batch
from portal.enrollment.services.nominee import invitation
from portal.people.models import Person
from tests.support import classroom
from tests.support.classroom import Classroom

NIK, BORN = "6105014503850001", date(1985, 3, 5)
NAME, PHONE = "Hj. Yuni Wahyuningsih", "+6281234567890"


@pytest.fixture
def room(db_session: Any, now: datetime) -> Classroom:
    """A class of four that begins in 20 days; each has an e-mail address, the first one everything else."""
    found = classroom.build(people=4, start=now + timedelta(days=20), enrolled="offered")
    with transaction() as session:
        for number, person_id in enumerate(found.people):
            person = session.get(Person, person_id)
            person.email = f"peserta{number}@contoh.id"
        first = session.get(Person, found.people[0])
        first.name, first.phone, first.birth_date, first.sex = NAME, PHONE, BORN, "P"
        first.set_nik(NIK)
        session.execute(sa.update(TrainingCenter).values(phone="0565-21000"))
        session.execute(
            sa.update(Program).values(
                name="Tata kelola dan pembukuan koperasi bagi pengurus, tingkat pemula",
                name_en="Governance and bookkeeping for board members, beginners",
                short_name="Tata kelola dan pembukuan bagi pengurus pemula",
            )
        )
    return found


@pytest.fixture
def wish(now: datetime) -> Callable[..., None]:
    """Say how a person wants to be told."""

    def save(person_id: int, **wishes: Any) -> None:
        with transaction() as session:
            session.merge(MessagePreference(person_id=person_id, updated_at=now, **wishes))

    return save


Teller = Callable[[], object]


def tellers(room: Classroom, user: User, now: datetime) -> dict[str, list[Teller]]:
    """By kind: what tells it, in every form it has. Called in a transaction."""
    one = db.session.get_one(Enrollment, room.enrollments[0])
    batch = db.session.get_one(Batch, room.batch_id)
    paper = SimpleNamespace(id=7, person_id=one.person_id, batch_id=batch.id)
    was, began = date(2026, 12, 1), now + timedelta(days=9)

    def at(state: str, work: Callable[..., object], *args: Any, **more: Any) -> Teller:
        def run() -> object:
            one.state, one.version = state, one.version + 1
            one.offer_until = now + timedelta(hours=40) if state == "offered" else None
            db.session.flush()
            return work(*args, now=now, **more)

        return run

    def moved(state: str) -> Teller:
        def run() -> object:
            batch.state, batch.version = state, batch.version + 1
            db.session.flush()
            return notices_batch.postponed([one], was=was, began=began, reason="Banjir di jalan.", now=now)

        return run

    def off(has_choice: bool) -> Teller:
        def run() -> object:
            batch.version += 1
            db.session.flush()
            return notices_batch.cancelled([one], reason="Listrik padam.", has_choice=has_choice, now=now)

        return run

    def account(kind: str, **facts: str) -> Teller:
        return lambda: tell_user(
            user_id=user.id, kind=kind, facts=facts, key=f"{kind}:{sorted(facts)}", now=now
        )

    def certificate(action: str) -> Teller:
        request = SimpleNamespace(id=3, action=action)
        return lambda: certificate_notices.changed(paper, request, now=now)

    def ending(needed: int | None, until: date | None) -> Teller:
        stage = 30 if needed else 7
        row = certificate_notices.Ending(
            certificate_id=7, person_id=one.person_id, center_id=batch.center_id, zone="Asia/Jakarta",
            program="Pembukuan", number="0007/P1/B1/XI/2026", last_day=now.date(), left=stage, stage=stage,
            hours=8, needed=needed, until=until,
        )  # fmt: skip
        return lambda: certificate_notices.ending([row], now=now)

    def read() -> object:
        words = {"fields": "telepon", "reason": "Menelepon atas permintaan", "when": "hari ini"}

        def facts() -> dict[str, Any]:
            url = link("desks.profile")
            return words | {"url": url, "action": ("Lihat", url)}

        return ports().notify(
            person_id=one.person_id,
            kind="privacy.read",
            facts=facts,
            key="privacy.read:1",
            now=now,
        )

    def decided(state: str, note: str) -> Teller:
        row = SimpleNamespace(id=4, person_id=one.person_id, field="name", state=state, decision_note=note)
        return lambda: tell_correction(row, now=now)

    def claimed(state: str) -> Teller:
        return lambda: tell_claim(SimpleNamespace(id=5, person_id=one.person_id, state=state), now=now)

    def invited() -> object:
        nomination = SimpleNamespace(id=6, person_id=one.person_id, post="secretary", link_hash="0" * 64)
        program = SimpleNamespace(name="Pembukuan harian koperasi", short_name="Pembukuan harian")
        token, until = "0123456789ABCDEFGHJKMNPQRS", now + timedelta(days=9)
        message: Any = invitation(nomination, token, program, until)  # type: ignore[arg-type]
        return ports().notify_many(messages=[message], now=now)

    security = {
        "security.factor_added": {"factor": "kunci sandi"},
        "security.factor_removed": {"factor": "kode dari aplikasi"},
        "security.codes_renewed": {},
        "security.signed_in_new": {"device": "Chrome di Android"},
        "security.password_changed": {},
        "security.contact_added": {"contact": "•••• 0042"},
        "security.contact_removed": {"contact": "s•••@contoh.id"},
        "security.recovery_asked": {},
        "security.recovered": {},
    }
    return {
        "seat.offered": [at("offered", notices.offered, [one])],
        "seat.promoted": [at("offered", notices.offered, [one], is_next=True)],
        "seat.confirmed": [at("confirmed", notices.confirmed, one)],
        "seat.waitlisted": [at("waitlisted", notices.waits, [one])],
        "seat.reserve": [at("reserve", notices.waits, [one])],
        "offer.ending": [at("offered", notices.ending, [one])],
        "offer.expired": [at("expired", notices.ran_out, [one])],
        "enrollment.received": [
            at("applied", notices.received, one),
            at("waitlisted", notices.received, one),
        ],
        "enrollment.rejected": [at("rejected", notices.ended, one, by_self=False, had_seat=False)],
        "enrollment.withdrawn": [
            at("withdrawn", notices.ended, one, by_self=True, had_seat=True),
            at("withdrawn", notices.ended, one, by_self=False, had_seat=False),
        ],
        "nomination.invited": [invited],
        "batch.postponed": [moved("published"), moved("postponed")],
        "batch.cancelled": [off(True), off(False)],
        "batch.changed": [lambda: notices_batch.changed([one], now=now)],
        "class.reminder": [
            lambda: notices_batch.reminders([one], days=3, now=now),
            lambda: notices_batch.reminders([one], days=1, now=now),
        ],
        "result.published": [at("completed", notices_batch.results, [one])],
        "result.corrected": [lambda: result_notices.corrected([one.id], now=now)],
        "appeal.decided": [lambda: result_notices.appeal_decided(7, one.id, now=now)],
        "certificate.issued": [lambda: certificate_notices.issued([paper], now=now)],
        "certificate.suspended": [certificate("suspend")],
        "certificate.restored": [certificate("unsuspend")],
        "certificate.revoked": [certificate("revoke")],
        "certificate.replaced": [certificate("replace")],
        "certificate.renewed": [lambda: certificate_notices.renewed(paper, now=now)],
        "certificate.ending": [ending(16, now.date()), ending(None, None)],
        "chair.decided": [claimed("rejected"), claimed("verified")],
        "privacy.read": [read],
        "privacy.decided": [decided("refused", "Foto KTP buram"), decided("applied", "")],
        **{
            kind: [account(kind, **facts), *([account(kind)] if facts else [])]
            for kind, facts in security.items()
        },
    }
