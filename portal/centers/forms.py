"""What a center's administrator types about rooms, people, leave and holidays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import NumberInput

from portal.core.forms import BaseForm, DateField, WholeNumber, needed, row_number
from portal.core.words import lazy_gettext as _l


def _text(text: str | None) -> str:
    return (text or "").strip()


class RoomForm(BaseForm):
    """A room or an off-site venue."""

    name = StringField(
        _l("Nama ruang"),
        [InputRequired(_l("Tulis nama ruang.")), Length(max=80, message=_l("Paling panjang 80 huruf."))],
        filters=[_text],
    )
    capacity = WholeNumber(
        _l("Kapasitas (orang)"),
        [
            InputRequired(_l("Isi kapasitas dengan angka.")),
            NumberRange(1, 1000, _l("Kapasitas 1 sampai 1.000.")),
        ],
        default=20,
        widget=NumberInput(min=1, max=1000),
    )
    is_offsite = BooleanField(_l("Tempat di luar balai"))
    address = StringField(
        _l("Alamat"),
        [Length(max=200, message=_l("Paling panjang 200 huruf."))],
        description=_l("Wajib untuk tempat di luar balai, supaya peserta menemukannya."),
        filters=[_text],
    )
    is_active = BooleanField(_l("Dapat dipilih untuk angkatan baru"), default=True)


class StaffForm(BaseForm):
    """Somebody who teaches or assesses. `login` links an account."""

    name = StringField(
        _l("Nama lengkap"),
        [InputRequired(_l("Tulis nama petugas.")), Length(max=100, message=_l("Paling panjang 100 huruf."))],
        filters=[_text],
    )
    tasks = SelectMultipleField(
        _l("Tugas"),
        choices=[SelectChoice("instructor", _l("Instruktur")), SelectChoice("assessor", _l("Asesor"))],
        default=["instructor"],
    )
    login = StringField(
        _l("Nama akun"),
        [Optional(), Length(max=40, message=_l("Paling panjang 40 huruf."))],
        description=_l("Nama masuk orang ini di portal. Kosongkan bila belum punya akun."),
        filters=[_text],
    )
    is_active = BooleanField(_l("Masih bertugas"), default=True)


class LeaveForm(BaseForm):
    """Days on which somebody is away."""

    staff_id = SelectField(_l("Petugas"), coerce=row_number, validate_choice=False)
    starts_on = DateField(_l("Hari pertama"), [needed(_l("Isi hari pertama."))])
    ends_on = DateField(
        _l("Hari terakhir"), [needed(_l("Isi hari terakhir."))], description=_l("Termasuk hari ini.")
    )
    reason = StringField(
        _l("Keterangan"), [Length(max=120, message=_l("Paling panjang 120 huruf."))], filters=[_text]
    )

    def offer(self, staff: Iterable[Any]) -> None:
        """Who can be chosen."""
        self.staff_id.choices = [SelectChoice(person.id, person.name) for person in staff]


class HolidayForm(BaseForm):
    """A day without classes at the center."""

    day = DateField(_l("Tanggal"), [needed(_l("Isi tanggalnya."))])
    name = StringField(
        _l("Nama hari libur"),
        [
            InputRequired(_l("Tulis nama hari libur.")),
            Length(max=120, message=_l("Paling panjang 120 huruf.")),
        ],
        filters=[_text],
    )


class RemoveForm(BaseForm):
    """Only the operation id."""
