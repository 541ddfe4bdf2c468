"""How somebody wants to be told."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField, SelectChoice, SelectField
from wtforms.validators import AnyOf

from portal.accounts.rules.messages import Wishes
from portal.core.forms import BaseForm
from portal.core.words import lazy_gettext as _l

CHANNELS = {
    "": _l("Yang paling cocok"),
    "email": _l("Surel"),
    "whatsapp": _l("WhatsApp"),
    "sms": _l("SMS"),
}
LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
_CHOOSE = _l("Pilih salah satu.")


def _choices(words: dict[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


def _hour(value: Any) -> int:
    """A whole hour of the day, -1 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1


class PreferenceForm(BaseForm):
    """Language, channel, quiet hours (whole hours of the day), and what may be left out."""

    language = RadioField(
        _l("Bahasa"), [AnyOf(list(LANGUAGES), _CHOOSE)], choices=_choices(LANGUAGES), validate_choice=False
    )
    channel = RadioField(
        _l("Lewat apa"), [AnyOf(list(CHANNELS), _CHOOSE)], choices=_choices(CHANNELS), validate_choice=False
    )
    quiet_from = SelectField(
        _l("Jangan kirim dari pukul"), [AnyOf(range(24), _CHOOSE)], coerce=_hour, validate_choice=False
    )
    quiet_until = SelectField(
        _l("sampai pukul"), [AnyOf(range(24), _CHOOSE)], coerce=_hour, validate_choice=False
    )
    reminders = BooleanField(_l("Ingatkan saya sebelum kelas mulai"))
    results = BooleanField(_l("Kabari saya ketika hasil pelatihan sudah ada"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = [SelectChoice(hour, f"{hour:02d}.00") for hour in range(24)]
        self.quiet_from.choices = self.quiet_until.choices = hours

    @classmethod
    def showing(cls, wishes: Wishes) -> PreferenceForm:
        """The form as it stands for these wishes."""
        return cls(
            language=wishes.language,
            channel=wishes.channel,
            quiet_from=wishes.quiet_from // 60,
            quiet_until=wishes.quiet_until // 60,
            reminders=wishes.wants_reminders,
            results=wishes.wants_results,
        )

    @property
    def wishes(self) -> Wishes:
        """What was chosen, once it is valid."""
        return Wishes(
            self.language.data,
            self.channel.data or "",
            self.quiet_from.data * 60,
            self.quiet_until.data * 60,
            bool(self.reminders.data),
            bool(self.results.data),
        )
