"""The form base: Indonesian messages, an error summary, an operation id, domain errors beside their cause."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import request
from wtforms import Field, Form, HiddenField, IntegerField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import TextInput

from portal.core.errors import DomainError
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l


class DateField(Field):
    """A date as three inputs `<name>-day`, `<name>-month`, `<name>-year`; also takes ISO text in `<name>`."""

    widget = TextInput()

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Collect the three parts; `parts` keeps what was typed."""
        self.process_errors: list[str] = []
        self.parts = ("", "", "")
        self.data: date | None = data if isinstance(data, date) else None
        if self.data:
            self.parts = (str(self.data.day), str(self.data.month), str(self.data.year))
        if formdata is None:
            return
        single = (formdata.get(self.name) or "").strip()
        if single.count("-") == 2:
            year, month, day = single.split("-")
            typed = (day, month, year)
        else:
            typed = tuple((formdata.get(f"{self.name}-{part}") or "").strip() for part in _PARTS)  # type: ignore
        if any(typed) or self.name in formdata or f"{self.name}-day" in formdata:
            self.parts = typed
            self.data = None
            if any(typed):
                try:
                    day, month, year = (int(p) for p in typed)
                    self.data = date(year, month, day)
                except (ValueError, OverflowError):
                    self.process_errors.append(_("Tanggal ini tidak ada. Tulis hari, bulan, dan tahun."))

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""


_PARTS = ("day", "month", "year")


class WholeNumber(IntegerField):
    """An integer that says in our words when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; blanks around it do not matter."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = int(valuelist[0])
        except ValueError as error:
            raise ValueError(_("Isi dengan angka.")) from error


def row_number(value: Any) -> int:
    """A typed or chosen key, for `form.get(name, type=row_number)` and `coerce=row_number`. Raises ValueError
    for anything but digits that a 64-bit key can hold."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("no row number")
    return int(text)


def needed(message: Any) -> Any:
    """A validator for fields that parse themselves: `message` when nothing was typed, else their error."""

    def check(_form: Any, field: Field) -> None:
        if field.data is None and not field.process_errors:
            raise ValidationError(str(message))

    return check


class BaseForm(Form):
    """All POST forms. `op` makes a double click one effect."""

    op = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.op.data:
            self.op.data = secrets.token_hex(16)
        self.form_errors: list[str] = []

    @classmethod
    def parse(cls, **kwargs: Any) -> Any:
        """The form filled from this request's body (and files)."""
        return cls(formdata=request.form, **kwargs)

    def add_error(self, error: DomainError) -> None:
        """Put a domain error beside its field, or at the top."""
        target = self._fields.get(error.field or "")
        if target is None:
            self.form_errors.append(error.message)
        else:
            target.errors = [*target.errors, error.message]

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """(input id or '', message) in page order, for the summary."""
        found = [("", str(message)) for message in self.form_errors]
        for entry in self:
            found += [(self.anchor(entry), str(message)) for message in entry.errors]
        return found

    @staticmethod
    def anchor(entry: Field) -> str:
        """The id of the first input of a field, for the summary's link."""
        return f"{entry.id}-day" if isinstance(entry, DateField) else entry.id


class TokenForm(BaseForm):
    """A button: nothing but its tokens."""


def longest(count: int) -> Length:
    """A wtforms validator: at most so many characters."""
    return Length(max=count, message=_l("Paling banyak %(max)d karakter."))
