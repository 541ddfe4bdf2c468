"""How long enrollment keeps drafts and rosters, and when somebody who never took part is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User, UserSession
from portal.centers.models import Staff
from portal.cooperatives.models import PostTerm
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM
from portal.core.retention import Due, Rule, rows_rule
from portal.core.words import lazy_gettext as _l
from portal.enrollment.models import SEAT_STATES, Enrollment, EnrollmentDraft, Nomination, RosterImport
from portal.people.models import CorrectionRequest, ErasureRequest, Person
from portal.people.services import anonymize, in_force


def _idle_people(cutoff: datetime, now: datetime) -> Any:
    """People who never held a seat for good and of whom nothing has happened since the cut-off."""

    def has(table: Any, *where: Any) -> Any:
        return sa.exists().where(table.person_id == Person.id, *where)

    account = sa.select(User.id).where(User.person_id == Person.id).correlate(Person)
    return sa.and_(
        Person.erased_at.is_(None),
        Person.updated_at < cutoff,
        sa.not_(
            has(
                Enrollment,
                sa.or_(Enrollment.state.in_(sorted(SEAT_STATES)), Enrollment.confirmed_at.is_not(None)),
            )
        ),
        sa.not_(has(Enrollment, sa.or_(Enrollment.applied_at >= cutoff, Enrollment.contact_at >= cutoff))),
        sa.not_(has(Nomination, Nomination.updated_at >= cutoff)),
        sa.not_(has(PostTerm, PostTerm.ends_on.is_(None))),
        sa.not_(has(CorrectionRequest, CorrectionRequest.asked_at >= cutoff)),
        sa.not_(has(ErasureRequest, ErasureRequest.state == "asked")),
        sa.not_(sa.exists().where(User.person_id == Person.id, User.created_at >= cutoff)),
        sa.not_(sa.exists().where(UserSession.user_id.in_(account), UserSession.seen_at >= cutoff)),
        sa.not_(
            sa.exists().where(
                RoleGrant.user_id.in_(account), RoleGrant.ended_at.is_(None), RoleGrant.scope_kind != "self"
            )
        ),
        sa.not_(sa.exists().where(Staff.user_id.in_(account), Staff.is_active)),
        sa.not_(in_force(Person.id, now)),
    )


def _count(cutoff: datetime, now: datetime) -> Due:
    statement = sa.select(sa.func.count(), sa.func.min(Person.updated_at)).where(_idle_people(cutoff, now))
    number, oldest = db.session.execute(statement).one()
    return number, oldest


def _sweep(cutoff: datetime, now: datetime, limit: int) -> int:
    statement = sa.select(Person.id).where(_idle_people(cutoff, now)).order_by(Person.id).limit(limit)
    done = 0
    for person_id in list(db.session.scalars(statement)):
        try:
            anonymize(person_id=person_id, actor=SYSTEM, now=now)
            done += 1
        except Conflict:
            continue  # something stands in the way; it is due again the next night
    return done


RULES = (
    rows_rule(
        "drafts",
        EnrollmentDraft,
        EnrollmentDraft.updated_at,
        what=_l("Isian pendaftaran yang ditinggalkan"),
        after=timedelta(days=30),
        why=_l("Sesudah seminggu isian itu tidak dapat dilanjutkan lagi."),
    ),
    replace(
        rows_rule(
            "rosters",
            RosterImport,
            RosterImport.created_at,
            RosterImport.file_cipher.is_not(None),
            RosterImport.state.in_(("preview", "imported", "discarded")),
            what=_l("Baris berkas usulan yang belum atau tidak jadi disimpan"),
            after=timedelta(days=30),
            why=_l("Sebulan untuk memperbaiki baris yang bermasalah."),
            emptied={"file_cipher": None},
        ),
        chunk=20,
    ),
    Rule(
        "people",
        _l("Orang yang hanya pernah mendaftar, dianonimkan"),
        timedelta(days=730),
        _l("UU 27/2022 pasal 43: tidak diperlukan lagi untuk tujuan semula. Yang ditahan dilewati."),
        _count,
        _sweep,
        chunk=20,
    ),
)
