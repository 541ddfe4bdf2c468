"""Why somebody looks at numbers in full."""

from __future__ import annotations

from typing import Any

from wtforms import SelectChoice, SelectField, StringField

from portal.core.forms import BaseForm, longest
from portal.core.words import lazy_gettext as _l
from portal.people.labels import REASON_LABELS

LISTED = ("seat_call", "class_change")
OTHER = "other"


class RevealForm(BaseForm):
    """A listed reason, or words of one's own; `reason` is what is stored."""

    why = SelectField(_l("Alasan"), validate_choice=False)
    words = StringField(_l("Keterangan"), validators=[longest(150)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.why.choices = [
            *(SelectChoice(code, str(REASON_LABELS[code])) for code in LISTED),
            SelectChoice(OTHER, str(_l("Alasan lain, tulis di bawah"))),
        ]

    @property
    def reason(self) -> str:
        """`seat_call`, `seat_call: words`, or the words alone."""
        words = " ".join((self.words.data or "").split())
        if self.why.data not in LISTED:
            return words
        return f"{self.why.data}: {words}" if words else str(self.why.data)
