"""How a batch is loaded whole: program, curriculum with units, center, sessions, rooms, staff."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.catalog.models import Curriculum
from portal.core.errors import NotFound
from portal.core.words import gettext as _

WHOLE = sa.select(Batch).options(
    joinedload(Batch.program, innerjoin=True),
    joinedload(Batch.curriculum, innerjoin=True).selectinload(Curriculum.units),
    joinedload(Batch.center, innerjoin=True),
    selectinload(Batch.sessions).options(
        joinedload(ClassSession.room),
        selectinload(ClassSession.staff).joinedload(SessionStaff.staff, innerjoin=True),
    ),
)


def batch_missing() -> NotFound:
    """The one answer for a batch that is missing, a draft to strangers, or foreign."""
    return NotFound("batch_not_found", _("Angkatan ini tidak ditemukan."))
