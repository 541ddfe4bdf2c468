"""The countdown of an offer, and what is told in time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core.errors import Conflict
from portal.enrollment import messages

#: How long an offer stays open once the person was reached, not before.
OFFER_HOURS = 48
#: Days that an unfinished application is kept.
DRAFT_DAYS = 7


def offer_deadline(contact_at: datetime, starts_at: datetime | None = None) -> datetime:
    """48 hours after the confirmed contact, but not after the first class when that is still to come."""
    deadline = contact_at + timedelta(hours=OFFER_HOURS)
    if starts_at is not None and starts_at > contact_at:
        return min(deadline, starts_at)
    return deadline


def is_offer_over(offer_until: datetime | None, now: datetime) -> bool:
    """True when a countdown ran and has ended. Silence never ends an offer."""
    return offer_until is not None and now >= offer_until


def check_offer_open(offer_until: datetime | None, now: datetime) -> None:
    """Raises Conflict `offer_over` once the countdown has ended."""
    if is_offer_over(offer_until, now):
        raise Conflict("offer_over", messages.offer_over())


def is_contact(outcome: str) -> bool:
    """Outcomes that prove the person was reached."""
    return outcome in ("reached", "accepted", "declined")


# ---- what is told in time ----

#: Days before the first class on which people are reminded, the longest first.
REMINDER_DAYS = (3, 1)
#: Local hour from which a reminder of the day is written.
REMINDER_HOUR = 8
#: Hours before the end of an offer at which it is told once more.
ENDING_HOURS = 12


def reminder_due(starts_on: date, now: datetime, zone: str) -> int | None:
    """3 or 1 on the day that many days before the first class at the place, from 8 in the morning on."""
    local = now.astimezone(ZoneInfo(zone))
    left = (starts_on - local.date()).days
    return left if left in REMINDER_DAYS and local.hour >= REMINDER_HOUR else None


def is_ending(contact_at: datetime | None, offer_until: datetime | None, now: datetime) -> bool:
    """True within the last 12 hours of an offer, and not before half of its time is over: an offer that is
    short from the start is not told twice in a row."""
    if contact_at is None or offer_until is None or now >= offer_until:
        return False
    return offer_until - now <= min(timedelta(hours=ENDING_HOURS), (offer_until - contact_at) / 2)


def may_pass_on(batch_state: str, starts_on: date, now: datetime, zone: str) -> bool:
    """True while a freed seat may go to the next without anybody of the center: before the first day."""
    return batch_state == "published" and now.astimezone(ZoneInfo(zone)).date() < starts_on
