"""Two changes of one board at once, and two people with one code: one wins, the other is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import BoardChange, ChairClaim, PostTerm
from portal.cooperatives.rules.board import SOLE_POSTS
from portal.cooperatives.services import claims
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support.boards import Board, account, board, person, taker
from tests.support.races import CONCURRENT, ROUNDS, at_once

QUEUED = 8
DAY = timedelta(days=1)


def _two_of_anything(found: Board) -> list[str]:
    """What must not be: terms of one person, or of a post that has one holder, that share a day."""
    terms = db.session.scalars(
        sa.select(PostTerm).where(PostTerm.cooperative_id == found.cooperative_id)
    ).all()
    wrong = []
    for index, one in enumerate(terms):
        for two in terms[index + 1 :]:
            last = min(one.ends_on or two.starts_on + 9999 * DAY, two.ends_on or one.starts_on + 9999 * DAY)
            same = one.person_id == two.person_id or (one.post == two.post and one.post in SOLE_POSTS)
            if same and max(one.starts_on, two.starts_on) <= last:
                wrong.append(
                    f"{one.post} {one.starts_on}-{one.ends_on} / {two.post} {two.starts_on}-{two.ends_on}"
                )
    return wrong


def test_of_many_changes_of_one_board_at_once_one_is_made(app: Any, db_session: Any, now: Any) -> None:
    found = board(now, "KDMP Lomba")
    for round_ in range(ROUNDS):
        seen, day = found.seen(), now - (ROUNDS - round_) * DAY
        term = db.session.scalar(
            sa.select(PostTerm.id).where(PostTerm.post == "treasurer", PostTerm.ends_on.is_(None))
        )

        def change(number: int, seen: str = seen, day: Any = day, term: Any = term) -> None:
            new = taker("treasurer", f"t{term}", name=f"Bendahara {chr(65 + number % 26)}")
            found.change(now, on=day.date(), endings=[term], beginnings=[new], seen=seen, minutes=False)

        outcomes = at_once(app, [lambda n=n: change(n) for n in range(CONCURRENT)])
        assert sorted(outcomes) == ["board_changed"] * (CONCURRENT - 1) + ["ok"]
        assert db.session.scalar(sa.select(sa.func.count()).select_from(BoardChange)) == round_ + 1
    assert _two_of_anything(found) == []


def test_changes_of_a_fresh_look_each_leave_a_sound_board(app: Any, db_session: Any, now: Any) -> None:
    """Everybody reads the board again and again until theirs is taken: all are, one after the other."""
    found = board(now, "KDMP Antre")

    def change(number: int) -> None:
        for _try in range(60):
            try:
                found.change(
                    now - (QUEUED - number) * DAY, beginnings=[taker("supervisor_member", f"n{number}",
                    name=f"Pengawas {chr(65 + number)}")], is_correction=True,
                )  # fmt: skip
                return
            except DomainError as error:
                db.session.rollback()
                if error.code != "board_changed":
                    raise
        raise AssertionError("never taken")

    assert at_once(app, [lambda n=n: change(n) for n in range(QUEUED)]) == ["ok"] * QUEUED
    assert _two_of_anything(found) == []
    held = sa.select(sa.func.count()).where(PostTerm.post == "supervisor_member", PostTerm.ends_on.is_(None))
    assert db.session.scalar(held.select_from(PostTerm)) == QUEUED + 2


def test_of_many_with_one_code_one_speaks_for_the_cooperative(app: Any, db_session: Any, now: Any) -> None:
    found = board(now, "KDMP Kode")
    with transaction():
        people = [person(f"Orang {n}", now) for n in range(CONCURRENT)]
        users = [account("Orang", now, person_id=one).id for one in people]
    actors = [
        GrantedActor(user, one, "Orang", (Grant(Role.TRAINEE, "self", ""),))
        for user, one in zip(users, people, strict=True)
    ]
    for _round in range(ROUNDS):
        with transaction():
            code = claims.issue_chair_code(
                cooperative_id=found.cooperative_id, actor=found.officer(), now=now
            )

        def claim(actor: GrantedActor, code: str = code) -> None:
            with transaction():
                claims.claim_by_code(code=code, address="10.0.0.8", actor=actor, now=now)

        outcomes = at_once(app, [lambda actor=actor: claim(actor) for actor in actors])
        assert sorted(outcomes) == ["code_refused"] * (CONCURRENT - 1) + ["ok"]
        rows = db.session.scalars(sa.select(ChairClaim.user_id).where(ChairClaim.state == "pending")).all()
        assert rows == [actors[outcomes.index("ok")].user_id]
        with transaction() as session:
            session.execute(sa.update(ChairClaim).values(state="ended"))
