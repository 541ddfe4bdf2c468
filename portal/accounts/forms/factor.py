"""What people type for the second factor."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired

from portal.core.forms import BaseForm, longest
from portal.core.words import lazy_gettext as _l


class CodeForm(BaseForm):
    """Six digits of the generator."""

    code = StringField(
        _l("Kode dari aplikasi"),
        description=_l("Enam angka yang sedang tampil di aplikasi kode pada ponsel Anda."),
        validators=[InputRequired(_l("Tulis enam angka dari aplikasi.")), longest(40)],
    )
    lanjut = HiddenField()


class PaperForm(BaseForm):
    """One of the codes kept on paper."""

    code = StringField(
        _l("Kode cadangan"),
        description=_l("Satu dari sepuluh kode yang Anda simpan, misalnya 7K2M-9QXR-4TB9."),
        validators=[InputRequired(_l("Tulis satu kode cadangan.")), longest(60)],
    )
    lanjut = HiddenField()


class ProofForm(BaseForm):
    """The password or a fresh code, to show that it is still the same person."""

    proof = PasswordField(
        _l("Kata sandi atau kode dari aplikasi"),
        validators=[InputRequired(_l("Tulis kata sandi atau enam angka dari aplikasi.")), longest(1000)],
    )
    lanjut = HiddenField()


class PasskeyForm(BaseForm):
    """The name of a new passkey, and what the browser's script made."""

    name = StringField(
        _l("Nama passkey"),
        description=_l("Agar Anda mengenalinya nanti, misalnya “HP Samsung” atau “Laptop kantor”."),
        validators=[DataRequired(_l("Beri nama untuk passkey ini.")), longest(60)],
    )
    credential = HiddenField(validators=[longest(20000)])


class CredentialForm(BaseForm):
    """The answer of a passkey."""

    credential = HiddenField(validators=[longest(20000)])
    lanjut = HiddenField()
