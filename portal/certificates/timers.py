"""When certificates act by themselves."""

from __future__ import annotations

from datetime import datetime

from portal.certificates.keys import available
from portal.certificates.queries.log import log_damaged
from portal.certificates.queries.renewals import ending_soon
from portal.certificates.queries.seen import forgotten, keep_seen
from portal.certificates.services.log import cover_log
from portal.certificates.services.reminders import remind_of_end
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.core.timers import timer

CHUNK = 200


@timer("certificates.checkpoint", minutes=60)
def cover(now: datetime) -> int | None:
    """Sign a checkpoint where the newest does not cover the log; the size covered, or None.

    Then keep beside the keys how far the log has grown. Raises DomainError (`log_damaged`) every hour while
    the database does not hold what was kept.
    """
    with transaction() as session:
        covered = cover_log(session, actor=SYSTEM, now=now)
    if available(lambda: any(forgotten(db.session()))):
        raise log_damaged()
    available(lambda: keep_seen(db.session()))
    return covered


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
