"""How long things are kept: rules that the rooms declare, a count of what is due, and the job that sweeps.

A room declares its rules in its `ports.install(app)` with `keep(app, ...)`. A rule counts and sweeps by one
cut-off moment; a sweep does a bounded piece and says how many it did, so that a run is a chain of short
transactions which a killed worker's successor goes on with. Running twice does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from portal.core import audit, jobs
from portal.core.db import UtcDateTime, db, transaction
from portal.core.errors import Conflict
from portal.core.jobs import Job
from portal.core.permissions import SYSTEM, Actor
from portal.core.timers import timer
from portal.core.words import gettext as _

JOB_KIND = "retention.sweep"
CHUNK = 500

Due = tuple[int, datetime | None]


@dataclass(frozen=True)
class Rule:
    """One kind of thing and how long it is kept.

    what, why: lazy text, the reason with its source. count(cutoff, now): how many are due, and since when
    the oldest has been there. sweep(cutoff, now, limit): removes or wipes at most about `limit`, answers how
    many; 0 means that nothing more can be done. due(cutoff): the same count as a SELECT of (code, count,
    oldest), so that a dry run can ask for many at once.
    """

    code: str
    what: Any
    after: timedelta
    why: Any
    count: Callable[[datetime, datetime], Due]
    sweep: Callable[[datetime, datetime, int], int]
    chunk: int = CHUNK
    due: Callable[[datetime], Any] | None = None


@dataclass(frozen=True)
class Standing:
    """A rule and what is due by it now."""

    rule: Rule
    due: int
    oldest: datetime | None


def keep(app: Flask, *rules: Rule) -> None:
    """Declare the rules of a room."""
    app.extensions.setdefault("retention_rules", []).extend(rules)


def rules() -> list[Rule]:
    """Every rule of the running app, in the order of the rooms."""
    return list(current_app.extensions.get("retention_rules", ()))


def rows_rule(
    code: str,
    table: Any,
    moment: Any,
    *where: Any,
    what: Any,
    after: timedelta,
    why: Any,
    emptied: dict[str, Any] | None = None,
) -> Rule:
    """A rule that deletes rows of a table once `moment` (a column or expression) lies behind the cut-off.

    With `emptied` (column -> value) the rows stay and lose these values; `where` then leaves out those that
    have lost them already.
    """
    keys = list(sa.inspect(table).local_table.primary_key.columns)

    oldest = sa.type_coerce(sa.func.min(moment), UtcDateTime()).label("oldest")

    def due(cutoff: datetime) -> Any:
        return sa.select(sa.literal(code).label("code"), sa.func.count().label("number"), oldest).where(
            moment < cutoff, *where
        )

    def count(cutoff: datetime, _now: datetime) -> Due:
        _code, number, since = db.session.execute(due(cutoff)).one()
        return number, since

    def sweep(cutoff: datetime, _now: datetime, limit: int) -> int:
        due = sa.select(*keys).where(moment < cutoff, *where).limit(limit)
        change: Any = sa.delete(table) if emptied is None else sa.update(table).values(emptied)
        statement = change.where(sa.tuple_(*keys).in_(due) if len(keys) > 1 else keys[0].in_(due))
        done = db.session.execute(statement.execution_options(synchronize_session=False))
        return int(done.rowcount)  # type: ignore[attr-defined]

    return Rule(code, what, after, why, count, sweep, due=due)


def standings(now: datetime) -> list[Standing]:
    """What is due by each rule: the dry run. One statement for all rules over rows, one or two for each of
    the others."""
    asked = [rule.due(now - rule.after) for rule in rules() if rule.due is not None]
    rows = db.session.execute(sa.union_all(*asked)).all() if asked else []
    known: dict[str, Due] = {code: (number, oldest) for code, number, oldest in rows}
    return [Standing(rule, *(known.get(rule.code) or rule.count(now - rule.after, now))) for rule in rules()]


def open_run() -> Job | None:
    """The run that is under way, or None."""
    found: Job | None = db.session.scalar(
        sa.select(Job)
        .where(Job.kind == JOB_KIND, Job.state.in_(("queued", "running")))
        .order_by(Job.id)
        .limit(1)
    )
    return found


def latest_run() -> Job | None:
    """The newest run in any state, or None."""
    found: Job | None = db.session.scalar(
        sa.select(Job).where(Job.kind == JOB_KIND).order_by(Job.id.desc()).limit(1)
    )
    return found


def start_run(*, actor: Actor, now: datetime) -> Job:
    """Queue a run over all rules. Raises Conflict `retention_running`."""
    # The head of the audit chain is one row that every writer takes: two starters meet there at the latest,
    # and the lock on it here makes the second see the first one's job.
    db.session.execute(sa.select(audit.AuditHead).where(audit.AuditHead.id == 1).with_for_update())
    if open_run() is not None:
        raise Conflict("retention_running", _("Pembersihan sedang berjalan."))
    codes = [rule.code for rule in rules()]
    return jobs.enqueue(JOB_KIND, {"rules": codes}, total=len(codes), actor=actor, now=now)


@jobs.job_kind(JOB_KIND)
def _chunk(job: Job, now: datetime) -> None:
    """One piece of the rule at hand; a rule with nothing left is done."""
    known = {rule.code: rule for rule in rules()}
    codes: list[str] = job.payload["rules"]
    counts: dict[str, int] = dict(job.result.get("counts", {}))
    if job.done < len(codes):
        rule = known.get(codes[job.done])
        done = rule.sweep(now - rule.after, now, rule.chunk) if rule else 0
        if rule:
            counts[rule.code] = counts.get(rule.code, 0) + done
        if not done:
            job.done += 1
        job.result = {"counts": counts}
    if job.done >= len(codes):
        job.state = "done"
        audit.record("retention.run", "job", job.id, actor=SYSTEM, now=now, counts=counts)


@timer("retention", minutes=1440)
def sweep_nightly(now: datetime) -> None:
    """Queue the day's run unless one is under way."""
    with transaction():
        if open_run() is None:
            start_run(actor=SYSTEM, now=now)
