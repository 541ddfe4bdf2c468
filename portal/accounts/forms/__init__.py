"""What people type about their account."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, ValidationError

from portal.core.forms import BaseForm, DateField, longest
from portal.core.words import lazy_gettext as _l
from portal.people.rules import collapse, name_problem

LOGIN_HINT = _l(
    "Huruf kecil dan angka, misalnya sri.wahyuni. Bukan nomor telepon: nomor bisa dipakai bersama keluarga."
)
PASSWORD_HINT = _l(
    "Paling sedikit 8 karakter. Beberapa kata yang tidak biasa berdampingan mudah diingat dan kuat."
)
_NAME_MESSAGES = {
    "name_missing": _l("Tulis nama lengkap Anda."),
    "name_too_long": _l("Nama paling banyak 100 huruf."),
    "name_invalid": _l("Nama hanya boleh berisi huruf, spasi, titik, koma, dan tanda petik."),
}


def check_name(_form: Any, field: Any) -> None:
    """A wtforms validator: the name rules of people."""
    field.data = collapse(field.data or "")
    problem = name_problem(field.data)
    if problem:
        raise ValidationError(str(_NAME_MESSAGES[problem]))


class SignInForm(BaseForm):
    """Sign-in name, phone or address, and password."""

    login = StringField(
        _l("Nama masuk, nomor HP, atau surel"),
        validators=[InputRequired(_l("Tulis nama masuk, nomor HP, atau surel Anda.")), longest(200)],
    )
    password = PasswordField(
        _l("Kata sandi"), validators=[InputRequired(_l("Tulis kata sandi Anda.")), longest(1000)]
    )
    lanjut = HiddenField()


class NewAccountForm(BaseForm):
    """An account of one's own, before any enrollment."""

    name = StringField(_l("Nama lengkap"), description=_l("Seperti di KTP."), validators=[check_name])
    login = StringField(
        _l("Nama masuk"),
        description=LOGIN_HINT,
        validators=[InputRequired(_l("Pilih nama masuk.")), longest(60)],
    )
    password = PasswordField(
        _l("Kata sandi"),
        description=PASSWORD_HINT,
        validators=[InputRequired(_l("Pilih kata sandi.")), longest(1000)],
    )
    agree = BooleanField(
        _l("Saya setuju data saya dipakai untuk pendaftaran dan penyelenggaraan pelatihan."),
        validators=[InputRequired(_l("Tanpa persetujuan ini akun tidak dapat dibuat."))],
    )
    lanjut = HiddenField()


class ClaimForm(BaseForm):
    """A printed code and the birth date, and how to sign in from now on."""

    code = StringField(
        _l("Kode pada surat"),
        description=_l("12 huruf dan angka, misalnya 7K2M-9QXR-4TB9."),
        validators=[InputRequired(_l("Tulis kode yang tercetak pada surat Anda.")), longest(60)],
    )
    birth_date = DateField(_l("Tanggal lahir"))
    login = StringField(
        _l("Nama masuk"),
        description=LOGIN_HINT,
        validators=[InputRequired(_l("Pilih nama masuk.")), longest(60)],
    )
    password = PasswordField(
        _l("Kata sandi baru"),
        description=PASSWORD_HINT,
        validators=[InputRequired(_l("Pilih kata sandi.")), longest(1000)],
    )

    def validate_birth_date(self, field: DateField) -> None:
        """The date is needed; a date that does not exist was said already."""
        if field.data is None and not field.process_errors:
            raise ValidationError(str(_l("Tulis tanggal lahir Anda.")))


class PasswordForm(BaseForm):
    """The old password and a new one."""

    current = PasswordField(
        _l("Kata sandi sekarang"),
        validators=[InputRequired(_l("Tulis kata sandi Anda sekarang.")), longest(1000)],
    )
    password = PasswordField(
        _l("Kata sandi baru"),
        description=PASSWORD_HINT,
        validators=[InputRequired(_l("Pilih kata sandi baru.")), longest(1000)],
    )
