"""An account as the helpdesk sees it: states, counts and hints, nothing personal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import ContactPoint, Passkey, RecoveryCode, TotpFactor, User, UserSession
from portal.accounts.rules import IDLE_LIMIT, SIGN_IN_LIMITS, Limit, normal_login
from portal.accounts.services.throttle import Lock, locks_of
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.certificates.models import Certificate
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.mail.outbox import OutboxMessage
from portal.enrollment.models import Enrollment
from portal.people.labels import mask_email, mask_name, mask_phone
from portal.people.models import Person

MESSAGES = 10
TICKET_LENGTH = 8  # the beginning of a message's token that names it


@dataclass(frozen=True)
class Hint:
    """How somebody can be reached, masked."""

    kind: str
    text: str
    is_verified: bool


@dataclass
class Case:
    """Somebody who asks for help. `user` is None without an account, `person_id` without a record."""

    name: str
    person_id: int | None
    user: User | None
    is_erased: bool = False
    seen_at: datetime | None = None
    sessions: int = 0
    has_totp: bool = False
    passkeys: int = 0
    codes_left: int = 0
    hints: list[Hint] = field(default_factory=list)
    enrollments: list[Any] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)


def find_case(text: str) -> tuple[str, int] | None:
    """("user", id) or ("person", id) of a sign-in name, the reference of an enrollment, a certificate code or
    the ticket of a message; None when nothing is exactly that. At most six statements."""
    words = "".join(text.split())[:80]
    if not words or "\x00" in words:
        return None
    user_id = db.session.scalar(sa.select(User.id).where(User.login == normal_login(words)))
    if user_id is not None:
        return "user", user_id
    code = words.upper().replace("-", "")
    for statement in (
        sa.select(Enrollment.person_id).where(Enrollment.reference.in_([words.upper(), code])),
        sa.select(Certificate.person_id).where(Certificate.code == code),
    ):
        person_id = db.session.scalar(statement)
        if person_id is not None:
            return _account_first(person_id)
    return _by_ticket(words.lower())


def _by_ticket(ticket: str) -> tuple[str, int] | None:
    if len(ticket) < TICKET_LENGTH or set(ticket) - set("0123456789abcdef"):
        return None
    statement = sa.select(OutboxMessage.user_id, OutboxMessage.person_id)
    rows = db.session.execute(statement.where(OutboxMessage.token.startswith(ticket)).limit(2)).all()
    if len(rows) != 1:
        return None
    user_id, person_id = rows[0]
    if user_id is not None:
        return "user", user_id
    return _account_first(person_id) if person_id is not None else None


def _account_first(person_id: int) -> tuple[str, int]:
    user_id = db.session.scalar(sa.select(User.id).where(User.person_id == person_id))
    return ("user", user_id) if user_id is not None else ("person", person_id)


def get_case(kind: str, number: int, now: datetime) -> Case:
    """Everything the helpdesk may see. Raises NotFound. A fixed number of statements."""
    user = db.session.get(User, number) if kind == "user" else None
    person_id = user.person_id if user else number if kind == "person" else None
    person = db.session.get(Person, person_id) if person_id is not None else None
    if user is None and person is None:
        raise NotFound()
    if kind == "person":
        user = db.session.scalar(sa.select(User).where(User.person_id == number))
    case = Case(mask_name(person.name if person else user.name if user else ""), person_id, user)
    if person:
        case.is_erased = person.erased_at is not None
        case.enrollments = list(db.session.execute(_ENROLLMENTS, {"person_id": person.id}))
    if user:
        _add_account(case, user, now)
    case.hints = _hints(user, person)
    case.messages = _messages(user, person)
    return case


_ENROLLMENTS = (
    sa.select(
        Enrollment.reference, Enrollment.state, Program.short_name, Batch.number, Batch.starts_on,
    )
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .where(Enrollment.person_id == sa.bindparam("person_id"))
    .order_by(Enrollment.id.desc())
    .limit(20)
)  # fmt: skip


def _add_account(case: Case, user: User, now: datetime) -> None:
    live = (
        UserSession.ended_at.is_(None),
        UserSession.expires_at > now,
        UserSession.seen_at > now - IDLE_LIMIT,
    )
    parts = {
        "seen_at": sa.select(sa.func.max(UserSession.created_at)).where(UserSession.user_id == user.id),
        "sessions": sa.select(sa.func.count(UserSession.id)).where(UserSession.user_id == user.id, *live),
        "has_totp": sa.select(sa.func.count(TotpFactor.id)).where(
            TotpFactor.user_id == user.id, TotpFactor.ended_at.is_(None), TotpFactor.confirmed_at.is_not(None)
        ),
        "passkeys": sa.select(sa.func.count(Passkey.id)).where(
            Passkey.user_id == user.id, Passkey.ended_at.is_(None)
        ),
        "codes_left": sa.select(sa.func.count(RecoveryCode.id)).where(
            RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None), RecoveryCode.ended_at.is_(None)
        ),
    }
    row = db.session.execute(sa.select(*(part.scalar_subquery().label(n) for n, part in parts.items()))).one()
    case.seen_at, case.sessions, case.passkeys, case.codes_left = (
        row.seen_at, row.sessions, row.passkeys, row.codes_left,
    )  # fmt: skip
    case.has_totp = bool(row.has_totp)
    case.locks = locks_of(limits_of(user), now=now)


def limits_of(user: User) -> list[tuple[Limit, str]]:
    """What counts the tries at an account: at its sign-in name, from any one network and from all."""
    return [(SIGN_IN_LIMITS["pair"], f"{user.login}\n"), (SIGN_IN_LIMITS["login"], user.login)]


def _hints(user: User | None, person: Person | None) -> list[Hint]:
    """Verified contacts of the account first, then what was recorded of the person and is no other."""
    masks = {"phone": mask_phone, "email": mask_email}
    found = []
    if user:
        statement = sa.select(ContactPoint).where(
            ContactPoint.user_id == user.id, ContactPoint.ended_at.is_(None)
        )
        for row in db.session.scalars(statement.order_by(ContactPoint.id)):
            found.append(Hint(row.kind, masks[row.kind](row.value), row.verified_at is not None))
    recorded = {"phone": person.phone, "email": person.email} if person else {}
    seen = {(hint.kind, hint.text) for hint in found}
    for kind, value in recorded.items():
        if value and (kind, masks[kind](value)) not in seen:
            found.append(Hint(kind, masks[kind](value), False))
    return found


def _messages(user: User | None, person: Person | None) -> list[Any]:
    owner = [OutboxMessage.user_id == user.id] if user else []
    owner += [OutboxMessage.person_id == person.id] if person else []
    columns = (
        OutboxMessage.id, OutboxMessage.token, OutboxMessage.kind, OutboxMessage.channel, OutboxMessage.state,
        OutboxMessage.reason, OutboxMessage.address_hint, OutboxMessage.created_at, OutboxMessage.expires_at,
        OutboxMessage.attempts, OutboxMessage.error, OutboxMessage.not_before, sa.null().label("zone"),
        sa.func.substr(OutboxMessage.content_cipher, 1, 1).label("content_cipher"),
    )  # fmt: skip
    statement = sa.select(*columns).where(sa.or_(*owner)).order_by(OutboxMessage.id.desc()).limit(MESSAGES)
    return list(db.session.execute(statement))


def message_owner(message_id: int) -> tuple[str, int]:
    """Whose page a message belongs to. Raises NotFound."""
    row = db.session.execute(
        sa.select(OutboxMessage.user_id, OutboxMessage.person_id).where(OutboxMessage.id == message_id)
    ).first()
    if row is None or (row.user_id is None and row.person_id is None):
        raise NotFound()
    return ("user", row.user_id) if row.user_id is not None else _account_first(row.person_id)
