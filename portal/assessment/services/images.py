"""Keeping pictures of questions, each once, under the SHA-256 of what is kept. Inside `transaction()`."""

from __future__ import annotations

import hashlib
from datetime import datetime

from portal.assessment.models import QuestionImage
from portal.assessment.papers import is_printable
from portal.assessment.rules.pictures import MAX_SIDE, BadPicture, read_picture
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def store_image(*, data: bytes, actor: Actor, now: datetime) -> str:
    """Keep a picture without its metadata; returns its SHA-256 (hex). The same again is no second one.

    Raises DomainError `image_*` on field image: not PNG, JPEG or WebP, too large, or broken.
    """
    require(actor, Permission.QUESTION_EDIT)
    try:
        picture = read_picture(data)
    except BadPicture as error:
        raise DomainError(f"image_{error.code}", _reason(error.code), "image") from error
    if not is_printable(picture.body, now=now):
        raise DomainError("image_broken", _reason("broken"), "image")
    digest = hashlib.sha256(picture.body).hexdigest()
    values = {
        "sha256": digest, "media_type": picture.media_type, "body": picture.body,
        "created_by": actor.user_id, "created_at": now,
    }  # fmt: skip
    if upsert_ignore(db.session(), QuestionImage.__table__, values):
        audit.record(
            "question.image", "question_image", digest, actor=actor, now=now, bytes=len(picture.body)
        )
    return digest


def _reason(code: str) -> str:
    return {
        "unknown": _("Gambar harus PNG, JPEG, atau WebP. Jenis lain, juga SVG, tidak diterima."),
        "large": _("Gambar paling besar 300 KB. Perkecil dulu, lalu unggah lagi."),
        "wide": _("Gambar paling lebar dan paling tinggi %(side)s piksel.", side=MAX_SIDE),
        "broken": _("Gambar ini rusak atau terpotong. Simpan ulang, lalu unggah lagi."),
    }[code]
