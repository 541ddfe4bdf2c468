"""One session in the form of a batch, as typed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.batches.models import ClassSession
from portal.batches.services import SessionPlan
from portal.core.words import gettext as _

_TEXTS = ("day", "start", "end", "hours", "place", "link", "topic")


def _ids(texts: list[str]) -> tuple[int, ...]:
    return tuple(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16)


@dataclass
class SessionRow:
    """What stands in the inputs `s<index>-day` and so on. `place` is a room id or "online"."""

    day: str = ""
    start: str = "08:00"
    end: str = "15:30"
    hours: str = "8"
    place: str = "online"
    link: str = ""
    topic: str = ""
    instructors: list[str] = field(default_factory=list)
    assessors: list[str] = field(default_factory=list)
    remove: bool = False
    errors: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, data: Any, index: int) -> SessionRow:
        """From the sent form."""
        texts: dict[str, Any] = {name: (data.get(f"s{index}-{name}") or "").strip()[:400] for name in _TEXTS}
        return cls(
            **texts,
            instructors=data.getlist(f"s{index}-instructors")[:20],
            assessors=data.getlist(f"s{index}-assessors")[:20],
            remove=f"s{index}-remove" in data,
        )

    @classmethod
    def of(cls, meeting: ClassSession, zone: str) -> SessionRow:
        """From a stored session."""
        place = ZoneInfo(zone)
        begins, ends = meeting.starts_at.astimezone(place), meeting.ends_at.astimezone(place)
        people = {
            role: [str(link.staff_id) for link in meeting.staff if link.role == role]
            for role in ("instructor", "assessor")
        }
        return cls(
            day=begins.date().isoformat(),
            start=begins.strftime("%H:%M"),
            end=ends.strftime("%H:%M"),
            hours=str(meeting.hours),
            place=str(meeting.room_id) if meeting.room_id else "online",
            link=meeting.link,
            topic=meeting.topic,
            instructors=people["instructor"],
            assessors=people["assessor"],
        )

    def plan(self) -> SessionPlan | None:
        """The session, or None with `errors` said."""
        try:
            day = date.fromisoformat(self.day)
        except ValueError:
            self.errors.append(_("Isi tanggal yang ada."))
            return None
        if not (self.hours.isascii() and self.hours.isdigit() and len(self.hours) < 3):
            self.errors.append(_("Isi 1 sampai 16 jam pelajaran (JP)."))
            return None
        room = _ids([self.place])
        return SessionPlan(
            day=day,
            start=self.start,
            end=self.end,
            hours=int(self.hours),
            mode="in_person" if room else "online",
            room_id=room[0] if room else None,
            link=self.link,
            topic=self.topic,
            instructor_ids=_ids(self.instructors),
            assessor_ids=_ids(self.assessors),
        )

    def following(self) -> SessionRow:
        """The same a day later, past a Sunday, without a topic."""
        try:
            day = date.fromisoformat(self.day) + timedelta(days=1)
        except (ValueError, OverflowError):
            return replace(self, topic="", errors=[])
        if day.weekday() == 6:
            day += timedelta(days=1)
        return replace(self, day=day.isoformat(), topic="", errors=[], assessors=[])

    def take(self, day: str, start: str, end: str, place: str) -> None:
        """Take over offered hours."""
        self.day, self.start, self.end, self.place = day, start, end, place
