"""What people type who want to speak for a cooperative, and who decide on it."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.core.forms import BaseForm, longest
from portal.core.words import lazy_gettext as _l


class CodeForm(BaseForm):
    """A code of the office."""

    code = StringField(
        _l("Kode dari dinas"),
        description=_l("12 huruf dan angka pada lembar kode. Boleh ditulis dengan garis atau spasi."),
        validators=[InputRequired(_l("Tulis kode pada lembar dari dinas.")), longest(40)],
    )


class DecreeForm(BaseForm):
    """A decree for the cooperative that was chosen."""

    file = FileField(
        _l("Surat keputusan atau berita acara pengangkatan"),
        description=_l("JPEG, PNG, atau PDF, paling besar 1,5 MB. Hanya dinas yang membacanya."),
    )

    @classmethod
    def posted(cls) -> DecreeForm:
        """The form filled from this request, files included."""
        return cls(formdata=CombinedMultiDict([request.files, request.form]))

    def upload(self) -> Any:
        """The uploaded file, None when nothing was chosen."""
        sent = self.file.data
        return sent if getattr(sent, "filename", "") else None


class ClaimDecisionForm(BaseForm):
    """Verified or rejected, with a reason for a rejection."""

    decision = HiddenField()
    note = TextAreaField(
        _l("Alasan bila ditolak"),
        description=_l("Yang mengajukan membaca kalimat ini."),
        validators=[longest(300)],
    )
