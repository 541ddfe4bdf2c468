"""Taking over an imported record: printed one-time codes, and getting back in when the password is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from portal.accounts.models import ClaimCode, User
from portal.accounts.passwords import HashedPassword, protect
from portal.accounts.queries import actor_of, user_of_person
from portal.accounts.rules import CLAIM_LIFE, CLAIM_LIMIT, CLAIM_TRIES, network_of, normal_code
from portal.accounts.rules.factor import is_staff
from portal.accounts.services.access import end_pending, end_sessions
from portal.accounts.services.factors import end_factors
from portal.accounts.services.throttle import count_try, forget_try
from portal.accounts.services.users import check_login, create_user
from portal.core import audit
from portal.core.crypto import random_code, token_hash
from portal.core.db import db, insert_many
from portal.core.errors import DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, GrantedActor
from portal.core.words import gettext as _
from portal.people.models import Person

CODE_LENGTH = 12


def issue_claim_codes(*, person_ids: Sequence[int], actor: Actor, now: datetime) -> dict[int, str]:
    """Fresh codes to print, by person id; older open codes of these people end. A handful of statements
    however many people. The codes exist only in the answer: the database keeps their hashes."""
    wanted = list(dict.fromkeys(person_ids))
    codes = {person_id: random_code(CODE_LENGTH) for person_id in wanted}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        statement = sa.update(ClaimCode).where(
            ClaimCode.person_id.in_(part), ClaimCode.used_at.is_(None), ClaimCode.ended_at.is_(None)
        )
        db.session.execute(statement.values(ended_at=now).execution_options(synchronize_session=False))
    rows = [
        {
            "person_id": person_id,
            "code_hash": token_hash(code),
            "created_at": now,
            "created_by": actor.user_id,
            "expires_at": now + CLAIM_LIFE,
            "failures": 0,
        }
        for person_id, code in codes.items()
    ]
    insert_many(db.session(), sa.inspect(ClaimCode).local_table, rows)
    for person_id in wanted:
        audit.record("claim.issued", "person", person_id, actor=actor, now=now)
    return codes


def begin_claim(*, code: str, address: str | None, now: datetime) -> None:
    """Count a try for this address and, if it exists, this code, before it is looked at. Raises TooMany."""
    count_try(CLAIM_LIMIT, network_of(address), now=now)
    db.session.execute(
        sa.update(ClaimCode)
        .where(ClaimCode.code_hash == token_hash(normal_code(code)))
        .values(failures=ClaimCode.failures + 1)
    )


def forgive_claim(*, code: str, address: str | None) -> None:
    """Take the try back: the code was right, only the chosen sign-in name was not."""
    forget_try(CLAIM_LIMIT, network_of(address))
    db.session.execute(
        sa.update(ClaimCode)
        .where(ClaimCode.code_hash == token_hash(normal_code(code)), ClaimCode.failures > 0)
        .values(failures=ClaimCode.failures - 1)
    )


def claim_record(
    *, code: str, birth_date: date, login: str, password: str | HashedPassword, now: datetime
) -> User:
    """Spend a code: make the person's account, or give the existing one a new name and password.

    Raises DomainError `claim_refused`, the same for an unknown, spent, old or exhausted code, for a birth
    date that differs and for the account of staff; login and password errors on their fields once the code
    was right.
    """
    # One statement whether the code is known or not.
    statement = (
        sa.select(ClaimCode, Person, User)
        .outerjoin(Person, Person.id == ClaimCode.person_id)
        .outerjoin(User, User.person_id == ClaimCode.person_id)
        .where(ClaimCode.code_hash == token_hash(normal_code(code)))
        .with_for_update(of=ClaimCode)
    )
    row, person, user = db.session.execute(statement).first() or (None, None, None)
    fits = row is not None and _is_open(row, now) and person is not None and person.birth_date == birth_date
    if row is None or person is None or not fits or (user and _is_staff(user.id, now)):
        raise DomainError(
            "claim_refused",
            _(
                "Kode dan tanggal lahir tidak cocok, atau kode sudah tidak berlaku. "
                "Periksa surat Anda sekali lagi."
            ),
        )
    row.used_at = now
    if user is None:
        asker = GrantedActor(None, person.id, person.name)
        user = create_user(
            login=login, name=person.name, password=password, person_id=person.id, actor=asker, now=now
        )
    else:
        _renew(user, login, password, now)
    audit.record("claim.used", "person", person.id, actor=_owner(user), now=now, user_id=user.id)
    return user


def _is_staff(user_id: int, now: datetime) -> bool:
    """True for an account that can do more than its own cooperative's things. A code for it in the hands of
    a colleague would make one person of the two that decisions need."""
    return is_staff(grant.role for grant in actor_of(user_id, now).grants)


def _is_open(row: ClaimCode, now: datetime) -> bool:
    is_spent = row.used_at is not None or row.ended_at is not None
    return not is_spent and row.expires_at > now and row.failures <= CLAIM_TRIES


def _renew(user: User, login: str, password: str | HashedPassword, now: datetime) -> None:
    user.login = check_login(login, keep_user_id=user.id)
    hashed = password if isinstance(password, HashedPassword) else protect(password, (user.login, user.name))
    user.password_hash = str(hashed)
    user.must_change_password = False
    end_sessions(user_id=user.id, actor=_owner(user), now=now)
    end_pending(user_id=user.id, now=now)
    audit.record("password.changed", "user", user.id, actor=_owner(user), now=now)


def _owner(user: User) -> Actor:
    return GrantedActor(user.id, user.person_id, user.name)


def reset_access(*, person_id: int, actor: Actor, now: datetime, reason: str) -> str:
    """A fresh code for somebody at the counter: their sessions end, the old password and the
    second factor (the phone may be what was lost) stop working.

    Raises NotFound, Forbidden `staff_access`, and DomainError on `reason` when it is empty. Who may reset
    whom is the caller's query.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound()
    if len(reason.strip()) < 5:
        raise DomainError(
            "reason_missing", _("Tulis cara Anda memeriksa orangnya, misalnya “KTP dicocokkan”."), "reason"
        )
    if person.birth_date is None:
        raise DomainError(
            "birth_missing", _("Tanggal lahir orang ini belum tercatat, jadi kode tidak dapat dipakai.")
        )
    if actor.person_id == person_id:
        raise DomainError("own_access", _("Akses Anda sendiri dipulihkan oleh rekan Anda."))
    user = user_of_person(person_id)
    if user is not None and _is_staff(user.id, now):
        message = _(
            "Ini juga akun petugas. Minta pengelola portal mengakhiri peran petugasnya dahulu, lalu pulihkan."
        )
        raise Forbidden("staff_access", message)
    if user is not None:
        user.password_hash = ""
        end_factors(user_id=user.id, actor=actor, now=now)
        end_sessions(user_id=user.id, actor=actor, now=now)
    code = issue_claim_codes(person_ids=[person_id], actor=actor, now=now)[person_id]
    audit.record("access.reset", "person", person_id, actor=actor, now=now, reason=reason.strip()[:200])
    return code
