"""Proposing several people at once: all or nothing, or as many as fit; in one transaction, in at most twelve
statements for a usual board (docs/nominations.md counts them)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.rules import Limit
from portal.accounts.services.throttle import count_try
from portal.cooperatives.labels import POST_LABELS
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.enrollment import messages_nominating as messages
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import (
    ENDED_STATES,
    Enrollment,
    Nomination,
    NominationGroup,
    NominationState,
    State,
)
from portal.enrollment.queries.judging import Judged, judge
from portal.enrollment.queries.nominating import (
    Act,
    Ground,
    Known,
    Proposed,
    load_act,
    load_ground,
    load_known,
)
from portal.enrollment.rules_nominating import Mode, Outcome
from portal.enrollment.services.cases import new_codes
from portal.people.models import Person
from portal.people.rules import collapse, parse_phone
from portal.people.services import check_name

_STATES = {Outcome.SEAT: State.APPLIED, Outcome.WAIT: State.WAITLISTED, Outcome.RESERVE: State.WAITLISTED}

DAY = timedelta(days=1)
#: Groups sent and people swapped by one account: the same two people, swapped to and fro, are few people but
#: many messages.
ACTS = Limit("nominate.acts", 40, DAY)


@dataclass(frozen=True)
class Nominated:
    """What came of it: the group, whether it is new (else the same form came twice), and the answers."""

    group_id: int
    is_new: bool
    judged: Judged


def preview_group(
    *,
    cooperative_id: int,
    program_id: int,
    batch_id: int | None,
    people: Sequence[Proposed],
    mode: str,
    keep_together: bool,
    actor: Actor,
    now: datetime,
) -> Judged:
    """The answer that sending would give now, person by person; changes nothing. At most eight statements,
    however many people. Raises as `nominate_group` but for the group's own refusal."""
    people = check_people(people, mode, actor, cooperative_id)
    return judge_people(
        cooperative_id, program_id, batch_id, people, mode, keep_together, "", actor, now, lock=False
    )[1]


def nominate_group(
    *,
    cooperative_id: int,
    program_id: int,
    batch_id: int | None,
    people: Sequence[Proposed],
    mode: str,
    keep_together: bool,
    letter_number: str,
    form_key: str,
    actor: Actor,
    now: datetime,
) -> Nominated:
    """Propose people for a program, and for a batch where one is named: whole or not at all.

    mode `all`: everybody gets a place (or everybody waits, with `keep_together`), else nothing happens; mode
    `fit`: who finds no seat waits, who is blocked stays behind. The same `form_key` again changes nothing.
    Raises NotFound for a foreign cooperative, Conflict with details["judged"] when nothing can be sent,
    TooMany, DomainError for people or words that cannot be.
    """
    people = check_people(people, mode, actor, cooperative_id)
    if not form_key:
        raise DomainError("op_invalid", _("Formulir ini tidak lengkap. Muat ulang halaman, lalu kirim lagi."))
    ground, judged = judge_people(
        cooperative_id, program_id, batch_id, people, mode, keep_together, form_key, actor, now, lock=True
    )
    if judged.act.group_id is not None:
        return Nominated(judged.act.group_id, False, judged)
    stops = judged.decision.stops
    if stops:
        raise Conflict(stops[0].code, stops[0].message, blockers=list(stops), judged=judged)
    refuse_flood(judged)
    ids = introduce(judged, actor, now)
    group_id = _group(ground, judged.act, mode, keep_together, letter_number, form_key, actor, now)
    numbers = write_nominations(ground, judged, group_id, ids, now)
    write_enrollments(ground, judged, group_id, ids, numbers, now)
    _record(ground, judged, group_id, ids, numbers, actor, now)
    return Nominated(group_id, True, judged)


def check_people(people: Sequence[Proposed], mode: str, actor: Actor, cooperative_id: int) -> list[Proposed]:
    """The people as they may be stored. Raises DomainError, NotFound for a foreign cooperative."""
    require(actor, Permission.NOMINATE)
    scope = actor.scope(Permission.NOMINATE)
    if not (scope.everything or cooperative_id in scope.cooperatives):
        raise NotFound()
    if mode not in set(Mode):
        raise DomainError("mode_unknown", _("Pilih cara mengirim usulan."), "mode")
    if len(people) > rules_n.MOST_PEOPLE:
        raise DomainError(
            "too_many_people",
            _("Paling banyak %(most)d orang dalam satu usulan.", most=rules_n.MOST_PEOPLE),
            "people",
        )
    found: list[Proposed] = []
    seen: set[tuple[Any, ...]] = set()
    for one in people:
        if one.person_id is None:
            one = replace(one, name=check_name(one.name), phone=parse_phone(one.phone or ""))
            if one.post not in POST_LABELS:
                raise DomainError("post_missing", _("Pilih jabatan %(name)s.", name=one.name), "people")
        mark = (one.person_id,) if one.person_id is not None else (collapse(one.name).casefold(), one.phone)
        if mark in seen:
            raise DomainError(
                "person_twice", _("%(name)s tertulis dua kali.", name=one.name or _("Seseorang")), "people"
            )
        seen.add(mark)
        found.append(one)
    return found


def judge_people(
    cooperative_id: int,
    program_id: int,
    batch_id: int | None,
    people: Sequence[Proposed],
    mode: str,
    keep_together: bool,
    form_key: str,
    actor: Actor,
    now: datetime,
    *,
    lock: bool,
) -> tuple[Ground, Judged]:
    """Load (with `lock`: hold) cooperative, batch and people, and decide about the people. Raises NotFound,
    DomainError for a batch of another program, an ended program, people who are not the cooperative's."""
    numbers = [one.person_id for one in people if one.person_id is not None]
    ground = load_ground(cooperative_id, program_id, batch_id, numbers, lock=lock)
    if ground is None:
        raise NotFound()
    if ground.batch is not None and ground.batch.program_id != program_id:
        raise DomainError("batch_unknown", _("Pilih angkatan dari daftar program ini."), "batch")
    if not ground.program.is_active:
        raise DomainError(
            "program_unknown", _("Program ini tidak lagi diadakan. Pilih yang lain."), "program"
        )
    act = load_act(ground, actor, form_key, now - DAY)
    known = load_known(ground, actor, numbers, local_date(now, ground.zone))
    _refuse_strangers(numbers, known, act)
    return ground, judge(ground, act, known, people, mode=mode, keep_together=keep_together, now=now)


def count_act(*, actor: Actor, now: datetime) -> None:
    """Count an act of proposing or swapping, in a transaction of its own and before it. Raises TooMany."""
    count_try(ACTS, str(actor.user_id), now=now)


def refuse_flood(judged: Judged) -> None:
    """Everybody proposed gets a message, at a number that the sender wrote: there is a most a day. Raises
    TooMany."""
    is_verified = judged.act.claim_id is None
    most = rules_n.MOST_A_DAY_VERIFIED if is_verified else rules_n.MOST_A_DAY
    if judged.act.proposed + len(judged.decision.going) > most:
        message = _("Paling banyak %(most)d orang dalam sehari. Lanjutkan besok.", most=most)
        raise TooMany("too_many_nominations", message, retry_after=int(DAY.total_seconds()))


def _refuse_strangers(numbers: Sequence[int], known: dict[int, Known], act: Act) -> None:
    """Only who holds a post here or was proposed from here may be chosen by id. Raises DomainError."""
    for number in numbers:
        person = known.get(number)
        is_ours = person is not None and (bool(person.post) if act.sees_names else person.is_own_nominee)
        if not is_ours:
            raise DomainError("person_unknown", _("Pilih orang dari daftar koperasi ini."), "people")


def introduce(judged: Judged, actor: Actor, now: datetime) -> dict[str, int]:
    """Person ids by key; who is new by name is recorded without a NIK, in one statement."""
    going = {answer.key for answer in judged.decision.going}
    ids = {k: one.person_id for k, one in judged.people.items() if k in going and one.person_id is not None}
    fresh = [one for k, one in judged.people.items() if k in going and one.person_id is None]
    if not fresh:
        return ids
    rows = [
        {"name": one.name, "phone": one.phone, "nik_last4": "", "nik_index_key": "", "sex": "",
         "created_at": now, "updated_at": now}
        for one in fresh
    ]  # fmt: skip
    table = sa.inspect(Person).local_table
    made = db.session.execute(sa.insert(table).returning(table.c.id, table.c.name, table.c.phone), rows)
    found = {(name, phone): number for number, name, phone in made}
    for one in fresh:
        ids[one.key] = found[one.name, one.phone]
        audit.record("person.created", "person", ids[one.key], actor=actor, now=now)
    return ids


def _group(
    ground: Ground,
    act: Act,
    mode: str,
    keep_together: bool,
    letter_number: str,
    form_key: str,
    actor: Actor,
    now: datetime,
) -> int:
    group = NominationGroup(
        cooperative_id=ground.cooperative.id,
        program_id=ground.program.id,
        batch_id=ground.batch.id if ground.batch is not None else None,
        mode=mode,
        keep_together=keep_together,
        claim_id=act.claim_id,
        form_key=form_key[:64],
        letter_number=collapse(letter_number)[:80],
        made_by=actor.user_id,
        made_at=now,
    )
    db.session.add(group)
    db.session.flush()
    return group.id


def _upsert(
    table: sa.Table, keys: Sequence[str], where: Any, rows: list[dict[str, Any]], **own: Any
) -> dict[int, int]:
    """Insert rows, or bring back those that had ended, in one statement; answers {person id: id} of what was
    written. `own`: columns that a row brought back does not take from the new one."""
    dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    again = {name: insert.excluded[name] for name in rows[0] if name not in keys} | own
    statement = insert.on_conflict_do_update(index_elements=list(keys), set_=again, where=where)
    made = db.session.execute(statement.returning(table.c.id, table.c.person_id), rows)
    return {person_id: number for number, person_id in made}


def _one_of(column: Any, values: Collection[str]) -> Any:
    """IN for a statement of many rows, which takes no list."""
    return sa.or_(*(column == sa.literal(str(value)) for value in sorted(values)))


def write_nominations(
    ground: Ground, judged: Judged, group_id: int, ids: dict[str, int], now: datetime
) -> dict[int, int]:
    """Nomination ids by person id. An ended nomination for the program is used again; an open one, made
    meanwhile from elsewhere, stops everything."""
    rows: list[dict[str, Any]] = [
        {
            "person_id": ids[answer.key],
            "cooperative_id": ground.cooperative.id,
            "program_id": ground.program.id,
            "batch_id": ground.batch.id if ground.batch is not None else None,
            "post": judged.people[answer.key].post,
            "state": NominationState.PROPOSED.value,
            "import_id": None,
            "group_id": group_id,
            "link_hash": None,
            "link_until": None,
            "answered_at": None,
            "answer_note": "",
            "replaced_by_id": None,
            "created_at": now,
            "updated_at": now,
        }
        for answer in judged.decision.going
    ]
    rows.sort(key=lambda row: row["person_id"])
    table = sa.inspect(Nomination).local_table
    ended = _one_of(table.c.state, rules_n.ENDED_NOMINATIONS)
    found = _upsert(table, ("person_id", "program_id"), ended, rows)
    if len(found) != len(rows):
        blocker = messages.open_already()
        raise Conflict(blocker.code, blocker.message, blockers=[blocker])
    return found


def write_enrollments(
    ground: Ground,
    judged: Judged,
    group_id: int,
    ids: dict[str, int],
    numbers: dict[int, int],
    now: datetime,
    **place: Any,
) -> None:
    """A place under screening or on the waitlist for everybody who goes, in one statement. `place`: columns
    that somebody takes over from the one they replace."""
    if ground.batch is None:
        return
    rows: list[dict[str, Any]] = [
        {
            "person_id": ids[answer.key],
            "batch_id": ground.batch.id,
            "nomination_id": numbers[ids[answer.key]],
            "group_id": group_id,
            "cooperative_id": ground.cooperative.id,
            "stated_cooperative": "",
            "region_code": ground.cooperative.region_code,
            "post": judged.people[answer.key].post,
            "state": _STATES[answer.outcome].value,
            "state_reason": "",
            "priority": judged.priority,
            "moved_class": None,
            "queued_at": now,
            "applied_at": now,
            "contact_at": None,
            "offer_until": None,
            "confirmed_at": None,
            "helped_by": None,
            "version": 1,
            **new_codes(),
            **place,
        }
        for answer in judged.decision.going
    ]
    rows.sort(key=lambda row: row["person_id"])
    table = sa.inspect(Enrollment).local_table
    ended = _one_of(table.c.state, ENDED_STATES - {State.REJECTED})
    same = {name: table.c[name] for name in ("reference", "card_token")}
    made = _upsert(table, ("person_id", "batch_id"), ended, rows, **same, version=table.c.version + 1)
    if len(made) != len(rows):
        blocker = messages.already_here()
        raise Conflict(blocker.code, blocker.message, blockers=[blocker])


def _record(
    ground: Ground,
    judged: Judged,
    group_id: int,
    ids: dict[str, int],
    numbers: dict[int, int],
    actor: Actor,
    now: datetime,
) -> None:
    batch_id = ground.batch.id if ground.batch is not None else None
    scope = f"center:{ground.batch.center_id}" if ground.batch is not None else ""
    facts: dict[str, Any] = {"batch_id": batch_id, "group": group_id, "program": ground.program.id}
    audit.record(
        "nomination.sent", "cooperative", ground.cooperative.id, actor=actor, now=now, scope=scope,
        people=len(numbers), claim=judged.act.claim_id, **facts,
    )  # fmt: skip
    for answer in judged.decision.going:
        audit.record(
            "nomination.proposed", "nomination", numbers[ids[answer.key]], actor=actor, now=now, scope=scope,
            outcome=str(answer.outcome), **facts,
        )  # fmt: skip
