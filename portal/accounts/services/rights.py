"""What accounts does for the rights of a person: stops messages, forgets, follows a corrected name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import (
    AccessRecovery,
    ClaimCode,
    ContactPoint,
    LinkedIdentity,
    MessagePreference,
    OneTime,
    Passkey,
    RecoveryCode,
    RoleGrant,
    TotpFactor,
    User,
    UserSession,
)
from portal.accounts.queries import today, user_of_person
from portal.core import audit
from portal.core.db import db
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.people.models import Person
from portal.people.rules import ERASED_NAME
from portal.people.services import CONSENT_CONTACT

_OF_USER = (UserSession, TotpFactor, Passkey, RecoveryCode, ContactPoint, OneTime, LinkedIdentity)


def follow_name(*, person_id: int, actor: Actor, now: datetime) -> None:
    """Give the account of a person the name on record; nothing without an account or a difference."""
    user, person = user_of_person(person_id), db.session.get(Person, person_id)
    if user is not None and person is not None and user.name != person.name:
        user.name = person.name
        audit.record("account.renamed", "user", user.id, actor=actor, now=now)


def stop_contact(*, person_id: int, purpose: str, actor: Actor, now: datetime, is_dry: bool) -> list[str]:
    """Port `consent_withdrawn`: what waits to leave for the phone is not sent any more."""
    if purpose != CONSENT_CONTACT:
        return []
    if not is_dry:
        waits = sa.update(OutboxMessage).where(
            OutboxMessage.person_id == person_id,
            OutboxMessage.state == "waiting",
            OutboxMessage.channel.in_(("whatsapp", "sms")),
        )
        db.session.execute(_quiet(waits.values(state="skipped", reason="no_consent", updated_at=now)))
    return [_("Pesan ke telepon Anda berhenti, dan balai tidak lagi melihat nomor Anda di daftar panggilan.")]


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """Close the account for good and forget how to reach and recognize the person; wipe their messages."""
    user = user_of_person(person_id)
    blockers = _blockers(user, now) if user else ()
    if not is_dry:
        _forget_person(person_id, user, now)
        if user is not None:
            _forget_user(user, actor, now)
    goes = [_("Pesan yang dikirim kepada Anda: alamat dan isinya. Yang belum terkirim dibatalkan.")]
    if user is not None:
        goes.insert(
            0,
            _(
                "Akun Anda: nama masuk, kata sandi, perangkat, cara masuk, dan kontak. Anda keluar di "
                "mana-mana."
            ),
        )
    return Erasure(
        goes=tuple(goes),
        stays=(_("Bahwa sebuah pesan pernah dikirim dan kapan, tanpa alamat dan isi."),),
        blockers=blockers,
    )


def _blockers(user: User, now: datetime) -> tuple[str, ...]:
    day = today(now)
    in_force = sa.select(RoleGrant.id).where(
        RoleGrant.user_id == user.id,
        RoleGrant.ended_at.is_(None),
        RoleGrant.scope_kind != "self",
        sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
    )
    if db.session.execute(in_force.limit(1)).first() is None:
        return ()
    return (_("Akun Anda masih memegang peran di portal ini. Peran itu diakhiri dulu oleh pengelola."),)


def _forget_person(person_id: int, user: User | None, now: datetime) -> None:
    for table in (ClaimCode, MessagePreference):
        db.session.execute(_quiet(sa.delete(table).where(table.person_id == person_id)))
    db.session.execute(_quiet(sa.delete(OneTime).where(OneTime.person_id == person_id)))
    mine: Any = OutboxMessage.person_id == person_id
    if user is not None:
        mine = sa.or_(mine, OutboxMessage.user_id == user.id)
    waits = sa.and_(mine, OutboxMessage.state == "waiting")
    db.session.execute(
        _quiet(sa.update(OutboxMessage).where(waits).values(state="skipped", reason="erased", updated_at=now))
    )
    wiped = {"address_cipher": "", "address_hint": "", "content_cipher": "", "error": ""}
    db.session.execute(_quiet(sa.update(OutboxMessage).where(mine).values(**wiped)))


def _forget_user(user: User, actor: Actor, now: datetime) -> None:
    locked = db.session.get(User, user.id, with_for_update=True)
    assert locked is not None
    for table in _OF_USER:
        db.session.execute(_quiet(sa.delete(table).where(table.user_id == user.id)))
    free_text = sa.update(AccessRecovery).where(AccessRecovery.user_id == user.id)
    db.session.execute(_quiet(free_text.values(reason="", note="", code_hash=None)))
    unused = sa.and_(AccessRecovery.user_id == user.id, AccessRecovery.state.in_(("asked", "approved")))
    db.session.execute(_quiet(sa.update(AccessRecovery).where(unused).values(state="expired")))
    grants = sa.update(RoleGrant).where(RoleGrant.user_id == user.id)
    db.session.execute(_quiet(grants.values(reason="")))
    db.session.execute(_quiet(grants.where(RoleGrant.ended_at.is_(None)).values(ended_at=now)))
    # The link to the person stays: the anonymous rows still belong together.
    locked.login, locked.name, locked.password_hash = f"terhapus-{user.id}", ERASED_NAME, ""
    locked.is_active = locked.must_change_password = False
    db.session.flush()
    audit.record("account.erased", "user", user.id, actor=actor, now=now)


def _quiet(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)
