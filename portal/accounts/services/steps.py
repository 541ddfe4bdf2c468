"""The second step of a sign-in: asked for after the first proof, passed with a code, a passkey or paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult

from portal.accounts.models import OneTime, User
from portal.accounts.queries.factor import find_one_time, get_factors
from portal.accounts.rules import network_of
from portal.accounts.rules.factor import SECOND_STEP_LIMITS, STEP_LIFE
from portal.accounts.services import one_time, recovery_codes, totp
from portal.accounts.services.access import forgive_sign_in, open_session
from portal.accounts.services.factors import renew_session
from portal.accounts.services.throttle import count_try, forget_try
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, GrantedActor
from portal.core.words import gettext as _


@dataclass(frozen=True)
class Step:
    """A second step in front of somebody: whose, and either the proof on its way (`row_id`) or the session
    that is to be renewed (`session_id`)."""

    user_id: int
    target: str = ""
    row_id: int | None = None
    session_id: int | None = None


@dataclass(frozen=True)
class Passed:
    """The answer to a try: the token of the new session, or why there is none."""

    token: str = ""
    refused: DomainError | None = None


def begin_step(
    user_id: int, *, first: str, target: str, login: str, address: str | None, now: datetime
) -> str:
    """The first proof (`first`: password, code, paper, oidc) was right: ask for the second one. Returns the
    handle for the browser. No session exists yet."""
    if login:
        forgive_sign_in(login=login, address=address)
    data = {"users": [user_id], "first": first, "target": target}
    handle = one_time.make("second_step", data=data, now=now, life=STEP_LIFE)
    audit.record("factor.asked", "user", user_id, actor=_owner(user_id), now=now, first=first)
    return handle


def find_step(handle: str | None, now: datetime) -> Step | None:
    """The open step that a browser holds the handle of."""
    row = find_one_time("second_step", handle, now)
    if row is None or row.user_id is None:
        return None
    return Step(row.user_id, str(row.data.get("target") or ""), row_id=row.id)


def begin_try(*, user_id: int, address: str | None, now: datetime) -> None:
    """Count a try before it is looked at, in a transaction of its own. Raises TooMany."""
    for kind, subject in _subjects(user_id, address).items():
        count_try(SECOND_STEP_LIMITS[kind], subject, now=now)


def forgive_try(*, user_id: int, address: str | None) -> None:
    """Take back the counted tries of somebody who turned out to be right."""
    for kind, subject in _subjects(user_id, address).items():
        forget_try(SECOND_STEP_LIMITS[kind], subject, clear=kind == "pair")


def _subjects(user_id: int, address: str | None) -> dict[str, str]:
    network = network_of(address)
    return {"pair": f"{user_id}\n{network}", "account": str(user_id), "address": network}


def pass_with_code(step: Step, *, code: str, address: str | None, agent: str, now: datetime) -> Passed:
    """Try the code of the generator. Never raises for a wrong code: what the try leaves must be kept."""
    if not _is_open(step, now):
        return Passed(refused=_over())
    owner = _owner(step.user_id)
    outcome = totp.spend_totp(user_id=step.user_id, code=code, actor=owner, now=now)
    if outcome != "fits":
        return Passed(refused=totp.refused_code(outcome))
    return Passed(finish_step(step, factor="totp", address=address, agent=agent, now=now))


def pass_with_paper(step: Step, *, code: str, address: str | None, agent: str, now: datetime) -> Passed:
    """Try a recovery code."""
    if not _is_open(step, now):
        return Passed(refused=_over())
    owner = _owner(step.user_id)
    has_factor = get_factors(step.user_id).count > 0
    if not has_factor or not recovery_codes.spend_recovery_code(
        user_id=step.user_id, code=code, actor=owner, now=now
    ):
        message = _("Kode cadangan ini tidak cocok atau sudah dipakai. Coba kode berikutnya di kertas Anda.")
        return Passed(refused=DomainError("recovery_code_wrong", message, "code"))
    return Passed(finish_step(step, factor="recovery", address=address, agent=agent, now=now))


def finish_step(step: Step, *, factor: str, address: str | None, agent: str, now: datetime) -> str:
    """Use the step up and open the session with its strong factor. Raises Conflict `step_over`."""
    forgive_try(user_id=step.user_id, address=address)
    if step.row_id is None:
        owner = _owner(step.user_id)
        return renew_session(factor=factor, session_id=step.session_id, agent=agent, actor=owner, now=now)
    statement = (
        sa.update(OneTime)
        .where(OneTime.id == step.row_id, OneTime.used_at.is_(None), OneTime.expires_at > now)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    result: CursorResult[object] = db.session.execute(statement)  # type: ignore[assignment]
    if result.rowcount != 1:
        raise _over()
    return open_session(step.user_id, agent=agent, now=now, factor=factor)


def _is_open(step: Step, now: datetime) -> bool:
    """Looked at again inside the transaction: a code must not be spent on a step that is over."""
    if step.row_id is None:
        return True
    row = db.session.get(OneTime, step.row_id)
    return row is not None and row.used_at is None and row.ended_at is None and row.expires_at > now


def _over() -> Conflict:
    return Conflict("step_over", _("Langkah ini sudah selesai atau terlalu lama. Masuk sekali lagi."))


def _owner(user_id: int) -> Actor:
    user = db.session.get(User, user_id)
    return GrantedActor(user_id, user.person_id if user else None, user.name if user else "")
