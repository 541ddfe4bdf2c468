"""What happens around the factors of an account: added, removed, the session that proves the new one."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import User, UserSession
from portal.accounts.queries import actor_of
from portal.accounts.queries.factor import get_factors, get_passkey, has_factor
from portal.accounts.rules.factor import is_staff
from portal.accounts.services import recovery_codes, totp
from portal.accounts.services.access import end_sessions, open_session
from portal.accounts.services.messages import tell_user
from portal.accounts.services.oidc import end_identities
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

FACTOR_NAMES = {
    "totp": _l("aplikasi kode"),
    "passkey": _l("passkey"),
    "recovery": _l("kode cadangan"),
}


def is_staff_account(user_id: int, now: datetime) -> bool:
    """True for an account with a role in force that reaches beyond its own things."""
    return is_staff(grant.role for grant in actor_of(user_id, now).grants)


def has_second_factor(user_id: int) -> bool:
    """True when the account has a code generator or a passkey."""
    return has_factor(user_id)


def settle_factor(
    *, factor: str, session_id: int | None, agent: str, actor: Actor, now: datetime
) -> tuple[str, list[str]]:
    """After a factor was added: a new session that carries it (the old one ends) and, with the first factor,
    recovery codes to keep. Returns (token, plain codes or none)."""
    user_id = _own(actor)
    before = get_factors(user_id)
    codes = [] if before.codes_left else recovery_codes.renew_codes(user_id=user_id, actor=actor, now=now)
    tell("security.factor_added", user_id, now, factor)
    return renew_session(factor=factor, session_id=session_id, agent=agent, actor=actor, now=now), codes


def renew_session(*, factor: str, session_id: int | None, agent: str, actor: Actor, now: datetime) -> str:
    """A new session for whoever proved themselves again; the one that asked ends. Returns the token."""
    user_id = _own(actor)
    token = open_session(user_id, agent=agent, now=now, factor=factor)
    row = db.session.get(UserSession, session_id) if session_id is not None else None
    if row is not None and row.user_id == user_id and row.ended_at is None:
        row.ended_at = now
        audit.record("session.ended", "user", user_id, actor=actor, now=now, session=row.id)
    return token


def end_device(*, session_id: int, actor: Actor, now: datetime) -> None:
    """End one of the actor's sessions; one that is over stays as it is. Raises NotFound for another's."""
    row = db.session.get(UserSession, session_id)
    if row is None or row.user_id != _own(actor):
        raise NotFound()
    if row.ended_at is not None:
        return
    row.ended_at = now
    audit.record("session.ended", "user", row.user_id, actor=actor, now=now, session=row.id)


def remove_totp(*, actor: Actor, session_id: int | None, now: datetime) -> None:
    """Take the code generator away; other sessions end. Raises Conflict `last_factor`, NotFound."""
    user_id = _own(actor)
    _guard_last(user_id, now)
    if not totp.end_totp(user_id=user_id, actor=actor, now=now, with_draft=True):
        raise NotFound()
    _after_removal(user_id, "totp", session_id, actor, now)


def remove_passkey(*, passkey_id: int, actor: Actor, session_id: int | None, now: datetime) -> None:
    """Take a passkey away; other sessions end. Raises Conflict `last_factor`, NotFound."""
    user_id = _own(actor)
    row = get_passkey(passkey_id, user_id)
    _guard_last(user_id, now)
    row.ended_at = now
    audit.record("factor.removed", "user", user_id, actor=actor, now=now, factor="passkey", passkey=row.id)
    _after_removal(user_id, "passkey", session_id, actor, now)


def renew_recovery_codes(*, actor: Actor, session_id: int | None, now: datetime) -> list[str]:
    """Ten new codes for an account that has a factor; other sessions end. Raises Conflict `no_factor`."""
    user_id = _own(actor)
    _lock(user_id)
    if not get_factors(user_id).count:
        raise Conflict("no_factor", _("Pasang aplikasi kode atau passkey lebih dahulu."))
    codes = recovery_codes.renew_codes(user_id=user_id, actor=actor, now=now)
    end_sessions(user_id=user_id, actor=actor, now=now, except_id=session_id)
    tell("security.codes_renewed", user_id, now)
    return codes


def end_factors(*, user_id: int, actor: Actor, now: datetime) -> int:
    """End every factor, recovery code and outside identity of an account that is given back in person; its
    sessions are the caller's. Returns how many factors ended."""
    _lock(user_id)
    end_identities(user_id=user_id, actor=actor, now=now)
    found = get_factors(user_id)
    totp.end_totp(user_id=user_id, actor=actor, now=now, with_draft=True)
    for row in found.passkeys:
        row.ended_at = now
        audit.record(
            "factor.removed", "user", user_id, actor=actor, now=now, factor="passkey", passkey=row.id
        )
    recovery_codes.end_codes(user_id=user_id, now=now)
    return found.count


def tell(kind: str, user_id: int, now: datetime, factor: str = "") -> None:
    """Tell the owner of an account what changed about its factors."""
    tell_user(
        user_id=user_id,
        kind=kind,
        facts=lambda: {"factor": str(FACTOR_NAMES.get(factor, ""))},
        key=f"{kind}:{user_id}:{now.timestamp():.6f}",
        now=now,
    )


def _after_removal(user_id: int, factor: str, session_id: int | None, actor: Actor, now: datetime) -> None:
    if not get_factors(user_id).count:
        recovery_codes.end_codes(user_id=user_id, now=now)
    end_sessions(user_id=user_id, actor=actor, now=now, except_id=session_id)
    tell("security.factor_removed", user_id, now, factor)


def _guard_last(user_id: int, now: datetime) -> None:
    """Two removals at the same moment wait for each other here."""
    _lock(user_id)
    if get_factors(user_id).count <= 1 and is_staff_account(user_id, now):
        raise Conflict(
            "last_factor",
            _("Akun petugas perlu langkah kedua. Pasang yang baru lebih dahulu, lalu hapus yang ini."),
        )


def _lock(user_id: int) -> None:
    db.session.get(User, user_id, with_for_update=True)


def _own(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotFound()
    return actor.user_id
