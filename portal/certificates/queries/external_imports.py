"""Reads of lists of outside records on their way in; only who uploaded one sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.certificates import external_sealed as sealed
from portal.certificates.models import ExternalImport
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.jobs import Job
from portal.core.paging import Page, cut
from portal.core.permissions import Actor

PAGE = 20
ISSUES_A_PAGE = 40


def list_external_imports(actor: Actor, number: int = 1) -> Page:
    """The actor's own lists, the newest first: rows (ExternalImport, state of its job or None). One
    statement."""
    statement = (
        sa.select(ExternalImport, Job.state)
        .outerjoin(Job, Job.id == ExternalImport.job_id)
        .where(ExternalImport.created_by == actor.user_id, ExternalImport.state != "discarded")
        .order_by(ExternalImport.id.desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows: list[Any] = list(db.session.execute(statement).all())
    return cut(rows, number, PAGE)


@dataclass(frozen=True)
class ImportView:
    """One list as its page shows it. `issues` is one page of bad rows; [] when they are no longer kept."""

    found: ExternalImport
    job: Job | None
    issues: Page
    has_workbook: bool


def external_import_view(actor: Actor, import_id: int, number: int = 1) -> ImportView:
    """One of the actor's own lists with a page of its bad rows. Raises NotFound."""
    found: ExternalImport | None = db.session.get(ExternalImport, import_id)
    if found is None or actor.user_id is None or found.created_by != actor.user_id:
        raise NotFound()
    # While records are being saved the page is asked for every two seconds: nothing is decrypted then.
    is_shown = found.file_cipher and found.state in ("preview", "imported")
    content = sealed.unseal(found.file_cipher, cipher(), found.id) if is_shown and found.file_cipher else None
    issues = content.bad_rows if content else ()
    start = (number - 1) * ISSUES_A_PAGE
    return ImportView(
        found,
        db.session.get(Job, found.job_id) if found.job_id else None,
        cut(issues[start : start + ISSUES_A_PAGE + 1], number, ISSUES_A_PAGE, len(issues)),
        bool(content and content.workbook),
    )
