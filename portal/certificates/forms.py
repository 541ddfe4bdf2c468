"""Forms of the center's certificate pages."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.certificates.services import REASONS
from portal.core.forms import BaseForm
from portal.core.words import lazy_gettext as _l


class OpForm(BaseForm):
    """A form of buttons only."""


class ChangeForm(BaseForm):
    """Suspend, unsuspend or revoke: a public reason class and an internal note."""

    reason_class = RadioField(_l("Alasan"), validators=[InputRequired(_l("Pilih alasannya."))])
    note = TextAreaField(
        _l("Catatan untuk arsip"),
        description=_l("Tidak pernah ditampilkan kepada umum."),
        validators=[Length(max=500, message=_l("Paling panjang 500 huruf."))],
    )

    def for_action(self, action: str) -> Any:
        """Offer the reason classes of the action."""
        self.reason_class.choices = [(key, str(words)) for key, words in REASONS[action].items()]
        return self


class ReplaceForm(ChangeForm):
    """A correction: the name and post as they should have been printed."""

    name = StringField(
        _l("Nama yang benar"), validators=[Length(max=100, message=_l("Paling panjang 100 huruf."))]
    )
    post = StringField(
        _l("Jabatan saat pelatihan yang benar"),
        validators=[Length(max=60, message=_l("Paling panjang 60 huruf."))],
    )


class ReportClosingForm(BaseForm):
    """Close a report of a suspected forgery."""

    note = TextAreaField(
        _l("Apa hasilnya?"),
        description=_l("Untuk arsip balai; tidak ditampilkan kepada umum."),
        validators=[
            InputRequired(_l("Tulis apa yang ditemukan.")),
            Length(max=500, message=_l("Paling panjang 500 huruf.")),
        ],
    )
