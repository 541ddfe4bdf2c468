"""A nomination by name alone turns out to be about somebody on record."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.cooperatives.models import PostTerm
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import queries
from portal.enrollment.models import Enrollment, Nomination
from portal.people import services as people
from portal.people.models import Person


def is_named(known: Person, name: str) -> bool:
    """Whether a name is the one on record, but for titles, case, marks and spaces: a birth date stands in the
    NIK itself, so those two alone show nothing but a card that somebody has copied."""
    return _bare(known.name) == _bare(name)


def _bare(name: str) -> str:
    return "".join(char for char in name.partition(",")[0].casefold() if char.isalnum())


def refuse_foreign(actor: Actor, person: Person) -> None:
    """Somebody signed in with data of their own does not fill in another person's. Raises Conflict."""
    if actor.person_id is not None and actor.person_id != person.id:
        raise Conflict(
            "other_account",
            _("Anda masuk sebagai orang lain. Keluar dulu, atau tulis NIK Anda sendiri."),
            "nik",
        )


def attach(nomination: Nomination, was: Person, known: Person, *, actor: Actor, now: datetime) -> None:
    """Let the nomination and its place be those of the person on record; the row by name alone is forgotten.

    Raises Conflict `nominated_already`, `already_enrolled` or `overlapping`, worded for the person.
    """
    clash = sa.select(Nomination.id).where(
        Nomination.person_id == known.id, Nomination.program_id == nomination.program_id
    )
    if db.session.scalar(clash) is not None:
        raise Conflict(
            "nominated_already",
            _(
                "Anda sudah pernah diusulkan untuk program ini. Minta koperasi memilih nama Anda dari "
                "daftarnya."
            ),
        )
    places = list(
        db.session.scalars(
            sa.select(Enrollment).where(Enrollment.nomination_id == nomination.id).with_for_update()
        )
    )
    for place in places:
        _refuse_double(place, known)
        place.person_id = known.id
        place.version += 1
    nomination.person_id = known.id
    db.session.flush()
    audit.record("nomination.attached", "nomination", nomination.id, actor=actor, now=now)
    if not _is_needed(was.id):
        people.anonymize(person_id=was.id, actor=actor, now=now)


def _refuse_double(place: Enrollment, known: Person) -> None:
    here = sa.select(Enrollment.id).where(
        Enrollment.batch_id == place.batch_id, Enrollment.person_id == known.id
    )
    if db.session.scalar(here) is not None:
        raise Conflict("already_enrolled", _("Anda sudah terdaftar di angkatan ini."))
    batch = db.session.get(Batch, place.batch_id)
    assert batch is not None
    if queries.people_busy(batch, [known.id]):
        raise Conflict("overlapping", _("Anda sudah terdaftar di pelatihan lain pada hari yang sama."))


def _is_needed(person_id: int) -> bool:
    """Whether something else stands under the name alone: a post, another nomination, another place."""
    for table in (PostTerm, Nomination, Enrollment):
        if db.session.scalar(sa.select(table.id).where(table.person_id == person_id).limit(1)) is not None:
            return True
    return False
