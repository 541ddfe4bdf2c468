"""The form of a board change: one row for each post, what happens to it, and who takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import BooleanField, FileField, HiddenField, SelectChoice, SelectField, StringField

from portal.cooperatives.queries.board import Held, hall_of
from portal.cooperatives.services.board import NewHolder
from portal.core.forms import BaseForm, DateField, longest, needed
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

KEEP, END, REPLACE = "tetap", "berakhir", "diganti"
NEW_PERSON = "baru"
#: Posts that may always get one holder more.
GROWING = ("supervisor_member", "manager")


@dataclass(frozen=True)
class Row:
    """One post of the form. `key` begins its field names; `held` is who holds it, if anybody."""

    key: str
    post: str
    held: Held | None


def rows_for(kind: str, board: Sequence[Held]) -> list[Row]:
    """The rows of a board: every holder, each empty post, and room for one more supervisor and manager."""
    rows: list[Row] = []
    hall = hall_of(kind)
    for one in board:
        if one.post not in ("member", "founder"):
            rows.append(Row(f"t{one.term_id}", one.post, one) if one.term_id else Row("", one.post, None))
    empty = {row.post for row in rows if row.held is None}
    rows += [Row("", post, None) for post in GROWING if post in hall and post not in empty]
    # An empty row is named by its post and place, so that it stays the same row while the board does.
    counts: dict[str, int] = {}
    named = []
    for row in rows:
        if row.held is None:
            counts[row.post] = counts.get(row.post, 0) + 1
            row = Row(f"n{row.post}-{counts[row.post]}", row.post, None)
        named.append(row)
    return named


class BoardForm(BaseForm):
    """What is common to the whole change. `seen` is the state of the board when the form was drawn."""

    seen = HiddenField()
    effective_on = DateField(
        _l("Berlaku sejak"),
        description=_l("Hari pertama susunan baru. Jabatan yang berakhir, berakhir sehari sebelumnya."),
        validators=[needed(_l("Tulis sejak kapan susunan ini berlaku."))],
    )
    is_correction = BooleanField(_l("Pembetulan catatan lama"))
    file = FileField(
        _l("Berita acara atau surat keputusan"),
        description=_l("Wajib bila ketua berganti. JPEG, PNG, atau PDF, paling besar 1,5 MB."),
    )
    note = StringField(_l("Catatan"), description=_l("Misalnya: hasil RAT 2026."), validators=[longest(300)])
    confirm = BooleanField(_l("Tetap simpan"))

    rows: list[Row]

    @classmethod
    def build(
        cls, rows: Sequence[Row], people: Sequence[tuple[int, str]], *, is_posted: bool = False, **data: Any
    ) -> BoardForm:
        """The form with the fields of these rows; filled from the request when posted."""
        fields: dict[str, Any] = {}
        choices = [
            SelectChoice("", _("Pilih orang")),
            *(SelectChoice(str(number), name) for number, name in people),
            SelectChoice(NEW_PERSON, _("Orang lain (tulis namanya)")),
        ]
        for row in rows:
            fields |= _row_fields(row, choices)
        form_class = type("BoardFormOfRows", (cls,), fields)
        posted: Any = CombinedMultiDict[str, Any]([request.files, request.form]) if is_posted else None
        form = form_class(formdata=posted, data=data)
        form.rows = list(rows)
        return form

    def upload(self) -> Any:
        """The uploaded file, None when nothing was chosen."""
        sent = self.file.data
        return sent if getattr(sent, "filename", "") else None

    def endings(self) -> dict[int, str]:
        """Term id -> key of its row, for the terms that end."""
        return {
            row.held.term_id: row.key
            for row in self.rows
            if row.held and self[f"{row.key}_act"].data in (END, REPLACE)
        }

    def beginnings(self) -> list[NewHolder]:
        """Who takes which post."""
        return [self._new_holder(row) for row in self.rows if self.takes(row)]

    def takes(self, row: Row) -> bool:
        """Whether somebody takes the post of a row."""
        if row.held:
            return bool(self[f"{row.key}_act"].data == REPLACE)
        return bool(self[f"{row.key}_who"].data or (self[f"{row.key}_name"].data or "").strip())

    def _new_holder(self, row: Row) -> NewHolder:
        who = self[f"{row.key}_who"].data or ""
        is_known = who.isascii() and who.isdigit()
        return NewHolder(
            key=row.key,
            post=row.post,
            person_id=int(who) if is_known else None,
            name="" if is_known else self[f"{row.key}_name"].data or "",
            phone="" if is_known else self[f"{row.key}_phone"].data or "",
            ends_on=self[f"{row.key}_until"].data,
            is_ex_officio=bool(self[f"{row.key}_exo"].data),
        )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """What can be said without looking at the terms: somebody is named where somebody takes a post."""
        sound = super().validate(*args, **kwargs)
        for row in self.rows:
            who, name = self[f"{row.key}_who"], self[f"{row.key}_name"]
            until = self[f"{row.key}_until"]
            if until.process_errors:
                sound = False
            is_named = bool(who.data or (name.data or "").strip())
            if row.held and is_named and not self.takes(row):
                act = self[f"{row.key}_act"]
                act.errors = [*act.errors, _("Anda menulis pemegang baru: pilih “Diganti”.")]
                sound = False
            elif self.takes(row) and not is_named:
                who.errors = [*who.errors, _("Pilih siapa yang menggantikan, atau tulis namanya.")]
                sound = False
            elif self.takes(row) and who.data == NEW_PERSON and not (name.data or "").strip():
                name.errors = [*name.errors, _("Tulis nama lengkap seperti di KTP.")]
                sound = False
        return sound


def _row_fields(row: Row, choices: list[SelectChoice]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        f"{row.key}_who": SelectField(_l("Pemegang baru"), choices=choices, default=""),
        f"{row.key}_name": StringField(_l("Nama lengkap"), validators=[longest(100)]),
        f"{row.key}_phone": StringField(
            _l("Nomor ponsel"), description=_l("NIK dilengkapi orangnya sendiri."), validators=[longest(40)]
        ),
        f"{row.key}_until": DateField(_l("Akhir masa jabatan")),
        f"{row.key}_exo": BooleanField(_l("Karena jabatannya di desa atau kelurahan (ex officio)")),
    }
    if row.held:
        acts = [
            SelectChoice(KEEP, _("Tetap")),
            SelectChoice(END, _("Berakhir")),
            SelectChoice(REPLACE, _("Diganti")),
        ]
        fields[f"{row.key}_act"] = SelectField(_l("Jabatan ini"), choices=acts, default=KEEP)
    return fields


def per_day(text: str | None, today: date) -> date:
    """`?per=YYYY-MM-DD` as a day up to today; anything else is today."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return today
    return day if date(1990, 1, 1) <= day <= today else today
