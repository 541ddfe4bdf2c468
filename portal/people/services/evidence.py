"""Evidence for a correction: taken in by size and content, kept encrypted, handed to deciders alone."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.people.models import EVIDENCE_AAD, CorrectionRequest, Evidence, UnmaskedRead
from portal.people.rules import EVIDENCE_LIMIT, evidence_type


class Readable(Protocol):
    """An uploaded file; its name is never looked at."""

    def read(self, size: int, /) -> bytes: ...


def read_evidence(file: Readable) -> tuple[str, bytes]:
    """(media type, content) of an upload, judged before anything parses it. Raises DomainError `evidence`."""
    content = file.read(EVIDENCE_LIMIT + 1)
    if len(content) > EVIDENCE_LIMIT:
        raise DomainError(
            "evidence_too_big",
            _("Berkas lebih besar dari 1,5 MB. Perkecil fotonya, lalu unggah lagi."),
            "evidence",
        )
    media_type = evidence_type(content)
    if media_type is None:
        raise DomainError(
            "evidence_type", _("Unggah foto JPEG atau PNG, atau PDF tanpa isi yang berjalan."), "evidence"
        )
    return media_type, content


def keep_evidence(*, request_id: int, media_type: str, content: bytes, now: datetime) -> Evidence:
    """Store a file that `read_evidence` let through."""
    row = Evidence(
        request_id=request_id,
        media_type=media_type,
        size=len(content),
        content_cipher=cipher().encrypt(content, EVIDENCE_AAD),
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def open_evidence(*, request_id: int, actor: Actor, now: datetime) -> tuple[str, bytes]:
    """(media type, content) for a decider; that it was seen is kept where its owner can read it.

    The caller has checked that the request is the actor's to decide. Raises NotFound.
    """
    row = db.session.scalar(
        sa.select(Evidence).where(Evidence.request_id == request_id).order_by(Evidence.id).limit(1)
    )
    asked = db.session.get(CorrectionRequest, request_id)
    if row is None or asked is None or not row.content_cipher:
        raise NotFound()
    db.session.add(
        UnmaskedRead(
            person_id=asked.person_id,
            actor_id=actor.user_id,
            actor_name=actor.name[:120],
            fields="evidence",
            reason="correction",
            at=now,
        )
    )
    audit.record(
        "correction.evidence_read", "person", asked.person_id, actor=actor, now=now, correction=request_id
    )
    return row.media_type, cipher().decrypt_bytes(row.content_cipher, EVIDENCE_AAD)
