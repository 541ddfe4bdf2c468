"""The form of a batch: facts, a pattern that fills in sessions, the sessions themselves; copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import ngettext
from wtforms import HiddenField, SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import NumberInput

from portal.batches.forms.places import PlacesFields, places_data
from portal.batches.forms.rows import SessionRow
from portal.batches.models import Batch
from portal.batches.rules import format_clock, parse_clock
from portal.batches.rules.sessions import PATTERNS, pattern, pattern_days
from portal.batches.services import BatchPlan
from portal.centers.models import Room, Staff, TrainingCenter
from portal.cooperatives.labels import KIND_LABELS, POST_LABELS
from portal.core import clock
from portal.core.errors import DomainError
from portal.core.forms import BaseForm, DateField, WholeNumber, needed, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

MOST_ROWS = 60
#: The window closes so long before the first day when nothing is typed.
CLOSES_BEFORE = timedelta(days=3)


def _text(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def _number(least: int, most: int) -> list[Any]:
    message = _l("Isi angka %(least)d sampai %(most)d.", least=least, most=most)
    return [needed(message), NumberRange(least, most, message)]


def pattern_label(key: str) -> str:
    """ "3 hari, 08.00–15.30, 8 JP sehari"."""
    found = pattern(key)
    assert found is not None
    span = f"{found.start}–{found.end}".replace(":", ".")
    text = _("%(days)d hari, %(span)s, %(hours)d JP sehari", days=found.days, span=span, hours=found.hours)
    return (
        _("%(text)s (%(num)d hari pertama daring)", text=text, num=found.online_days)
        if found.online_days
        else text
    )


class ConfirmForm(BaseForm):
    """Only the operation id."""


class BatchForm(PlacesFields):
    """A batch. `rows` are its sessions as typed; `offers` the free hours after a clash."""

    program_id = SelectField(_l("Program"), coerce=row_number, validate_choice=False)
    pattern = SelectField(_l("Pola"), choices=[], validate_choice=False)
    starts_on = DateField(_l("Mulai"))
    place = SelectField(_l("Tempat"), choices=[], validate_choice=False)
    instructors = SelectMultipleField(_l("Instruktur"), coerce=row_number, validate_choice=False)
    assessors = SelectMultipleField(_l("Asesor pada hari terakhir"), coerce=row_number, validate_choice=False)
    quota = WholeNumber(_l("Kuota"), _number(1, 200), default=16, widget=NumberInput(min=1, max=200))
    reserve_seats = WholeNumber(
        _l("Cadangan"), _number(0, 200), default=2, widget=NumberInput(min=0, max=200)
    )
    opens_on = DateField(_l("Pendaftaran dibuka"), description=_l("Kosong berarti sekarang."))
    opens_time = StringField(_l("Pukul dibuka"), [Optional()], default="08.00", filters=[_text])
    closes_on = DateField(
        _l("Pendaftaran ditutup"), description=_l("Kosong berarti tiga hari sebelum pertemuan pertama.")
    )
    closes_time = StringField(_l("Pukul ditutup"), [Optional()], default="16.00", filters=[_text])
    kinds = SelectMultipleField(
        _l("Jenis koperasi"),
        choices=[SelectChoice(*item) for item in KIND_LABELS.items()],
        description=_l("Tidak memilih satu pun berarti sesuai sasaran program."),
    )
    posts = SelectMultipleField(
        _l("Jabatan"),
        choices=[SelectChoice(*item) for item in POST_LABELS.items()],
        description=_l("Tidak memilih satu pun berarti sesuai sasaran program."),
    )
    regions = StringField(
        _l("Wilayah asal koperasi"),
        [Length(max=500, message=_l("Paling panjang 500 huruf."))],
        description=_l(
            "Nama provinsi, kabupaten, atau kota, dipisah koma. Kosong berarti seluruh Indonesia."
        ),
        filters=[_text],
    )
    pilot_seats = WholeNumber(
        _l("Kursi untuk koperasi percontohan"),
        _number(0, 200),
        default=0,
        widget=NumberInput(min=0, max=200),
    )
    pilot_until = DateField(_l("Dijaga sampai"), description=_l("Kosong berarti sampai pendaftaran ditutup."))
    series = StringField(
        _l("Gelombang"),
        [Length(max=60, message=_l("Paling panjang 60 huruf."))],
        description=_l("Nama bersama untuk angkatan yang berjalan beriringan, misalnya Gelombang 1."),
        filters=[_text],
    )
    version = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows: list[SessionRow] = []
        self.clashes: list[str] = []
        self.offers: list[dict[str, Any]] = []
        self.status = 422

    def prepare(self, programs: Sequence[Any], rooms: Sequence[Room], staff: Sequence[Staff]) -> None:
        """Fill in what can be chosen at this center."""
        self.places = [*((str(room.id), room_label(room)) for room in rooms), ("online", _("Daring"))]
        self.teachers = [(person.id, person.name) for person in staff if person.can_instruct]
        self.judges = [(person.id, person.name) for person in staff if person.can_assess]
        for field, options in (
            (self.program_id, [(program.id, program.name) for program in programs]),
            (self.pattern, [(entry.key, pattern_label(entry.key)) for entry in PATTERNS]),
            (self.place, self.places),
            (self.instructors, self.teachers),
            (self.assessors, self.judges),
        ):
            field.choices = [SelectChoice(value, label) for value, label in options]

    def read_rows(self, data: Any) -> None:
        """The sessions as typed, in order of time; rows marked for removal are dropped."""
        count = data.get("rows", "0")
        number = min(int(count), MOST_ROWS) if count.isascii() and count.isdigit() and len(count) < 4 else 0
        rows = [SessionRow.read(data, index) for index in range(number)]
        self.rows = [row for row in rows if not row.remove]
        self.sort_rows()

    def sort_rows(self) -> None:
        """By day and start, so that the plan and the page number them alike."""
        self.rows.sort(key=lambda row: (row.day or "9999", row.start.replace(".", ":").zfill(5)))

    def arrange(self, holidays: set[date]) -> None:
        """Replace the sessions by those of the chosen pattern. An error lands on `starts_on`."""
        chosen = pattern(self.pattern.data or "") or PATTERNS[0]
        if self.starts_on.data is None:
            if not self.starts_on.process_errors:
                self.add_error(DomainError("starts_missing", _("Isi tanggal mulai."), "starts_on"))
            return
        days = pattern_days(chosen, self.starts_on.data, holidays)
        self.rows = [
            SessionRow(
                day=day.isoformat(),
                start=chosen.start,
                end=chosen.end,
                hours=str(chosen.hours),
                place="online" if index < chosen.online_days else (self.place.data or "online"),
                instructors=[str(number) for number in self.instructors.data or []],
                assessors=[str(n) for n in self.assessors.data or []] if index == len(days) - 1 else [],
            )
            for index, day in enumerate(days)
        ]

    def validate_all(self) -> bool:
        """Validate, keeping what arranging found out about the first day."""
        found = [str(message) for message in self.starts_on.errors]
        sound = self.validate()
        self.starts_on.errors = [
            *self.starts_on.errors,
            *(m for m in found if m not in self.starts_on.errors),
        ]
        return sound and not found

    def add_row(self) -> None:
        """One more session, a day after the last."""
        self.rows.append(
            self.rows[-1].following() if self.rows else SessionRow(place=self.place.data or "online")
        )

    def use_offer(self, text: str) -> None:
        """Take an offered slot "index|day|start|end|room" into its row. Only another room: all sessions that
        were in the old one go along, as a class stays together."""
        index, *slot = text.split("|")
        if len(slot) != 4 or not (index.isascii() and index.isdigit()) or int(index) >= len(self.rows):
            return
        row = self.rows[int(index)]
        if slot[:3] == [row.day, row.start.replace(".", ":"), row.end.replace(".", ":")]:
            for other in [one for one in self.rows if one.place == row.place]:
                other.place = slot[3]
        else:
            row.take(*slot)
            self.sort_rows()

    def plan(
        self, center: TrainingCenter, regions: Sequence[str], audience: Any, now: datetime
    ) -> BatchPlan | None:
        """The plan, or None with errors in their places. `audience` is the program, for kinds and posts."""
        zone = center.zone
        sessions = [row.plan() for row in self.rows]
        opens_at = self._moment("opens", zone) or now
        closes_at = self._moment("closes", zone)
        if any(row.errors for row in self.rows) or self.error_list:
            return None
        ready = [entry for entry in sessions if entry is not None]
        if closes_at is None and ready:
            closes_at = clock.at(ready[0].day - CLOSES_BEFORE, 16, 0, zone)
        return BatchPlan(
            program_id=self.program_id.data,
            center_id=center.id,
            opens_at=opens_at,
            closes_at=closes_at or now,
            starts_on=self.starts_on.data,
            quota=self.quota.data or 0,
            reserve_seats=self.reserve_seats.data or 0,
            sessions=ready,
            kinds=self.kinds.data or audience.kinds,
            posts=self.posts.data or audience.posts,
            regions=list(regions),
            pilot_seats=self.pilot_seats.data or 0,
            pilot_until=clock.at(self.pilot_until.data, 23, 59, zone) if self.pilot_until.data else None,
            series=self.series.data or "",
            cooperative_cap=self.cooperative_cap.data,
            post_quotas=self.post_quotas(),
            waitlist_pool=self.waitlist_pool.data or "",
        )

    def _moment(self, name: str, zone: str) -> datetime | None:
        day, time = self[f"{name}_on"].data, self[f"{name}_time"]
        try:
            hour, minute = parse_clock(time.data or "08.00")
        except ValueError:
            self.add_error(DomainError("clock_invalid", _("Jam ditulis seperti 08.00."), time.name))
            return None
        return clock.at(day, hour, minute, zone) if day else None

    def refuse(self, error: DomainError) -> None:
        """Put an error beside its cause: a session's in its row, with the free hours offered there."""
        self.status = error.status
        index = error.details.get("index")
        self.offers = error.details.get("slots", [])
        clashes = error.details.get("clashes", [])
        for clash in clashes:
            if clash["index"] < len(self.rows):
                self.rows[clash["index"]].errors.append(clash["message"])
        if not clashes:
            if error.field == "sessions" and index is not None and index < len(self.rows):
                self.rows[index].errors.append(error.message)
            else:
                self.add_error(error)

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """As BaseForm, with the sessions' own errors after the rest."""
        found = list(super().error_list)
        for index, row in enumerate(getattr(self, "rows", [])):
            number = _("Pertemuan %(num)d", num=index + 1)
            found += [(f"s{index}-day", f"{number}: {message}") for message in row.errors]
        return found

    def offers_for(self, index: int) -> list[dict[str, Any]]:
        """Free slots for a row, with the value of the button that takes each."""
        return [
            {
                **slot,
                "value": f"{index}|{slot['day']}|{slot['start']}|{slot['end']}|{slot['room_id'] or 'online'}",
            }
            for slot in self.offers
            if slot["index"] == index
        ]


def room_label(room: Room) -> str:
    """ "Ruang Padi 1 (20 orang)"."""
    where = _("di luar balai") if room.is_offsite else ""
    people = ngettext("%(num)d orang", "%(num)d orang", room.capacity)
    about = ", ".join(part for part in (people, where) if part)
    return f"{room.name} ({about})"


def form_of(batch: Batch, regions: Sequence[str]) -> BatchForm:
    """The form filled with a whole batch; `regions` are the names of its regions."""
    place = ZoneInfo(batch.center.zone)
    opens, closes = batch.opens_at.astimezone(place), batch.closes_at.astimezone(place)
    pilot = batch.pilot_until.astimezone(place).date() if batch.pilot_until else None
    form = BatchForm(
        data={
            "program_id": batch.program_id,
            "starts_on": batch.starts_on,
            "quota": batch.quota,
            "reserve_seats": batch.reserve_seats,
            "opens_on": opens.date(),
            "opens_time": format_clock(opens.hour, opens.minute).replace(":", "."),
            "closes_on": closes.date(),
            "closes_time": format_clock(closes.hour, closes.minute).replace(":", "."),
            "kinds": batch.kinds,
            "posts": batch.posts,
            "regions": ", ".join(regions),
            "pilot_seats": batch.pilot_seats,
            "pilot_until": pilot,
            "series": batch.series,
            **places_data(batch),
            "version": str(batch.version),
        }
    )
    form.rows = [SessionRow.of(meeting, batch.center.zone) for meeting in batch.sessions]
    return form


class CopyForm(BaseForm):
    """A copy to another day."""

    starts_on = DateField(_l("Hari pertama"), [needed(_l("Isi hari pertama."))])
    series = StringField(
        _l("Nama gelombang baru"), [Length(max=60, message=_l("Paling panjang 60 huruf."))], filters=[_text]
    )
