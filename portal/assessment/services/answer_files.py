"""Answer files: what a browser saved, sealed for the server, when its connection stayed away.

A file is JSON: {"balai_uji": 1, "test": id, "point": ephemeral P-256 point, "iv": 12 bytes, "sealed": ...},
bytes as base64url. The key is HKDF-SHA-256 of the ECDH secret with info `balai-uji/1/<test>`, which is also
the associated data of AES-256-GCM. Sealed is {"attempt", "stamp", "elapsed": ms since the page was made,
"answers": [[position, seq, answer, ms since the page was made], ...]}.

The times of a file are the browser's word, counted from a moment that the server signed (`page_stamp`). So a
person looks at them and adopts the file with a reason; nothing is adopted that claims to be late.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_private_key

from portal.assessment.models import Answer, AttemptEvent
from portal.assessment.queries import sittings as queries
from portal.assessment.queries.tests import Seat, WatchHead, get_watch, seats_of
from portal.assessment.rules import clock as rules
from portal.assessment.rules import keys, late
from portal.assessment.rules.content import parse_answer
from portal.assessment.rules.proposals import digest
from portal.assessment.services.closing import digest_of, lock_attempt
from portal.assessment.services.late_answers import change_with, late_effects
from portal.assessment.services.outsiders import refuse_own
from portal.assessment.services.rescoring import Effect
from portal.assessment.services.scoring import score_attempt
from portal.assessment.services.storing import hold_batch
from portal.assessment.services.tests import KEY_AAD
from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

MOST_BYTES, MOST_ANSWERS = 256 * 1024, 500
PURPOSE = "uji.halaman"
# A browser's clock and ours may differ in speed; more than this is no difference of speed.
SLACK = timedelta(seconds=60)


@dataclass(frozen=True)
class FileAnswer:
    """One answer of a file. `verdict`: new (would be adopted), known (the server has it or a newer one),
    late (after the deadline), wrong (no answer to that question)."""

    position: int
    seq: int
    answer: Any
    answered_at: datetime
    verdict: str


@dataclass(frozen=True)
class OpenedFile:
    """A file as its preview shows it. `made_at`: when it was saved, as it claims; `effects`: what adopting
    it does to points and verdicts of a sitting that is closed."""

    seat: Seat
    made_at: datetime
    deadline_at: datetime
    answers: list[FileAnswer]
    effects: tuple[Effect, ...] = ()

    def count(self, verdict: str) -> int:
        """How many answers of one kind."""
        return sum(one.verdict == verdict for one in self.answers)

    def of_fate(self, fate: str) -> list[Effect]:
        """The units with one of the fates of `rules.keys` and `rules.late`."""
        return [one for one in self.effects if one.fate == fate]

    @property
    def digest(self) -> str:
        """The fingerprint of the verdicts that adopting would turn."""
        return digest(one.row for one in self.effects if one.fate in late.TURNED)


def page_stamp(attempt_id: int, now: datetime) -> str:
    """The moment at which a page of an attempt was made, signed."""
    body = f"{attempt_id}.{int(now.timestamp() * 1000)}"
    return f"{body}.{cipher().blind_index(body, PURPOSE)[:32]}"


def stamped_at(stamp: str, attempt_id: int) -> datetime | None:
    """When the page with that stamp was made; None when it is not ours or of another attempt."""
    body, _dot, mark = stamp.rpartition(".")
    number, _dot, millis = body.partition(".")
    known = [one[:32] for one in cipher().blind_indexes(body, PURPOSE)]
    if number != str(attempt_id) or not any(hmac.compare_digest(mark.encode(), k.encode()) for k in known):
        return None
    return datetime.fromtimestamp(int(millis) / 1000, UTC)


def open_answer_file(*, test_id: int, body: bytes, actor: Actor, now: datetime) -> OpenedFile:
    """Look into a file and at what it would change; nothing is written. Raises NotFound (foreign test),
    Forbidden (own, own cooperative), DomainError on field file: `file_unknown`, `file_foreign_test`,
    `file_tampered`, `file_foreign_attempt`, `file_implausible`, `file_too_old`."""
    require(actor, Permission.TEST_INVIGILATE)
    head = get_watch(actor, test_id)
    inside = _unseal(head, body)
    attempt_id = inside.get("attempt")
    seat = next((s for s in seats_of(test_id, head.batch_id) if s.attempt_id == attempt_id), None)
    if seat is None or seat.attempt_id is None or seat.deadline_at is None or seat.is_paper:
        raise _refusal("file_foreign_attempt", _("Berkas ini bukan dari peserta uji ini."))
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    stamp: Any = inside.get("stamp")
    elapsed: Any = inside.get("elapsed")
    made = stamped_at(stamp, seat.attempt_id) if isinstance(stamp, str) else None
    if made is None:
        raise _refusal("file_foreign_attempt", _("Berkas ini tidak berasal dari halaman uji peserta itu."))
    if not _is_millis(elapsed) or made + _span(elapsed) > now + SLACK:
        raise _refusal("file_implausible", _("Waktu di dalam berkas ini tidak masuk akal."))
    answers = _read(inside.get("answers"), seat, made, elapsed)
    if not rules.is_kept(seat.closed_at, now):
        raise _refusal("file_too_old", _("Uji ini sudah terlalu lama; jawabannya tidak disimpan lagi."))
    fresh = {one.position: one.answer for one in answers if one.verdict == "new"}
    effects = late_effects(head, seat.attempt_id, fresh, actor=actor, now=now)
    return OpenedFile(seat, made + _span(elapsed), seat.deadline_at, answers, effects)


def adopt_answer_file(
    *, test_id: int, body: bytes, reason: str, seen: str, actor: Actor, now: datetime
) -> int:
    """Take over the answers of a file that are newer than what the server has and were given in time, as the
    preview of fingerprint `seen` showed; a closed attempt is scored again, and the verdicts that rest on it
    change with it, or are asked to be corrected once they are signed. One act: all of it or nothing.
    Returns how many answers; adopting the same file again takes none.

    Raises as `open_answer_file`, DomainError (`reason_needed` on reason), Conflict (`attempt_void`,
    `preview_changed`, `correction_open`).
    """
    opened = open_answer_file(test_id=test_id, body=body, actor=actor, now=now)
    head = get_watch(actor, test_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Tulis alasannya."), "reason")
    attempt_id = opened.seat.attempt_id
    assert attempt_id is not None
    # The sheet is not signed meanwhile, no verdict changes, and nobody adopts the same file at once.
    lock_attempt(attempt_id)
    hold_batch(head.batch_id)
    db.session.expire_all()
    opened = open_answer_file(test_id=test_id, body=body, actor=actor, now=now)
    if opened.seat.state == "void":
        raise Conflict("attempt_void", _("Uji peserta ini dibatalkan, jadi jawabannya tidak diterima."))
    rows = [
        {
            "attempt_id": attempt_id, "position": one.position, "seq": one.seq, "source": "file",
            "received_at": now, "answer": _stored(one.answer),
        }
        for one in opened.answers
        if one.verdict == "new"
    ]  # fmt: skip
    if not rows:
        return 0
    if opened.digest != seen:
        message = _("Ada yang berubah sejak berkas ini dibuka. Periksa lagi, lalu terima.")
        raise Conflict("preview_changed", message)
    values = {name: sa.bindparam(name, type_=sa.Text) for name in ("answer",)}
    db.session.connection().execute(sa.insert(Answer.__table__).values(values), rows)
    positions = [row["position"] for row in rows]
    detail: dict[str, Any] = {
        "reason": reason.strip()[:300],
        "positions": positions,
        "made": opened.made_at.isoformat(),
    }
    db.session.add(AttemptEvent(attempt_id=attempt_id, kind="file", detail=detail, by=actor.user_id, at=now))
    db.session.flush()
    count, fingerprint = digest_of(attempt_id)
    audit.record(
        "test.file_adopted", "attempt", attempt_id, actor=actor, now=now, scope=f"center:{head.center_id}",
        answers=count, digest=fingerprint, changed=len(opened.of_fate(keys.CHANGED)),
        asked=len(opened.of_fate(late.ASKED)), **detail,
    )  # fmt: skip
    if opened.seat.state != "running":
        score_attempt(attempt_id, now=now)
    change_with(opened.effects, reason=detail["reason"], actor=actor, now=now)
    return len(rows)


def _stored(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _refusal(code: str, message: str) -> DomainError:
    return DomainError(code, message, "file")


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str) or not value.isascii():
        raise ValueError("no base64url")
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


def _unseal(head: WatchHead, body: bytes) -> dict[str, Any]:
    """What is inside a file of this test. Raises DomainError."""
    unknown = _refusal("file_unknown", _("Ini bukan berkas jawaban uji (.balai-uji)."))
    if len(body) > MOST_BYTES:
        raise unknown
    try:
        outside = json.loads(body)
        if not isinstance(outside, dict) or outside.get("balai_uji") != 1:
            raise unknown
        point, nonce, sealed = (_bytes(outside.get(name)) for name in ("point", "iv", "sealed"))
    except (ValueError, RecursionError, binascii.Error):
        raise unknown from None
    if outside.get("test") != head.id:
        raise _refusal("file_foreign_test", _("Berkas ini dari uji yang lain."))
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        private = load_der_private_key(cipher().decrypt_bytes(head.sealed_key, KEY_AAD, head.id), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        info = f"balai-uji/1/{head.id}".encode()
        shared = private.exchange(ec.ECDH(), theirs)
        key = HKDF(algorithm=SHA256(), length=32, salt=b"", info=info).derive(shared)
        inside = json.loads(AESGCM(key).decrypt(nonce, sealed, info))
    except (InvalidTag, ValueError, RecursionError):
        message = _("Berkas ini rusak atau sudah diubah. Tidak ada yang diterima.")
        raise _refusal("file_tampered", message) from None
    if not isinstance(inside, dict):
        raise _refusal("file_tampered", _("Isi berkas ini tidak dikenali."))
    return inside


def _read(rows: Any, seat: Seat, made: datetime, elapsed: int) -> list[FileAnswer]:
    """The answers of a file against what the server has."""
    if not isinstance(rows, list) or len(rows) > MOST_ANSWERS:
        raise _refusal("file_tampered", _("Isi berkas ini tidak dikenali."))
    assert seat.attempt_id is not None
    assert seat.deadline_at is not None
    items = {one.position: one for one in queries.items_of(seat.attempt_id)}
    known = queries.answers_in_force(seat.attempt_id)
    found: dict[int, FileAnswer] = {}
    for row in rows:
        if not (isinstance(row, list) and len(row) == 4 and all(_is_millis(row[i]) for i in (0, 1, 3))):
            raise _refusal("file_tampered", _("Isi berkas ini tidak dikenali."))
        position, seq, raw, at = row
        answered_at, verdict, answer = made + _span(min(at, elapsed)), "new", None
        item = items.get(position)
        try:
            answer = parse_answer(item.kind, item.content, raw) if item else None
        except (ValueError, TypeError):
            item = None
        has = known.get(position)
        if item is None or not 1 <= seq <= 100_000:
            verdict = "wrong"
        elif not rules.is_in_time(answered_at, seat.deadline_at):
            verdict = "late"
        elif has is not None and (has.seq >= seq or has.answer == answer):
            verdict = "known"
        found[position] = FileAnswer(position, seq, answer, answered_at, verdict)
    return [found[position] for position in sorted(found)]


def _is_millis(value: Any) -> bool:
    """A whole number of milliseconds (or a count) that cannot overflow a date."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**11


def _span(millis: int) -> timedelta:
    return timedelta(milliseconds=millis)
