"""What the helpdesk types: reasons, and which data it must see."""

from __future__ import annotations

from wtforms import SelectChoice, SelectMultipleField, StringField
from wtforms.validators import DataRequired

from portal.core.forms import BaseForm, longest
from portal.core.words import lazy_gettext as _l
from portal.people.labels import REVEALABLE


class HelpForm(BaseForm):
    """One thing done for somebody, and why."""

    action = StringField()
    reason = StringField(
        _l("Alasan"),
        description=_l("Misalnya: pemilik menelepon dari nomor terdaftar, telepon lamanya hilang."),
        validators=[DataRequired(_l("Tulis alasannya.")), longest(200)],
    )


class SeeDataForm(BaseForm):
    """Which data to see in full, and why; the owner is told."""

    which = SelectMultipleField(_l("Data yang dilihat"), validate_choice=False)
    see_reason = StringField(_l("Alasan melihat data"), validators=[longest(200)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.which.choices = [SelectChoice(name, str(label)) for name, label in REVEALABLE]
