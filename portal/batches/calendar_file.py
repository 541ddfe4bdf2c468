"""A batch as an iCalendar file, in the zone of its center."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from portal.batches.models import Batch, ClassSession
from portal.core.words import gettext as _


def batch_calendar(
    batch: Batch,
    *,
    url: str,
    host: str,
    now: datetime,
    show_links: bool = False,
    method: str = "PUBLISH",
    sequence: int | None = None,
    organizer: str = "",
) -> bytes:
    """The sessions of a whole batch (see `queries.get_batch`) as events. `url` is the page of the batch,
    `host` makes the ids world-wide unique. Links of online classes only with `show_links`: they are for
    participants. `method` CANCEL takes the events out of a calendar (RFC 5546); `sequence` says which of two
    files is newer (default: the version of the batch); `organizer` is an e-mail address."""
    zone = ZoneInfo(batch.center.zone)
    calendar = Calendar()
    calendar.add("prodid", "-//Balai//Jadwal pelatihan//ID")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add("x-wr-calname", vText(batch.program.short_name))
    calendar.add("x-wr-timezone", vText(batch.center.zone))
    for meeting in batch.sessions:
        event = Event()
        event.add("uid", f"sesi-{meeting.id}@{host}")
        event.add("dtstamp", now)
        event.add("sequence", batch.version if sequence is None else sequence)
        event.add("dtstart", meeting.starts_at.astimezone(zone))
        event.add("dtend", meeting.ends_at.astimezone(zone))
        event.add("summary", f"{batch.program.short_name} ({meeting.position}/{len(batch.sessions)})")
        event.add("location", place_of_meeting(meeting, batch))
        event.add("url", url)
        event.add("description", _description(meeting, url, show_links))
        if organizer:
            event.add("organizer", vCalAddress(f"mailto:{_mailbox(organizer)}"))
        if method == "CANCEL" or batch.state in ("cancelled", "postponed"):
            event.add("status", "CANCELLED")
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _mailbox(text: str) -> str:
    """The bare address of `Balai <noreply@contoh.id>`."""
    return parseaddr(text)[1] or text


def _description(meeting: ClassSession, url: str, show_links: bool) -> str:
    lines = [meeting.topic] if meeting.topic else []
    lines.append(_("%(num)d jam pelajaran (JP)", num=meeting.hours))
    if show_links and meeting.link:
        lines.append(meeting.link)
    return "\n".join([*lines, url])


def place_of_meeting(meeting: ClassSession, batch: Batch) -> str:
    """ "Daring", or the room with its address, else the center's city."""
    if meeting.room is None:
        return _("Daring")
    address = meeting.room.address if meeting.room.is_offsite else batch.center.address
    parts = [
        meeting.room.name,
        "" if meeting.room.is_offsite else batch.center.short_name,
        address,
        batch.center.city,
    ]
    return ", ".join(part for part in parts if part)
