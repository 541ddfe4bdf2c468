"""Forms around a verdict: second word, re-test, appeal and its answer, correction and its decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice

from portal.core.forms import BaseForm, row_number
from portal.core.words import lazy_gettext as _l

VALUES = [
    SelectChoice("competent", _l("Kompeten (K)")),
    SelectChoice("not_yet_competent", _l("Belum kompeten (BK)")),
]


def _number(text: Any) -> int | None:
    try:
        return row_number(text)
    except ValueError:
        return None


class SecondForm(BaseForm):
    """A second word on one version."""

    verdict = HiddenField()
    value = RadioField(_l("Penilaian Anda"), choices=VALUES)
    note = TextAreaField(_l("Catatan (wajib bila BK)"))

    @property
    def verdict_id(self) -> int:
        """The version it is about; -1 for what is missing or malformed."""
        found = _number(self.verdict.data)
        return -1 if found is None else found


class RetestForm(BaseForm):
    """Opening a re-test: practical (""), or one of the written ones."""

    test = RadioField(_l("Cara uji ulang"))
    note = TextAreaField(_l("Catatan untuk penilai"))

    def offer(self, papers: Iterable[Any]) -> None:
        """Set the choices; practical comes first."""
        self.test.choices = [SelectChoice("", _l("Praktik, diamati penilai"))] + [
            SelectChoice(str(row.id), row.title) for row in papers
        ]
        self.test.data = self.test.data or ""

    @property
    def test_id(self) -> int | None:
        """The chosen paper, None for practical; -1 for what is no choice."""
        if not self.test.data:
            return None
        found = _number(self.test.data)
        return -1 if found is None else found


class ResultForm(BaseForm):
    """The result of a re-test."""

    value = RadioField(_l("Hasil uji ulang"), choices=VALUES)
    note = TextAreaField(_l("Catatan untuk peserta (wajib bila BK)"))


class AppealForm(BaseForm):
    """What a person objects to."""

    reason = TextAreaField(_l("Mengapa Anda keberatan?"))


class AssignForm(BaseForm):
    """To whom an appeal goes."""

    staff = RadioField(_l("Asesor yang memutuskan"), choices=[])

    def offer(self, people: Iterable[Any]) -> None:
        """Set the choices: everybody who had no part."""
        self.staff.choices = [SelectChoice(str(one.staff_id), one.name) for one in people]

    @property
    def staff_id(self) -> int:
        """The chosen one; -1 for none."""
        found = _number(self.staff.data)
        return -1 if found is None else found


class AnswerForm(BaseForm):
    """The answer to an appeal."""

    state = RadioField(
        _l("Keputusan"),
        choices=[
            SelectChoice("upheld", _l("Diterima: unit ini menjadi kompeten (K)")),
            SelectChoice("dismissed", _l("Ditolak: hasil BK tetap")),
        ],
    )
    decision = TextAreaField(_l("Alasan keputusan"))


class CorrectionForm(BaseForm):
    """A wish to correct a signed verdict."""

    value = RadioField(_l("Hasil yang benar"), choices=VALUES)
    note = TextAreaField(_l("Catatan untuk peserta (wajib bila BK)"))
    reason = TextAreaField(_l("Alasan koreksi"))


class CorrectionAnswerForm(BaseForm):
    """What the head decides; the button says which."""

    note = TextAreaField(_l("Catatan keputusan (wajib bila ditolak)"))

    @property
    def is_approved(self) -> bool:
        """True when the approving button was pressed."""
        return request.form.get("keputusan") == "setuju"


def text(field: Any) -> str:
    """What was typed, with the line ends of the database."""
    return (field.data or "").replace("\r\n", "\n")
