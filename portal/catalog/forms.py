"""The form of a program's rule: validity, renewal, and what one must hold to take part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import Optional, ValidationError

from portal.catalog.models import ProgramRule
from portal.catalog.rules import Level, Need, level_words, read_groups
from portal.core.forms import BaseForm, DateField, WholeNumber, longest, needed, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

#: As many groups, and needs a group, as the form holds.
GROUPS, NEEDS = 3, 3


def between(least: int, most: int) -> Any:
    """A validator for numbers."""

    def check(_form: Any, field: WholeNumber) -> None:
        if field.data is not None and not least <= field.data <= most:
            raise ValidationError(_("Isi antara %(least)d dan %(most)d.", least=least, most=most))

    return check


def _program_or_none(value: Any) -> int | None:
    return row_number(value) if value not in ("", None) else None


class RuleForm(BaseForm):
    """One version. `need_<group>_<position>` names a program and `level_<group>_<position>` how good."""

    in_force_from = DateField(_l("Berlaku mulai"), validators=[needed(_l("Tulis tanggalnya."))])
    validity_months = WholeNumber(
        _l("Masa berlaku sertifikat, bulan"),
        description=_l("Kosong berarti menurut kurikulumnya."),
        validators=[Optional(), between(1, 600)],
    )
    grace_months = WholeNumber(
        _l("Masih bisa diperpanjang sesudah habis, bulan"),
        description=_l("0 berarti hanya sampai hari terakhirnya. Kosongkan ketiganya bila belum ditetapkan."),
        validators=[Optional(), between(0, 600)],
    )
    renewal_hours = WholeNumber(
        _l("Jam pelajaran yang diperlukan"), validators=[Optional(), between(0, 10_000)]
    )
    window_months = WholeNumber(
        _l("Dihitung mundur, bulan"),
        description=_l("Pelatihan yang selesai dalam sekian bulan sebelum perpanjangan ikut dihitung."),
        validators=[Optional(), between(1, 600)],
    )
    counted = SelectMultipleField(_l("Program yang jamnya dihitung"), coerce=row_number)
    source_status = SelectField(_l("Sumber"))
    note = StringField(
        _l("Catatan"), description=_l("Misalnya nomor surat yang menetapkannya."), validators=[longest(500)]
    )

    def offer(self, programs: Mapping[int, str], own: int) -> RuleForm:
        """Let these programs be chosen; a program is no prerequisite of itself."""
        self.counted.choices = [SelectChoice(number, name) for number, name in programs.items()]
        others = [SelectChoice(number, name) for number, name in programs.items() if number != own]
        levels = [SelectChoice(level.value, level_words(level, _)) for level in Level]
        for program, level in self.pairs():
            program.choices = [SelectChoice("", _("Tidak ada")), *others]
            level.choices = levels
        self.source_status.choices = [
            SelectChoice("unconfirmed", _("Belum dikonfirmasi")),
            SelectChoice("portal", _("Ditetapkan pengelola portal")),
            SelectChoice("confirmed", _("Sudah dikonfirmasi")),
        ]
        return self

    def pairs(self) -> list[tuple[Any, Any]]:
        """The fields of every need, group by group."""
        return [
            (self[f"need_{group}_{position}"], self[f"level_{group}_{position}"])
            for group in range(GROUPS)
            for position in range(NEEDS)
        ]

    def rows(self) -> list[list[tuple[Any, Any]]]:
        """The same, a list a group."""
        pairs = self.pairs()
        return [pairs[start : start + NEEDS] for start in range(0, len(pairs), NEEDS)]

    def needs(self) -> list[list[Need]]:
        """The groups that were filled in; empty ones are left out."""
        found = [
            [Need(program.data, Level(level.data)) for program, level in row if program.data]
            for row in self.rows()
        ]
        return [group for group in found if group]


for _group in range(GROUPS):
    for _position in range(NEEDS):
        setattr(
            RuleForm,
            f"need_{_group}_{_position}",
            SelectField(_l("Program"), coerce=_program_or_none),
        )
        setattr(RuleForm, f"level_{_group}_{_position}", SelectField(_l("Keadaannya pada hari pertama")))


def filled(rule: ProgramRule | None) -> dict[str, Any]:
    """The values of the latest version, for the form of the next."""
    if rule is None:
        return {"source_status": "unconfirmed"}
    names = ("validity_months", "grace_months", "renewal_hours", "window_months", "counted", "source_status")
    values = {name: getattr(rule, name) for name in names}
    groups: Sequence[Sequence[Need]] = read_groups(rule.groups)
    for group, terms in enumerate(groups[:GROUPS]):
        for position, need in enumerate(terms[:NEEDS]):
            values[f"need_{group}_{position}"] = need.program_id
            values[f"level_{group}_{position}"] = need.at_least.value
    return values
