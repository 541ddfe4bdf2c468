"""The code generator (TOTP): set up, confirmed by a first code, and each step spent once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy.engine import CursorResult

from portal.accounts.models import TotpFactor
from portal.accounts.queries.factor import TOTP_AAD, find_totp, totp_secret
from portal.accounts.rules.factor import (
    WINDOW,
    Generator,
    Reading,
    code_at,
    code_digits,
    read_code,
    read_first_code,
    time_step,
)
from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _


def begin_totp(*, actor: Actor, now: datetime, since: datetime | None = None) -> TotpFactor:
    """The generator that the actor is setting up: the unfinished one with its seed, else a new one.

    since: when the session began. A seed from before it may have been seen by somebody else who was in the
    account then, so it is thrown away.
    """
    if actor.user_id is None:
        raise NotFound()
    draft = find_totp(actor.user_id, is_draft=True)
    if draft is not None and since is not None and draft.created_at < since:
        end_draft(user_id=actor.user_id, now=now)
        draft = None
    if draft is None:
        draft = _add(actor.user_id, pyotp.random_base32(), now)
        audit.record("factor.begun", "user", actor.user_id, actor=actor, now=now, factor="totp")
    return draft


def _add(user_id: int, secret: str, now: datetime) -> TotpFactor:
    row = TotpFactor(
        user_id=user_id,
        secret_cipher=cipher().encrypt(secret, TOTP_AAD),
        drift=0,
        last_step=0,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def confirm_totp(*, code: str, actor: Actor, now: datetime) -> bool:
    """End the set-up with the first code of the phone; the generator used until now ends. False: the code
    does not fit, not even a clock that is off by REACH steps. Raises NotFound when none is being set up."""
    draft = find_totp(actor.user_id, is_draft=True) if actor.user_id is not None else None
    if draft is None:
        raise NotFound("setup_missing", _("Pemasangan ini sudah selesai atau belum dimulai."))
    digits = code_digits(code)
    reading = read_first_code(totp_secret(draft), digits, time_step(now)) if digits else Reading("wrong")
    if reading.outcome != "fits":
        return False
    old = find_totp(draft.user_id)
    if old is not None:
        _end(old, actor, now)
        db.session.flush()
    draft.confirmed_at, draft.last_step, draft.drift = now, reading.step, reading.drift
    audit.record("factor.added", "user", draft.user_id, actor=actor, now=now, factor="totp")
    return True


def install_totp(*, user_id: int, secret: str, actor: Actor, now: datetime) -> TotpFactor:
    """A generator whose seed is known already, ready to use: for demo data."""
    row = _add(user_id, secret, now)
    row.confirmed_at = now
    audit.record("factor.added", "user", user_id, actor=actor, now=now, factor="totp")
    return row


def told_seeds(user_ids: Iterable[int]) -> dict[int, str]:
    """Base32 seeds by account, of generators at work: for demo accounts, whose phones nobody holds."""
    rows = db.session.scalars(
        sa.select(TotpFactor).where(
            TotpFactor.user_id.in_(list(user_ids)),
            TotpFactor.confirmed_at.is_not(None),
            TotpFactor.ended_at.is_(None),
        )
    )
    return {row.user_id: totp_secret(row) for row in rows}


def shown_code(user_id: int, now: datetime) -> str | None:
    """What a generator without drift shows, for demo accounts: the code of now, or the next one when that
    was used already; None for an account without a generator."""
    factor = find_totp(user_id)
    if factor is None:
        return None
    step = time_step(now)
    return code_at(totp_secret(factor), min(max(step, factor.last_step + 1), step + WINDOW))


def spend_totp(*, user_id: int, code: str, actor: Actor, now: datetime) -> str:
    """Use a code up: `fits`, or why not: `late`, `used`, `wrong`.

    A refusal is an answer and no error, because what it leaves behind (the late step, the audit event) must
    be kept. Each step is taken by one conditional UPDATE: of two tries at the same moment one wins.
    """
    factor, digits = find_totp(user_id), code_digits(code)
    reading = Reading("wrong")
    if factor is not None and digits is not None:
        phone = Generator(factor.drift, factor.last_step, factor.late_step, factor.late_drift)
        reading = read_code(totp_secret(factor), digits, time_step(now), phone)
    outcome = reading.outcome
    if factor is not None and outcome == "fits" and not _take(factor, reading):
        outcome = "used"
    if factor is not None and outcome == "late":
        factor.late_step, factor.late_drift = reading.step, reading.drift
    if outcome != "fits":
        audit.record("factor.refused", "user", user_id, actor=actor, now=now, factor="totp", reason=outcome)
    return outcome


def _take(factor: TotpFactor, reading: Reading) -> bool:
    statement = (
        sa.update(TotpFactor)
        .where(
            TotpFactor.id == factor.id,
            TotpFactor.ended_at.is_(None),
            TotpFactor.last_step < reading.step,
        )
        .values(last_step=reading.step, drift=reading.drift, late_step=None, late_drift=None)
        .execution_options(synchronize_session=False)
    )
    result: CursorResult[object] = db.session.execute(statement)  # type: ignore[assignment]
    db.session.expire(factor)
    return bool(result.rowcount == 1)


def refused_code(outcome: str) -> DomainError:
    """The sentence for a code that was not taken."""
    sentences = {
        "late": _(
            "Jam ponsel Anda tampaknya meleset. Tunggu kode berikutnya di aplikasi, lalu ketik kode itu: "
            "setelah itu selisih jamnya kami ingat."
        ),
        "used": _("Kode ini sudah dipakai. Tunggu kode berikutnya, paling lama 30 detik."),
    }
    usual = _("Kode tidak cocok. Periksa enam angka di aplikasi Anda, lalu coba lagi.")
    return DomainError(f"code_{outcome}", sentences.get(outcome, usual), "code")


def end_totp(*, user_id: int, actor: Actor, now: datetime, with_draft: bool = False) -> bool:
    """End the generator at work (and an unfinished one); True when there was one at work."""
    at_work = find_totp(user_id)
    if at_work is not None:
        _end(at_work, actor, now)
    if with_draft:
        end_draft(user_id=user_id, now=now)
    return at_work is not None


def end_draft(*, user_id: int, now: datetime) -> None:
    """Throw the seed of an unfinished set-up away: whoever saw it must not know the one that is used."""
    draft = find_totp(user_id, is_draft=True)
    if draft is not None:
        draft.ended_at = now
        db.session.flush()


def _end(factor: TotpFactor, actor: Actor, now: datetime) -> None:
    factor.ended_at = now
    audit.record("factor.removed", "user", factor.user_id, actor=actor, now=now, factor="totp")
