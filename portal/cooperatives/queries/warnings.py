"""What is unusual about a cooperative's board on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from portal.cooperatives.labels import POST_LABELS
from portal.cooperatives.models import Cooperative, MemberGroup, PostTerm
from portal.cooperatives.queries.checklist import NO_RELATIVES, checklist_standing
from portal.cooperatives.queries.posts import in_force
from portal.cooperatives.rules import BOARD_POSTS, SUPERVISOR_POSTS, BoardWarning, TermRow
from portal.cooperatives.rules import board_warnings as judge
from portal.core.db import db
from portal.core.errors import NotFound
from portal.people.models import Person

_LEADING = (*BOARD_POSTS, *SUPERVISOR_POSTS)


def board_warnings(cooperative_id: int, on: date, *, with_names: bool = True) -> list[BoardWarning]:
    """The warnings of a cooperative on a day, in five statements. Raises NotFound.

    with_names: whether the sentences name people; not for whoever has not yet proved to speak for them.
    """
    kind = db.session.scalar(sa.select(Cooperative.kind).where(Cooperative.id == cooperative_id))
    if kind is None:
        raise NotFound()
    statement = (
        sa.select(
            PostTerm.person_id, PostTerm.post, PostTerm.starts_on, PostTerm.ends_on, PostTerm.is_ex_officio,
            Person.name,
        )
        .join(Person, Person.id == PostTerm.person_id)
        .where(PostTerm.cooperative_id == cooperative_id)
    )  # fmt: skip
    rows = db.session.execute(statement).all()
    terms = [TermRow(r.person_id, r.post, r.starts_on, r.ends_on, r.is_ex_officio) for r in rows]
    roles = db.session.scalars(
        sa.select(MemberGroup.role).where(MemberGroup.cooperative_id == cooperative_id)
    ).all()
    people = sorted({t.person_id for t in terms if t.post in _LEADING and t.covers(on)})
    standing = checklist_standing([cooperative_id], on).get(cooperative_id, {})
    return judge(
        kind=kind,
        terms=terms,
        on=on,
        group_roles=roles,
        elsewhere=_elsewhere(cooperative_id, people, on),
        declared_no_relatives=NO_RELATIVES in standing,
        names={r.person_id: r.name for r in rows} if with_names else {},
        posts={post: str(label) for post, label in POST_LABELS.items()},
    )


def _elsewhere(cooperative_id: int, people: Sequence[int], on: date) -> dict[int, list[str]]:
    """person id -> the other cooperatives where that person is on the board or a supervisor."""
    if not people:
        return {}
    statement = (
        sa.select(PostTerm.person_id, Cooperative.name)
        .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
        .where(
            PostTerm.person_id.in_(people[:500]),
            PostTerm.cooperative_id != cooperative_id,
            PostTerm.post.in_(_LEADING),
            in_force(on),
        )
        .order_by(Cooperative.name, Cooperative.id)
    )
    found: dict[int, list[str]] = {}
    for person_id, name in db.session.execute(statement):
        found.setdefault(person_id, []).append(name)
    return found
