"""Getting a staff account back in person: one colleague asks, another person approves, a printed code is
spent once by the owner. One person alone must not become a second one (FLOWS: Permissions)."""

from __future__ import annotations

import hmac
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import AccessRecovery, User
from portal.accounts.passwords import HashedPassword
from portal.accounts.queries.recovery import get_recoverable, get_request, is_same_person
from portal.accounts.rules import network_of, normal_code, normal_login
from portal.accounts.rules.contact import RECOVERY_LIFE, RECOVERY_LIMITS
from portal.accounts.services.access import end_sessions
from portal.accounts.services.contacts import end_contacts
from portal.accounts.services.factors import end_factors
from portal.accounts.services.messages import tell_user
from portal.accounts.services.one_time import end_codes
from portal.accounts.services.throttle import count_try, forget_try
from portal.core import audit
from portal.core.crypto import random_code, token_hash
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import SYSTEM, Actor, GrantedActor, Permission, require
from portal.core.words import gettext as _

CODE_LENGTH = 12


def _reason(text: str, field: str) -> str:
    reason = " ".join(text.split())
    if len(reason) < 5:
        message = _("Tulis cara Anda memeriksa orangnya, misalnya “KTP dicocokkan”.")
        raise DomainError("reason_missing", message, field)
    return reason[:200]


def ask_recovery(*, user_id: int, reason: str, actor: Actor, now: datetime) -> AccessRecovery:
    """Ask that an account within the actor's reach be recovered; its contacts are told.

    Raises NotFound for one that is not, Forbidden for one's own, Conflict while another request is open, and
    DomainError on `reason`.
    """
    require(actor, Permission.ACCESS_RECOVER)
    user = get_recoverable(user_id, actor, now)
    if is_same_person(actor, user):
        raise Forbidden("own_access", _("Akses Anda sendiri dipulihkan oleh rekan Anda."))
    text = _reason(reason, "reason")
    expire_requests(user_id=user.id, now=now)
    taken = sa.select(AccessRecovery.id).where(
        AccessRecovery.user_id == user.id, AccessRecovery.state.in_(("asked", "approved"))
    )
    if db.session.scalar(taken) is not None:
        raise Conflict("recovery_open", _("Untuk akun ini sudah ada permohonan yang terbuka."))
    row = AccessRecovery(
        user_id=user.id,
        state="asked",
        reason=text,
        asked_by=actor.user_id,
        asked_at=now,
        expires_at=now + RECOVERY_LIFE,
        failures=0,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("recovery.asked", "user", user.id, actor=actor, now=now, request=row.id, reason=text)
    key = f"security.recovery_asked:{row.id}"
    tell_user(user_id=user.id, kind="security.recovery_asked", key=key, now=now)
    return row


def expire_requests(*, now: datetime, user_id: int | None = None) -> int:
    """Close requests and codes that are over, of one account or of all; returns how many."""
    statement = sa.select(AccessRecovery).where(
        AccessRecovery.state.in_(("asked", "approved")), AccessRecovery.expires_at <= now
    )
    if user_id is not None:
        statement = statement.where(AccessRecovery.user_id == user_id)
    rows = list(db.session.scalars(statement.with_for_update()))
    for row in rows:
        row.state = "expired"
        audit.record("recovery.expired", "user", row.user_id, actor=SYSTEM, now=now, request=row.id)
    db.session.flush()
    return len(rows)


def decide_recovery(
    *, request_id: int, approve: bool, note: str = "", actor: Actor, now: datetime
) -> tuple[AccessRecovery, str]:
    """Approve or refuse a request as a second person; returns it with the code to print, or an empty text.

    The code exists only in this answer and counts for 24 hours. Whoever asked, and the owner, may only
    refuse: approving raises Forbidden for them, as persons and not only as accounts. Raises NotFound, and
    Conflict for a request that is not open.
    """
    require(actor, Permission.ACCESS_RECOVER)
    row, user = get_request(request_id, actor, now, for_update=True)
    asker = db.session.get(User, row.asked_by) if row.asked_by else None
    is_asker = asker is not None and is_same_person(actor, asker)
    if approve and (is_asker or is_same_person(actor, user)):
        raise Forbidden("own_decision", _("Orang lain yang menyetujui: bukan pemohon, bukan pemilik akun."))
    if row.state != "asked" or row.expires_at <= now:
        raise Conflict("recovery_closed", _("Permohonan ini sudah tidak terbuka."))
    code = random_code(CODE_LENGTH) if approve else ""
    row.state = "approved" if approve else "refused"
    row.decided_at, row.note = now, " ".join(note.split())[:200]
    # Whoever asked may take the request back; then nobody else decided.
    row.decided_by = None if is_asker else actor.user_id
    if approve:
        row.code_hash, row.expires_at = token_hash(code), now + RECOVERY_LIFE
    audit.record(
        f"recovery.{row.state}", "user", user.id, actor=actor, now=now, request=row.id, note=row.note
    )
    return row, code


def begin_recovery(*, login: str, address: str | None, now: datetime) -> None:
    """Count a try before it is looked at: for the place, the sign-in name, all, and for the open code of that
    name. The same statements whether there is one. Raises TooMany."""
    name = normal_login(login)[:200]
    count_try(RECOVERY_LIMITS["address"], network_of(address), now=now)
    count_try(RECOVERY_LIMITS["login"], name, now=now)
    count_try(RECOVERY_LIMITS["all"], "", now=now)
    owner = sa.select(User.id).where(User.login == name).scalar_subquery()
    db.session.execute(
        sa.update(AccessRecovery)
        .where(AccessRecovery.user_id == owner, AccessRecovery.state == "approved")
        .values(failures=AccessRecovery.failures + 1)
        .execution_options(synchronize_session=False)
    )


def recover_access(
    *, login: str, code: str, password: HashedPassword, address: str | None, now: datetime
) -> User:
    """Spend the printed code: a new password, and every session, factor, contact and code of before ends. The
    contacts too: who holds the lost phone reads its codes. They are told first.

    Raises DomainError `recovery_refused`, the same for all that can be wrong.
    """
    statement = (
        sa.select(AccessRecovery, User)
        .join(User, User.id == AccessRecovery.user_id)
        .where(User.login == normal_login(login)[:200], AccessRecovery.state == "approved")
        .with_for_update(of=AccessRecovery)
    )
    found = db.session.execute(statement).first()
    given = token_hash(normal_code(code))
    fits = hmac.compare_digest((found[0].code_hash or "") if found else "", given)
    if found is None or not fits or not _is_open(found[0], found[1], now):
        message = _(
            "Nama masuk dan kode tidak cocok, atau kode sudah tidak berlaku. Periksa lembarnya sekali lagi."
        )
        raise DomainError("recovery_refused", message)
    row, user = found
    row.state, row.used_at = "used", now
    owner = GrantedActor(user.id, user.person_id, user.name)
    user.password_hash, user.must_change_password = str(password), False
    end_sessions(user_id=user.id, actor=owner, now=now)
    end_factors(user_id=user.id, actor=owner, now=now)
    end_codes(user_id=user.id, now=now)
    forget_try(RECOVERY_LIMITS["address"], network_of(address))
    forget_try(RECOVERY_LIMITS["login"], user.login, clear=True)
    forget_try(RECOVERY_LIMITS["all"], "")
    audit.record("recovery.used", "user", user.id, actor=owner, now=now, request=row.id)
    tell_user(user_id=user.id, kind="security.recovered", key=f"security.recovered:{row.id}", now=now)
    end_contacts(user_id=user.id, actor=owner, now=now)
    return user


def _is_open(row: AccessRecovery, user: User, now: datetime) -> bool:
    # Wrong tries are counted and close nothing: strangers know the sign-in name, nobody guesses 60 bits.
    return user.is_active and row.expires_at > now
