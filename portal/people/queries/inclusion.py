"""Reads of what people said about disability and help in class: one's own, and counts of those who agreed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

import sqlalchemy as sa

from portal.core.crypto import cipher
from portal.core.db import db
from portal.people.models import INCLUSION_AAD, Consent, Inclusion
from portal.people.rules.inclusion import (
    InclusionAnswers,
    InclusionCounts,
    InclusionFlags,
    counted,
    flags_of,
    preparations,
)
from portal.people.services.purposes import CONSENT_INCLUSION, CONSENT_PURPOSES

CHUNK = 500


def opened(text: str, person_id: int) -> InclusionAnswers:
    """The answers of a row. Raises CryptoError."""
    disability, kinds, answer, needs = json.loads(cipher().decrypt(text, INCLUSION_AAD, person_id))
    return InclusionAnswers(disability, tuple(kinds), answer, tuple(needs))


def own_inclusion(person_id: int) -> InclusionAnswers | None:
    """What a person said, for that person's own page alone; None when nothing was said."""
    row = db.session.get(Inclusion, person_id)
    return opened(row.answers_cipher, person_id) if row else None


def _agreed() -> sa.Select[int, str]:
    """Answers of those whose consent to the text of today is open."""
    version = CONSENT_PURPOSES[CONSENT_INCLUSION].version
    is_open = sa.exists().where(
        Consent.person_id == Inclusion.person_id, Consent.purpose == CONSENT_INCLUSION,
        Consent.version >= version, Consent.withdrawn_at.is_(None),
    )  # fmt: skip
    return sa.select(Inclusion.person_id, Inclusion.answers_cipher).where(is_open)


def _answers(person_ids: Collection[int]) -> Iterator[tuple[int, InclusionAnswers]]:
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), CHUNK):
        part = _agreed().where(Inclusion.person_id.in_(wanted[start : start + CHUNK]))
        for row in db.session.execute(part).all():
            yield row.person_id, opened(row.answers_cipher, row.person_id)


def inclusion_counts(person_ids: Collection[int]) -> InclusionCounts:
    """Of these people: how many answered, named a disability, named help. One statement for each 500."""
    flags = (flags_of(answers) for _person_id, answers in _answers(person_ids))
    return counted(one for one in flags if one is not None)


def inclusion_flags() -> dict[int, InclusionFlags]:
    """person id -> what is counted of each who answered and agreed, in the whole country: for sums by region
    in one pass, and never to be shown by person. One statement."""
    found = {}
    rows = db.session.execute(_agreed().execution_options(yield_per=CHUNK))
    for row in rows:
        flags = flags_of(opened(row.answers_cipher, row.person_id))
        if flags is not None:
            found[row.person_id] = flags
    return found


def preparations_for(person_ids: Collection[int]) -> list[tuple[str, int]]:
    """(need, how many of these people wanted it), without names; only of those who agreed."""
    return preparations(answers for _person_id, answers in _answers(person_ids))


def inclusion_data(answers: InclusionAnswers) -> list[dict[str, str]]:
    """A person's answers for their own copy, a choice a row."""
    return [
        {"has_disability": answers.disability},
        *({"disability": kind} for kind in answers.kinds),
        {"needs_help": answers.needs_answer},
        *({"help": need} for need in answers.needs),
    ]
