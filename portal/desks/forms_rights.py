"""What people type about their rights: confirmations, corrections, decisions, holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import (
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from portal.core.forms import BaseForm, DateField, longest
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.people.rules import CORRECTABLE


class ConfirmForm(BaseForm):
    """The password once more, before something that cannot be taken back."""

    password = PasswordField(
        _l("Kata sandi Anda"),
        description=_l("Supaya tidak ada orang lain yang melakukannya dengan ponsel Anda."),
        validators=[longest(200)],
    )


class ErasureForm(ConfirmForm):
    """Asking to be forgotten."""

    reason = TextAreaField(_l("Alasan"), validators=[longest(300)])


class DecisionForm(BaseForm):
    """Yes or no, with a reason for no. `nik`: the number on the document, where a NIK is corrected."""

    decision = HiddenField()
    nik = StringField(
        _l("NIK pada bukti"),
        description=_l("Ketik dari KTP yang dilampirkan; harus sama dengan yang diminta."),
        validators=[longest(60)],
    )
    note = TextAreaField(
        _l("Alasan bila ditolak"), description=_l("Orangnya membaca kalimat ini."), validators=[longest(300)]
    )


class HoldForm(BaseForm):
    """Keeping a person's records from being erased."""

    person = StringField(
        _l("Orangnya"),
        description=_l("Nomor pendaftaran, kode sertifikat, atau nomor orang di portal ini."),
        validators=[
            InputRequired(_l("Tulis nomor pendaftaran, kode sertifikat, atau nomor orang.")),
            longest(40),
        ],
    )
    reason = TextAreaField(
        _l("Dasar penahanan"),
        description=_l("Misalnya nomor perkara atau surat pemeriksaan. Jangan tulis data orangnya."),
        validators=[InputRequired(_l("Tulis dasar penahanannya, misalnya nomor perkara.")), longest(300)],
    )
    until = DateField(_l("Hari terakhir"), description=_l("Kosongkan bila sampai dicabut."))


class CorrectionForm(BaseForm):
    """One field to correct: `data` is its slug (people.rules_rights.CORRECTABLE); only its input is shown."""

    data = HiddenField()
    name = StringField(
        _l("Nama yang benar"), description=_l("Seperti tertulis di KTP."), validators=[longest(200)]
    )
    nik = StringField(
        _l("NIK yang benar"),
        description=_l("16 angka pada KTP. Boleh ditulis dengan spasi."),
        validators=[longest(60)],
    )
    birth_date = DateField(_l("Tanggal lahir yang benar"))
    sex = RadioField(
        _l("Jenis kelamin yang benar"),
        choices=[SelectChoice("L", _l("Laki-laki")), SelectChoice("P", _l("Perempuan"))],
        validate_choice=False,
    )
    village_code = RadioField(_l("Desa atau kelurahan"), choices=[], validate_choice=False)
    note = TextAreaField(
        _l("Keterangan"),
        description=_l("Misalnya: salah ketik saat didaftarkan. Jangan tulis NIK di sini."),
        validators=[longest(300)],
    )
    evidence = FileField(
        _l("Bukti"),
        description=_l("Foto KTP atau kartu keluarga: JPEG, PNG, atau PDF, paling besar 1,5 MB."),
    )

    @classmethod
    def posted(cls) -> CorrectionForm:
        """The form filled from this request, files included."""
        return cls(formdata=CombinedMultiDict([request.files, request.form]))

    def offer(self, villages: Iterable[Any]) -> None:
        """The villages to choose from: options with `value` and `name`."""
        self.village_code.choices = [SelectChoice(one.value, one.name) for one in villages]

    @property
    def field(self) -> str:
        """The column to correct; "" for a slug that is none of ours."""
        return CORRECTABLE.get(self.data.data or "", "")

    def text(self) -> str:
        """The new value as `check_correction` takes it."""
        if self.field == "birth_date":
            return self.birth_date.data.isoformat() if self.birth_date.data else ""
        return str(self[self.field].data or "")

    def file(self) -> Any:
        """The uploaded file, None when nothing was chosen."""
        sent = self.evidence.data
        return sent if getattr(sent, "filename", "") else None

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Lengths and the date; what the value means is judged by the use case."""
        sound = super().validate(*args, **kwargs)
        if self.field == "birth_date" and self.birth_date.process_errors:
            return False
        if self.field == "birth_date" and self.birth_date.data is None and not self.birth_date.errors:
            self.birth_date.errors = [_("Tulis tanggal lahir seperti di KTP.")]
            return False
        return sound
