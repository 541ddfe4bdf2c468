"""Renewals and decrees at the same moment: once each, and no course that was taken back is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from portal.certificates.models import Certificate, CertificateEvent, Decree, Renewal, ValidityExtension
from portal.certificates.queries import decrees as queries
from portal.certificates.services import decide_request, decrees, prepare_change
from portal.certificates.services.renewals import prepare_renewal
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import GrantedActor
from tests.support.decrees import as_actor, class_with_end, draft, platform_admin
from tests.support.races import CONCURRENT, ROUNDS, at_once
from tests.support.renewals import add_course, old_certificate, set_rule


def decide(request_id: int, head: GrantedActor, now: Any) -> Callable[[], None]:
    def job() -> None:
        with transaction():
            decide_request(request_id=request_id, approve=True, actor=head, now=now)

    return job


def ask(number: int, admin: GrantedActor, now: Any) -> Callable[[], int]:
    def job() -> int:
        with transaction():
            return int(prepare_renewal(certificate_id=number, actor=admin, now=now).id)

    return job


def test_one_certificate_is_asked_for_and_renewed_once(app: Any, db_session: Any, now: Any) -> None:
    signed, made = old_certificate(now, people=ROUNDS)
    numbers, admin, head = [one.id for one in made], signed.admin, signed.head
    course, _paper = add_course(made[0].person_id, now)
    counted = [course.room.extra["program_id"]]
    set_rule(signed.room.extra["program_id"], now, counted=counted, renewal_hours=0)
    for number in numbers:
        db.session.rollback()
        outcomes = at_once(app, [ask(number, admin, now)] * CONCURRENT)
        assert outcomes.count("ok") == 1, outcomes
        query = sa.text("SELECT id FROM certificate_request WHERE certificate_id=:c")
        request_id = db.session.scalar(query, {"c": number})
        db.session.rollback()
        outcomes = at_once(app, [decide(request_id, head, now)] * CONCURRENT)
        assert outcomes.count("ok") == 1, outcomes
    db.session.rollback()
    assert sorted(db.session.scalars(sa.select(Renewal.renews_id))) == numbers


def test_a_course_is_revoked_or_counted_but_never_counted_afterwards(
    app: Any, db_session: Any, now: Any
) -> None:
    signed, made = old_certificate(now, people=ROUNDS)
    like: dict[str, Any] = {}
    for old in made:
        course, paper = add_course(old.person_id, now, **like)
        if not like:
            like = {"like": course.room}
            set_rule(signed.room.extra["program_id"], now, counted=[course.room.extra["program_id"]])
        request_id = ask(old.id, signed.admin, now)()
        with transaction():
            taken = prepare_change(
                certificate_id=paper.id, action="revoke", reason_class="fraud", note="",
                actor=course.admin, now=now,
            ).id  # fmt: skip
        heads = signed.head, course.head
        db.session.rollback()
        both = [decide(request_id, heads[0], now), decide(taken, heads[1], now)]
        outcomes = at_once(app, both * (CONCURRENT // 2))
        assert outcomes[1::2].count("ok") == 1
        db.session.rollback()
        revoked = db.session.scalar(
            sa.select(CertificateEvent.log_index).where(
                CertificateEvent.certificate_id == paper.id, CertificateEvent.type == "revoke"
            )
        )
        renewed = db.session.scalar(
            sa.select(Certificate.log_index)
            .join(Renewal, Renewal.certificate_id == Certificate.id)
            .where(Renewal.renews_id == old.id)
        )
        assert revoked is not None
        assert renewed is None or renewed < revoked


def test_a_decree_is_adopted_once_and_each_certificate_extended_once(
    app: Any, db_session: Any, now: Any
) -> None:
    class_with_end(now, people=6)
    author, others = platform_admin(), [platform_admin(f"Rekan {n}") for n in range(8)]
    for number in range(ROUNDS):
        made = draft(as_actor(author), now, f"KEP-{number}")
        mark, decree_id = queries.preview(made).mark, made.id

        def adopt(user: Any, decree_id: int = decree_id, mark: str = mark) -> Callable[[], None]:
            actor = as_actor(user)

            def job() -> None:
                with transaction():
                    decrees.adopt_decree(decree_id=decree_id, mark=mark, actor=actor, now=now)
                jobs.run_pending()

            return job

        outcomes = at_once(app, [adopt(user) for user in others] * (CONCURRENT // 8))
        assert outcomes.count("ok") == 1, outcomes
        jobs.run_pending()
        db.session.rollback()
        assert queries.extended_count(decree_id) == 6
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ValidityExtension)) == 6 * ROUNDS
    assert set(db.session.scalars(sa.select(Decree.state))) == {"adopted"}
