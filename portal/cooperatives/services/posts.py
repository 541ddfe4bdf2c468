"""Who holds which post, many at a time in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Post, PostTerm
from portal.cooperatives.services.voices import end_voice
from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _

CHUNK = 500


def hold_posts(
    *,
    rows: Sequence[tuple[int, int, str]],
    starts_on: date,
    source: str = "roster",
    actor: Actor,
    now: datetime,
) -> int:
    """Note who holds which post: (cooperative id, person id, post). Returns how many posts changed.

    One open post for each person in a cooperative: another post ends the earlier term the day before and
    begins a new one; the same post again changes nothing. Of two rows for one person the first wins. Whoever
    is no longer chair no longer speaks for the cooperative.
    """
    wanted: dict[tuple[int, int], str] = {}
    for cooperative_id, person_id, post in rows:
        if post not in set(Post):
            raise DomainError("post_unknown", _("Jabatan ini tidak dikenal."), "post")
        wanted.setdefault((cooperative_id, person_id), post)
    open_terms = _open_terms([person_id for _cooperative_id, person_id in wanted], starts_on)
    ended: list[dict[str, Any]] = []
    corrected: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    touched: set[int] = set()
    left: list[tuple[int, int]] = []
    for (cooperative_id, person_id), post in wanted.items():
        term = open_terms.get((cooperative_id, person_id))
        if term is not None and term.post == post:
            continue
        touched.add(cooperative_id)
        audit.record(
            "post.held", "cooperative", cooperative_id, actor=actor, now=now, person_id=person_id, post=post
        )
        if term is not None and term.post == Post.CHAIR:
            left.append((cooperative_id, person_id))
        if term is not None and term.starts_on >= starts_on:
            corrected.append({"key_id": term.id, "new_post": post})
            continue
        if term is not None:
            ended.append({"key_id": term.id, "new_end": starts_on - timedelta(days=1)})
        fresh.append(
            {
                "cooperative_id": cooperative_id,
                "person_id": person_id,
                "post": post,
                "starts_on": starts_on,
                "source": source,
                "recorded_by": actor.user_id,
                "recorded_at": now,
            }
        )
    _change_terms(ended, corrected)
    insert_many(db.session(), sa.inspect(PostTerm).local_table, fresh)
    _end_voices(left, actor, now)
    if touched:
        ports().standing_touched(cooperative_ids=sorted(touched), now=now)
    return len(fresh) + len(corrected)


def end_posts(
    *, rows: Sequence[tuple[int, int]], ends_on: date, source: str | None = None, actor: Actor, now: datetime
) -> int:
    """End the open posts of people in cooperatives: (cooperative id, person id). Returns how many ended.

    `source`: only terms that came from there. A term that began later ends on the day it began.
    Two statements, and two or three more for each chair among them.
    """
    open_terms = _open_terms([person_id for _cooperative_id, person_id in rows], ends_on + timedelta(days=1))
    ended: list[dict[str, Any]] = []
    touched: set[int] = set()
    left: list[tuple[int, int]] = []
    for key in dict.fromkeys(rows):
        term = open_terms.get(key)
        if term is None or source not in (None, term.source):
            continue
        touched.add(key[0])
        if term.post == Post.CHAIR:
            left.append(key)
        ended.append({"key_id": term.id, "new_end": max(ends_on, term.starts_on)})
        audit.record(
            "post.ended", "cooperative", key[0], actor=actor, now=now, person_id=key[1], post=term.post
        )
    _change_terms(ended, [])
    _end_voices(left, actor, now)
    if touched:
        ports().standing_touched(cooperative_ids=sorted(touched), now=now)
    return len(ended)


def _end_voices(left: Sequence[tuple[int, int]], actor: Actor, now: datetime) -> None:
    """Who was chair of a cooperative and is no longer does not speak for it either."""
    for cooperative_id, person_id in left:
        end_voice(person_id=person_id, cooperative_id=cooperative_id, actor=actor, now=now)


def _open_terms(person_ids: list[int], on: date) -> dict[tuple[int, int], Any]:
    """(cooperative id, person id) -> the term that is open or still runs on a day."""
    found: dict[tuple[int, int], Any] = {}
    columns = sa.select(
        PostTerm.id, PostTerm.cooperative_id, PostTerm.person_id, PostTerm.post, PostTerm.starts_on,
        PostTerm.source,
    ).where(sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on)).order_by(PostTerm.id)  # fmt: skip
    unique = list(dict.fromkeys(person_ids))
    for start in range(0, len(unique), CHUNK):
        for row in db.session.execute(columns.where(PostTerm.person_id.in_(unique[start : start + CHUNK]))):
            found[row.cooperative_id, row.person_id] = row
    return found


def _change_terms(ended: list[dict[str, Any]], corrected: list[dict[str, Any]]) -> None:
    table = sa.inspect(PostTerm).local_table
    by_id = sa.update(table).where(table.c.id == sa.bindparam("key_id"))
    connection = db.session().connection()
    if ended:
        connection.execute(by_id.values(ends_on=sa.bindparam("new_end")), ended)
    if corrected:
        connection.execute(by_id.values(post=sa.bindparam("new_post")), corrected)


def end_post(*, term_id: int, ends_on: date, actor: Actor, now: datetime) -> PostTerm:
    """End a term on its last day. Raises NotFound, and DomainError when that is before it began."""
    term = db.session.get(PostTerm, term_id, with_for_update=True)
    if term is None:
        raise NotFound()
    if ends_on < term.starts_on:
        raise DomainError("dates_order", _("Hari terakhir ada sebelum hari pertama."), "ends_on")
    if term.ends_on != ends_on:
        term.ends_on, term.recorded_by, term.recorded_at = ends_on, actor.user_id, now
        ports().standing_touched(cooperative_ids=[term.cooperative_id], now=now)
        if term.post == Post.CHAIR:
            _end_voices([(term.cooperative_id, term.person_id)], actor, now)
        audit.record(
            "post.ended",
            "cooperative",
            term.cooperative_id,
            actor=actor,
            now=now,
            person_id=term.person_id,
            post=term.post,
        )
    return term
