"""Who is here, who is missing, who did not come back, and devices that checked in several people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.models import CheckIn, DeviceReview
from portal.attendance.queries.sheet import SheetRow
from portal.attendance.rules import AWAY, CAME
from portal.core.db import db
from portal.enrollment.models import Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class Seen:
    """One check-in."""

    position: int
    enrollment_id: int
    at: datetime
    evidence: str
    device: str


@dataclass(frozen=True)
class Live:
    """A class before a checkpoint. `here` are the newest first, with the moment they were seen or marked;
    `gone` were in an earlier part and have not come back."""

    position: int
    total: int
    here: list[tuple[SheetRow, datetime | None]]
    missing: list[SheetRow]
    gone: list[SheetRow]
    away: list[SheetRow]


@dataclass
class Device:
    """A browser that checked in several people: (name, when). `reviewed_by` "" while nobody looked at it or
    more people came since."""

    device: str
    people: list[tuple[str, datetime]] = field(default_factory=list)
    looked_at: int = 0
    note: str = ""
    reviewed_by: str = ""
    reviewed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while an instructor should look at it."""
        return len(self.people) > self.looked_at


_SEEN = (
    sa.select(CheckIn.position, CheckIn.enrollment_id, CheckIn.at, CheckIn.evidence, CheckIn.device)
    .where(CheckIn.session_id == sa.bindparam("session"))
    .order_by(CheckIn.at)
)
_SHARED = (
    sa.select(CheckIn.device)
    .where(CheckIn.session_id == sa.bindparam("session"), CheckIn.device != "")
    .group_by(CheckIn.device)
    .having(sa.func.count(CheckIn.enrollment_id.distinct()) > 1)
)
_DEVICES = (
    sa.select(
        CheckIn.device,
        CheckIn.enrollment_id,
        Person.name,
        CheckIn.at,
        sa.func.coalesce(DeviceReview.people, 0),
        sa.func.coalesce(DeviceReview.note, ""),
        sa.func.coalesce(User.name, ""),
        DeviceReview.reviewed_at,
    )
    .join(Enrollment, Enrollment.id == CheckIn.enrollment_id)
    .join(Person, Person.id == Enrollment.person_id)
    .outerjoin(
        DeviceReview,
        sa.and_(DeviceReview.session_id == CheckIn.session_id, DeviceReview.device == CheckIn.device),
    )
    .outerjoin(User, User.id == DeviceReview.reviewed_by)
    .where(CheckIn.session_id == sa.bindparam("session"), CheckIn.device.in_(_SHARED))
    .order_by(CheckIn.at, CheckIn.enrollment_id)
)


def check_ins(session_id: int) -> list[Seen]:
    """Every check-in of a session, the first one first."""
    return [Seen(*row) for row in db.session.execute(_SEEN, {"session": session_id})]


def devices_of(session_id: int) -> list[Device]:
    """Devices that checked in more than one person of a session, in the order they began. One statement; the
    caller has checked the session."""
    found: dict[str, Device] = {}
    known: set[tuple[str, int]] = set()
    rows: Any = db.session.execute(_DEVICES, {"session": session_id})
    for device, enrollment_id, name, at, *review in rows:
        entry = found.setdefault(device, Device(device, [], *review))
        if (device, enrollment_id) not in known:
            known.add((device, enrollment_id))
            entry.people.append((name, at))
    return list(found.values())


def live(rows: Sequence[SheetRow], seen: Sequence[Seen], position: int) -> Live:
    """The class at a checkpoint. At the first one whoever is marked as having come is here, at a later one
    only who was seen there."""
    times: dict[int, dict[int, datetime]] = defaultdict(dict)
    for one in seen:
        times[one.enrollment_id].setdefault(one.position, one.at)
    here, missing, gone, away = [], [], [], []
    for row in rows:
        at = times[row.enrollment_id].get(position)
        came = row.mark in CAME
        if at is not None or (position == 1 and came):
            here.append((row, at or row.recorded_at))
        elif row.mark in AWAY or row.mark in ("absent", "left_early"):
            away.append(row)
        elif position > 1 and (came or times[row.enrollment_id]):
            gone.append(row)
        else:
            missing.append(row)
    here.sort(key=lambda pair: (pair[1] is not None, pair[1]), reverse=True)
    return Live(position, len(rows), here, missing, gone, away)
