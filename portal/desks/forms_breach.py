"""What the administrator writes into the breach register."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Optional, ValidationError

from portal.core import clock
from portal.core.forms import BaseForm, DateField, WholeNumber, longest, needed
from portal.core.words import lazy_gettext as _l

ZONE = "Asia/Jakarta"
MOST_PEOPLE = 300_000_000
_TIME = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)")


class TimeField(StringField):
    """A time of the day as "14.30" or "14:30"; `data` stays as typed."""

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Refuse what is no time."""
        if not validation_stopped and not _TIME.fullmatch((self.data or "").strip()):
            raise ValidationError(str(_l("Tulis jam seperti 14.30.")))


def moment_of(day: date, typed: str) -> datetime:
    """The UTC moment of a day and a checked time, in the capital's zone."""
    hour, minute = map(int, re.split("[.:]", typed.strip()))
    return clock.at(day, hour, minute, ZONE)


def _people(_form: Any, field: WholeNumber) -> None:
    if field.data is not None and not 0 <= field.data <= MOST_PEOPLE:
        raise ValidationError(str(_l("Jumlah orang ini tidak mungkin.")))


class BreachForm(BaseForm):
    """A new entry."""

    title = StringField(
        _l("Apa yang terjadi, dalam satu baris"),
        description=_l("Misalnya: laptop petugas berisi daftar peserta hilang."),
        validators=[DataRequired(_l("Tulis apa yang terjadi.")), longest(150)],
    )
    found_on = DateField(_l("Hari diketahui"), validators=[needed(_l("Tulis harinya."))])
    found_time = TimeField(_l("Pukul (WIB)"), description=_l("Batas 3 x 24 jam dihitung dari sini."))
    description = TextAreaField(
        _l("Uraian"),
        description=_l("Kapan dan bagaimana data terungkap. Jangan menulis nama, NIK, atau nomor siapa pun."),
        validators=[DataRequired(_l("Tulis uraiannya.")), longest(4000)],
    )
    data_kinds = StringField(
        _l("Data yang terungkap"),
        description=_l("Misalnya: nama, nomor telepon, desa."),
        validators=[DataRequired(_l("Tulis data apa saja.")), longest(300)],
    )
    people_count = WholeNumber(_l("Jumlah orang, bila sudah diketahui"), validators=[Optional(), _people])
    measures = TextAreaField(_l("Penanganan sejauh ini"), validators=[longest(4000)])

    @property
    def found_at(self) -> datetime:
        """The moment, after validation."""
        assert self.found_on.data is not None
        return moment_of(self.found_on.data, self.found_time.data or "")


class MeasureForm(BaseForm):
    """What was done or learned since."""

    measure = StringField(
        _l("Apa yang dilakukan atau diketahui"),
        validators=[DataRequired(_l("Tulis apa yang dilakukan atau diketahui.")), longest(500)],
    )
    people_count = WholeNumber(_l("Jumlah orang, bila berubah"), validators=[Optional(), _people])


class ToldForm(BaseForm):
    """When somebody was told."""

    whom = SelectField(
        _l("Siapa"),
        choices=[
            SelectChoice("people", _l("Pemilik data")),
            SelectChoice("authority", _l("Lembaga pelindungan data pribadi")),
        ],
        validate_choice=False,
    )
    told_on = DateField(_l("Hari diberi tahu"), validators=[needed(_l("Tulis harinya."))])
    told_time = TimeField(_l("Pukul (WIB)"))

    @property
    def at(self) -> datetime:
        """The moment, after validation."""
        assert self.told_on.data is not None
        return moment_of(self.told_on.data, self.told_time.data or "")


class CloseForm(BaseForm):
    """What came of it."""

    note = TextAreaField(
        _l("Hasil penanganan"), validators=[DataRequired(_l("Tulis hasil penanganannya.")), longest(300)]
    )
