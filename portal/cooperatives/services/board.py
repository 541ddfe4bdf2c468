"""A change of the board in one form and one transaction: terms end and begin, an old chair's voice ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.labels import post_label
from portal.cooperatives.models import BoardChange, Cooperative, Post, PostTerm
from portal.cooperatives.queries.board import all_terms, board_seen
from portal.cooperatives.queries.claims import claim_state
from portal.cooperatives.queries.cooperatives import may_edit
from portal.cooperatives.queries.posts import in_force
from portal.cooperatives.queries.warnings import board_warnings
from portal.cooperatives.rules import BoardWarning
from portal.cooperatives.rules.change import Beginning, Plan, Problem, plan_change
from portal.cooperatives.services.documents import keep_document
from portal.cooperatives.services.voices import end_voice, keep_to_terms
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.formatting import long_date
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.people.services import introduce_person

ZONE = "Asia/Jakarta"
#: What no change of posts brings about.
NOT_OF_THE_CHANGE = frozenset({"relatives_undeclared", "groups_few", "groups_one_role"})


@dataclass(frozen=True)
class NewHolder:
    """Who takes a post: a person already of this cooperative, or a new one by name and phone as typed.

    `key` names the row of the form, beside which a refusal stands.
    """

    key: str
    post: str
    person_id: int | None = None
    name: str = ""
    phone: str = ""
    ends_on: date | None = None
    is_ex_officio: bool = False


class BoardRefused(DomainError):
    """A change that cannot be so. `details["problems"]`: [(field, sentence)]; the first is also its own."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        field, message = problems[0]
        super().__init__("board_refused", message, field, problems=list(problems))


class BoardWarned(DomainError):
    """A change that is possible but unusual; `details["warnings"]`: [BoardWarning]. Sent again with
    `accepts_warnings` it is made."""

    def __init__(self, warnings: Sequence[BoardWarning]) -> None:
        message = _("Ada yang tidak biasa pada susunan ini. Periksa, lalu centang “Tetap simpan”.")
        super().__init__("board_warned", message, "confirm", warnings=list(warnings))


def change_board(
    *,
    cooperative_id: int,
    effective_on: date,
    seen: str,
    endings: Mapping[int, str],
    beginnings: Sequence[NewHolder],
    file: Any = None,
    note: str = "",
    is_correction: bool = False,
    accepts_warnings: bool = False,
    actor: Actor,
    now: datetime,
) -> BoardChange:
    """Change who holds which post from a day on, all or nothing; answers the change.

    seen: what `queries.board_seen` said when the form was drawn. endings: term id -> key of its row. file:
    the minutes, needed when the chair changes. Raises NotFound and Forbidden for those who may not, Conflict
    `board_changed`, BoardRefused, BoardWarned, and DomainError beside `file`, `effective_on` or a row.
    """
    cooperative = _lock(cooperative_id, actor)
    if seen != board_seen(cooperative_id):
        raise Conflict(
            "board_changed",
            _("Susunan pengurus sudah diubah orang lain sesudah halaman ini dibuka. Periksa lagi."),
        )
    if not endings and not beginnings:
        raise DomainError("nothing_changes", _("Belum ada jabatan yang Anda ubah."))
    plan = _plan(cooperative_id, effective_on, endings, beginnings, is_correction, local_date(now, ZONE))
    posts = _posts_of(plan)
    problems = problems_of(plan)
    problems += [
        (f"{new.key}_who", _("Jabatan ini tidak dikenal.")) for new in beginnings if new.post not in set(Post)
    ]
    if "chair" in posts and file is None:
        problems.append(("file", _("Ketua berganti: unggah berita acara atau surat keputusannya.")))
    if problems:
        raise BoardRefused(problems)
    known = _unusual(cooperative_id, effective_on)
    change = _carry_out(cooperative, plan, beginnings, effective_on, file, note, actor, now)
    fresh = [one for message, one in _unusual(cooperative_id, effective_on).items() if message not in known]
    if fresh and not accepts_warnings:
        # What was written goes with the caller's transaction.
        raise BoardWarned(fresh)
    return change


def _unusual(cooperative_id: int, on: date) -> dict[str, BoardWarning]:
    """What is unusual about the board itself, by its sentence."""
    found = board_warnings(cooperative_id, on)
    return {one.message: one for one in found if one.code not in NOT_OF_THE_CHANGE}


def _lock(cooperative_id: int, actor: Actor) -> Cooperative:
    """The cooperative, held against other writers, for somebody who may change its board."""
    cooperative: Cooperative | None = db.session.scalar(
        sa.select(Cooperative).where(Cooperative.id == cooperative_id).with_for_update()
    )
    if cooperative is None or not may_edit(actor, cooperative):
        raise NotFound()
    if claim_state(actor, cooperative_id) == "pending_decree":
        raise Forbidden(
            "claim_pending",
            _("Susunan pengurus dapat Anda ubah sesudah dinas memeriksa surat keputusan Anda."),
        )
    return cooperative


def _plan(
    cooperative_id: int,
    effective_on: date,
    endings: Mapping[int, str],
    beginnings: Sequence[NewHolder],
    is_correction: bool,
    today: date,
) -> Plan:
    known = set(people_of(cooperative_id))
    foreign = [new.key for new in beginnings if new.person_id is not None and new.person_id not in known]
    if foreign:
        raise BoardRefused([(f"{key}_who", _("Pilih orang dari daftar.")) for key in foreign])
    last = db.session.scalar(
        sa.select(sa.func.max(BoardChange.effective_on)).where(BoardChange.cooperative_id == cooperative_id)
    )
    return plan_change(
        all_terms(cooperative_id),
        endings=endings,
        beginnings=[
            Beginning(new.key, new.post, new.person_id or -index, new.ends_on, new.is_ex_officio)
            for index, new in enumerate(beginnings, 1)
        ],
        effective_on=effective_on,
        today=today,
        last_change=last,
        is_correction=is_correction,
    )


def people_of(cooperative_id: int) -> list[int]:
    """Everybody who holds or held a post in a cooperative."""
    statement = sa.select(PostTerm.person_id).where(PostTerm.cooperative_id == cooperative_id).distinct()
    return list(db.session.scalars(statement))


def _posts_of(plan: Plan) -> set[str]:
    """The posts that a plan touches."""
    ended = [term_id for term_id, _day in plan.ended]
    statement = sa.select(PostTerm.post).where(PostTerm.id.in_(ended))
    return set(db.session.scalars(statement)) | {one.post for one in plan.begun}


def problems_of(plan: Plan) -> list[tuple[str, str]]:
    """(field, sentence) of every reason against a plan."""
    return [(f"{one.key}_{one.part}" if one.part else one.key, sentence_of(one)) for one in plan.problems]


def sentence_of(problem: Problem) -> str:
    """Why a change cannot be so, in the language of the page."""
    post = post_label(problem.other_post)
    day = long_date(problem.day, False) if problem.day else ""
    sentences = {
        "future": _("Tanggal ini belum tiba. Catat pergantiannya pada hari itu atau sesudahnya."),
        "too_old": _("Tanggal ini lebih dari 30 tahun yang lalu. Periksa tahunnya."),
        "before_last": _(
            "Pergantian terakhir berlaku sejak %(day)s. Bila ini memang pembetulan catatan lama, "
            "centang “Pembetulan catatan lama”.", day=day,
        ),
        "ended_already": _("Masa jabatan ini sudah berakhir sebelum tanggal berlaku."),
        "began_later": _(
            "Masa jabatan ini baru mulai %(day)s, jadi tidak dapat berakhir sebelum itu. "
            "Periksa tanggal berlakunya.", day=day,
        ),
        "end_before_start": _("Akhir masa jabatan ada sebelum tanggal berlaku."),
        "person_twice": _("Orang ini Anda pilih juga untuk jabatan %(post)s.", post=post),
        "person_overlaps": _(
            "Orang ini masih menjabat %(post)s sejak %(day)s. Akhiri dahulu jabatan itu pada barisnya.",
            post=post, day=day,
        ),
        "two_holders": _(
            "Jabatan %(post)s akan dipegang dua orang. Akhiri salah satunya.", post=post
        ),
    }  # fmt: skip
    return sentences[problem.code]


def _carry_out(
    cooperative: Cooperative,
    plan: Plan,
    beginnings: Sequence[NewHolder],
    effective_on: date,
    file: Any,
    note: str,
    actor: Actor,
    now: datetime,
) -> BoardChange:
    paper = None
    if file is not None:
        paper = keep_document(cooperative_id=cooperative.id, kind="minutes", file=file, actor=actor, now=now)
    change = BoardChange(
        cooperative_id=cooperative.id, effective_on=effective_on, document_id=paper, note=note.strip()[:300],
        summary={"ended": len(plan.ended), "began": len(plan.begun), "kept": plan.kept},
        made_by=actor.user_id, made_at=now,
    )  # fmt: skip
    db.session.add(change)
    db.session.flush()
    left = end_terms(plan.ended, actor=actor, now=now)
    people = {new.key: person_of(new, actor, now) for new in beginnings}
    begin_terms(
        cooperative.id,
        plan.begun,
        people,
        effective_on,
        change_id=change.id,
        source="board",
        actor=actor,
        now=now,
    )
    for person_id in left - _chairs(cooperative.id, local_date(now, ZONE)):
        end_voice(person_id=person_id, cooperative_id=cooperative.id, actor=actor, now=now)
    keep_to_terms(cooperative_ids=[cooperative.id], actor=actor, now=now)
    audit.record(
        "post.board_changed", "cooperative", cooperative.id, actor=actor, now=now, change=change.id,
        effective_on=effective_on.isoformat(), **change.summary,
    )  # fmt: skip
    ports().standing_touched(cooperative_ids=[cooperative.id], now=now)
    return change


def _chairs(cooperative_id: int, on: date) -> set[int]:
    """Who is chair on a day: a corrected term of years ago takes no voice from a chair of today."""
    statement = sa.select(PostTerm.person_id).where(
        PostTerm.cooperative_id == cooperative_id, PostTerm.post == Post.CHAIR, in_force(on)
    )
    return set(db.session.scalars(statement))


def end_terms(ended: Sequence[tuple[int, date]], *, actor: Actor, now: datetime) -> set[int]:
    """End these terms on their last days; answers the people who were chair."""
    days = dict(ended)
    left: set[int] = set()
    statement = sa.select(PostTerm).where(PostTerm.id.in_(days)).order_by(PostTerm.id).with_for_update()
    for term in db.session.scalars(statement):
        term.ends_on, term.recorded_by, term.recorded_at = days[term.id], actor.user_id, now
        if term.post == "chair":
            left.add(term.person_id)
        audit.record(
            "post.ended", "cooperative", term.cooperative_id, actor=actor, now=now,
            person_id=term.person_id, post=term.post,
        )  # fmt: skip
    # Before anybody takes over: a post that has one holder has one at every moment.
    db.session.flush()
    return left


def person_of(new: NewHolder, actor: Actor, now: datetime) -> int:
    """The person who takes a post; somebody new is recorded. Raises BoardRefused beside the row."""
    if new.person_id is not None:
        return new.person_id
    try:
        return introduce_person(name=new.name, phone=new.phone, actor=actor, now=now)
    except DomainError as error:
        raise BoardRefused([(f"{new.key}_{error.field}", error.message)]) from None


def begin_terms(
    cooperative_id: int,
    begun: Sequence[Beginning],
    people: Mapping[str, int],
    starts_on: date,
    *,
    change_id: int | None,
    source: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Let people take posts. people: key of the row -> person id."""
    for one in begun:
        db.session.add(
            PostTerm(
                cooperative_id=cooperative_id,
                person_id=people[one.key],
                post=one.post,
                starts_on=starts_on,
                ends_on=one.ends_on,
                source=source,
                is_ex_officio=one.is_ex_officio,
                change_id=change_id,
                recorded_by=actor.user_id,
                recorded_at=now,
            )
        )
        audit.record(
            "post.held", "cooperative", cooperative_id, actor=actor, now=now, person_id=people[one.key],
            post=one.post,
        )  # fmt: skip
    db.session.flush()
