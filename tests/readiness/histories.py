"""Random histories of a few cooperatives as plain rows: posts, certificates and what befell them, outside
records, classes, checklists. Rows are written past the services, and the port is called as they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.certificates.models import (
    Certificate,
    CertificateEvent,
    Decree,
    ExternalRecord,
    ValidityExtension,
)
from portal.cooperatives.models import ChecklistEntry, ChecklistItem, Cooperative, PostTerm
from portal.core.db import db, transaction
from portal.core.ports import ports
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from portal.readiness.models import ServiceLine, ServiceNeed
from tests.support import classroom

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PLACES = ("61.05.01.1001", "61.05.01.2010", "61.05.02.2001", "61.05", "33.18", "33")
KINDS = ("village", "urban_village", "worker")
POSTS = ("chair", "treasurer", "supervisor_member", "manager", "member")
_serial = count(1)


@dataclass
class History:
    """What was made so far; `today` moves."""

    rng: Random
    today: date = DAY
    programs: list[int] = field(default_factory=list)
    rooms: list[classroom.Classroom] = field(default_factory=list)
    cooperatives: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    certificates: list[int] = field(default_factory=list)
    decree: int = 0

    @property
    def now(self) -> datetime:
        """Mid-morning of the day."""
        return NOW + (self.today - DAY)

    def day(self, before: int = 300, after: int = 0) -> date:
        """A day around today."""
        return self.today + timedelta(days=self.rng.randint(-before, after))

    def moment(self, day: date) -> datetime:
        """A moment of a day in Jakarta, often near its edges; never after now."""
        hour = self.rng.choice((-7, -6, 3, 16))
        return min(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour), self.now)


def begin(rng: Random) -> History:
    """Three programs with a class each, three lines, two checklist items, and a first set of everything."""
    history = History(rng)
    for _number in range(3):
        room = classroom.build(people=0, sessions=1, start=NOW - timedelta(days=200))
        history.rooms.append(room)
        history.programs.append(room.extra["program_id"])
    one, two, three = history.programs
    with transaction():
        for code, months in (("legal", None), ("meeting", 12)):
            db.session.execute(sa.delete(ChecklistEntry).where(ChecklistEntry.item_code == code))
            add(ChecklistItem(code=code, position=90, name=code, valid_months=months, kinds=[]))
        db.session.execute(sa.delete(ServiceNeed))
        db.session.execute(sa.delete(ServiceLine))
        _line(1, [("chair", "manager"), ("treasurer",)], [[one, two], [two]], [1, 1], items=["legal"])
        _line(2, [("supervisor_member", "member")], [[one, three]], [2], items=[], external=False)
        _line(3, [("chair",)], [[three]], [1], items=["meeting"], kinds=["village", "worker"])
        made = Decree(
            number="KEP-9/2026", title="t", legal_basis="b", signed_on=date(2026, 1, 1),
            last_day_from=date(2020, 1, 1), last_day_to=date(2030, 1, 1), extend_months=6, state="adopted",
            prepared_by=None, prepared_at=NOW, adopted_at=NOW - timedelta(days=rng.randint(0, 200)),
        )  # fmt: skip
        history.decree = add(made).id
        for _number in range(rng.randint(2, 5)):
            found_cooperative(history)
        for _number in range(rng.randint(3, 9)):
            person = Person(name="Orang", sex=rng.choice(("L", "P", "")), created_at=NOW, updated_at=NOW)
            history.people.append(add(person).id)
    for _number in range(rng.randint(5, 40)):
        step(history)
    return history


def add(row: Any) -> Any:
    """Store a row and give it its id."""
    db.session.add(row)
    db.session.flush()
    return row


def _line(position, posts, programs, counts, items, kinds=(), external=True):
    line = ServiceLine(
        code=f"line-{position}", position=position, name=f"Unit {position}", kinds=list(kinds), items=items,
        updated_at=NOW,
    )  # fmt: skip
    add(line)
    for place, (of_posts, of_programs, wanted) in enumerate(zip(posts, programs, counts, strict=True)):
        add(
            ServiceNeed(
                line_id=line.id, position=place, posts=list(of_posts), programs=of_programs, count=wanted,
                takes_external=external,
            )
        )  # fmt: skip


def found_cooperative(history: History) -> int:
    """One more, registered some days ago."""
    number = next(_serial)
    made = Cooperative(
        kind=history.rng.choice(KINDS), name=f"Koperasi {number}", match_key=f"h{number}",
        region_code=history.rng.choice(PLACES), is_pilot=history.rng.random() < 0.3,
        created_at=history.moment(history.day(100)),
    )  # fmt: skip
    history.cooperatives.append(add(made).id)
    return history.cooperatives[-1]


def step(history: History) -> str:
    """One change, committed, and said to the port as the services do; answers its name."""
    change = history.rng.choice(CHANGES)
    with transaction():
        change(history)
    return change.__name__


def touched(history: History, **whose: Any) -> None:
    """Call the port."""
    ports().standing_touched(**whose, now=history.now)


def hold(history: History) -> None:
    """A term, running, past or to come; a person may be on several boards."""
    start = history.day(300, 60)
    end = start + timedelta(days=history.rng.randint(0, 400)) if history.rng.random() < 0.7 else None
    term = PostTerm(
        cooperative_id=history.rng.choice(history.cooperatives),
        person_id=history.rng.choice(history.people), post=history.rng.choice(POSTS), starts_on=start,
        ends_on=end,
    )  # fmt: skip
    if end is None:
        same = (PostTerm.cooperative_id == term.cooperative_id, PostTerm.person_id == term.person_id)
        if db.session.scalar(sa.select(PostTerm.id).where(*same, PostTerm.ends_on.is_(None))):
            return
    add(term)
    touched(history, cooperative_ids=[term.cooperative_id])


def leave(history: History) -> None:
    """An open term ends on a day."""
    term = db.session.scalar(sa.select(PostTerm).where(PostTerm.ends_on.is_(None)).limit(1))
    if term is not None:
        term.ends_on = max(term.starts_on, history.day(10, 10))
        touched(history, cooperative_ids=[term.cooperative_id])


def certify(history: History) -> None:
    """A certificate, with or without an end, sometimes extended by the decree."""
    room = history.rng.choice(history.rooms)
    person = history.rng.choice(history.people)
    number = next(_serial)
    day = history.day(250)
    issued = history.moment(day)
    expires = day + timedelta(days=history.rng.randint(5, 350)) if history.rng.random() < 0.7 else None
    seat = db.session.scalar(
        sa.select(Enrollment).where(Enrollment.person_id == person, Enrollment.batch_id == room.batch_id)
    )
    seat = seat or add(_seat(history, person, room.batch_id, "completed"))
    made = Certificate(
        code=f"{number:012d}", number=f"N{number}", signed_bytes=b"{}", signature=b"s", kid="k", salt=b"s",
        qr_text="q", status_index=number, log_index=number, enrollment_id=seat.id, person_id=person,
        batch_id=room.batch_id, center_id=room.center_id, program_id=room.extra["program_id"],
        issue_key=f"i{number}", issued_at=issued, expires_on=expires,
    )  # fmt: skip
    history.certificates.append(add(made).id)
    _event(made.id, "issue", issued, 0)
    if expires and history.rng.random() < 0.3:
        granted = expires + timedelta(days=180)
        add(ValidityExtension(decree_id=history.decree, certificate_id=made.id, extended_until=granted))
    touched(history, person_ids=[person])


def _seat(history: History, person: int, batch: int, state: str) -> Enrollment:
    number = next(_serial)
    applied = history.moment(history.day(260))
    return Enrollment(
        reference=f"H{number}", person_id=person, batch_id=batch, post="chair", state=state,
        queued_at=applied, applied_at=applied, card_token=f"h{number}",
    )  # fmt: skip


def _event(certificate: int, kind: str, at: datetime, position: int) -> None:
    add(
        CertificateEvent(
            certificate_id=certificate, position=position, type=kind, log_index=next(_serial), at=at
        )
    )


def befall(history: History) -> None:
    """A certificate is suspended, taken up again, revoked or replaced, later than what befell it before."""
    if not history.certificates:
        return
    number = history.rng.choice(history.certificates)
    events = db.session.scalars(
        sa.select(CertificateEvent)
        .where(CertificateEvent.certificate_id == number)
        .order_by(CertificateEvent.position)
    ).all()
    last = events[-1]
    after = {"issue": ("suspend", "revoke", "replace"), "unsuspend": ("suspend", "revoke", "replace")}
    after["suspend"] = ("unsuspend", "unsuspend", "revoke")
    if last.type not in after:
        return
    at = last.at + (history.now - last.at) * history.rng.random()
    _event(number, history.rng.choice(after[last.type]), at, len(events))
    person = db.session.scalar(sa.select(Certificate.person_id).where(Certificate.id == number))
    touched(history, person_ids=[person])


def learn_elsewhere(history: History) -> None:
    """An outside record, or the decision on one."""
    person = history.rng.choice(history.people)
    waiting = db.session.scalar(
        sa.select(ExternalRecord).where(
            ExternalRecord.person_id == person, ExternalRecord.state == "unverified"
        )
    )
    if waiting is not None and history.rng.random() < 0.6:
        waiting.state, waiting.decided_at = history.rng.choice(("verified", "rejected")), history.now
    else:
        start = history.day(250)
        end = start + timedelta(days=history.rng.randint(0, 400)) if history.rng.random() < 0.6 else None
        add(
            ExternalRecord(
                person_id=person, kind="training", program_id=history.rng.choice([None, *history.programs]),
                title="t", issuer="i", number=str(next(_serial)), issued_on=start, expires_on=end,
                source="s", recorded_at=history.now,
            )
        )  # fmt: skip
    touched(history, person_ids=[person])


def sit_in_class(history: History) -> None:
    """A seat in a class that is over, running or to come, or a state that is none."""
    person = history.rng.choice(history.people)
    like = history.rng.choice(history.rooms)
    start = history.day(200, 40)
    number = next(_serial)
    batch = Batch(
        slug="x", number=1000 + number, year=2026, program_id=like.extra["program_id"],
        curriculum_id=like.curriculum_id, center_id=like.center_id,
        state=history.rng.choice(("published", "finalized", "cancelled")),
        opens_at=NOW - timedelta(days=400), closes_at=NOW - timedelta(days=399), starts_on=start,
        ends_on=start + timedelta(days=2), created_at=NOW - timedelta(days=400),
    )  # fmt: skip
    state = history.rng.choice(("applied", "offered", "confirmed", "completed", "not_completed"))
    add(_seat(history, person, add(batch).id, state))
    touched(history, person_ids=[person])


def put_in_order(history: History) -> None:
    """A paper done, or an entry withdrawn."""
    cooperative = history.rng.choice(history.cooperatives)
    code, day = history.rng.choice(("legal", "meeting")), history.day(500)
    standing = (ChecklistEntry.cooperative_id == cooperative, ChecklistEntry.withdrawn_at.is_(None))
    entry = db.session.scalar(
        sa.select(ChecklistEntry).where(*standing, ChecklistEntry.item_code == code).limit(1)
    )
    if entry is not None and (entry.done_on == day or history.rng.random() < 0.4):
        entry.withdrawn_at, entry.withdrawn_reason = history.now, "salah"
    elif db.session.scalar(
        sa.select(ChecklistEntry.id).where(
            *standing, ChecklistEntry.item_code == code, ChecklistEntry.done_on == day
        )
    ):
        return
    else:
        add(ChecklistEntry(cooperative_id=cooperative, item_code=code, done_on=day, recorded_at=history.now))
    touched(history, cooperative_ids=[cooperative])


def move(history: History) -> None:
    """A cooperative changes its kind, its place or whether it is a pilot."""
    cooperative = db.session.get(Cooperative, history.rng.choice(history.cooperatives))
    what = history.rng.choice(("kind", "region_code", "is_pilot"))
    values = {"kind": KINDS, "region_code": PLACES, "is_pilot": (True, False)}
    setattr(cooperative, what, history.rng.choice(values[what]))
    touched(history, cooperative_ids=[cooperative.id])


def found(history: History) -> None:
    """One more cooperative, of which nobody tells the port: the refresh finds it."""
    if len(history.cooperatives) < 8:
        found_cooperative(history)


CHANGES = (
    hold, hold, hold, hold, leave, certify, certify, certify, befall, befall, learn_elsewhere, sit_in_class,
    sit_in_class, put_in_order, put_in_order, put_in_order, move, found,
)  # fmt: skip
