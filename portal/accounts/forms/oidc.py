"""What is typed to connect an account with an office's provider."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField
from wtforms.validators import AnyOf, InputRequired

from portal.core.forms import BaseForm, longest
from portal.core.words import lazy_gettext as _l


class ConnectForm(BaseForm):
    """The password once more. what: connect or disconnect, as the page said when it was opened."""

    what = HiddenField(validators=[AnyOf(("connect", "disconnect"), message=_l("Muat ulang halaman ini."))])

    password = PasswordField(
        _l("Kata sandi"), validators=[InputRequired(_l("Tulis kata sandi Anda.")), longest(1000)]
    )
