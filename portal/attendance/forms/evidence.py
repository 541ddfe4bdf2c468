"""What the pages of cards, paper, walk-ins and corrections send."""

from __future__ import annotations

from flask import request
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from portal.attendance.forms.roll import PERSON_MARKS, PREFIX, row_key
from portal.attendance.labels import MARK_LABELS
from portal.attendance.rules import (
    LONGEST_COOPERATIVE,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_TEXT,
    PARTIAL,
)
from portal.core.forms import BaseForm, WholeNumber, longest, row_number
from portal.core.words import lazy_gettext as _l


class CardForm(BaseForm):
    """The code of a card, typed or read by the camera."""

    code = StringField(_l("Kode di kartu"), validators=[DataRequired(_l("Ketik kode di bawah QR kartu."))])


class FindSheetForm(BaseForm):
    """The number of a printed sheet."""

    code = StringField(_l("Kode lembar"), validators=[DataRequired(_l("Ketik kode di bawah QR lembar."))])

    @property
    def plain(self) -> str:
        """The code as it is stored."""
        return (self.code.data or "").replace("-", "").replace(" ", "").upper()


class WalkInForm(BaseForm):
    """Somebody who came without a seat."""

    name = StringField(
        _l("Nama"), validators=[DataRequired(_l("Tulis nama orangnya.")), longest(LONGEST_NAME)]
    )
    cooperative = StringField(_l("Koperasi"), validators=[longest(LONGEST_COOPERATIVE)])
    note = TextAreaField(_l("Catatan"), validators=[longest(LONGEST_TEXT)])


class AdmitForm(BaseForm):
    """Which enrollment somebody is."""

    enrollment = SelectField(
        _l("Pendaftaran"), coerce=row_number, validators=[InputRequired(_l("Pilih satu pendaftaran."))]
    )


class RefuseForm(BaseForm):
    """Why somebody gets no seat."""

    reason = TextAreaField(_l("Alasan"), validators=[longest(LONGEST_TEXT)])


class CorrectionForm(BaseForm):
    """Another mark after signing, and why."""

    mark = RadioField(
        _l("Seharusnya"),
        choices=[SelectChoice(mark, MARK_LABELS[mark]) for mark in PERSON_MARKS],
        validators=[InputRequired(_l("Pilih salah satu."))],
    )
    hours_missed = WholeNumber(
        _l("Jam pelajaran (JP) yang tidak diikuti"),
        validators=[Optional(), NumberRange(0, 100, _l("Isi dengan angka, misalnya 1."))],
    )
    reason = TextAreaField(
        _l("Alasan koreksi"),
        validators=[DataRequired(_l("Tulis alasan koreksi.")), longest(LONGEST_REASON)],
    )

    @property
    def missed(self) -> int:
        """Whole lesson hours; nothing but for late and left early."""
        return (self.hours_missed.data or 0) if self.mark.data in PARTIAL else 0


class DecisionForm(BaseForm):
    """What the head of the center says to a correction."""

    note = TextAreaField(_l("Catatan"), validators=[longest(LONGEST_REASON)])

    @property
    def approves(self) -> bool:
        """True for the button that approves."""
        return request.form.get("decision") == "setuju"

    @property
    def is_decided(self) -> bool:
        """True when one of the two buttons was pressed."""
        return request.form.get("decision") in ("setuju", "tolak")


def chosen_sides() -> dict[int, str]:
    """enrollment id -> "paper" or "stored", where the sheet and the stored mark differ."""
    return {
        row_key(name[2:]): value for name, value in request.form.items() if name.startswith("c-") and value
    }


__all__ = [
    "PREFIX",
    "AdmitForm",
    "CardForm",
    "CorrectionForm",
    "DecisionForm",
    "FindSheetForm",
    "RefuseForm",
    "WalkInForm",
    "chosen_sides",
]
