"""What somebody agreed to: per purpose, in which version, and what they took back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.core.db import db
from portal.people.models import Consent
from portal.people.services.purposes import CONSENT_PURPOSES, Purpose


@dataclass(frozen=True)
class Standing:
    """Where a person stands with one purpose. `open` is the newest open answer; with `is_outdated` it is to
    an older text, and the new one has to be asked for."""

    purpose: Purpose
    open: Consent | None
    is_outdated: bool


def standings(consents: Iterable[Consent]) -> list[Standing]:
    """One line a purpose, in the order of the house, from the answers of one person."""
    newest: dict[str, Consent] = {}
    for consent in consents:
        known = newest.get(consent.purpose)
        if consent.withdrawn_at is None and (known is None or known.version < consent.version):
            newest[consent.purpose] = consent
    found = []
    for purpose in CONSENT_PURPOSES.values():
        given = newest.get(purpose.code)
        found.append(Standing(purpose, given, given is not None and given.version < purpose.version))
    return found


_GIVEN, _TAKEN = aliased(Consent), aliased(Consent)


def refused(purpose: str, person_id: Any) -> Any:
    """SQL: the person of this column took a consent back and gave none again. Never asked is no refusal."""
    has_open = sa.exists().where(
        _GIVEN.person_id == person_id, _GIVEN.purpose == purpose, _GIVEN.withdrawn_at.is_(None)
    )
    has_ended = sa.exists().where(
        _TAKEN.person_id == person_id, _TAKEN.purpose == purpose, _TAKEN.withdrawn_at.is_not(None)
    )
    return sa.and_(has_ended, sa.not_(has_open))


def people_who_refused(purpose: str, person_ids: Collection[int]) -> set[int]:
    """Those of these people who took that consent back. One statement for each 500."""
    wanted, found = list(dict.fromkeys(person_ids)), set[int]()
    for start in range(0, len(wanted), 500):
        statement = sa.select(Consent.person_id).where(
            Consent.person_id.in_(wanted[start : start + 500]), refused(purpose, Consent.person_id)
        )
        found |= set(db.session.scalars(statement))
    return found


def has_refused(person_id: int, purpose: str) -> bool:
    """True when the person took that consent back and gave none again."""
    return bool(people_who_refused(purpose, [person_id]))
