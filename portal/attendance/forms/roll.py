"""What the attendance pages send."""

from __future__ import annotations

from flask import request
from wtforms import IntegerField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.attendance.labels import MARK_LABELS
from portal.attendance.rules import LONGEST_TEXT, PARTIAL, suggested_hours
from portal.core.forms import BaseForm, WholeNumber, longest, row_number
from portal.core.words import lazy_gettext as _l

PREFIX = "m-"
PERSON_MARKS = ("present", "late", "left_early", "excused", "sick", "absent")


class HoursForm(BaseForm):
    """One person in one session: any mark, what it cost, a remark, and why it is changed."""

    mark = RadioField(
        _l("Yang terjadi"),
        choices=[SelectChoice(mark, MARK_LABELS[mark]) for mark in PERSON_MARKS],
        validators=[InputRequired(_l("Pilih salah satu."))],
    )
    minutes = WholeNumber(
        _l("Menit terlambat atau pulang lebih awal"),
        validators=[Optional(), NumberRange(0, 1440, _l("Isi menit antara 0 dan 1440."))],
    )
    hours_missed = WholeNumber(
        _l("Jam pelajaran (JP) yang tidak diikuti"),
        validators=[Optional(), NumberRange(0, 100, _l("Isi dengan angka, misalnya 1."))],
    )
    remark = TextAreaField(_l("Catatan"), validators=[longest(LONGEST_TEXT)])
    reason = TextAreaField(_l("Alasan mengubah"), validators=[longest(LONGEST_TEXT)])
    version = IntegerField(validators=[Optional()])

    def lost(self, hours: int) -> tuple[int, int]:
        """(whole lesson hours, minutes) that the mark costs in a session of `hours`; nothing but for late and
        left early. Hours that were left empty follow from the minutes."""
        if self.mark.data not in PARTIAL:
            return 0, 0
        minutes = self.minutes.data or 0
        if self.hours_missed.data is None:
            return suggested_hours(minutes, hours), minutes
        return self.hours_missed.data, minutes


def tapped() -> tuple[int, str, int | None]:
    """(enrollment id, mark, version seen) of one tap; -1 and "" for what is missing or malformed."""
    form = request.form
    return (
        form.get("enrollment", -1, type=row_number),
        form.get("mark", ""),
        form.get("version", None, type=row_number),
    )


def wanted_mark() -> str | None:
    """The mark that a refused tap asked for, from the address of the person's page."""
    mark = request.args.get("pilih", "")
    return mark if mark in PERSON_MARKS else None


def typed_reason() -> str:
    """Why the whole sheet is changed late."""
    return request.form.get("reason", "").strip()


def seen_version() -> int | None:
    """The version of the cell on the page that was sent; None when it says none."""
    return request.form.get("version", None, type=row_number)


def whole_sheet() -> tuple[dict[int, str], dict[int, int]]:
    """(marks, versions seen) by enrollment id from a form sent at once; rows without a choice are left out,
    and an id that is no number becomes -1, which is on no roll."""
    marks: dict[int, str] = {}
    versions: dict[int, int] = {}
    for name, value in request.form.items():
        if name.startswith(PREFIX) and value:
            marks[row_key(name.removeprefix(PREFIX))] = value
        elif name.startswith("v-"):
            versions[row_key(name[2:])] = request.form.get(name, 0, type=row_number)
    return marks, versions


def row_key(text: str) -> int:
    """A row's number from the name of its input; -1, which is on no roll, for what is none."""
    try:
        return row_number(text)
    except ValueError:
        return -1
