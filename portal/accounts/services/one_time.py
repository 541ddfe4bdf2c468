"""Short-lived proofs: a handle that one browser holds and, where something is sent, a code of six digits.

A code alone opens nothing: it is compared together with the handle. Tries are counted before they are
looked at, and an ask for somebody unknown writes the same rows as one for somebody known.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portal.accounts.models import OneTime
from portal.accounts.rules import network_of
from portal.accounts.rules.contact import (
    CHECK_LIMITS,
    CODE_LIFE,
    CODE_LIMITS,
    CODE_TRIES,
    Identifier,
    new_code,
    normal_digits,
)
from portal.accounts.services.throttle import count_try, forget_try
from portal.core import audit
from portal.core.crypto import cipher, token_hash
from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.mail.content import write
from portal.core.mail.outbox import Address, put
from portal.core.permissions import ANONYMOUS, Actor
from portal.core.words import gettext as _

KEPT = timedelta(days=1)


def count_ask(*, asked: Identifier, address: str | None, now: datetime) -> None:
    """Count an ask for a code: for what was typed, for the place and for all. Raises TooMany."""
    count_try(CODE_LIMITS["contact"], f"{asked.kind}\n{asked.value}", now=now)
    count_try(CODE_LIMITS["address"], network_of(address), now=now)
    count_try(CODE_LIMITS["all"], "", now=now)


def start(
    kind: str,
    *,
    to: Identifier | None,
    op: str,
    now: datetime,
    user_ids: Sequence[int] = (),
    person_ids: Sequence[int] = (),
    facts: dict[str, Any] | None = None,
    language: str = "id",
    actor: Actor = ANONYMOUS,
) -> str:
    """Send a code to a contact and return the handle for the browser that asked.

    user_ids, person_ids: whom the code will stand for; both empty means nobody, and then the same rows are
    written but nothing leaves. facts: what the next page needs, plain JSON. op: the operation id of the form;
    the same form sent again gets the same handle.
    """
    handle, code = handle_of(op), new_code()
    data = {"users": list(user_ids), "people": list(person_ids), **(facts or {})}
    row = _add(kind, handle, data, CODE_LIFE, now, code)
    content = write(
        f"code.{kind}",
        lambda: {"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)},
        language=language,
    )
    put(
        kind=f"code.{kind}",
        to=address_of(to),
        content=content,
        key=f"code:{row.token_hash}",
        now=now,
        person_id=row.person_id,
        user_id=row.user_id,
        language=language,
        expires_at=row.expires_at,
        skip="" if to and (user_ids or person_ids) else "no_account",
    )
    audit.record("code.asked", "one_time", row.id, actor=actor, now=now, kind=kind)
    return handle


def handle_of(op: str) -> str:
    """The handle that belongs to the operation id of a form: known only to the browser that got the form."""
    return cipher().blind_index(op, "one_time.handle")


def make(kind: str, *, data: dict[str, Any], now: datetime, life: timedelta = CODE_LIFE) -> str:
    """A proof without a code, for the next step of the same browser; returns the handle."""
    handle = secrets.token_urlsafe(32)
    _add(kind, handle, data, life, now, None)
    return handle


def _add(
    kind: str, handle: str, data: dict[str, Any], life: timedelta, now: datetime, code: str | None
) -> OneTime:
    """Add the row; those that nobody can use any more go on the occasion."""
    db.session.execute(sa.delete(OneTime).where(OneTime.expires_at < now - KEPT))
    users, people = data.get("users") or [], data.get("people") or []
    row = OneTime(
        kind=kind,
        token_hash=token_hash(handle),
        code_hash=_code_hash(handle, code) if code else None,
        user_id=users[0] if len(users) == 1 else None,
        person_id=people[0] if len(people) == 1 else None,
        data=data,
        created_at=now,
        expires_at=now + life,
        failures=0,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _code_hash(handle: str, code: str) -> str:
    return cipher().blind_index(f"{handle}:{code}", "one_time")


def _is_code(stored: str, handle: str, code: str) -> bool:
    """Whether a stored hash is of this handle and code, under any key: one was made before keys changed."""
    return cipher().is_index_of(stored, f"{handle}:{code}", "one_time")


def address_of(to: Identifier | None) -> Address | None:
    """Where a message to a contact goes: the gateway of phones, or e-mail."""
    if to is None:
        return None
    settings = current_app.extensions["portal_settings"]
    return Address("email" if to.kind == "email" else settings.gateway_channel, to.value)


def begin_check(*, kind: str, handle: str, address: str | None, now: datetime) -> None:
    """Count a try at a code, for the handle and for the place, before it is looked at. Raises TooMany."""
    count_try(CHECK_LIMITS["address"], network_of(address), now=now)
    count_try(CHECK_LIMITS["all"], "", now=now)
    db.session.execute(
        sa.update(OneTime)
        .where(OneTime.token_hash == token_hash(handle), OneTime.kind == kind)
        .values(failures=OneTime.failures + 1)
    )


def spend(
    kind: str, *, handle: str, code: str | None = None, address: str | None = None, now: datetime
) -> OneTime:
    """Use a proof up: the right handle, the right code where one was sent, in time, once, within five tries.

    Raises DomainError `code_refused`, one sentence for all of that, and for an ask that was for nobody.
    """
    statement = sa.select(OneTime).where(OneTime.token_hash == token_hash(handle), OneTime.kind == kind)
    row = db.session.scalar(statement.with_for_update())
    wanted = (row.code_hash if row else None) or ""
    fits = wanted == "" if code is None else _is_code(wanted, handle, normal_digits(code))
    if not fits or row is None or not is_usable(row, now):
        raise code_refused()
    row.used_at = now
    if code is not None:
        forget_try(CHECK_LIMITS["address"], network_of(address))
        forget_try(CHECK_LIMITS["all"], "")
    return row


def is_usable(row: OneTime, now: datetime) -> bool:
    """True for a row that stands for somebody, is in time and neither spent, ended nor worn out."""
    is_for_somebody = bool(row.data.get("users") or row.data.get("people"))
    is_over = row.used_at is not None or row.ended_at is not None or row.expires_at <= now
    return is_for_somebody and not is_over and row.failures <= CODE_TRIES


def code_refused() -> DomainError:
    """The one refusal of a code."""
    message = _(
        "Kode ini salah, sudah dipakai, atau sudah lewat waktunya. Periksa lagi atau minta kode baru."
    )
    return DomainError("code_refused", message, "code")


def look(kind: str, handle: str, now: datetime) -> dict[str, Any] | None:
    """What the next page of this browser needs; None for a handle that leads nowhere. Rows for nobody answer
    as well: whoever asked must not learn the difference here."""
    statement = sa.select(OneTime).where(OneTime.token_hash == token_hash(handle), OneTime.kind == kind)
    row = db.session.scalar(statement)
    if row is None or row.used_at is not None or row.ended_at is not None or row.expires_at <= now:
        return None
    found: dict[str, Any] = row.data
    return found


def end_codes(*, user_id: int, now: datetime) -> None:
    """End what is on its way to an account, codes and second steps: a contact was taken away, the password
    was changed, or the account was recovered."""
    statement = sa.select(OneTime).where(
        OneTime.kind.in_(("sign_in", "choose", "contact", "reset", "second_step")),
        OneTime.expires_at > now,
        OneTime.used_at.is_(None),
        OneTime.ended_at.is_(None),
    )
    for row in db.session.scalars(statement):
        if user_id in row.data.get("users", ()):
            row.ended_at = now
