"""Corrections of a person's data: asked with evidence by one, decided by another."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.clock import local_date
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.typesetting import missing_characters
from portal.core.words import gettext as _
from portal.people.models import OLD_AAD, VALUE_AAD, CorrectionRequest, Person
from portal.people.queries.known import find_by_nik
from portal.people.rules import CORRECTABLE, NEEDS_EVIDENCE, clean_nik, correction_value
from portal.people.services.evidence import keep_evidence
from portal.people.services.saving import hold_niks, nik_messages
from portal.regions.queries import find_region

ZONE = "Asia/Jakarta"


def _messages() -> dict[str, str]:
    return nik_messages() | {
        "name_missing": _("Tulis nama lengkap seperti di KTP."),
        "name_too_long": _("Nama paling banyak 100 huruf."),
        "name_invalid": _("Nama hanya boleh berisi huruf, spasi, titik, koma, dan tanda petik."),
        "birth_missing": _("Tulis tanggal lahir seperti di KTP."),
        "birth_future": _("Tanggal lahir ini belum terjadi. Periksa tahunnya."),
        "birth_year": _("Periksa tahun lahirnya; peserta paling muda 15 tahun."),
        "sex_missing": _("Pilih jenis kelamin."),
        "village_missing": _("Pilih desa atau kelurahan dari daftar."),
    }


def check_correction(field: str, text: str, now: datetime) -> str:
    """The stored form of a new value, by the rules that hold everywhere. Raises DomainError on `field`."""
    if field not in CORRECTABLE.values():
        raise NotFound()
    value, problem = correction_value(field, text, local_date(now, ZONE))
    if problem:
        raise DomainError(problem, _messages()[problem], field)
    strange = missing_characters(value) if field == "name" else ""
    if strange:
        letters = " ".join(strange[:12])
        message = _(
            "Huruf ini tidak dapat dicetak di sertifikat: %(letters)s. Tulis dengan huruf Latin.",
            letters=letters,
        )
        raise DomainError("name_letters", message, field)
    if field == "village_code" and find_region(value) is None:
        raise DomainError("village_missing", _messages()["village_missing"], field)
    return value


def current_value(person: Person, field: str) -> str:
    """What is on record, as text: dates in ISO form, the NIK in full, "" for nothing."""
    if field == "nik":
        return person.open_nik() or ""
    found = getattr(person, field)
    return found.isoformat() if isinstance(found, date) else found or ""


def file_correction(
    *,
    person_id: int,
    field: str,
    text: str,
    note: str,
    evidence: tuple[str, bytes] | None,
    actor: Actor,
    now: datetime,
) -> CorrectionRequest:
    """Ask for one field to be corrected; `evidence` as `read_evidence` answers. Whose person it is, the
    caller has checked. Raises DomainError beside its input, Conflict `correction_open`."""
    value = check_correction(field, text, now)
    person = db.session.get(Person, person_id, with_for_update=True)
    if person is None or person.erased_at is not None:
        raise NotFound()
    old = current_value(person, field)
    if value == old:
        raise DomainError("same_value", _("Isian ini sama dengan yang tercatat sekarang."), field)
    if evidence is None and field in NEEDS_EVIDENCE:
        raise DomainError("evidence_missing", _("Lampirkan foto KTP atau kartu keluarga."), "evidence")
    if _open_request(person_id, field) is not None:
        raise Conflict("correction_open", _("Permintaan untuk isian ini masih menunggu keputusan."), field)
    row = CorrectionRequest(
        person_id=person_id,
        field=field,
        value_cipher=cipher().encrypt(value, VALUE_AAD),
        old_cipher=cipher().encrypt(old, OLD_AAD),
        note=" ".join(note.split())[:300],
        state="asked",
        asked_by=actor.user_id,
        asked_person=actor.person_id,
        asked_at=now,
    )
    db.session.add(row)
    db.session.flush()
    if evidence is not None:
        keep_evidence(request_id=row.id, media_type=evidence[0], content=evidence[1], now=now)
    audit.record(
        "correction.filed", "person", person_id, actor=actor, now=now, field=field, correction=row.id
    )
    return row


def _open_request(person_id: int, field: str) -> CorrectionRequest | None:
    statement = sa.select(CorrectionRequest).where(
        CorrectionRequest.person_id == person_id,
        CorrectionRequest.field == field,
        CorrectionRequest.state == "asked",
    )
    found: CorrectionRequest | None = db.session.scalar(statement)
    return found


def _waiting(request_id: int) -> CorrectionRequest:
    row = db.session.get(CorrectionRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    if row.state != "asked":
        raise Conflict("correction_over", _("Permintaan ini sudah diputuskan atau ditarik."))
    return row


def withdraw_correction(*, request_id: int, actor: Actor, now: datetime) -> CorrectionRequest:
    """The owner or whoever filed it takes the request back. Raises NotFound for anybody else, Conflict."""
    row = db.session.get(CorrectionRequest, request_id)
    is_own = row is not None and actor.person_id is not None and row.person_id == actor.person_id
    is_filer = row is not None and actor.user_id is not None and row.asked_by == actor.user_id
    if not (is_own or is_filer):
        raise NotFound()
    row = _waiting(request_id)
    row.state, row.decided_by, row.decided_at = "withdrawn", actor.user_id, now
    audit.record(
        "correction.withdrawn",
        "person",
        row.person_id,
        actor=actor,
        now=now,
        field=row.field,
        correction=row.id,
    )
    return row


def decide_correction(
    *, request_id: int, is_approved: bool, note: str = "", nik: str = "", actor: Actor, now: datetime
) -> CorrectionRequest:
    """Apply or refuse a request that the actor may see. Never by its subject or by whoever filed it.

    nik: for a corrected NIK the decider types the one on the document; it must be the one asked for. Raises
    Forbidden `own_case`, DomainError on `note` or `nik`, Conflict `correction_over`, `nik_taken` or
    `value_changed`.
    """
    row = _waiting(request_id)
    _refuse_own(row, actor)
    note = " ".join(note.split())[:300]
    if not is_approved and len(note) < 5:
        raise DomainError("reason_missing", _("Tulis alasannya; orangnya akan membacanya."), "note")
    value = cipher().decrypt(row.value_cipher, VALUE_AAD)
    if is_approved:
        if row.field == "nik" and clean_nik(nik) != value:
            raise DomainError(
                "nik_differs", _("NIK ini tidak sama dengan yang diminta. Cocokkan dengan bukti."), "nik"
            )
        _apply(row, value, now)
    row.state = "applied" if is_approved else "refused"
    row.decided_by, row.decided_at, row.decision_note = actor.user_id, now, note
    action = "correction.applied" if is_approved else "correction.refused"
    audit.record(action, "person", row.person_id, actor=actor, now=now, field=row.field, correction=row.id)
    return row


def _refuse_own(row: CorrectionRequest, actor: Actor) -> None:
    people = {row.person_id, row.asked_person} - {None}
    if actor.person_id in people or (actor.user_id is not None and row.asked_by == actor.user_id):
        raise Forbidden(
            "own_case", _("Permintaan ini diputuskan oleh orang lain, bukan oleh yang mengajukannya.")
        )


def _apply(row: CorrectionRequest, value: str, now: datetime) -> None:
    person = db.session.get(Person, row.person_id, with_for_update=True, populate_existing=True)
    if person is None or person.erased_at is not None:
        raise NotFound()
    if current_value(person, row.field) != cipher().decrypt(row.old_cipher, OLD_AAD):
        raise Conflict("value_changed", _("Data ini berubah sejak diminta. Tolak, lalu minta diajukan lagi."))
    if row.field == "nik":
        hold_niks()
        owner = find_by_nik(value)
        if owner is not None and owner.id != person.id:
            raise Conflict(
                "nik_taken", _("NIK ini sudah tercatat pada orang lain. Periksa dulu siapa yang keliru.")
            )
        person.set_nik(value)
    elif row.field == "birth_date":
        person.birth_date = date.fromisoformat(value)
    else:
        setattr(person, row.field, value)
    person.updated_at = now
    db.session.flush()
    if row.field == "sex":
        ports().standing_touched(person_ids=[person.id], now=now)
