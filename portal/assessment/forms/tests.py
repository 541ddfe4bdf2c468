"""What is typed about a written test: its plan, extra time, a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from wtforms import BooleanField, FileField, HiddenField, SelectField, StringField

from portal.assessment.models import WrittenTest
from portal.assessment.rules.blueprint import Need
from portal.assessment.services.tests import Plan
from portal.core import clock
from portal.core.errors import DomainError
from portal.core.forms import BaseForm, DateField, WholeNumber, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l


class ClockField(StringField):
    """A time of day such as "08.00" or "8:30"; `data` is (hour, minute) or None."""

    def parsed(self) -> tuple[int, int] | None:
        """The hour and minute, or None for anything else."""
        hour, _mark, minute = str(self.data or "").strip().replace(":", ".").partition(".")
        parts = (hour, minute or "0")
        if not all(one.isascii() and one.isdigit() and len(one) <= 2 for one in parts):
            return None
        found = int(parts[0]), int(parts[1])
        return found if found[0] < 24 and found[1] < 60 else None


class PlanForm(BaseForm):
    """The plan of a test. The numbers of each unit are beside it: `count-<unit>` and `pct-<unit>`."""

    title = StringField(_l("Nama uji"))
    is_retest = BooleanField(_l("Uji ulang: hanya untuk unit BK yang dibuka ulang"))
    minutes = WholeNumber(_l("Lama mengerjakan (menit)"))
    opens = DateField(_l("Hari dibuka"))
    opens_time = ClockField(_l("Jam dibuka"))
    closes = DateField(_l("Hari ditutup"))
    closes_time = ClockField(_l("Jam ditutup"))

    #: unit id -> what was typed: (count, percent).
    numbers: dict[int, tuple[str, str]]

    @classmethod
    def of(cls, test: WrittenTest | None, zone: str) -> PlanForm:
        """Filled from a test, or empty for a new one."""
        if test is None:
            form = cls(data={"minutes": 60})
            form.numbers = {}
            return form
        opens, closes = test.opens_at.astimezone(ZoneInfo(zone)), test.closes_at.astimezone(ZoneInfo(zone))
        form = cls(
            data={
                "title": test.title, "is_retest": test.is_retest, "minutes": test.minutes,
                "opens": opens.date(), "opens_time": f"{opens:%H.%M}", "closes": closes.date(),
                "closes_time": f"{closes:%H.%M}",
            }
        )  # fmt: skip
        form.numbers = {
            need["unit_id"]: (str(need["count"]), str(need["needed_pct"])) for need in test.blueprint
        }
        return form

    @classmethod
    def sent(cls, unit_ids: Iterable[int]) -> PlanForm:
        """From this request."""
        form: PlanForm = cls.parse()
        form.numbers = {
            unit_id: (
                (request.form.get(f"count-{unit_id}") or "").strip(),
                (request.form.get(f"pct-{unit_id}") or "").strip(),
            )
            for unit_id in unit_ids
        }
        form.validate()
        return form

    def plan(self, zone: str) -> Plan:
        """What was typed, for the service; what cannot be read is None or out of range there."""
        needs = tuple(
            Need(unit_id, _number(count), _number(pct))
            for unit_id, (count, pct) in self.numbers.items()
            if count not in ("", "0")
        )
        return Plan(
            title=self.title.data or "",
            needs=needs,
            minutes=self.minutes.data,
            opens_at=_moment(self.opens.data, self.opens_time.parsed(), zone),
            closes_at=_moment(self.closes.data, self.closes_time.parsed(), zone),
            is_retest=bool(self.is_retest.data),
        )

    def refuse(self, error: DomainError) -> None:
        """Put every problem beside its input; those of a unit and of the whole go to the top."""
        self.beside: dict[str, str] = {}
        problems: Sequence[tuple[str, str]] = error.details.get("problems") or [
            (error.field or "", error.message)
        ]
        for field, message in problems:
            if field in self._fields:
                self._fields[field].errors = [*self._fields[field].errors, message]
            elif field:
                self.beside[field] = message
            else:
                self.form_errors.append(message)

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """As of every form, and the numbers of the units."""
        return [*super().error_list, *getattr(self, "beside", {}).items()]


def _number(text: str) -> int:
    """A typed number; -1 for anything else, which no rule lets through."""
    try:
        return row_number(text) if len(text) <= 6 else -1
    except ValueError:
        return -1


def _moment(day: Any, time: tuple[int, int] | None, zone: str) -> datetime | None:
    if day is None or time is None or not 2000 <= day.year <= 2100:
        return None
    return clock.at(day, *time, zone)


class ReasonForm(BaseForm):
    """A button that needs a reason."""

    reason = StringField(_l("Alasan"), id="cancel-reason")


class PersonForm(BaseForm):
    """One person, and why: to declare their sitting void."""

    enrollment_id = SelectField(_l("Peserta"), validate_choice=False, id="void-person")
    reason = StringField(_l("Alasan"), id="void-reason")

    def one(self) -> int:
        """The chosen person. Raises DomainError."""
        try:
            return row_number(self.enrollment_id.data)
        except ValueError:
            raise DomainError("person_missing", _("Pilih peserta."), "enrollment_id") from None


class ExtraForm(PersonForm):
    """Extra minutes for one person, or "all" who are sitting it now."""

    enrollment_id = SelectField(_l("Peserta"), validate_choice=False)
    minutes = WholeNumber(_l("Tambahan menit"))
    reason = StringField(_l("Alasan"))


class FileForm(BaseForm):
    """An answer file: first looked into, then adopted with a reason. `kept` is the file as text, `seen` the
    fingerprint of what adopting it was shown to do."""

    file = FileField(_l("Berkas jawaban (.balai-uji)"))
    kept = HiddenField()
    seen = HiddenField()
    reason = StringField(_l("Alasan menerima berkas ini"))

    def refuse(self, error: DomainError) -> None:
        """Say what is wrong; a file that cannot be read is not carried on."""
        if error.field == "file":
            self.kept.data = ""
        self.add_error(error)
