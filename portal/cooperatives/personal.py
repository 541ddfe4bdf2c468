"""What cooperatives holds of a person: posts, claims, papers. For their own copy, and for being forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.cooperatives.models import ChairClaim, Cooperative, CooperativeDocument, PostTerm
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import UtcDateTime, db
from portal.core.permissions import Actor
from portal.core.ports import Erasure, ports
from portal.core.words import gettext as _


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every post, the newest first, then every claim to speak for a cooperative. One statement."""
    posts = (
        sa.select(
            sa.literal("post").label("what"), Cooperative.name, PostTerm.post, PostTerm.starts_on,
            PostTerm.ends_on, PostTerm.source, sa.type_coerce(sa.null(), UtcDateTime()).label("asked_at"),
            sa.literal("").label("note"),
            PostTerm.id.label("number"),
        )
        .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
        .where(PostTerm.person_id == person_id)
    )  # fmt: skip
    claims = (
        sa.select(
            sa.literal("claim"), Cooperative.name, ChairClaim.method, sa.null(), sa.null(), ChairClaim.state,
            ChairClaim.asked_at, ChairClaim.decision_note, ChairClaim.id,
        )
        .join(Cooperative, Cooperative.id == ChairClaim.cooperative_id)
        .where(_claims_of(person_id))
    )  # fmt: skip
    rows: Any = db.session.execute(sa.union_all(posts, claims)).all()
    held = sorted((r for r in rows if r.what == "post"), key=lambda r: (r.starts_on, r.number), reverse=True)
    asked = sorted((r for r in rows if r.what == "claim"), key=lambda r: r.number, reverse=True)
    return [
        {
            "cooperative": row.name,
            "post": row.post,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat() if row.ends_on else None,
            "source": row.source,
        }
        for row in held
    ] + [
        {
            "cooperative": row.name,
            "claimed_by": row.post,
            "asked_at": row.asked_at.isoformat(),
            "state": row.source,
            "decision_note": row.note,
        }
        for row in asked
    ]


def _claims_of(person_id: int) -> sa.ColumnElement[bool]:
    """Claims of a person, also those made with their account before it was known to be theirs."""
    account = sa.select(User.id).where(User.person_id == person_id).scalar_subquery()
    return sa.or_(ChairClaim.person_id == person_id, ChairClaim.user_id == account)


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """End the posts that are held and the claims; terms stay without a name, decrees lose their content."""
    day = local_date(now, "Asia/Jakarta")
    terms = list(db.session.scalars(sa.select(PostTerm).where(PostTerm.person_id == person_id)))
    claims = list(db.session.scalars(sa.select(ChairClaim).where(_claims_of(person_id))))
    if not is_dry:
        _end_terms(terms, day, actor, now)
        _forget_claims(claims, actor, now)
    goes, stays = [], []
    if terms:
        goes.append(_("Jabatan Anda di koperasi berakhir hari ini."))
        stays.append(_("Bahwa jabatan itu pernah terisi dan kapan, tanpa nama: koperasi memerlukannya."))
    if claims:
        goes.append(_("Surat keputusan yang Anda unggah untuk mewakili koperasi, dan hak mewakilinya."))
        stays.append(_("Bahwa sebuah klaim pernah diperiksa dinas, tanpa nama dan tanpa suratnya."))
    return Erasure(goes=tuple(goes), stays=tuple(stays))


def _end_terms(terms: list[PostTerm], day: Any, actor: Actor, now: datetime) -> None:
    touched = set()
    for term in terms:
        if term.ends_on is None or term.ends_on > day:
            term.ends_on = max(day, term.starts_on)
            touched.add(term.cooperative_id)
            audit.record(
                "post.ended", "cooperative", term.cooperative_id, actor=actor, now=now, post=term.post
            )
    if touched:
        ports().standing_touched(cooperative_ids=sorted(touched), now=now)


def _forget_claims(claims: list[ChairClaim], actor: Actor, now: datetime) -> None:
    """The role ends with the account; here the paper goes and nothing waits any more."""
    papers = [claim.document_id for claim in claims if claim.document_id is not None]
    db.session.execute(
        sa.update(CooperativeDocument)
        .where(CooperativeDocument.id.in_(papers))
        .values(content_cipher="", size=0)
        .execution_options(synchronize_session=False)
    )
    for claim in claims:
        claim.decision_note = ""
        if claim.state in ("pending", "verified"):
            claim.state = "ended"
