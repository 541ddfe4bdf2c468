"""What the pages about corrections share: the form with its villages, filing, and values as people read
them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import request

from portal.core.db import transaction
from portal.core.formatting import long_date
from portal.core.idempotency import claim
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.desks.data_labels import FIELD_WORDS, SEX_WORDS
from portal.desks.forms_rights import CorrectionForm
from portal.desks.queries.people import own_village
from portal.enrollment.queries import village_options
from portal.people import services
from portal.people.models import Person
from portal.people.queries import CorrectionView
from portal.people.rules import CORRECTABLE, NEEDS_EVIDENCE, correction_warnings, mask_nik


def form_for_request(is_posted: bool = False) -> CorrectionForm:
    """The form of the field that ?data= names, with the villages that ?q= finds."""
    form = CorrectionForm.posted() if is_posted else CorrectionForm(data={"data": request.args.get("data")})
    form.offer(village_options(searched()))
    return form


def searched() -> str:
    """The village that was searched for."""
    return " ".join((request.values.get("q") or "").split())[:80]


def form_context(form: CorrectionForm, person: Person | None) -> dict[str, Any]:
    """What templates/desks/correction_form_piece.html needs."""
    options = village_options(searched()) if form.field == "village_code" else []
    return {
        "form": form,
        "q": searched(),
        "notes": {one.value: one.where for one in options},
        "fields": [(slug, FIELD_WORDS[field]) for slug, field in CORRECTABLE.items()],
        "needs_evidence": form.field in NEEDS_EVIDENCE,
        "current": shown(person, form.field) if person and form.field else "",
    }


def shown(person: Person, field: str) -> str:
    """What is on record now, as its owner may read it: the NIK masked."""
    if field == "nik":
        return person.masked_nik
    value = getattr(person, field)
    return in_words(field, value.isoformat() if isinstance(value, date) else value or "")


def in_words(field: str, value: str) -> str:
    """A stored value as people read it; a NIK as its last four digits."""
    if not value:
        return _("Belum tercatat")
    if field == "nik":
        return mask_nik(value)
    if field == "birth_date":
        return long_date(date.fromisoformat(value), False)
    if field == "sex":
        return str(SEX_WORDS.get(value, value))
    return own_village(value) or value if field == "village_code" else value


def file_form(form: CorrectionForm, *, person_id: int, target: str, actor: Actor, now: datetime) -> str:
    """File what the form asks; answers where to go on. The file is read before the transaction begins.
    Raises DomainError."""
    services.check_correction(form.field, form.text(), now)
    sent = form.file()
    evidence = services.read_evidence(sent) if sent else None
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            services.file_correction(
                person_id=person_id,
                field=form.field,
                text=form.text(),
                note=form.note.data or "",
                evidence=evidence,
                actor=actor,
                now=now,
            )
            op.finish(target)
    return op.outcome


def warnings_of(view: CorrectionView) -> list[str]:
    """What the decider should look at twice, in words."""
    said = {
        "nik_birth_differs": _(
            "Tanggal lahir pada NIK berbeda dengan yang tercatat. Periksa KTP dengan teliti."
        ),
        "nik_sex_differs": _(
            "Jenis kelamin pada NIK berbeda dengan yang tercatat. Periksa KTP dengan teliti."
        ),
    }
    person = view.person
    found = correction_warnings(
        view.row.field,
        view.new,
        nik=person.open_nik() or "",
        birth_date=person.birth_date,
        sex=person.sex,
    )
    return [said[code] for code in found]
