"""A small world with everybody in it: an account for each role, classes in every state, two centers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import AccessRecovery, ContactPoint, Passkey, RoleGrant, User, UserSession
from portal.accounts.passwords import protect
from portal.accounts.services import issue_claim_codes
from portal.attendance.rules.tokens import Place, make_token
from portal.attendance.services.keys import projector_key
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.centers.models import Holiday, Leave, Room, TrainingCenter
from portal.certificates.models import Decree, ForgeryReport
from portal.certificates.services import prepare_change, prepare_issue
from portal.cooperatives.models import PostTerm
from portal.core.crypto import token_hash
from portal.core.db import db, transaction
from portal.core.mail.content import Content
from portal.core.mail.outbox import Address, OutboxMessage, put
from portal.core.permissions import ANONYMOUS, SYSTEM, Grant, GrantedActor, Role
from portal.enrollment.models import Contact, Enrollment, MoveChoice, Nomination
from portal.people.models import Person
from portal.people.services.breaches import record_breach
from portal.verification.reports import report_forgery
from tests.support import classroom
from tests.support.classroom import Classroom
from tests.support.issuing import Signed, change, issue, sign_class
from tests.support.world_attendance import add_evidence
from tests.support.world_bank import fill_bank
from tests.support.world_board import seat_boards
from tests.support.world_coverage import fill_coverage
from tests.support.world_external import note_outside_records
from tests.support.world_keys import keep_papers
from tests.support.world_lines import offer_service
from tests.support.world_nominations import propose_people
from tests.support.world_registry import keep_registry
from tests.support.world_results import object_to_results
from tests.support.world_rights import ask_rights
from tests.support.world_roster import send_rosters
from tests.support.world_written import plan_tests

PASSWORD = "sandi-dunia-kecil-42"
NIK_A, NIK_B = "6105014503850001", "6105011502900002"
BORN_A, BORN_B = date(1985, 3, 5), date(1990, 2, 15)
TRAINEES = ("trainee_a", "trainee_b")


@dataclass
class World:
    """Ids by name. `users` has one account an actor; `ids` the objects that routes name."""

    users: dict[str, int] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    rooms: dict[str, Classroom] = field(default_factory=dict)

    def actor(self, name: str, role: Role, kind: str = "self", scope: str = "") -> GrantedActor:
        """An account as an Actor of one role."""
        user = db.session.get(User, self.users[name])
        return GrantedActor(user.id, user.person_id, user.name, (Grant(role, kind, scope),))


def build_world(now: datetime, *, passwords: bool = False) -> World:
    """Make it, committed. passwords: give every account PASSWORD, to sign in by the form."""
    world = World()
    running = classroom.build(people=3, start=now - timedelta(days=2))
    signed = sign_class(now, people=6, like=running, start=now - timedelta(days=30))
    there = sign_class(now, people=2, start=now - timedelta(days=30))
    away = classroom.build(people=2, start=now - timedelta(days=2), like=there.room)
    ready = sign_class(now, people=3, like=running, start=now - timedelta(days=20))
    upcoming = classroom.build(people=6, start=now + timedelta(days=20), like=running)
    states = {
        state: classroom.build(people=2, start=now + timedelta(days=30), like=running, state=state)
        for state in ("draft", "postponed", "cancelled")
    }
    world.rooms = {
        "running": running, "issued": signed.room, "ready": ready.room, "open": upcoming, "away": away,
        "away_issued": there.room, **states,
    }  # fmt: skip
    with transaction():
        _people(world, now)
        _accounts(world, signed, there)
        _doors(world, now)
        _waiting(world, now)
        _center(world, now)
        _ways_in(world, now)
    _certificates(world, signed, there, ready, now)
    world.ids |= send_rosters(world.users["regency_officer"], upcoming.extra["program_id"], now)
    world.ids |= ask_rights(world, now)
    _plain_ids(world, now)
    _breach(world, now)
    _decree(world, now)
    _messages(world, now)
    _reports(world, now)
    world.ids |= object_to_results(world, now)
    world.ids |= fill_bank(world, now)
    world.ids |= offer_service(running.extra["program_id"], now)
    world.ids |= add_evidence(world.rooms, now)
    world.ids |= plan_tests(world, now)
    world.ids |= keep_papers(world, now)
    world.ids |= seat_boards(world.users, world.ids, now)
    world.ids |= keep_registry(world.users, world.ids, now)
    world.ids |= note_outside_records(world.users, world.ids, now)
    world.ids |= fill_coverage(now)
    world.ids |= propose_people(world.users, world.rooms, now)
    if passwords:
        secret = str(protect(PASSWORD))
        with transaction() as session:
            session.execute(sa.update(User).values(password_hash=secret))
    world.logins = {
        name: str(db.session.scalar(sa.select(User.login).where(User.id == number)))
        for name, number in world.users.items()
    }
    return world


def _decree(world: World, now: datetime) -> None:
    """A decree in force, of the last year, that reaches nobody."""
    with transaction():
        made = Decree(
            number="KEP-1/2025", title="Perpanjangan masa berlaku", legal_basis="Keputusan contoh",
            signed_on=date(2025, 1, 1), last_day_from=date(2025, 1, 1), last_day_to=date(2025, 6, 30),
            extend_to=date(2025, 12, 31), state="adopted", prepared_by=world.users["platform_admin"],
            prepared_at=now, adopted_at=now, undo_reason="",
        )  # fmt: skip
        world.ids["decree"] = classroom._add(made).id


def _messages(world: World, now: datetime) -> None:
    """A message that failed in each of the two centers."""
    content = Content("Kursi Anda", "Kursi Anda sudah ada.\n", "<p>Kursi Anda sudah ada.</p>", "Kursi ada.")
    for name, room in (("message", world.rooms["running"]), ("away_message", world.rooms["away"])):
        with transaction():
            put(
                kind="seat.offered", to=Address("email", "siti@contoh.id"), content=content, key=name,
                now=now, person_id=room.people[0], center_id=room.center_id,
            )  # fmt: skip
            row = db.session.scalar(sa.select(OutboxMessage).where(OutboxMessage.key == name))
            row.state, row.error = "failed", "smtp.rcpt 550 5.1.1"
            world.ids[name] = row.id


def _reports(world: World, now: datetime) -> None:
    """A stranger's report about a certificate of each of the two centers."""
    for name, code in (("report", "code"), ("away_report", "away_code")):
        with transaction() as session:
            report_forgery(code=world.ids[code], seen="name", text="", actor=ANONYMOUS, now=now)
            world.ids[name] = session.scalar(sa.select(sa.func.max(ForgeryReport.id)))


def _people(world: World, now: datetime) -> None:
    """Trainee A and B sit in the running class; A also holds a certificate, an offer and a moved seat."""
    running = world.rooms["running"]
    facts = ((NIK_A, BORN_A, "P", "Dewi Lestari"), (NIK_B, BORN_B, "L", "Bambang Sutrisno"))
    for index, (nik, born, sex, name) in enumerate(facts):
        person = db.session.get(Person, running.people[index])
        person.name, person.birth_date, person.sex, person.phone = name, born, sex, "081200000042"
        person.set_nik(nik)
    for name in ("issued", "open", "postponed"):
        moved = db.session.get(Enrollment, world.rooms[name].enrollments[0])
        moved.person_id, moved.cooperative_id = running.people[0], running.cooperatives[0]
    db.session.add(
        PostTerm(
            cooperative_id=running.cooperatives[0], person_id=running.people[0], post="treasurer",
            starts_on=date(2026, 1, 1),
        )
    )  # fmt: skip
    db.session.flush()


def _accounts(world: World, signed: Signed, there: Signed) -> None:
    running, away = world.rooms["running"], world.rooms["away"]
    own, other = running.cooperatives[0], away.cooperatives[0]
    made = {
        "trainee_a": classroom.account("Dewi Lestari", Role.TRAINEE, person_id=running.people[0]),
        "trainee_b": classroom.account("Bambang Sutrisno", Role.TRAINEE, person_id=running.people[1]),
        "chair": classroom.account("Slamet Riyadi", Role.CHAIR, "cooperative", str(own)),
        "other_chair": classroom.account("Yohana Ketua", Role.CHAIR, "cooperative", str(other)),
        "companion": classroom.account("Fitri Pendamping", Role.COMPANION, "cooperative", str(own)),
        "instructor": running.instructor,
        "other_instructor": away.instructor,
        "assessor": running.assessor,
        "center_admin": running.admin,
        "center_head": signed.head_user,
        "other_admin": there.admin_user,
        "regency_officer": classroom.account("Hendra Dinas", Role.REGENCY_OFFICER, "region", "61.05"),
        "regulator": classroom.account("Lukman Pemantau", Role.REGULATOR, "region", "61"),
        "facilitator": classroom.account("Nining Fasilitator", Role.FACILITATOR, "region", "61"),
        "partner": classroom.account("Johan Mitra", Role.PARTNER, "organization", "1"),
        "platform_admin": classroom.account("Indah Platform", Role.PLATFORM_ADMIN, "all"),
    }
    db.session.flush()
    world.users = {name: user.id for name, user in made.items()}


def _doors(world: World, now: datetime) -> None:
    """A and B are signed in on a phone each, and each has a passkey."""
    for name, owner in (("", "trainee_a"), ("away_", "trainee_b")):
        session = UserSession(
            token_hash=token_hash(f"phone of {owner}"), user_id=world.users[owner], created_at=now,
            seen_at=now, expires_at=now + timedelta(days=7),
            agent="Mozilla/5.0 (Linux; Android 14) Chrome/130.0",
        )  # fmt: skip
        key = Passkey(
            user_id=world.users[owner], credential_hash=token_hash(f"passkey of {owner}"),
            credential_id="a2V5", public_key="a2V5", name="HP lama", created_at=now,
        )  # fmt: skip
        db.session.add_all([session, key])
        db.session.flush()
        world.ids |= {f"{name}device": session.id, f"{name}passkey": key.id}


def _waiting(world: World, now: datetime) -> None:
    """The upcoming class in every state of an enrollment; A has an offer nobody has opened."""
    upcoming, seats = world.rooms["open"], 0
    states = ("offered", "offered", "applied", "waitlisted", "confirmed", "reserve")
    for number, state in zip(upcoming.enrollments, states, strict=True):
        row = db.session.get(Enrollment, number)
        row.state, row.confirmed_at = state, now if state == "confirmed" else None
        seats += state in ("offered", "confirmed")
    reached = db.session.get(Enrollment, upcoming.enrollments[1])
    reached.contact_at, reached.offer_until = now - timedelta(hours=5), now + timedelta(hours=43)
    db.session.add(
        Contact(enrollment_id=reached.id, channel="call", outcome="reached",
                made_by=world.users["center_admin"], made_at=now)
    )  # fmt: skip
    db.session.get(Enrollment, upcoming.enrollments[2]).helped_by = world.users["companion"]
    batch = db.session.get(Batch, upcoming.batch_id)
    batch.seats_taken, batch.closes_at, batch.series = seats, now + timedelta(days=15), "Gelombang 1"
    for person in upcoming.people:
        row = db.session.get(Person, person)
        row.phone = row.phone or "081200000042"
    for name in ("postponed", "cancelled"):
        db.session.add(
            MoveChoice(enrollment_id=world.rooms[name].enrollments[0], cause=name, old_starts_on=now.date(),
                       created_at=now)
        )  # fmt: skip
    person = Person(name="Sartono Usulan", created_at=now, updated_at=now, birth_date=date(1979, 6, 1))
    db.session.add(person)
    db.session.flush()
    db.session.add(
        Nomination(
            person_id=person.id, cooperative_id=world.rooms["running"].cooperatives[0],
            program_id=upcoming.extra["program_id"], post="chair", created_at=now, updated_at=now,
        )
    )  # fmt: skip
    world.ids["claim_person"] = person.id
    world.ids["claim_code"] = issue_claim_codes(person_ids=[person.id], actor=SYSTEM, now=now)[person.id]


def _center(world: World, now: datetime) -> None:
    """A room, a leave and a holiday of this center and of the other; the upcoming class meets in the room."""
    for name, room in (("", world.rooms["running"]), ("away_", world.rooms["away"])):
        hall = classroom._add(Room(center_id=room.center_id, name="Ruang 1", capacity=20))
        day = now.date() + timedelta(days=60)
        leave = classroom._add(Leave(staff_id=room.extra["teacher_id"], starts_on=day, ends_on=day))
        holiday = classroom._add(Holiday(day=day, name=f"Libur {name}balai", center_id=room.center_id))
        world.ids |= {f"{name}room": hall.id, f"{name}leave": leave.id, f"{name}holiday": holiday.id}
    for session_id in world.rooms["open"].sessions[1:]:
        session = db.session.get(ClassSession, session_id)
        session.mode, session.room_id, session.link = "in_person", world.ids["room"], ""


def _ways_in(world: World, now: datetime) -> None:
    """A contact of each trainee; in both centers a colleague and a request to recover another's account."""
    for name, trainee in (("contact", "trainee_a"), ("away_contact", "trainee_b")):
        point = ContactPoint(
            user_id=world.users[trainee],
            kind="phone",
            value="+6281200000042",
            created_at=now,
            verified_at=now,
        )
        world.ids[name] = classroom._add(point).id
    for name, room in (("", world.rooms["running"]), ("away_", world.rooms["away"])):
        found = [
            classroom.account(f"Rekan {number}", Role.CENTER_ADMIN, "center", str(room.center_id))
            for number in ("Satu", "Dua")
        ]
        asked = AccessRecovery(
            user_id=found[1].id, reason="KTP asli dicocokkan", asked_at=now,
            expires_at=now + timedelta(hours=24),
        )  # fmt: skip
        world.ids |= {f"{name}colleague": found[0].id, f"{name}recovery": classroom._add(asked).id}


def _certificates(world: World, signed: Signed, there: Signed, ready: Signed, now: datetime) -> None:
    """One certificate in each state, a waiting change and a waiting issue; the other center's beside them."""
    held = issue(signed, now)
    for certificate, action in zip(held[1:4], ("suspend", "revoke", "replace"), strict=True):
        change(signed, certificate, action, now, **({"post": "Sekretaris"} if action == "replace" else {}))
    foreign = issue(there, now)
    for name, deciders, certificate in (("", signed, held[4]), ("away_", there, foreign[0])):
        with transaction():
            asked = prepare_change(
                certificate_id=certificate.id, action="suspend", reason_class="under_review", note="",
                changes={}, actor=deciders.admin, now=now,
            )  # fmt: skip
        world.ids[f"{name}request"] = asked.id
    with transaction():
        world.ids["issue_request"] = prepare_issue(
            batch_id=ready.room.batch_id, actor=ready.admin, now=now
        ).id
    world.ids |= {
        "code": held[0].code, "suspended": held[1].code, "revoked": held[2].code, "replaced": held[3].code,
        "away_code": foreign[1].code,
    }  # fmt: skip


def _breach(world: World, now: datetime) -> None:
    """An entry of the breach register whose clock has run for a day."""
    with transaction():
        found = record_breach(
            title="Laptop loket hilang", found_at=now - timedelta(days=1),
            description="Tertinggal di angkot.", data_kinds="nama, nomor telepon",
            people_count=12, measures="", actor=SYSTEM, now=now,
        )  # fmt: skip
    world.ids["breach"] = found.id


def _shown_token(session_id: int, now: datetime) -> str:
    """What the projector of the running class, which meets in no room, shows now."""
    return make_token(projector_key(), Place(session_id, 0, 1), int(now.timestamp()))


def _plain_ids(world: World, now: datetime) -> None:
    for name, room in world.rooms.items():
        world.ids |= {
            f"{name}_batch": room.batch_id, f"{name}_enrollment": room.enrollments[0],
            f"{name}_other_enrollment": room.enrollments[1], f"{name}_session": room.sessions[0],
        }  # fmt: skip
    running, away = world.rooms["running"], world.rooms["away"]
    world.ids |= {
        "cooperative": running.cooperatives[0], "away_cooperative": away.cooperatives[0],
        "staff": running.extra["teacher_id"], "away_staff": away.extra["teacher_id"],
        "center_id": running.center_id, "away_center_id": away.center_id,
        "center_slug": db.session.get(TrainingCenter, running.center_id).slug,
        "program_slug": db.session.get(Program, running.extra["program_id"]).slug,
        "batch_slug": "pembukuan",
        "owner": world.users["trainee_a"],
        "card_token": db.session.get(Enrollment, running.enrollments[0]).card_token,
        "grant": db.session.scalar(
            sa.select(RoleGrant.id).where(RoleGrant.user_id == world.users["regulator"])
        ),
        "helped_enrollment": world.rooms["open"].enrollments[2],
        "shown_token": _shown_token(running.sessions[2], now),
    }  # fmt: skip
