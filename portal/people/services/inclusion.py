"""Saying, changing and taking back what one says about disability and help in class."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.people.models import INCLUSION_AAD, Inclusion, Person
from portal.people.rules.inclusion import InclusionAnswers, clean_answers
from portal.people.services.consents import give_consent
from portal.people.services.purposes import CONSENT_INCLUSION, CONSENT_PURPOSES


def seal_answers(answers: InclusionAnswers, person_id: int) -> str:
    """The answers closed for their row."""
    body = [answers.disability, list(answers.kinds), answers.needs_answer, list(answers.needs)]
    return cipher().encrypt(json.dumps(body), INCLUSION_AAD, person_id)


def save_inclusion(*, answers: InclusionAnswers, actor: Actor, now: datetime) -> Inclusion:
    """Keep one's own answers with the consent to their use; nobody answers for anybody else. What was said
    is in no audit event.

    Raises NotFound for an account without a person, DomainError `inclusion_unknown` for words that are none
    of the choices.
    """
    clean = clean_answers(answers)
    if clean is None:
        raise DomainError("inclusion_unknown", _("Pilihan ini tidak dikenal. Muat ulang halaman."))
    person_id = actor.person_id
    if person_id is None or db.session.get(Person, person_id, with_for_update={"key_share": True}) is None:
        raise NotFound()
    version = CONSENT_PURPOSES[CONSENT_INCLUSION].version
    give_consent(
        person_id=person_id, purpose=CONSENT_INCLUSION, version=version, method="screen", actor=actor, now=now
    )
    row = db.session.get(Inclusion, person_id)
    if row is None:
        row = Inclusion(person_id=person_id)
        db.session.add(row)
    row.answers_cipher, row.updated_at = seal_answers(clean, person_id), now
    db.session.flush()
    audit.record("inclusion.saved", "person", person_id, actor=actor, now=now)
    ports().standing_touched(person_ids=[person_id], now=now)
    return row


def forget_inclusion(person_id: int) -> bool:
    """Delete somebody's answers; True when there were any."""
    gone = db.session.execute(
        sa.delete(Inclusion)
        .where(Inclusion.person_id == person_id)
        .execution_options(synchronize_session="fetch")
    )
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def stop_inclusion(*, person_id: int, purpose: str, actor: Actor, now: datetime, is_dry: bool) -> list[str]:
    """Port `consent_withdrawn`: the answers go with the consent to their use."""
    if purpose != CONSENT_INCLUSION:
        return []
    if is_dry:
        has_any = db.session.get(Inclusion, person_id) is not None
    else:
        has_any = forget_inclusion(person_id)
        if has_any:
            audit.record("inclusion.deleted", "person", person_id, actor=actor, now=now)
            ports().standing_touched(person_ids=[person_id], now=now)
    return [_("Jawaban Anda tentang disabilitas dan bantuan dihapus.")] if has_any else []
