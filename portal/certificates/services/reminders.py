"""Telling holders that a last day comes near; bears being called again, as the keys make it once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from portal.certificates.queries.renewals import Outlook, outlooks
from portal.certificates.renewal_rules import reminder_stage
from portal.certificates.services import notices
from portal.core.clock import local_date


def remind_of_end(*, person_ids: Sequence[int], certificate_ids: Sequence[int], now: datetime) -> int:
    """Tell the holders of these certificates, each judged as it is now; how many messages are new."""
    known = outlooks(person_ids, now)
    chosen = [known[number] for number in certificate_ids if number in known]
    found = [one for outlook in chosen if (one := _ending(outlook, now)) and not _is_served(outlook, known)]
    return notices.ending(found, now=now)


def _is_served(outlook: Outlook, known: Mapping[int, Outlook]) -> bool:
    """Whether the holder has a valid certificate of the same program that lasts longer."""
    last_day = outlook.row.expires_on
    return any(
        other.row.person_id == outlook.row.person_id
        and other.row.program_id == outlook.row.program_id
        and other.row.state == "valid"
        and (other.row.expires_on is None or (last_day is not None and other.row.expires_on > last_day))
        for other in known.values()
    )


def _ending(outlook: Outlook, now: datetime) -> notices.Ending | None:
    """What to tell; None for a certificate that is not valid, was renewed, or is not due."""
    row, facts = outlook.row, outlook.row.facts
    today = local_date(now, facts.center.zone)
    stage = reminder_stage(row.expires_on, today) if row.expires_on else None
    if row.expires_on is None or stage is None or row.state != "valid" or outlook.renewed_by is not None:
        return None
    return notices.Ending(
        certificate_id=row.id,
        person_id=row.person_id,
        center_id=row.center_id,
        zone=facts.center.zone,
        program=facts.program.short,
        number=row.number,
        last_day=row.expires_on,
        left=(row.expires_on - today).days,
        stage=stage,
        hours=outlook.hours,
        needed=outlook.needed,
        until=outlook.until,
    )
