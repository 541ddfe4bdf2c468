"""Reads of roster imports: whose they are, their list, one with its rows that need somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.jobs import Job
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import Nomination, NominationState, RosterImport
from portal.enrollment.roster import sealed
from portal.enrollment.roster.preview import RowIssue
from portal.regions.models import Region
from portal.regions.queries import path_of

PAGE_SIZE = 20
ISSUES_A_PAGE = 40
#: Nominations that still wait for a class.
OPEN_STATES = (NominationState.PROPOSED, NominationState.CONSENTED)


def answered() -> sa.ColumnElement[bool]:
    """Who was proposed by name is placed once they have consented; people of a roster are asked by
    telephone."""
    return sa.or_(Nomination.group_id.is_(None), Nomination.state == NominationState.CONSENTED)


def _provinces(actor: Actor, permission: Permission) -> sa.Select[Any]:
    """The provinces of the actor's training centers."""
    centers = sorted(actor.scope(permission).centers)
    return sa.select(sa.func.substr(TrainingCenter.region_code, 1, 2)).where(TrainingCenter.id.in_(centers))


def _within(actor: Actor, permission: Permission) -> sa.ColumnElement[bool]:
    """Imports of the actor's regency; for a center its own and those of its province."""
    scope = actor.scope(permission)
    if scope.everything or "" in scope.regions:
        return sa.true()
    reached: list[sa.ColumnElement[bool]] = [sa.false()]
    for code in sorted(scope.regions):
        reached.append(RosterImport.regency_code == code)
        reached.append(RosterImport.regency_code.startswith(f"{code}.", autoescape=True))
    if scope.centers:
        reached.append(RosterImport.created_by == actor.user_id)
        province = sa.func.substr(RosterImport.regency_code, 1, 2)
        reached.append(province.in_(_provinces(actor, permission)))
    return sa.or_(*reached)


def can_see(actor: Actor, found: RosterImport, permission: Permission) -> bool:
    """Whether an import lies in the actor's reach: the regency's, or a center's own or of its province."""
    scope = actor.scope(permission)
    if scope.covers_region(found.regency_code):
        return True
    if not scope.centers:
        return False
    if actor.user_id is not None and found.created_by == actor.user_id:
        return True
    return found.regency_code[:2] in set(db.session.scalars(_provinces(actor, permission)))


@dataclass(frozen=True)
class ImportRow:
    """An import in the list; `job_state` is None until saving begins. `waiting`: people of its regency and
    program without a class, once it is saved."""

    id: int
    file_name: str
    state: str
    regency: str
    program: str
    people: int
    bad_rows: int
    job_state: str | None
    created_at: datetime
    waiting: int


def list_imports(actor: Actor, number: int = 1) -> Page:
    """The imports in the actor's reach, the newest first; thrown-away ones are left out. One statement."""
    waiting = (
        _waiting_count(RosterImport.program_id, RosterImport.regency_code)
        .correlate(RosterImport)
        .scalar_subquery()
    )
    statement = (
        sa.select(
            RosterImport.id, RosterImport.file_name, RosterImport.state, Region.name, Program.name,
            RosterImport.summary, Job.state, RosterImport.created_at,
            sa.case((RosterImport.state == "imported", waiting), else_=0),
        )
        .join(Region, Region.code == RosterImport.regency_code)
        .join(Program, Program.id == RosterImport.program_id)
        .outerjoin(Job, Job.id == RosterImport.job_id)
        .where(_within(actor, Permission.ROSTER_IMPORT), RosterImport.state != "discarded")
        .order_by(RosterImport.id.desc())
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )  # fmt: skip
    found = db.session.execute(statement)
    rows = [
        ImportRow(
            number_, name, state, regency, program, said["people"], said["bad_rows"], job_state, at, left
        )
        for number_, name, state, regency, program, said, job_state, at, left in found
    ]
    return cut(rows, number, PAGE_SIZE)


@dataclass(frozen=True)
class ImportView:
    """One import as its page shows it. `issues` is one page of bad rows; [] when they are no longer kept."""

    found: RosterImport
    program: Program
    regency: str
    place: str
    job: Job | None
    issues: Page
    warnings: tuple[RowIssue, ...]
    is_owner: bool
    has_workbook: bool
    waiting: int


def get_import(actor: Actor, import_id: int, permission: Permission) -> RosterImport:
    """An import in the actor's reach. Raises NotFound."""
    found = db.session.get(RosterImport, import_id)
    if found is None or not (actor.may(permission) and can_see(actor, found, permission)):
        raise NotFound()
    return found


def import_view(actor: Actor, import_id: int, number: int = 1) -> ImportView:
    """One import with a page of its bad rows. Raises NotFound."""
    found = get_import(actor, import_id, Permission.ROSTER_IMPORT)
    program = db.session.get_one(Program, found.program_id)
    path = path_of(found.regency_code)
    # While people are being saved the page is asked for every two seconds: nothing is decrypted then.
    is_shown = found.file_cipher and found.state in ("preview", "imported")
    content = sealed.unseal(found.file_cipher, cipher(), found.id) if is_shown and found.file_cipher else None
    issues = content.bad_rows if content else ()
    start = (number - 1) * ISSUES_A_PAGE
    is_owner = found.created_by == actor.user_id
    return ImportView(
        found=found,
        program=program,
        regency=path[-1] if path else found.regency_code,
        place=", ".join(reversed(path)),
        job=db.session.get(Job, found.job_id) if found.job_id else None,
        issues=cut(issues[start : start + ISSUES_A_PAGE + 1], number, ISSUES_A_PAGE, len(issues)),
        warnings=content.warnings if content else (),
        is_owner=is_owner,
        has_workbook=bool(is_owner and content and content.workbook),
        waiting=count_waiting(found.program_id, found.regency_code) if found.state == "imported" else 0,
    )


def count_waiting(program_id: int, regency: str) -> int:
    """How many nominated people of a regency still wait for a class of the program."""
    return int(db.session.scalar(_waiting_count(program_id, regency)) or 0)


def _waiting_count(program_id: Any, regency: Any) -> sa.Select[Any]:
    """`program_id` and `regency` (a code without marks of LIKE): values, or columns of an outer statement."""
    return (
        sa.select(sa.func.count())
        .select_from(Nomination)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
        .where(
            Nomination.program_id == program_id,
            Nomination.state.in_(OPEN_STATES),
            answered(),
            Cooperative.region_code.like(regency + ".%"),
        )
    )
