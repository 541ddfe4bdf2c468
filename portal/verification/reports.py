"""A stranger's report of a paper that looks forged: one row, one audit event, nothing about the stranger."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.certificates.models import Certificate, ForgeryReport
from portal.certificates.rules import normalize_code
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import TooMany
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

#: What may have been seen: stored word, and the sentence of the choice.
SEEN = {
    "name": _l("Nama di kertas berbeda dari nama pemegangnya"),
    "qr": _l("Foto, QR, atau kodenya tidak cocok"),
    "date": _l("Tanggal atau isinya tampak diubah"),
    "sold": _l("Sertifikat ini ditawarkan atau dijual"),
    "other": _l("Lainnya"),
}
#: Of everybody, so that a stranger cannot fill the table; counted in it, and so shared by all workers.
MOST_IN_AN_HOUR = 200
# Phones, NIKs and the like, which nobody was asked for.
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){8,}")


def report_forgery(*, code: str, seen: str, text: str, actor: Actor, now: datetime) -> bool:
    """Keep a report of a code, known or not. False when the same was said within the hour already.

    `seen` is a word of SEEN. Raises TooMany when everybody together reported too much.
    """
    since = sa.select(sa.func.count()).where(ForgeryReport.at > now - timedelta(hours=1))
    if (db.session.scalar(since) or 0) >= MOST_IN_AN_HOUR:
        sentence = _("Terlalu banyak laporan masuk saat ini. Coba lagi satu jam lagi, atau hubungi balai.")
        raise TooMany("too_many_reports", sentence, retry_after=3600)
    normal, text = normalize_code(code), without_numbers(text)
    found = db.session.execute(
        sa.select(Certificate.id, Certificate.center_id).where(Certificate.code == (normal or ""))
    ).first()
    kept = normal or code[:40].upper()
    fingerprint = _fingerprint(kept, seen, text, now)
    values = {
        "code": kept,
        "certificate_id": found.id if found else None,
        "center_id": found.center_id if found else None,
        "seen": seen,
        "text": text,
        "fingerprint": fingerprint,
        "at": now,
        "state": "open",
        "note": "",
    }
    if not upsert_ignore(db.session(), ForgeryReport.__table__, values):
        return False
    scope = f"center:{found.center_id}" if found else ""
    audit.record(
        "forgery.report", "forgery_report", fingerprint, actor=actor, now=now, scope=scope, seen=seen
    )
    return True


def without_numbers(text: str) -> str:
    """The text trimmed, any run of nine or more digits taken out."""
    return _LONG_NUMBER.sub("[...]", text).strip()


def _fingerprint(code: str, seen: str, text: str, now: datetime) -> str:
    """The same words about the same code within one hour are one report."""
    said = "\n".join((code, seen, now.strftime("%Y-%m-%dT%H"), " ".join(text.split())))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
