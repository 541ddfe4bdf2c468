"""A cooperative with its people and its chair, for tests of nominations."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import PostTerm
from portal.core import clock
from portal.core.db import db
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment, Nomination, NominationGroup
from portal.enrollment.queries.nominating import Proposed
from portal.enrollment.services import nominating
from tests.enrollment.world import World

POSTS = (
    "chair", "vice_chair_business", "vice_chair_membership", "secretary", "treasurer", "supervisor_chair",
    "supervisor_member", "manager",
)  # fmt: skip


def chair_of(cooperative_id: int, user_id: int = 9100, person_id: int | None = None) -> GrantedActor:
    """The chair of a cooperative as services see one."""
    return GrantedActor(
        user_id, person_id, "Ketua Uji", (Grant(Role.CHAIR, "cooperative", str(cooperative_id)),)
    )


def board(world: World, cooperative_id: int, count: int = 8) -> list[int]:
    """People who hold posts of a cooperative since the beginning of the year; their ids."""
    return give_posts(world, cooperative_id, world.people(count))


def give_posts(world: World, cooperative_id: int, people: list[int]) -> list[int]:
    """Let people hold the posts of a cooperative since the beginning of the year."""
    with world.write():
        for number, person_id in enumerate(people):
            db.session.add(
                PostTerm(
                    cooperative_id=cooperative_id, person_id=person_id,
                    post=POSTS[number] if number < len(POSTS) else "member", starts_on=date(2026, 1, 1),
                    source="board",
                )
            )  # fmt: skip
    return people


def holders(people: list[int]) -> list[Proposed]:
    """People of the board, chosen by id."""
    return [Proposed(f"p{number}", "", "", None, number) for number in people]


def newcomers(*names: str, post: str = "member", phone: str | None = "081234567890") -> list[Proposed]:
    """People who are new by name."""
    return [Proposed(f"n{index}", name, post, phone) for index, name in enumerate(names)]


def send(world: World, cooperative_id: int, people: list[Proposed], **more: Any) -> Any:
    """`nominate_group` with the usual answers."""
    with world.write():
        return nominating.nominate_group(**wish(world, cooperative_id, people, **more))


def wish(world: World, cooperative_id: int, people: list[Proposed], **more: Any) -> dict[str, Any]:
    """The arguments of `nominate_group`."""
    usual = {
        "cooperative_id": cooperative_id, "program_id": world.program_id, "batch_id": None, "people": people,
        "mode": "all", "keep_together": False, "letter_number": "", "form_key": f"form-{id(people)}",
        "actor": chair_of(cooperative_id), "now": clock.now(),
    }  # fmt: skip
    return usual | more


def ask(world: World, cooperative_id: int, people: list[Proposed], **more: Any) -> Any:
    """`preview_group` with the usual answers."""
    wanted = wish(world, cooperative_id, people, **more)
    del wanted["letter_number"], wanted["form_key"]
    return nominating.preview_group(**wanted)


def rows(world: World, table: Any = Nomination) -> list[Any]:
    """All rows of a table as stored now, by id."""
    with world.inside():
        db.session.rollback()
        db.session.expire_all()
        return list(db.session.scalars(sa.select(table).order_by(table.id)))


__all__ = [
    "POSTS", "Enrollment", "Nomination", "NominationGroup", "Proposed", "ask", "board", "chair_of",
    "give_posts", "holders", "newcomers", "rows", "send", "wish",
]  # fmt: skip
