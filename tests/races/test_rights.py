"""Rights at the same moment: one decision, one request, one erasure."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.core import audit, jobs, retention
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, GrantedActor
from portal.people import services
from portal.people.models import Consent, CorrectionRequest, ErasureRequest, Person
from tests.support.classroom import newcomer
from tests.support.races import CONCURRENT, ROUNDS, at_once
from tests.support.world_rights import EVIDENCE

THIRD = CONCURRENT // 3


def _in_one(use_case: Any, **given: Any) -> Any:
    def run() -> None:
        with transaction():
            use_case(**given)

    return run


def _asked(person_id: int, now: Any) -> dict[str, Any]:
    return {
        "person_id": person_id, "field": "name", "text": "Nama Benar", "note": "", "evidence": EVIDENCE,
        "actor": GrantedActor(50, person_id, "Orangnya"), "now": now,
    }  # fmt: skip


def test_two_decisions_are_one(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        person_id = newcomer("Nama Salah")
        with transaction():
            number = services.file_correction(**_asked(person_id, now)).id
        decide = [
            _in_one(
                services.decide_correction, request_id=number, is_approved=is_approved, note="tidak cocok",
                actor=GrantedActor(900 + is_approved, None, "Kepala"), now=now,
            )
            for is_approved in [True, True, False] * THIRD
        ]  # fmt: skip
        outcomes = at_once(app, decide)
        assert sorted(outcomes) == ["correction_over"] * (THIRD * 3 - 1) + ["ok"]
        row, person = db.session.get(CorrectionRequest, number), db.session.get(Person, person_id)
        assert (row.state == "applied") == (person.name == "Nama Benar")


def test_two_equal_requests_are_one(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        person_id = newcomer("Dua Kali")
        outcomes = at_once(app, [_in_one(services.file_correction, **_asked(person_id, now))] * CONCURRENT)
        assert sorted(outcomes) == ["correction_open"] * (CONCURRENT - 1) + ["ok"]


def test_two_answers_to_one_purpose_are_one_row(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        person_id = newcomer("Setuju Sekali")
        give = _in_one(
            services.give_consent,
            person_id=person_id,
            purpose="contact",
            method="screen",
            actor=SYSTEM,
            now=now,
        )
        assert at_once(app, [give] * CONCURRENT) == ["ok"] * CONCURRENT
        count = sa.select(sa.func.count()).where(Consent.person_id == person_id)
        assert db.session.scalar(count) == 1


def test_erasing_against_holding_has_one_winner(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        person_id = newcomer("Diperebutkan")
        with transaction() as session:
            asked = ErasureRequest(person_id=person_id, state="asked", asked_by=50, asked_at=now, kept=[])
            session.add(asked)
            session.flush()
            number = asked.id
        admin: dict[str, Any] = {"actor": GrantedActor(900, None, "Pengelola"), "now": now}
        outcomes = at_once(
            app,
            [
                _in_one(services.carry_out_erasure, request_id=number, **admin),
                _in_one(services.place_hold, person_id=person_id, reason="Perkara 1", until=None, **admin),
            ]
            * (CONCURRENT // 2),
        )
        erased, held = outcomes[::2], outcomes[1::2]
        is_gone = db.session.get(Person, person_id).erased_at is not None
        assert erased.count("ok") == is_gone
        assert held.count("ok") == (0 if is_gone else len(held))


def test_two_starts_of_the_sweep_are_one(app: Any, db_session: Any, now: Any) -> None:
    for _round in range(ROUNDS):
        outcomes = at_once(app, [_in_one(retention.start_run, actor=SYSTEM, now=now)] * CONCURRENT)
        assert sorted(outcomes) == ["ok"] + ["retention_running"] * (CONCURRENT - 1)
        with transaction() as session:
            session.execute(sa.update(jobs.Job).values(state="done"))
    assert list(audit.check_chain(db.session())) == []
