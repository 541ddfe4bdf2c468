"""What a caller says about a batch it wants, and the checks that need only the plan and its center."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from portal.batches.rules import Wanted, parse_clock, session_blockers
from portal.centers.models import Room, Staff, TrainingCenter
from portal.cooperatives.labels import POST_LABELS
from portal.core import clock
from portal.core.errors import DomainError
from portal.core.formatting import month_name
from portal.core.words import gettext as _

MOST_SEATS = 200


@dataclass(frozen=True)
class SessionPlan:
    """One meeting: wall-clock times of the center ("08:00"), lesson hours, staff ids of the center."""

    day: date
    start: str
    end: str
    hours: int
    mode: str = "in_person"
    room_id: int | None = None
    link: str = ""
    topic: str = ""
    instructor_ids: Sequence[int] = ()
    assessor_ids: Sequence[int] = ()


@dataclass(frozen=True)
class BatchPlan:
    """A batch to be. `starts_on` counts only without sessions; with them the days are theirs, and so is the
    mode. Empty kinds, posts or regions admit everybody; regions are Kemendagri code prefixes. The last three
    are as in models.Batch."""

    program_id: int
    center_id: int
    opens_at: datetime
    closes_at: datetime
    starts_on: date | None = None
    quota: int = 16
    reserve_seats: int = 2
    mode: str = "in_person"
    sessions: Sequence[SessionPlan] = ()
    kinds: Sequence[str] = ()
    posts: Sequence[str] = ()
    regions: Sequence[str] = ()
    pilot_seats: int = 0
    pilot_until: datetime | None = None
    series: str = ""
    cooperative_cap: int | None = None
    post_quotas: Mapping[str, int] = field(default_factory=dict)
    waitlist_pool: str = ""


def check_plan(
    plan: BatchPlan, center: TrainingCenter, rooms: Mapping[int, Room], staff: Mapping[int, Staff]
) -> BatchPlan:
    """The plan with its sessions in order and off-site meetings marked so. Raises DomainError naming the
    field; for a session the field is `sessions` and details carry its `index`."""
    if not 0 < plan.quota <= MOST_SEATS:
        raise DomainError("quota_range", _("Kuota 1 sampai %(most)d orang.", most=MOST_SEATS), "quota")
    if not 0 <= plan.reserve_seats <= plan.quota:
        raise DomainError("reserve_range", _("Cadangan 0 sampai sebanyak kuota."), "reserve_seats")
    if not 0 <= plan.pilot_seats <= plan.quota:
        raise DomainError("pilot_range", _("Kursi percontohan tidak boleh melebihi kuota."), "pilot_seats")
    _check_sharing(plan)
    if plan.closes_at <= plan.opens_at:
        raise DomainError("window_order", _("Pendaftaran harus ditutup sesudah dibuka."), "closes_at")
    if not plan.sessions and plan.starts_on is None:
        raise DomainError("sessions_missing", _("Isi tanggal mulai atau susun pertemuannya."), "starts_on")
    sessions = sorted(plan.sessions, key=lambda entry: (entry.day, _minutes(entry.start)))
    for index, blocker in session_blockers(
        [(s.day, s.start, s.end, s.hours, s.mode, s.room_id) for s in sessions]
    ):
        raise DomainError(blocker.code, blocker.message, "sessions", index=index)
    sessions = [_check_session(s, i, plan, rooms, staff) for i, s in enumerate(sessions)]
    if sessions:
        first = wanted_of(sessions[:1], center.zone)[0].starts_at
        if plan.closes_at > first:
            message = _("Pendaftaran harus ditutup sebelum pertemuan pertama dimulai.")
            raise DomainError("window_late", message, "closes_at")
    return replace(plan, sessions=sessions)


def _check_sharing(plan: BatchPlan) -> None:
    """The most of one cooperative and the seats kept for posts fit the quota and the audience."""
    if plan.cooperative_cap is not None and not 0 < plan.cooperative_cap <= plan.quota:
        message = _("Batas per koperasi 1 sampai sebanyak kuota.")
        raise DomainError("cap_range", message, "cooperative_cap")
    for post, count in plan.post_quotas.items():
        if post not in POST_LABELS or not 0 < count <= plan.quota:
            message = _("Kursi untuk satu jabatan 1 sampai sebanyak kuota.")
            raise DomainError("post_quota_range", message, f"quota_{post}")
        if plan.posts and post not in plan.posts:
            message = _("%(post)s tidak termasuk sasaran angkatan ini.", post=POST_LABELS[post])
            raise DomainError("post_quota_unmeant", message, f"quota_{post}")
    kept = plan.pilot_seats + sum(plan.post_quotas.values())
    if plan.post_quotas and kept > plan.quota:
        message = _(
            "Kursi yang dijaga %(kept)d, melebihi kuota %(quota)d. Yang untuk koperasi percontohan ikut"
            " dihitung.",
            kept=kept,
            quota=plan.quota,
        )
        raise DomainError("kept_over_quota", message, f"quota_{next(iter(plan.post_quotas))}")


def _minutes(text: str) -> tuple[int, int]:
    try:
        return parse_clock(text)
    except ValueError:
        return (0, 0)


def _check_session(
    entry: SessionPlan, index: int, plan: BatchPlan, rooms: Mapping[int, Room], staff: Mapping[int, Staff]
) -> SessionPlan:
    def refuse(code: str, message: str, field: str = "sessions") -> DomainError:
        return DomainError(code, message, field, index=index)

    if entry.mode not in ("in_person", "online", "offsite"):
        raise refuse("mode_unknown", _("Pilih tatap muka, daring, atau di luar balai."))
    if entry.link and not re.fullmatch(r"https?://\S{4,292}", entry.link):
        raise refuse("link_invalid", _("Tautan kelas daring diawali https://."))
    if len(entry.topic) > 160:
        raise refuse("topic_too_long", _("Materi paling panjang 160 huruf."))
    mode = entry.mode
    if entry.room_id is not None:
        room = rooms.get(entry.room_id)
        if room is None or not room.is_active:
            raise refuse("room_unknown", _("Ruang ini tidak ada di balai ini."))
        if plan.quota > room.capacity:
            message = _(
                "%(room)s memuat %(capacity)d orang, kurang dari kuota.",
                room=room.name,
                capacity=room.capacity,
            )
            raise refuse("room_small", message, "quota")
        if mode != "online":
            mode = "offsite" if room.is_offsite else "in_person"
    for ids, task in ((entry.instructor_ids, "can_instruct"), (entry.assessor_ids, "can_assess")):
        for number in ids:
            person = staff.get(number)
            if person is None or not person.is_active or not getattr(person, task):
                raise refuse("staff_unknown", _("Petugas ini tidak bertugas di balai ini."))
    return replace(entry, mode=mode, room_id=None if mode == "online" else entry.room_id)


def wanted_of(sessions: Sequence[SessionPlan], zone: str) -> list[Wanted]:
    """The sessions as moments and resources. Clock times must be valid."""
    found = []
    for index, entry in enumerate(sessions):
        begins, ends = parse_clock(entry.start), parse_clock(entry.end)
        found.append(
            Wanted(
                index=index,
                day=entry.day,
                starts_at=clock.at(entry.day, *begins, zone),
                ends_at=clock.at(entry.day, *ends, zone),
                room_id=entry.room_id,
                staff=tuple(dict.fromkeys([*entry.instructor_ids, *entry.assessor_ids])),
            )
        )
    return found


def mode_of(sessions: Sequence[SessionPlan], otherwise: str) -> str:
    """The mode of the batch: the one that all sessions share, else "mixed"."""
    modes = {entry.mode for entry in sessions}
    if not modes:
        return otherwise
    return modes.pop() if len(modes) == 1 else "mixed"


def slug_of(program: Any, center: TrainingCenter, starts_on: date) -> str:
    """The readable end of a batch's address: program, city, day."""
    city = re.sub(r"^(kota|kabupaten)\s+", "", center.city, flags=re.I)
    text = f"{program.slug} {city} {starts_on.day} {month_name(starts_on, 'id')} {starts_on.year}".lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:120].strip("-")
