"""When certificates act by themselves."""

from __future__ import annotations

from datetime import datetime

from portal.certificates.queries.renewals import ending_soon
from portal.certificates.services.log import cover_log
from portal.certificates.services.reminders import remind_of_end
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.core.timers import timer

CHUNK = 200


@timer("certificates.checkpoint", minutes=60)
def cover(now: datetime) -> int | None:
    """Sign a checkpoint where the newest does not cover the log; the size covered, or None."""
    with transaction() as session:
        return cover_log(session, actor=SYSTEM, now=now)


@timer("certificates.ending", minutes=1440)
def remind(now: datetime) -> int:
    """Tell holders 90, 30 and 7 days before the last day, in chunks; how many messages are new."""
    told, last = 0, 0
    while found := ending_soon(now, after=last, limit=CHUNK):
        with transaction():
            told += remind_of_end(
                person_ids=sorted({row.person_id for row in found}),
                certificate_ids=[row.id for row in found],
                now=now,
            )
        last = found[-1].id
    return told
