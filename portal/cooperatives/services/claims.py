"""Who speaks for a cooperative: codes of the office, claims with a code or a decree, and their decision."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.rules import Limit, network_of, normal_code
from portal.accounts.rules.factor import is_staff
from portal.accounts.services.throttle import count_try, forget_try
from portal.cooperatives.models import ChairClaim, ChairCode, Cooperative
from portal.cooperatives.queries.claims import OPEN, get_verified_cooperative
from portal.cooperatives.queries.posts import own_cooperatives
from portal.cooperatives.services.documents import keep_document
from portal.cooperatives.services.voices import ZONE, end_grants, give_voice, may_speak
from portal.core import audit
from portal.core.clock import local_date
from portal.core.crypto import random_code, token_hash
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.mail.content import link
from portal.core.permissions import Actor, Permission, Role, require
from portal.core.ports import ports
from portal.core.words import gettext as _

CODE_LENGTH = 12
CODE_LIFE = timedelta(days=30)
CODE_LIMITS = {
    "address": Limit("chair_code.address", 20, timedelta(minutes=30)),
    "account": Limit("chair_code.account", 8, timedelta(minutes=30)),
    "all": Limit("chair_code.all", 2000, timedelta(minutes=30)),
}
OPEN_CLAIMS = 3


def issue_chair_code(*, cooperative_id: int, actor: Actor, now: datetime) -> str:
    """A code for the chair of a cooperative in the actor's region; it exists only in the answer. Older codes
    of the cooperative end. Raises Forbidden, NotFound."""
    require(actor, Permission.CHAIR_VERIFY)
    get_verified_cooperative(actor, cooperative_id)
    code = random_code(CODE_LENGTH)
    _end_codes(cooperative_id, now)
    row = ChairCode(
        cooperative_id=cooperative_id, code_hash=token_hash(code), issued_by=actor.user_id, issued_at=now,
        expires_at=now + CODE_LIFE,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record("chair.code_issued", "cooperative", cooperative_id, actor=actor, now=now, code_id=row.id)
    return code


def revoke_chair_codes(*, cooperative_id: int, actor: Actor, now: datetime) -> int:
    """End the codes of a cooperative that nobody has used; answers how many. Raises Forbidden, NotFound."""
    require(actor, Permission.CHAIR_VERIFY)
    get_verified_cooperative(actor, cooperative_id)
    ended = _end_codes(cooperative_id, now)
    if ended:
        audit.record("chair.code_revoked", "cooperative", cooperative_id, actor=actor, now=now, codes=ended)
    return ended


def _end_codes(cooperative_id: int, now: datetime) -> int:
    statement = (
        sa.update(ChairCode)
        .where(
            ChairCode.cooperative_id == cooperative_id,
            ChairCode.used_at.is_(None),
            ChairCode.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def begin_code_claim(*, address: str | None, actor: Actor, now: datetime) -> None:
    """Count a try at a code, in a transaction of its own, before it is looked at. Raises TooMany."""
    count_try(CODE_LIMITS["address"], network_of(address), now=now)
    count_try(CODE_LIMITS["account"], str(actor.user_id), now=now)
    count_try(CODE_LIMITS["all"], "", now=now)


def claim_by_code(*, code: str, address: str | None, actor: Actor, now: datetime) -> ChairClaim:
    """Speak for the cooperative of a code from now on. Of two who hold one code the first wins.

    Raises DomainError `code_refused`, the same for an unknown, used, old and revoked code.
    """
    user_id = _claimant(actor)
    row = db.session.execute(
        sa.update(ChairCode)
        .where(
            ChairCode.code_hash == token_hash(normal_code(code)),
            ChairCode.used_at.is_(None),
            ChairCode.revoked_at.is_(None),
            ChairCode.expires_at > now,
        )
        .values(used_at=now, used_by=user_id)
        .returning(ChairCode.id, ChairCode.cooperative_id)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        raise DomainError(
            "code_refused",
            _("Kode ini salah, sudah dipakai, atau sudah lewat waktunya. Periksa lagi atau minta kode baru."),
            "code",
        )
    forget_try(CODE_LIMITS["address"], network_of(address))
    forget_try(CODE_LIMITS["account"], str(user_id), clear=True)
    forget_try(CODE_LIMITS["all"], "")
    return _open(row.cooperative_id, "code", actor, now, code_id=row.id)


def claim_by_decree(*, cooperative_id: int, file: Any, actor: Actor, now: datetime) -> ChairClaim:
    """Speak for a cooperative with an uploaded decree, which the office looks at; until then no names show.

    Raises NotFound, DomainError beside `file`, Conflict `too_many_claims`.
    """
    user_id = _claimant(actor)
    if db.session.get(Cooperative, cooperative_id) is None:
        raise NotFound()
    if file is None:
        raise DomainError("file_missing", _("Unggah surat keputusan atau berita acara pengangkatan."), "file")
    _refuse_many(user_id)
    _refuse_second(cooperative_id, user_id, now)
    paper = keep_document(cooperative_id=cooperative_id, kind="decree", file=file, actor=actor, now=now)
    return _open(cooperative_id, "decree", actor, now, document_id=paper)


def claim_as_founder(*, cooperative_id: int, actor: Actor, now: datetime) -> ChairClaim:
    """Speak for a cooperative that the actor has just registered in order to found it. Raises Conflict
    `too_many_claims`: nobody fills the registry with names before an office has looked."""
    _refuse_many(_claimant(actor))
    return _open(cooperative_id, "founding", actor, now)


def _refuse_many(user_id: int) -> None:
    waiting = sa.select(sa.func.count()).select_from(ChairClaim).where(
        ChairClaim.user_id == user_id, ChairClaim.state == "pending"
    )  # fmt: skip
    if (db.session.scalar(waiting) or 0) >= OPEN_CLAIMS:
        raise Conflict(
            "too_many_claims", _("Sudah ada tiga klaim Anda yang menunggu. Tunggu dinas memeriksanya.")
        )


def _claimant(actor: Actor) -> int:
    """The account, which is a person's own: those of offices, centers and partners are refused."""
    if actor.user_id is None:
        raise Forbidden()
    if is_staff(role for role in Role if actor.has_role(role)):
        raise DomainError(
            "staff_claim", _("Akun petugas tidak dapat mewakili koperasi. Masuk dengan akun pribadi Anda.")
        )
    return actor.user_id


def _refuse_second(cooperative_id: int, user_id: int, now: datetime) -> None:
    db.session.execute(sa.select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update())
    statement = sa.select(ChairClaim).where(
        ChairClaim.cooperative_id == cooperative_id,
        ChairClaim.user_id == user_id,
        ChairClaim.state.in_(OPEN),
    )
    claim: ChairClaim | None = db.session.scalar(statement)
    if claim is None:
        return
    if claim.state == "pending" or may_speak(user_id, cooperative_id, local_date(now, ZONE)):
        raise Conflict("claim_open", _("Anda sudah mengurus koperasi ini."))
    # The term behind it is over: a new paper makes a new claim.
    claim.state = "ended"
    db.session.flush()


def _open(
    cooperative_id: int,
    method: str,
    actor: Actor,
    now: datetime,
    *,
    code_id: int | None = None,
    document_id: int | None = None,
) -> ChairClaim:
    assert actor.user_id is not None
    _refuse_second(cooperative_id, actor.user_id, now)
    row = ChairClaim(
        cooperative_id=cooperative_id, user_id=actor.user_id, person_id=actor.person_id, method=method,
        code_id=code_id, document_id=document_id, asked_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record(
        "chair.claimed", "cooperative", cooperative_id, actor=actor, now=now, claim=row.id, method=method
    )
    give_voice(user_id=actor.user_id, cooperative_id=cooperative_id, reason=f"klaim {row.id}", now=now)
    return row


def decide_claim(
    *, claim_id: int, is_verified: bool, note: str = "", actor: Actor, now: datetime
) -> ChairClaim:
    """Verify or reject a waiting claim of the actor's region. A rejection needs a reason; it ends the role
    and what was nominated under the claim and is still open.

    Raises NotFound, Forbidden `own_claim` (also for whoever holds a post there), Conflict `claim_decided`,
    DomainError on `note`.
    """
    require(actor, Permission.CHAIR_VERIFY)
    row = db.session.get(ChairClaim, claim_id)
    if row is None:
        raise NotFound()
    get_verified_cooperative(actor, row.cooperative_id)
    _hold(row)
    is_own = row.user_id == actor.user_id or (row.person_id is not None and row.person_id == actor.person_id)
    if is_own or row.cooperative_id in own_cooperatives(actor, now):
        raise Forbidden(
            "own_claim", _("Klaim Anda sendiri, atau klaim atas koperasi Anda, diperiksa petugas lain.")
        )
    if row.state != "pending":
        raise Conflict("claim_decided", _("Klaim ini sudah diputus. Muat ulang halaman."))
    if not is_verified and len(note.strip()) < 5:
        raise DomainError("note_missing", _("Tulis alasannya; yang mengajukan membacanya."), "note")
    row.state = "verified" if is_verified else "rejected"
    row.decided_by, row.decided_at, row.decision_note = actor.user_id, now, note.strip()[:300]
    audit.record(
        "chair.verified" if is_verified else "chair.rejected", "cooperative", row.cooperative_id,
        actor=actor, now=now, claim=row.id, user_id=row.user_id,
    )  # fmt: skip
    if not is_verified:
        end_grants(
            user_id=row.user_id, cooperative_id=row.cooperative_id, reason="chair_claim", actor=actor, now=now
        )
        for undo in ports().claim_rejected.values():
            undo(claim_id=row.id, note=row.decision_note, actor=actor, now=now)
    tell_claim(row, now=now)
    return row


def _hold(row: ChairClaim) -> None:
    """Lock the cooperative, then the claim, and read the claim anew."""
    db.session.execute(
        sa.select(Cooperative.id).where(Cooperative.id == row.cooperative_id).with_for_update()
    )
    db.session.refresh(row, with_for_update=True)


def tell_claim(row: Any, *, now: datetime) -> None:
    """Put a message to the claimant into the running transaction: how it was decided."""
    if row.person_id is None:
        return
    is_verified = row.state == "verified"

    def facts() -> dict[str, Any]:
        # Neither the cooperative nor the reason: phones are shared, and the page has both.
        url = link("cooperatives.claim")
        return {"is_verified": is_verified, "url": url, "action": (_("Lihat klaim saya"), url)}

    ports().notify(
        person_id=row.person_id, kind="chair.decided", facts=facts, key=f"chair.decided:{row.id}", now=now
    )
