"""Planning written tests: what is drawn, when and how long, publishing, and calling one off."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from portal.assessment.models import Attempt, WrittenTest
from portal.assessment.queries import candidates_of
from portal.assessment.queries import tests as queries
from portal.assessment.rules import blueprint as rules
from portal.assessment.rules import clock as times
from portal.assessment.rules.blueprint import Need
from portal.assessment.services.closing import hold_test, set_void
from portal.assessment.services.outsiders import refuse_own
from portal.catalog.queries import units_of
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

KEY_AAD = "written_test.file_key_cipher"


@dataclass(frozen=True)
class Plan:
    """What is typed about a test; None for what could not be read."""

    title: str
    needs: tuple[Need, ...]
    minutes: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    is_retest: bool = False


def create_test(*, batch_id: int, plan: Plan, actor: Actor, now: datetime) -> WrittenTest:
    """Add a test as a draft, with the pair of keys for its answer files.

    Raises NotFound, Forbidden (the actor would sit it), Conflict (`batch_not_running`), DomainError with
    details `problems` [(input, sentence)].
    """
    require(actor, Permission.TEST_EDIT)
    head = queries.get_plan(actor, batch_id)
    _refuse_candidate(actor, head, now)
    if head.state == "cancelled":
        raise Conflict("batch_not_running", _("Angkatan ini dibatalkan."))
    _check(plan, head)
    test = WrittenTest(
        batch_id=batch_id, state="draft", file_key_cipher="", created_by=actor.user_id, created_at=now,
        **_stored(plan),
    )  # fmt: skip
    private, test.file_public = _new_keys()
    db.session.add(test)
    db.session.flush()
    test.file_key_cipher = cipher().encrypt(private, KEY_AAD, test.id)
    audit.record(
        "test.planned", "test", test.id, actor=actor, now=now, scope=f"center:{head.center_id}",
        batch=batch_id, **_told(plan),
    )  # fmt: skip
    return test


def edit_test(*, batch_id: int, test_id: int, plan: Plan, actor: Actor, now: datetime) -> bool:
    """Change a test that nobody has started; one that is published must still be publishable. False when
    nothing changes. Raises as `create_test`, Conflict (`test_started`, `test_cancelled`)."""
    require(actor, Permission.TEST_EDIT)
    head, test = _held(actor, batch_id, test_id)
    _refuse_candidate(actor, head, now)
    if test.state == "cancelled":
        raise Conflict("test_cancelled", _("Uji ini sudah dibatalkan."))
    _check(plan, head)
    values = _stored(plan)
    if all(getattr(test, name) == value for name, value in values.items()):
        return False
    if _attempt_ids(test_id):
        message = _(
            "Sudah ada peserta yang mulai, jadi uji ini tidak dapat diubah. Tambahan waktu tetap dapat."
        )
        raise Conflict("test_started", message)
    for name, value in values.items():
        setattr(test, name, value)
    if test.state == "published":
        _refuse(publish_blockers(head, test, now))
    audit.record(
        "test.changed", "test", test.id, actor=actor, now=now, scope=f"center:{head.center_id}",
        **_told(plan),
    )  # fmt: skip
    return True


def publish_test(*, batch_id: int, test_id: int, actor: Actor, now: datetime) -> bool:
    """Let the people of the batch see it. False when it is published already. Raises NotFound, DomainError
    (`test_not_ready`) with details `blockers`, one for each unit that lacks questions."""
    require(actor, Permission.TEST_EDIT)
    head, test = _held(actor, batch_id, test_id)
    if test.state == "published":
        return False
    _refuse(publish_blockers(head, test, now))
    test.state = "published"
    audit.record(
        "test.published", "test", test.id, actor=actor, now=now, scope=f"center:{head.center_id}",
        opens=test.opens_at.isoformat(), closes=test.closes_at.isoformat(),
    )  # fmt: skip
    return True


def cancel_test(*, batch_id: int, test_id: int, reason: str, actor: Actor, now: datetime) -> int:
    """Call a test off for good; sittings of it become void. Returns how many. Raises NotFound, Forbidden (the
    actor or their own cooperative sat it), DomainError (`reason_needed` on reason), Conflict
    (`test_cancelled`, `results_adopted`)."""
    require(actor, Permission.TEST_EDIT)
    head, test = _held(actor, batch_id, test_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Tulis alasannya."), "reason")
    if test.state == "cancelled":
        raise Conflict("test_cancelled", _("Uji ini sudah dibatalkan."))
    if test.applied_at is not None:
        raise Conflict("results_adopted", _("Hasil uji ini sudah dipakai, jadi tidak dapat dibatalkan."))
    sat = [seat for seat in queries.seats_of(test_id, head.id) if seat.attempt_id is not None]
    refuse_own(actor, [(seat.person_id, seat.cooperative_id) for seat in sat], now)
    test.state = "cancelled"
    audit.record(
        "test.cancelled", "test", test.id, actor=actor, now=now, scope=f"center:{head.center_id}",
        reason=reason.strip()[:300],
    )  # fmt: skip
    attempts = _attempt_ids(test_id)
    return set_void(attempts, reason, actor, now, head.center_id) if attempts else 0


def publish_blockers(head: queries.PlanHead, test: WrittenTest, now: datetime) -> list[Blocker]:
    """What keeps the test from being published."""
    needs = rules.needs_of(test.blueprint)
    return rules.publish_blockers(
        state=test.state, batch_state=head.state, closes_at=test.closes_at, now=now, needs=needs,
        supply=queries.supply_of([need.unit_id for need in needs], head.center_id), units=unit_titles(head),
        _=_,
    )  # fmt: skip


def unit_titles(head: queries.PlanHead) -> dict[int, str]:
    """unit id -> title of the batch's curriculum, in order."""
    return {unit.id: unit.title for unit in units_of(head.curriculum_id)}


def _check(plan: Plan, head: queries.PlanHead) -> None:
    problems = [(field, found.message) for field, found in rules.blueprint_problems(
        plan.needs, unit_titles(head), _)]  # fmt: skip
    problems += [
        (field, found.message)
        for field, found in times.window_problems(plan.opens_at, plan.closes_at, plan.minutes, _)
    ]
    if not plan.title.strip():
        problems.insert(0, ("title", _("Tulis nama uji ini.")))
    elif len(plan.title) > 120:
        problems.insert(0, ("title", _("Nama uji paling panjang 120 huruf.")))
    if problems:
        raise DomainError("plan_wrong", problems[0][1], problems[0][0] or None, problems=problems)


def _refuse(blockers: list[Blocker]) -> None:
    if blockers:
        raise DomainError("test_not_ready", blockers[0].message, blockers=blockers)


def _refuse_candidate(actor: Actor, head: queries.PlanHead, now: datetime) -> None:
    """Nobody says what they are going to be asked, or how much of it is enough. Raises Forbidden."""
    if actor.person_id is not None:
        people = candidates_of(head.id)
        refuse_own(actor, [(one.person_id, None) for one in people if one.person_id == actor.person_id], now)


def _held(actor: Actor, batch_id: int, test_id: int) -> tuple[queries.PlanHead, WrittenTest]:
    """The test in the actor's reach, held against people who start on it."""
    head = queries.get_plan(actor, batch_id)
    hold_test(test_id)
    test = queries.get_test(batch_id, test_id)
    db.session.refresh(test)
    return head, test


def _attempt_ids(test_id: int) -> list[int]:
    return list(db.session.scalars(sa.select(Attempt.id).where(Attempt.test_id == test_id)))


def _stored(plan: Plan) -> dict[str, object]:
    return {
        "title": plan.title.strip(), "is_retest": plan.is_retest, "minutes": plan.minutes,
        "opens_at": plan.opens_at, "closes_at": plan.closes_at,
        "blueprint": [need.stored() for need in plan.needs],
    }  # fmt: skip


def _told(plan: Plan) -> dict[str, object]:
    return {
        "minutes": plan.minutes, "retest": plan.is_retest,
        "questions": {str(need.unit_id): [need.count, need.needed_pct] for need in plan.needs},
    }  # fmt: skip


def _new_keys() -> tuple[bytes, str]:
    """(private key as PKCS #8, public point as base64url): P-256, which every browser has."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return private, base64.urlsafe_b64encode(point).decode().rstrip("=")
