"""What people type to get in without a password, to get back in, and about their phone and address."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, PasswordField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from portal.accounts.forms import LOGIN_HINT, PASSWORD_HINT
from portal.core.forms import BaseForm, DateField, longest, needed
from portal.core.words import lazy_gettext as _l

_CONTACT_NEEDED = _l("Tulis nomor HP atau alamat surel Anda.")
_NEW_PASSWORD = _l("Kata sandi baru")


def _code_field() -> StringField:
    return StringField(
        _l("Kode 6 angka"),
        validators=[InputRequired(_l("Tulis kode 6 angka yang Anda terima.")), longest(40)],
    )


def _password_field(label: object) -> PasswordField:
    return PasswordField(
        label,
        description=PASSWORD_HINT,
        validators=[InputRequired(_l("Pilih kata sandi baru.")), longest(1000)],
    )


def _choose_one(_form: Any, _field: Any) -> None:
    raise ValidationError(str(_l("Pilih salah satu.")))


class AskCodeForm(BaseForm):
    """A phone or an address to which a code goes."""

    contact = StringField(
        _l("Nomor HP atau surel"),
        description=_l("Yang sudah terpasang di akun Anda."),
        validators=[InputRequired(_CONTACT_NEEDED), longest(200)],
    )
    lanjut = HiddenField()


class CodeForm(BaseForm):
    """The code that came."""

    code = _code_field()


class WhoForm(BaseForm):
    """One of several people who share a phone."""

    who = StringField(_l("Siapa Anda?"), validators=[InputRequired(_l("Pilih salah satu.")), longest(18)])


class NewContactForm(BaseForm):
    """A phone or an address that becomes one's own once a code from there is typed."""

    contact = StringField(
        _l("Nomor HP atau surel"),
        description=_l(
            "Kami mengirim kode ke sana untuk memastikan Anda dapat membacanya. Nomor keluarga boleh."
        ),
        validators=[InputRequired(_CONTACT_NEEDED), longest(200)],
    )
    lanjut = HiddenField()


class ForgotForm(BaseForm):
    """Whose password is lost."""

    login = StringField(
        _l("Nama masuk, nomor HP, atau surel"),
        validators=[InputRequired(_l("Tulis nama masuk, nomor HP, atau surel Anda.")), longest(200)],
    )


class ResetForm(BaseForm):
    """A new password, of one of the people whom the code stands for."""

    who = RadioField(_l("Siapa Anda?"), choices=[], validate_choice=False)
    password = _password_field(_NEW_PASSWORD)

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """The people to choose from: (account id, what to call them)."""
        self.who.choices = choices

    def miss_who(self) -> None:
        """Say beside the choice that none was made; lasts over `validate`."""
        self.who.validators = [*self.who.validators, _choose_one]


class ActivateForm(BaseForm):
    """How somebody is recorded: the phone and the birth date."""

    phone = StringField(
        _l("Nomor HP"),
        description=_l("Yang dicatat koperasi atau dinas untuk Anda."),
        validators=[InputRequired(_l("Tulis nomor HP Anda.")), longest(60)],
    )
    birth_date = DateField(_l("Tanggal lahir"), validators=[needed(_l("Tulis tanggal lahir Anda."))])


class ActivateAccountForm(BaseForm):
    """How to sign in from now on."""

    login = StringField(
        _l("Nama masuk"),
        description=LOGIN_HINT,
        validators=[InputRequired(_l("Pilih nama masuk.")), longest(60)],
    )
    password = _password_field(_l("Kata sandi"))


class RecoverForm(BaseForm):
    """The sheet that a colleague handed over."""

    login = StringField(
        _l("Nama masuk"), validators=[InputRequired(_l("Tulis nama masuk Anda.")), longest(200)]
    )
    code = StringField(
        _l("Kode pada lembar"),
        description=_l("12 huruf dan angka, misalnya 7K2M-9QXR-4TB9."),
        validators=[InputRequired(_l("Tulis kode yang tercetak pada lembar Anda.")), longest(60)],
    )
    password = _password_field(_NEW_PASSWORD)


class AskRecoveryForm(BaseForm):
    """How it was made sure who stands at the desk."""

    reason = TextAreaField(
        _l("Bagaimana Anda memeriksa orangnya?"),
        description=_l(
            "Misalnya: bertemu langsung, KTP asli dan kartu pegawai dicocokkan. Tercatat bersama nama Anda."
        ),
        validators=[InputRequired(_l("Tulis cara Anda memeriksa orangnya.")), longest(200)],
    )


class DecideRecoveryForm(BaseForm):
    """A second person's decision."""

    note = StringField(_l("Catatan"), validators=[longest(200)])
