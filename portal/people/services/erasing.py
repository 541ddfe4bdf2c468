"""What people itself forgets of a person (port `erase_person`)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.people.models import (
    OLD_AAD,
    VALUE_AAD,
    Consent,
    CorrectionRequest,
    ErasureRequest,
    Evidence,
    LegalHold,
    Person,
)
from portal.people.rules import ERASED_NAME
from portal.people.services.holds import is_held
from portal.people.services.inclusion import forget_inclusion


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """Forget who it was: name, NIK, birth, sex, contact, village; the content of corrections and evidence."""
    if not is_dry:
        _forget(person_id, actor, now)
    return Erasure(
        goes=(
            _("Nama, NIK, tanggal lahir, jenis kelamin, telepon, surel, dan desa."),
            _("Isi permintaan perbaikan dan buktinya."),
            _("Jawaban tentang disabilitas dan bantuan, bila ada."),
        ),
        stays=(
            _("Riwayat persetujuan tanpa nama, sebagai bukti bahwa data pernah dipakai dengan izin."),
            _("Catatan audit dan catatan siapa yang membuka data Anda, tanpa isi datanya."),
        ),
        blockers=(_("Data ditahan karena sengketa atau pemeriksaan; penahanannya harus dicabut dulu."),)
        if is_held(person_id, now)
        else (),
    )


def _forget(person_id: int, actor: Actor, now: datetime) -> None:
    person = db.session.get(Person, person_id, with_for_update=True)
    assert person is not None
    person.name, person.sex, person.nik_last4 = ERASED_NAME, "", ""
    person.nik_index_key = ""
    person.nik_cipher = person.nik_index = person.birth_date = None
    person.phone = person.email = person.village_code = None
    person.erased_at = person.updated_at = now
    forget_inclusion(person_id)
    db.session.execute(
        sa.update(Consent)
        .where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    asked = sa.select(CorrectionRequest.id).where(CorrectionRequest.person_id == person_id)
    db.session.execute(
        sa.delete(Evidence).where(Evidence.request_id.in_(asked)).execution_options(synchronize_session=False)
    )
    # Its state stays true to what happened; a waiting one can no longer be decided.
    for row in db.session.scalars(
        sa.select(CorrectionRequest).where(CorrectionRequest.person_id == person_id)
    ):
        row.value_cipher, row.old_cipher = cipher().encrypt("", VALUE_AAD), cipher().encrypt("", OLD_AAD)
        row.note = row.decision_note = ""
        if row.state == "asked":
            row.state, row.decided_by, row.decided_at = "withdrawn", actor.user_id, now
    for table in (ErasureRequest, LegalHold):
        db.session.execute(sa.update(table).where(table.person_id == person_id).values(reason=""))
    db.session.execute(
        sa.update(ErasureRequest).where(ErasureRequest.person_id == person_id).values(decision_note="")
    )
    db.session.flush()
    audit.record("person.updated", "person", person_id, actor=actor, now=now, fields=["erased"])
