"""Coverage of a past day: worked out once by a job, chunk by chunk, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative
from portal.core import audit, jobs
from portal.core.db import db, upsert_ignore
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.readiness.models import CoverageCell, CoverageEdition, CoverageLine
from portal.readiness.queries.history import first_day, registered_by
from portal.readiness.queries.standing import live_standing
from portal.readiness.rules_coverage import Tally, coverage_day
from portal.readiness.services.refresh import add_cells

CHUNK = 500
JOB_KIND = "readiness.edition"


def ensure_edition(*, on: date, actor: Actor, now: datetime) -> CoverageEdition:
    """The edition of a past day; when there is none, a job is begun that makes it (state `making`).

    Raises DomainError `day_not_over`, or `day_too_early` before the first cooperative was registered.
    """
    if on >= coverage_day(now):
        raise DomainError("day_not_over", _("Pilih hari yang sudah lewat."), "on")
    first = first_day()
    if first is None or on < first:
        raise DomainError("day_too_early", _("Pada hari itu portal belum mencatat koperasi."), "on")
    session = db.session()
    values = {"on_date": on, "state": "making", "made_at": now}
    if not upsert_ignore(session, CoverageEdition.__table__, values):
        return _locked(on)
    return _begin(_locked(on), actor, now)


def remake_edition(*, on: date, actor: Actor, now: datetime) -> CoverageEdition:
    """Work a past day out anew, with what has been corrected since. Raises DomainError as `ensure_edition`,
    Conflict `edition_making` while it is being made."""
    edition = ensure_edition(on=on, actor=actor, now=now)
    if edition.state != "past":
        job = jobs.find_job(edition.job_id)
        if job is not None and not job.is_over:
            raise Conflict("edition_making", _("Angka hari itu sedang disusun. Tunggu sampai selesai."))
    for table in (CoverageCell, CoverageLine):
        db.session.execute(
            sa.delete(table)
            .where(table.edition_id == edition.id)
            .execution_options(synchronize_session=False)
        )
    return _begin(edition, actor, now)


def _locked(on: date) -> CoverageEdition:
    statement = sa.select(CoverageEdition).where(CoverageEdition.on == on, CoverageEdition.state != "current")
    return db.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).one()


def _begin(edition: CoverageEdition, actor: Actor, now: datetime) -> CoverageEdition:
    counted = sa.select(sa.func.count()).select_from(Cooperative).where(registered_by(edition.on))
    total = db.session.scalar(counted) or 0
    job = jobs.enqueue(JOB_KIND, {"edition_id": edition.id}, total=total, actor=actor, now=now)
    edition.state, edition.job_id, edition.made_at = "making", job.id, now
    audit.record("coverage.edition", "coverage", edition.id, actor=actor, now=now, on=edition.on.isoformat())
    db.session.flush()
    return edition


@jobs.job_kind(JOB_KIND)
def make_chunk(job: jobs.Job, now: datetime) -> None:
    """One chunk of cooperatives in the order of their ids: killed between two, it goes on from where it
    stood. An edition that another job is making anew is left to that one."""
    edition = db.session.get(CoverageEdition, job.payload["edition_id"], with_for_update=True)
    if edition is None or edition.job_id != job.id:
        job.state = "done"
        return
    ids = _next(edition.on, job.result.get("last", 0))
    if ids:
        tally = Tally()
        for standing in live_standing(ids, edition.on).values():
            tally.add(standing.share())
        add_cells(edition.id, tally.cells, tally.lines)
        job.result = {"last": ids[-1]}
    job.done = min(job.total, job.done + len(ids))
    if len(ids) < CHUNK:
        job.state, job.done = "done", job.total
        edition.state, edition.made_at = "past", now


def _next(on: date, last: int) -> Sequence[int]:
    statement = sa.select(Cooperative.id).where(registered_by(on), Cooperative.id > last)
    return db.session.scalars(statement.order_by(Cooperative.id).limit(CHUNK)).all()
