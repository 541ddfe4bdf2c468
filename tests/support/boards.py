"""A cooperative with a board, its chair's account and the office of its regency, for tests of posts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from portal.accounts.models import RoleGrant, User
from portal.cooperatives.models import PostTerm
from portal.cooperatives.queries.board import board_seen
from portal.cooperatives.services import CooperativeRow, ensure_cooperatives
from portal.cooperatives.services.board import NewHolder, change_board
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.people.models import Person

REGENCY = "61.05"
SINCE = date(2025, 1, 1)
POSTS = (
    "chair", "vice_chair_business", "vice_chair_membership", "secretary", "treasurer", "supervisor_chair",
    "supervisor_member", "supervisor_member", "manager",
)  # fmt: skip
NAMES = ("Asih", "Budi", "Citra", "Dedi", "Endang", "Fajar", "Gita", "Hadi", "Intan")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
_serial = count(1)


@dataclass
class Board:
    """Ids of a cooperative with nine posts since SINCE; `terms` and `people` by post (the first of each)."""

    cooperative_id: int
    people: dict[str, int]
    terms: dict[str, int]
    chair_user: int
    officer_user: int

    def chair(self) -> GrantedActor:
        """The chair's account."""
        grant = Grant(Role.CHAIR, "cooperative", str(self.cooperative_id))
        return GrantedActor(self.chair_user, self.people["chair"], "Asih Ketua", (grant,))

    def officer(self) -> GrantedActor:
        """Somebody of the regency office."""
        return officer(self.officer_user)

    def seen(self) -> str:
        """The state of the board now."""
        return board_seen(self.cooperative_id)

    def change(self, now: datetime, **wish: Any) -> Any:
        """`change_board` in its own transaction; `endings` may be posts; `minutes` False leaves them out."""
        ends = {self.terms.get(key, key): f"t{self.terms.get(key, key)}" for key in wish.pop("endings", ())}
        with transaction():
            return change_board(
                cooperative_id=self.cooperative_id, effective_on=wish.pop("on", now.date()),
                seen=wish.pop("seen", None) or self.seen(), endings=ends,
                beginnings=wish.pop("beginnings", ()),
                file=minutes() if wish.pop("minutes", True) else None,
                accepts_warnings=wish.pop("accepts_warnings", True),
                actor=wish.pop("actor", None) or self.chair(), now=now, **wish,
            )  # fmt: skip


def minutes(content: bytes = PDF) -> io.BytesIO:
    """A small PDF, as an upload."""
    return io.BytesIO(content)


def officer(user_id: int, region: str = REGENCY) -> GrantedActor:
    """An officer of a regency."""
    return GrantedActor(user_id, None, "Hendra Dinas", (Grant(Role.REGENCY_OFFICER, "region", region),))


def person(name: str, now: datetime) -> int:
    """Somebody on record; inside a transaction."""
    row = Person(name=name, created_at=now, updated_at=now)
    db.session.add(row)
    db.session.flush()
    return int(row.id)


def account(name: str, now: datetime, *grants: Grant, person_id: int | None = None) -> User:
    """An account with these roles; inside a transaction."""
    user = User(login=f"pengurus{next(_serial)}", name=name, person_id=person_id, created_at=now)
    db.session.add(user)
    db.session.flush()
    for one in grants:
        db.session.add(
            RoleGrant(user_id=user.id, role=one.role.value, scope_kind=one.scope_kind, scope_id=one.scope_id,
                      starts_on=SINCE)
        )  # fmt: skip
    return user


def new_cooperative(now: datetime, name: str, kind: str = "village") -> int:
    """A cooperative of the regency, without a board; inside a transaction."""
    found = ensure_cooperatives(rows=[CooperativeRow(kind, name, REGENCY)], actor=SYSTEM, now=now)
    return next(iter(found.values()))


def board(now: datetime, name: str = "KDMP Ladang", posts: tuple[str, ...] = POSTS) -> Board:
    """Make a cooperative with a board, committed."""
    with transaction():
        cooperative_id = new_cooperative(now, name)
        people: dict[str, int] = {}
        terms: dict[str, int] = {}
        for post, called in zip(posts, NAMES, strict=False):
            number = person(f"{called} {name[-6:]}", now)
            term = PostTerm(cooperative_id=cooperative_id, person_id=number, post=post, starts_on=SINCE,
                            source="board", is_ex_officio=post == "supervisor_chair")  # fmt: skip
            db.session.add(term)
            db.session.flush()
            people.setdefault(post, number)
            terms.setdefault(post, term.id)
        grant = Grant(Role.CHAIR, "cooperative", str(cooperative_id))
        chair = account("Asih Ketua", now, grant, person_id=people["chair"])
        office = account("Hendra Dinas", now, Grant(Role.REGENCY_OFFICER, "region", REGENCY))
        return Board(cooperative_id, people, terms, chair.id, office.id)


def taker(post: str, key: str = "n0", **more: Any) -> NewHolder:
    """Somebody new who takes a post."""
    return NewHolder(key=key, post=post, **({"name": "Joko Baru"} | more))
