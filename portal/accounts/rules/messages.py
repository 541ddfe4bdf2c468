"""What people are told, and when: pure rules on plain values. Kinds, channels, quiet hours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# A change of a class that starts this soon is told at once, at night too.
URGENT = timedelta(hours=12)


class Group(StrEnum):
    """What a kind of message is about. Reminders and results may be switched off, the others not."""

    OFFER = "offer"
    CHANGE = "change"
    REMINDER = "reminder"
    RESULT = "result"
    CERTIFICATE = "certificate"
    SECURITY = "security"


KINDS: dict[str, Group] = {
    "seat.offered": Group.OFFER,
    "seat.confirmed": Group.OFFER,
    "seat.waitlisted": Group.OFFER,
    "seat.reserve": Group.OFFER,
    "seat.promoted": Group.OFFER,
    "offer.ending": Group.OFFER,
    "offer.expired": Group.OFFER,
    "enrollment.received": Group.OFFER,
    "enrollment.rejected": Group.OFFER,
    "enrollment.withdrawn": Group.OFFER,
    "nomination.invited": Group.OFFER,
    "batch.postponed": Group.CHANGE,
    "batch.cancelled": Group.CHANGE,
    "batch.changed": Group.CHANGE,
    "class.reminder": Group.REMINDER,
    "result.published": Group.RESULT,
    "result.corrected": Group.RESULT,
    "appeal.decided": Group.RESULT,
    "certificate.issued": Group.CERTIFICATE,
    "certificate.suspended": Group.CERTIFICATE,
    "certificate.restored": Group.CERTIFICATE,
    "certificate.revoked": Group.CERTIFICATE,
    "certificate.replaced": Group.CERTIFICATE,
    "certificate.renewed": Group.CERTIFICATE,
    "certificate.ending": Group.CERTIFICATE,
    "security.factor_added": Group.SECURITY,
    "security.factor_removed": Group.SECURITY,
    "security.codes_renewed": Group.SECURITY,
    "security.signed_in_new": Group.SECURITY,
    "security.password_changed": Group.SECURITY,
    "security.contact_added": Group.SECURITY,
    "security.contact_removed": Group.SECURITY,
    "security.recovery_asked": Group.SECURITY,
    "security.recovered": Group.SECURITY,
    "chair.decided": Group.CHANGE,
    "privacy.read": Group.SECURITY,
    "privacy.decided": Group.SECURITY,
}


@dataclass(frozen=True)
class Wishes:
    """How a person wants to be told. Minutes of the local day; equal ones: never quiet. `channel` is empty
    for no wish."""

    language: str = "id"
    channel: str = ""
    quiet_from: int = 21 * 60
    quiet_until: int = 7 * 60
    wants_reminders: bool = True
    wants_results: bool = True


@dataclass(frozen=True)
class Reach:
    """One way to reach a person: kind `email` or `phone`, and whether its owner proved to read it."""

    kind: str
    value: str
    is_verified: bool = False


def is_wanted(group: Group, wishes: Wishes) -> bool:
    """False for what the person switched off."""
    if group == Group.REMINDER:
        return wishes.wants_reminders
    return wishes.wants_results if group == Group.RESULT else True


def choose_reach(
    reaches: Sequence[Reach],
    *,
    wish: str,
    may_phone: bool,
    phone_channel: str,
    sendable: Collection[str] = ("email", "phone"),
) -> tuple[str, str] | str:
    """(channel, value) of the best way, or the reason for none: `no_consent`, `no_address`.

    A phone is written to only with the consent to be contacted. What this portal can send at all (`sendable`:
    kinds) comes first, then what the person wishes, then what the person proved to read, then e-mail.
    """
    wanted = {"": "", "email": "email"}.get(wish, "phone")
    usable = [reach for reach in reaches if may_phone or reach.kind == "email"]
    if not usable:
        return "no_consent" if reaches else "no_address"

    def rank(reach: Reach) -> tuple[bool, bool, bool, str]:
        is_unwished = bool(wanted) and reach.kind != wanted
        return reach.kind not in sendable, is_unwished, not reach.is_verified, reach.kind

    best = min(usable, key=rank)
    if best.kind == "email":
        return "email", best.value
    return (wish if wanted == "phone" else phone_channel), best.value


def quiet_end(moment: datetime, zone: str, quiet_from: int, quiet_until: int) -> datetime | None:
    """When the quiet time that `moment` lies in ends (UTC), None outside of it.

    The zones of Indonesia know no daylight saving, so a day has 1440 minutes.
    """
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    is_over_midnight = quiet_from > quiet_until
    if is_over_midnight:
        is_quiet = minute >= quiet_from or minute < quiet_until
    else:
        is_quiet = quiet_from <= minute < quiet_until
    if not is_quiet:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    days = 1 if is_over_midnight and minute >= quiet_from else 0
    return (midnight + timedelta(days=days, minutes=quiet_until)).astimezone(moment.tzinfo)


def send_at(
    now: datetime,
    *,
    group: Group,
    wishes: Wishes,
    zone: str,
    starts_at: datetime | None = None,
    deadline: datetime | None = None,
) -> datetime:
    """The moment from which a message may leave.

    It waits for the end of the quiet time, unless waiting would make it useless: a security notice, a change
    of a class that starts within 12 hours, an offer whose deadline passes while it is quiet.
    """
    end = quiet_end(now, zone, wishes.quiet_from, wishes.quiet_until)
    if end is None or group == Group.SECURITY:
        return now
    if group == Group.CHANGE and starts_at is not None and now <= starts_at <= now + URGENT:
        return now
    if deadline is not None and deadline <= end:
        return now
    return end
