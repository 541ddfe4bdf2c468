"""The form of a service line: its words, whom it is for, the papers and the people it needs."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional

from portal.cooperatives.labels import KIND_LABELS, POST_LABELS
from portal.core.errors import DomainError
from portal.core.forms import BaseForm, WholeNumber, longest, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.readiness.queries.lines import LineRow, Names
from portal.readiness.services.lines import LineText, NeedText

#: As many needs as the form holds.
NEEDS = 6


class LineForm(BaseForm):
    """A line. `posts_<n>`, `programs_<n>`, `count_<n>` and `external_<n>` are its needs; a need without posts
    and programs is left out."""

    version = HiddenField()
    name = StringField(_l("Nama layanan"), validators=[longest(120)])
    name_en = StringField(_l("Nama dalam bahasa Inggris"), validators=[longest(120)])
    summary = TextAreaField(_l("Penjelasan singkat"), validators=[longest(400)])
    summary_en = TextAreaField(_l("Penjelasan dalam bahasa Inggris"), validators=[longest(400)])
    kinds = SelectMultipleField(
        _l("Untuk jenis koperasi"), description=_l("Tanpa pilihan berarti semua jenis yang sudah berdiri.")
    )
    items = SelectMultipleField(_l("Dokumen yang diminta"))
    is_active = BooleanField(_l("Layanan ini ditawarkan"))

    def offer(self, names: Names) -> LineForm:
        """Let these programs and papers be chosen."""
        self.kinds.choices = [SelectChoice(kind, str(label)) for kind, label in KIND_LABELS.items()]
        self.items.choices = [SelectChoice(code, name) for code, name in names.items.items()]
        for number in range(NEEDS):
            self[f"posts_{number}"].choices = [
                SelectChoice(p, str(label)) for p, label in POST_LABELS.items()
            ]
            self[f"programs_{number}"].choices = [
                SelectChoice(key, name) for key, (name, _code) in names.programs.items()
            ]
        return self

    def rows(self) -> list[NeedRow]:
        """The fields of every need."""
        return [NeedRow(self, number) for number in range(NEEDS)]

    def text(self) -> LineText:
        """The line as it was written; empty needs are left out."""
        return LineText(
            name=" ".join((self.name.data or "").split()),
            name_en=" ".join((self.name_en.data or "").split()),
            summary=" ".join((self.summary.data or "").split()),
            summary_en=" ".join((self.summary_en.data or "").split()),
            kinds=tuple(self.kinds.data or ()),
            items=tuple(self.items.data or ()),
            is_active=bool(self.is_active.data),
            needs=tuple(row.text() for row in self.rows() if row.is_filled),
        )

    def add_error(self, error: DomainError) -> None:
        """Put an error of a need beside the row it came from, else where it belongs."""
        if error.field and error.field.startswith("needs-"):
            filled = [row for row in self.rows() if row.is_filled] or self.rows()
            row = filled[min(int(error.field[6:]), len(filled) - 1)]
            error = DomainError(error.code, error.message, row.field_of(error.code))
        super().add_error(error)

    @property
    def seen_version(self) -> int | None:
        """The version that the editor saw; None for anything but a number."""
        try:
            return row_number(self.version.data)
        except ValueError:
            return None


class NeedRow:
    """The fields of one need."""

    def __init__(self, form: LineForm, number: int) -> None:
        self.number = number
        self.posts, self.programs = form[f"posts_{number}"], form[f"programs_{number}"]
        self.count, self.external = form[f"count_{number}"], form[f"external_{number}"]

    @property
    def is_filled(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.posts.data or self.programs.data)

    @property
    def is_wrong(self) -> bool:
        """Whether something is to be mended here."""
        return bool(self.posts.errors or self.programs.errors or self.count.errors)

    @property
    def title(self) -> str:
        """What it asks for, in a few words."""
        posts = ", ".join(str(POST_LABELS.get(post, post)) for post in self.posts.data or ())
        if not self.is_filled:
            return _("Kebutuhan %(num)d: belum diisi", num=self.number + 1)
        return _("Kebutuhan %(num)d: %(count)s orang, %(posts)s", num=self.number + 1,
                 count=self.count.data or 1, posts=posts or "–")  # fmt: skip

    def field_of(self, code: str) -> str:
        """The input that an error of a need belongs to."""
        names = {"programs_missing": "programs", "count_range": "count", "count_unreachable": "count"}
        return f"{names.get(code, 'posts')}_{self.number}"

    def text(self) -> NeedText:
        """The need as it was written."""
        count = self.count.data if self.count.data is not None else 1
        return NeedText(
            tuple(self.posts.data or ()), tuple(sorted(self.programs.data or ())), count,
            bool(self.external.data),
        )  # fmt: skip


for _number in range(NEEDS):
    setattr(LineForm, f"posts_{_number}", SelectMultipleField(_l("Jabatan, salah satu dari")))
    setattr(
        LineForm,
        f"programs_{_number}",
        SelectMultipleField(_l("Sertifikat, salah satu dari"), coerce=row_number),
    )
    setattr(LineForm, f"count_{_number}", WholeNumber(_l("Berapa orang"), validators=[Optional()]))
    setattr(
        LineForm, f"external_{_number}", BooleanField(_l("Catatan luar yang sudah diperiksa juga dihitung"))
    )


def filled(row: LineRow) -> dict[str, Any]:
    """The values of a line for its form."""
    values: dict[str, Any] = {
        "version": str(row.version),
        "name": row.name,
        "name_en": row.name_en,
        "summary": row.summary,
        "summary_en": row.summary_en,
        "kinds": sorted(row.rule.kinds),
        "items": list(row.rule.items),
        "is_active": row.is_active,
    }
    for number, need in enumerate(row.rule.needs[:NEEDS]):
        values |= {
            f"posts_{number}": list(need.posts),
            f"programs_{number}": sorted(need.programs),
            f"count_{number}": need.count,
            f"external_{number}": need.takes_external,
        }
    return values
