"""What is read from the forms about nominations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, ValidationError

from portal.cooperatives.labels import POST_LABELS
from portal.core.forms import BaseForm, DateField, row_number
from portal.core.typesetting import missing_characters
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.enrollment.forms import IdentityForm
from portal.enrollment.queries.nominating import Proposed
from portal.enrollment.rules_nominating import MOST_PEOPLE, Mode
from portal.people.rules import collapse, name_problem, parse_phone

#: Rows for people who are not on record, at first and for each "more".
ROWS, MORE = 2, 4
NO_BATCH = "program"


def post_choices() -> list[SelectChoice]:
    """Every post, after an empty one."""
    return [
        SelectChoice("", _("Pilih jabatan")),
        *(SelectChoice(c, str(label)) for c, label in POST_LABELS.items()),
    ]


class NewcomerForm(BaseForm):
    """Somebody who is not on record yet; an empty row is nobody."""

    name = StringField(_l("Nama lengkap"), [Length(max=200)])
    post = SelectField(_l("Jabatan"), validate_choice=False)
    phone = StringField(_l("Nomor telepon atau WhatsApp"), [Length(max=40)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post.choices = post_choices()

    @property
    def is_empty(self) -> bool:
        """Nothing was typed."""
        return not (collapse(self.name.data or "") or (self.phone.data or "").strip())

    def validate_name(self, field: Any) -> None:
        """A name that can be printed."""
        name = collapse(field.data or "")
        if name_problem(name) == "name_missing":
            raise ValidationError(_("Tulis nama lengkap orang ini."))
        if name_problem(name) or missing_characters(name):
            raise ValidationError(
                _("Nama hanya boleh berisi huruf Latin, spasi, titik, koma, dan tanda petik.")
            )

    def validate_post(self, field: Any) -> None:
        """A known post."""
        if field.data not in POST_LABELS:
            raise ValidationError(_("Pilih jabatan orang ini."))

    def validate_phone(self, field: Any) -> None:
        """A mobile number in any usual spelling, or none."""
        if (field.data or "").strip() and parse_phone(field.data) is None:
            raise ValidationError(_("Tulis nomor seluler seperti 0812-3456-7890."))

    def proposed(self) -> Proposed:
        """The row as the services take it."""
        return Proposed(
            self._prefix.rstrip("-"), collapse(self.name.data or ""), self.post.data or "",
            parse_phone(self.phone.data or ""),
        )  # fmt: skip


class NominateForm(BaseForm):
    """Whom to propose, to which batch, and how the group is taken."""

    batch = RadioField(_l("Angkatan"), validate_choice=False, choices=[])
    people = SelectMultipleField(
        _l("Orang yang memegang jabatan"), coerce=row_number, validate_choice=False, choices=[]
    )
    mode = RadioField(
        _l("Bila kursi tidak cukup untuk semua"),
        validate_choice=False,
        choices=[
            SelectChoice(Mode.FIT.value, _l("Sebanyak yang muat")),
            SelectChoice(Mode.ALL.value, _l("Semua atau tidak sama sekali")),
        ],
    )
    keep_together = BooleanField(_l("Tetap bersama di daftar tunggu"))
    letter_number = StringField(_l("Nomor surat usulan"), [Length(max=80)])
    rows = HiddenField()

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.newcomers = [
            NewcomerForm(formdata, prefix=f"baru{number}-") for number in range(self._row_count(formdata))
        ]

    def _row_count(self, formdata: Any) -> int:
        typed = str(formdata.get("rows", "")) if formdata is not None else ""
        count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else ROWS
        return min(count, MOST_PEOPLE)

    def grow(self) -> None:
        """More empty rows."""
        first = len(self.newcomers)
        numbers = range(first, min(first + MORE, MOST_PEOPLE))
        self.newcomers += [NewcomerForm(prefix=f"baru{number}-") for number in numbers]

    def pairs(self) -> list[tuple[str, str]]:
        """Everything typed, as a form sends it."""
        found = [
            ("op", self.op.data or ""), ("batch", self.batch.data or ""), ("mode", self.mode.data or ""),
            ("letter_number", self.letter_number.data or ""), ("rows", str(len(self.newcomers))),
        ]  # fmt: skip
        found += [("people", str(number)) for number in self.people.data or []]
        found += [("keep_together", "y")] if self.keep_together.data else []
        for row in self.newcomers:
            found += [(field.name, field.data or "") for field in (row.name, row.post, row.phone)]
        return found

    def offer(self, batches: Sequence[tuple[str, str]], people: Sequence[tuple[int, str]]) -> None:
        """Fill the choices: (batch id or NO_BATCH, words) and (person id, name)."""
        self.batch.choices = [SelectChoice(value, words) for value, words in batches]
        self.people.choices = [SelectChoice(str(number), name) for number, name in people]
        if self.batch.data not in {value for value, _words in batches}:
            self.batch.data = batches[0][0] if len(batches) == 1 else None
        self.mode.data = self.mode.data or Mode.FIT.value

    def validate(self, extra_validators: Any = None) -> bool:
        """The whole form; rows that were left empty are nobody."""
        is_valid = super().validate(extra_validators)
        for row in self.typed:
            is_valid = row.validate() and is_valid
        if not self.people.data and not self.typed:
            self.people.errors = [_("Pilih atau tulis paling sedikit satu orang.")]
            is_valid = False
        return is_valid

    def validate_batch(self, field: Any) -> None:
        """One of those that were offered."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(_("Pilih angkatan, atau usulkan untuk programnya saja."))

    def validate_mode(self, field: Any) -> None:
        """A known mode."""
        if field.data not in set(Mode):
            raise ValidationError(_("Pilih cara mengirim usulan."))

    @property
    def typed(self) -> list[NewcomerForm]:
        """The rows somebody wrote into."""
        return [row for row in self.newcomers if not row.is_empty]

    @property
    def batch_id(self) -> int | None:
        """The batch, or None for the program alone."""
        return int(self.batch.data) if (self.batch.data or "").isdigit() else None

    def proposed(self) -> list[Proposed]:
        """Everybody, those on record first."""
        known = [Proposed(f"p{number}", "", "", None, number) for number in self.people.data or []]
        return known + [row.proposed() for row in self.typed]

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """Those of the rows too."""
        found = super().error_list
        for row in self.typed:
            found += row.error_list
        return found


class SwapForm(BaseForm):
    """Who goes instead: one of the list, or somebody new."""

    person = RadioField(_l("Penggantinya"), validate_choice=False, choices=[])

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.newcomer = NewcomerForm(formdata, prefix="baru-")

    def offer(self, people: Sequence[tuple[int, str]]) -> None:
        """(person id, name), and a person who is not among them."""
        self.person.choices = [
            *(SelectChoice(str(number), name) for number, name in people),
            SelectChoice("baru", _("Orang lain, yang belum tercatat")),
        ]
        if self.person.data is None and not people:
            self.person.data = "baru"

    def validate(self, extra_validators: Any = None) -> bool:
        """The row counts only where it was chosen."""
        is_valid = super().validate(extra_validators)
        return (self.newcomer.validate() if self.person.data == "baru" else True) and is_valid

    def validate_person(self, field: Any) -> None:
        """One of those that were offered."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(_("Pilih siapa penggantinya."))

    def proposed(self) -> Proposed:
        """The one who goes instead."""
        if self.person.data == "baru":
            return self.newcomer.proposed()
        number = int(self.person.data)
        return Proposed(f"p{number}", "", "", None, number)

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """Those of the row too."""
        return super().error_list + (self.newcomer.error_list if self.person.data == "baru" else [])


class NomineeForm(IdentityForm):
    """Who the nominee is. The sex may be left out: that of the NIK is taken."""

    sex = RadioField(
        _l("Jenis kelamin"),
        validate_choice=False,
        description=_l("Boleh dikosongkan: diambil dari NIK."),
        choices=[SelectChoice("L", _l("Laki-laki")), SelectChoice("P", _l("Perempuan"))],
    )

    def validate_sex(self, field: Any) -> None:
        """Nothing that was not offered."""
        if field.data not in (None, "", "L", "P"):
            raise ValidationError(_("Pilih jenis kelamin."))


class ProofForm(BaseForm):
    """Somebody on record shows by the birth date that the link is theirs."""

    birth_date = DateField(
        _l("Tanggal lahir"), description=_l("Untuk memastikan bahwa tautan ini dibuka oleh Anda sendiri.")
    )
    agree = BooleanField(_l("Saya setuju data saya dipakai untuk pelatihan ini"))
    may_contact = BooleanField(_l("Balai boleh menelepon atau mengirim WhatsApp ke nomor saya"))

    def __init__(
        self, *args: Any, today: date | None = None, needs_birth: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._needs_birth = needs_birth
        if not needs_birth:
            del self.birth_date

    def validate_birth_date(self, field: Any) -> None:
        """A day."""
        if not field.process_errors and field.data is None:
            raise ValidationError(_("Tulis tanggal lahir Anda."))

    def validate_agree(self, field: Any) -> None:
        """Without consent there is no nomination."""
        if not field.data:
            raise ValidationError(_("Centang persetujuan untuk melanjutkan."))


class DeclineForm(BaseForm):
    """No, with or without a reason."""

    reason = TextAreaField(
        _l("Alasan"), [Length(max=300)], description=_l("Dibaca oleh koperasi yang mengusulkan Anda.")
    )
