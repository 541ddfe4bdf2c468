"""Checkpoints of a session: which one is open, what a check-in at it is worth, who did not come back. Pure.

Moments are aware; `hours` are lesson hours (JP). Sentences are Indonesian; `_` is how a caller translates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.attendance.rules.marks import MINUTES_OF_AN_HOUR, Say, plain
from portal.core.blockers import Blocker

#: How long after the start of a part somebody is still on time.
GRACE = timedelta(minutes=15)
#: How long before the start of a session people may check in, and before that of a later part.
OPENS, REOPENS = timedelta(minutes=60), timedelta(minutes=15)
MOST_PARTS, LONGEST_LABEL = 6, 60


@dataclass(frozen=True)
class Part:
    """A part of a session that begins with a checkpoint; `position` counts from 1."""

    position: int
    starts_at: datetime
    hours: int
    label: str = ""


@dataclass(frozen=True)
class Arrival:
    """What a check-in makes of the mark of the session. `minutes` are what was missed by the clock."""

    mark: str
    minutes: int
    missed: int


def parts_of(starts_at: datetime, ends_at: datetime, hours: int, rows: Iterable[Part]) -> list[Part]:
    """The parts in force: the rows, or the whole session as one part when there are none or when they no
    longer fit it (it was moved, or its hours changed)."""
    parts = sorted(rows, key=lambda part: part.position)
    if parts and not parts_problems(parts, starts_at, ends_at, hours):
        return parts
    return [Part(1, starts_at, hours)]


def open_part(parts: Sequence[Part], at: datetime) -> Part:
    """The part whose checkpoint counts people at a moment: the last one that has opened, else the first."""
    opened = [part for part in parts[1:] if at >= part.starts_at - REOPENS]
    return opened[-1] if opened else parts[0]


def arrival(parts: Sequence[Part], seen: Mapping[int, datetime], position: int, at: datetime) -> Arrival:
    """What the mark becomes by a check-in at `position` at the moment `at`; `seen` are the earlier ones.

    Each part up to this one costs its late whole hours, or all of its hours when nobody saw the person.
    """
    minutes = missed = 0
    for index, part in enumerate(parts):
        if part.position > position:
            break
        came = at if part.position == position else seen.get(part.position)
        if came is None:
            following = parts[index + 1].starts_at
            minutes += _minutes(following - part.starts_at)
            missed += part.hours
        elif came > part.starts_at + GRACE:
            late = _minutes(came - part.starts_at)
            minutes += late
            missed += min(late // MINUTES_OF_AN_HOUR, part.hours)
    return Arrival("late" if minutes or missed else "present", min(minutes, 24 * 60), missed)


def left_early(parts: Sequence[Part], seen: Iterable[int], ends_at: datetime) -> Arrival:
    """The mark of somebody who was last seen at one of the positions `seen` and did not come back: all parts
    after it are missed."""
    last = max(seen, default=0)
    gone = [part for part in parts if part.position > last]
    minutes = _minutes(ends_at - gone[0].starts_at) if gone else 0
    return Arrival("left_early", min(minutes, 24 * 60), sum(part.hours for part in gone))


def arrival_blockers(
    *, batch_state: str, starts_at: datetime, ends_at: datetime, at: datetime, _: Say = plain
) -> list[Blocker]:
    """Why nobody can check in to this session at a moment; empty when they can."""
    if batch_state == "finalized":
        return [Blocker("sheet_final", _("Daftar hadir kelas ini sudah ditandatangani."))]
    if batch_state != "published":
        return [Blocker("batch_not_running", _("Kelas ini tidak sedang berjalan."))]
    if at < starts_at - OPENS:
        return [
            Blocker(
                "too_early",
                _("Belum dibuka. Kehadiran dapat dicatat mulai 60 menit sebelum pertemuan."),
            )
        ]
    if at > ends_at:
        return [Blocker("session_over", _("Pertemuan ini sudah selesai."), _("Tanyakan ke instruktur Anda."))]
    return []


def parts_problems(
    parts: Sequence[Part], starts_at: datetime, ends_at: datetime, hours: int, _: Say = plain
) -> list[Blocker]:
    """What is wrong with the checkpoints of a session; codes end with the position they are about."""
    found = []
    if len(parts) > MOST_PARTS:
        found.append(Blocker("parts_many", _("Paling banyak %(max)s titik.", max=MOST_PARTS)))
    before: datetime | None = None
    for part in parts:
        where = f"-{part.position}"
        if part.position == 1 and part.starts_at != starts_at:
            found.append(Blocker("part_first" + where, _("Titik pertama adalah awal pertemuan.")))
        elif not starts_at <= part.starts_at < ends_at:
            found.append(Blocker("part_outside" + where, _("Jamnya harus di dalam pertemuan.")))
        elif before is not None and part.starts_at <= before:
            found.append(Blocker("part_order" + where, _("Jamnya harus sesudah titik sebelumnya.")))
        if part.hours < 1:
            found.append(Blocker("part_hours" + where, _("Isi paling sedikit 1 JP.")))
        if len(part.label) > LONGEST_LABEL:
            found.append(Blocker("part_label" + where, _("Paling banyak %(max)s huruf.", max=LONGEST_LABEL)))
        before = part.starts_at
    total = sum(part.hours for part in parts)
    if parts and total != hours:
        message = _("Jumlahnya %(total)s JP; pertemuan ini %(hours)s JP.", total=total, hours=hours)
        found.append(Blocker("parts_sum", message))
    return found


def used_problems(
    old: Sequence[Part], new: Sequence[Part], used: Iterable[int], _: Say = plain
) -> list[Blocker]:
    """Why checkpoints cannot be changed this way: people have checked in at one that would vanish or move."""
    before = {part.position: part for part in old}
    after = {part.position: part for part in new} or {1: old[0]}
    found = []
    for position in sorted(set(used)):
        if position not in after:
            found.append(
                Blocker(
                    f"part_used-{position}",
                    _("Titik %(n)s sudah dipakai mencatat peserta, jadi tidak dapat dihapus.", n=position),
                )
            )
        elif position in before and after[position].starts_at != before[position].starts_at:
            found.append(
                Blocker(
                    f"part_used-{position}",
                    _("Titik %(n)s sudah dipakai mencatat peserta, jadi jamnya tetap.", n=position),
                )
            )
    return found


def _minutes(span: timedelta) -> int:
    return max(0, int(span.total_seconds() // 60))
