"""What accounts holds of a person, for their own copy: no secret, no code, no hash."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import (
    AccessRecovery,
    ClaimCode,
    ContactPoint,
    LinkedIdentity,
    MessagePreference,
    Passkey,
    RecoveryCode,
    RoleGrant,
    TotpFactor,
    User,
    UserSession,
)
from portal.accounts.queries import user_of_person
from portal.accounts.rules.messages import KINDS
from portal.core.audit import AuditEvent
from portal.core.crypto import CryptoError, cipher
from portal.core.db import db
from portal.core.mail.content import Content
from portal.core.mail.outbox import CONTENT_AAD, OutboxMessage


def personal_data(person_id: int) -> dict[str, Any]:
    """The account, its sessions, roles, contacts, factors and how the person wants to be told."""
    codes = [
        {
            "created_at": c.created_at.isoformat(),
            "used_at": _text(c.used_at),
            "expires_at": c.expires_at.isoformat(),
        }
        for c in _all(ClaimCode, ClaimCode.person_id == person_id)
    ]
    found: dict[str, Any] = {"claim_codes": codes, "preference": _preference(person_id)}
    user = user_of_person(person_id)
    if user is None:
        return found
    return found | {
        "login": user.login,
        "name": user.name,
        "is_active": user.is_active,
        "created_at": user.created_at.isoformat(),
        "sessions": [
            {
                "started_at": s.created_at.isoformat(),
                "last_seen_at": s.seen_at.isoformat(),
                "ended_at": _text(s.ended_at),
                "agent": s.agent,
                "factor": s.factor,
            }
            for s in _all(UserSession, UserSession.user_id == user.id)
        ],
        "roles": [
            {
                "role": g.role,
                "scope": f"{g.scope_kind}:{g.scope_id}",
                "starts_on": g.starts_on.isoformat(),
                "ends_on": g.ends_on.isoformat() if g.ends_on else None,
                "ended_at": _text(g.ended_at),
                "reason": g.reason or None,
            }
            for g in _all(RoleGrant, RoleGrant.user_id == user.id)
        ],
        "contacts": [
            {
                "kind": c.kind,
                "value": c.value,
                "verified_at": _text(c.verified_at),
                "ended_at": _text(c.ended_at),
            }
            for c in _all(ContactPoint, ContactPoint.user_id == user.id)
        ],
        "factors": _factors(user.id),
        "identities": [
            {
                "issuer": i.issuer,
                "subject": i.subject,
                "created_at": i.created_at.isoformat(),
                "ended_at": _text(i.ended_at),
            }
            for i in _all(LinkedIdentity, LinkedIdentity.user_id == user.id)
        ],
        "recoveries": [
            {
                "state": r.state,
                "reason": r.reason or None,
                "asked_at": r.asked_at.isoformat(),
                "used_at": _text(r.used_at),
            }
            for r in _all(AccessRecovery, AccessRecovery.user_id == user.id)
        ],
    }


def _factors(user_id: int) -> list[dict[str, Any]]:
    rows = [("totp", row, "") for row in _all(TotpFactor, TotpFactor.user_id == user_id)]
    rows += [("passkey", row, row.name) for row in _all(Passkey, Passkey.user_id == user_id)]
    found = [
        {
            "kind": kind,
            "name": name or None,
            "created_at": row.created_at.isoformat(),
            "ended_at": _text(row.ended_at),
        }
        for kind, row, name in rows
    ]
    codes = _all(RecoveryCode, RecoveryCode.user_id == user_id)
    left = sum(1 for code in codes if code.used_at is None and code.ended_at is None)
    return found + ([{"kind": "recovery", "left": left}] if codes else [])


def _preference(person_id: int) -> dict[str, Any] | None:
    row = db.session.get(MessagePreference, person_id)
    if row is None:
        return None
    return {
        "language": row.language,
        "channel": row.channel or None,
        "quiet_from": _clock(row.quiet_from),
        "quiet_until": _clock(row.quiet_until),
        "wants_reminders": row.wants_reminders,
        "wants_results": row.wants_results,
    }


def messages_data(person_id: int) -> list[dict[str, Any]]:
    """The messages to a person, the newest 500: what was said, when, and what became of it.

    Of messages that carried a code (those that are no notice) only that there was one. Addresses are told by
    their hint.
    """
    mine = sa.or_(OutboxMessage.person_id == person_id, OutboxMessage.user_id.in_(_account(person_id)))
    statement = sa.select(OutboxMessage).where(mine).order_by(OutboxMessage.id.desc()).limit(500)
    return [
        {
            "kind": row.kind,
            "channel": row.channel,
            "to": row.address_hint or None,
            "state": row.state,
            "created_at": row.created_at.isoformat(),
            "sent_at": _text(row.sent_at),
            **_words(row),
        }
        for row in db.session.scalars(statement)
    ]


def _words(row: OutboxMessage) -> dict[str, str]:
    if not row.content_cipher or row.kind not in KINDS:
        return {}
    try:
        content = Content.from_json(json.loads(cipher().decrypt(row.content_cipher, CONTENT_AAD)))
    except (CryptoError, ValueError, TypeError):
        return {}
    return {"subject": content.subject, "text": content.text}


def _all(table: Any, where: Any) -> list[Any]:
    return list(db.session.scalars(sa.select(table).where(where).order_by(table.id)))


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}.{minutes % 60:02d}"


def events_data(person_id: int) -> list[dict[str, Any]]:
    """What the audit trail tells about a person and their account, the newest 500. Who of the staff did it is
    told as "other": their names are theirs."""
    own = _account(person_id).scalar_subquery()
    about = sa.or_(
        sa.and_(AuditEvent.object_kind == "person", AuditEvent.object_id == str(person_id)),
        sa.and_(AuditEvent.object_kind == "user", AuditEvent.object_id == sa.cast(own, sa.String)),
        AuditEvent.actor_id == own,
    )
    statement = sa.select(AuditEvent, own).where(about).order_by(AuditEvent.seq.desc()).limit(500)
    return [
        {
            "at": event.at.isoformat(),
            "action": event.action,
            "object": event.object_kind,
            "by": _by(event.actor_id, user_id),
        }
        for event, user_id in db.session.execute(statement)
    ]


def _account(person_id: int) -> Any:
    """SQL: the id of the person's account, if there is one."""
    return sa.select(User.id).where(User.person_id == person_id)


def _by(actor_id: int | None, user_id: int | None) -> str:
    if actor_id is None:
        return "system"
    return "self" if actor_id == user_id else "other"
