"""Papers of a cooperative (minutes, decrees, deeds): taken in by size and content, kept encrypted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import DOCUMENT_AAD, DOCUMENT_KINDS, CooperativeDocument
from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.people.rules import EVIDENCE_LIMIT, evidence_type


def read_document(file: Any, field: str = "file") -> tuple[str, bytes]:
    """(media type, content) of an upload with `read(size)`, judged before anything parses it; its name is
    never looked at. Raises DomainError beside `field`."""
    content = file.read(EVIDENCE_LIMIT + 1)
    if len(content) > EVIDENCE_LIMIT:
        raise DomainError(
            "document_too_big", _("Berkas lebih besar dari 1,5 MB. Perkecil, lalu unggah lagi."), field
        )
    media_type = evidence_type(content)
    if media_type is None:
        raise DomainError(
            "document_type", _("Unggah foto JPEG atau PNG, atau PDF tanpa isi yang berjalan."), field
        )
    return media_type, content


def keep_document(
    *, cooperative_id: int, kind: str, file: Any, actor: Actor, now: datetime, field: str = "file"
) -> int:
    """Store a paper of a cooperative; answers its id. `kind` is one of DOCUMENT_KINDS; `file` is an upload.

    Raises DomainError beside `field` for a file that is too large or no picture or PDF. Who may hand in what
    is the caller's to check.
    """
    if kind not in DOCUMENT_KINDS:
        raise DomainError("document_kind", _("Jenis berkas ini tidak dikenal."), field)
    media_type, content = read_document(file, field)
    row = CooperativeDocument(
        cooperative_id=cooperative_id, kind=kind, media_type=media_type, size=len(content),
        content_cipher=cipher().encrypt(content, DOCUMENT_AAD), uploaded_by=actor.user_id, uploaded_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record(
        "cooperative.document_kept",
        "cooperative",
        cooperative_id,
        actor=actor,
        now=now,
        document=row.id,
        kind=kind,
    )
    return row.id


def open_document(
    *, document_id: int, cooperative_id: int, actor: Actor, now: datetime
) -> tuple[str, bytes, str]:
    """(media type, content, kind) of a paper of this cooperative; that it was read is on record.

    The caller has checked that the actor may see papers of this cooperative. Raises NotFound, also for one
    whose content is gone.
    """
    row = db.session.scalar(
        sa.select(CooperativeDocument).where(
            CooperativeDocument.id == document_id, CooperativeDocument.cooperative_id == cooperative_id
        )
    )
    if row is None or not row.content_cipher:
        raise NotFound()
    audit.record(
        "cooperative.document_read",
        "cooperative",
        cooperative_id,
        actor=actor,
        now=now,
        document=row.id,
        kind=row.kind,
    )
    return row.media_type, cipher().decrypt_bytes(row.content_cipher, DOCUMENT_AAD), row.kind
