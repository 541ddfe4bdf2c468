"""The form that changes the order of a waitlist."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import SelectChoice, SelectField, TextAreaField
from wtforms.validators import Length

from portal.core.forms import BaseForm
from portal.core.words import lazy_gettext as _l


class QueueForm(BaseForm):
    """Before whom somebody is to wait, and why. `before` is checked by the service: people come and go."""

    before = SelectField(_l("Tempatkan sebelum"), choices=[], validate_choice=False)
    reason = TextAreaField(
        _l("Alasan"),
        [Length(max=300, message=_l("Paling panjang 300 huruf."))],
        description=_l("Disimpan tetap dan terlihat oleh petugas balai. Jangan menulis data kesehatan."),
    )

    def offer(self, choices: Sequence[tuple[str, str]]) -> QueueForm:
        """The same form with the people to choose from."""
        self.before.choices = [SelectChoice(*choice) for choice in choices]
        return self
