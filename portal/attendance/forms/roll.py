"""What the attendance pages send."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.attendance.labels import MARK_LABELS
from portal.core.forms import BaseForm, row_number

PREFIX = "m-"


class HoursForm(BaseForm):
    """Who came late or left early, and how many whole lesson hours that cost."""

    mark = RadioField(
        _l("Yang terjadi"),
        choices=[SelectChoice(mark, MARK_LABELS[mark]) for mark in ("late", "left_early")],
        validators=[InputRequired(_l("Pilih terlambat atau pulang lebih awal."))],
    )
    hours_missed = IntegerField(
        _l("Jam pelajaran (JP) yang tidak diikuti"),
        validators=[
            InputRequired(_l("Isi dengan angka, misalnya 1. Isi 0 bila tidak ada.")),
            NumberRange(0, 100, _l("Isi dengan angka, misalnya 1. Isi 0 bila tidak ada.")),
        ],
    )
    version = IntegerField(validators=[Optional()])


def tapped() -> tuple[int, str, int | None]:
    """(enrollment id, mark, version seen) of one tap; -1 and "" for what is missing or malformed."""
    form = request.form
    return (
        form.get("enrollment", -1, type=row_number),
        form.get("mark", ""),
        form.get("version", None, type=row_number),
    )


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
            marks[_key(name.removeprefix(PREFIX))] = value
        elif name.startswith("v-"):
            versions[_key(name[2:])] = request.form.get(name, 0, type=row_number)
    return marks, versions


def _key(text: str) -> int:
    try:
        return row_number(text)
    except ValueError:
        return -1
