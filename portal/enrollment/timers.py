"""When enrollment acts by itself: a transaction a batch, by the system."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.core.timers import timer
from portal.enrollment import queries, rules
from portal.enrollment.queries.nominations import uninvited_groups
from portal.enrollment.services import nominee, rounds

CHUNK = 200


@timer("enrollment.reminders", minutes=30)
def remind(now: datetime) -> int:
    """Tell those with a certain seat that their class begins in three days, and in one."""
    told = 0
    days = [local_date(now, "UTC") + timedelta(days=n) for n in range(max(rules.REMINDER_DAYS) + 2)]
    for batch_id, starts_on, zone in queries.classes_on(days):
        left = rules.reminder_due(starts_on, now, zone)
        if left is not None:
            with transaction():
                told += rounds.remind_class(batch_id=batch_id, days=left, now=now)
    return told


@timer("enrollment.offers_ending", minutes=15)
def warn(now: datetime) -> int:
    """Tell those whose offer ends within the next hours; once for each deadline."""
    told, found = 0, queries.offers_ending(now)
    for start in range(0, len(found), CHUNK):
        with transaction():
            told += rounds.warn_of_end(enrollment_ids=found[start : start + CHUNK], now=now)
    return told


@timer("enrollment.offers_over", minutes=5)
def end_offers(now: datetime) -> int:
    """End the offers whose time is over and give the seats to the next in line; how many ended."""
    ended = 0
    for batch_id in queries.batches_with_overdue(now):
        with transaction():
            ended += rounds.pass_on(batch_id=batch_id, actor=SYSTEM, now=now)
    return ended


@timer("enrollment.invitations", minutes=5)
def invite(now: datetime) -> int:
    """Send their link to people who were proposed and got none: the portal stopped in between."""
    told = 0
    for group_id in uninvited_groups():
        with transaction():
            told += nominee.invite_group(group_id=group_id, now=now)
    return told
