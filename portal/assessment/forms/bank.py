"""What the pages of the question bank send: a question of any kind, a file to import, a choice of bank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField

from portal.assessment.queries.bank import Bank
from portal.assessment.rules.content import letter_ids, number_shown, parse_number
from portal.assessment.rules.content_check import EXTRAS, IMAGES, OPTIONS, PAIRS
from portal.core.blockers import Blocker
from portal.core.forms import BaseForm, longest, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

#: Rows that are open from the start; the others are in a fold.
OPEN_ROWS = 4
_FIELDS = ("name", "stem", "explanation", "tolerance", "unit")


@dataclass(frozen=True)
class OptionRow:
    """A row of an option: its number from 1, its id ("" while it is new), text, and whether it is a key."""

    number: int
    id: str = ""
    text: str = ""
    is_key: bool = False


@dataclass(frozen=True)
class PairRow:
    """A row of a pair; of a distractor `left` is "" and `id` too."""

    number: int
    id: str = ""
    left: str = ""
    right: str = ""


@dataclass(frozen=True)
class ImageRow:
    """A picture that the question has."""

    number: int
    sha256: str
    alt: str


class QuestionForm(BaseForm):
    """A question, or a part of a case (`is_part`: no name of its own). `kind` is fixed from the start."""

    name = StringField(
        _l("Nama soal"), description=_l("Untuk menemukannya lagi. Peserta tidak melihatnya."),
        validators=[longest(120)],
    )  # fmt: skip
    stem = TextAreaField(_l("Pertanyaan"))
    truth = RadioField(
        _l("Kunci"),
        choices=[SelectChoice("true", _l("Benar")), SelectChoice("false", _l("Salah"))],
        validate_choice=False,
    )
    key = StringField(_l("Kunci"), description=_l("Angka, koma untuk pecahan: 12,5"))
    tolerance = StringField(
        _l("Toleransi"), description=_l("Selisih yang masih dinilai benar. 0 berarti harus tepat.")
    )
    unit = StringField(_l("Satuan"), description=_l("Tampil di belakang isian, misalnya persen."))
    explanation = TextAreaField(
        _l("Pembahasan"), description=_l("Tampil setelah hasil keluar, bukan saat ujian.")
    )
    note = StringField(_l("Alasan perubahan"), validators=[longest(300)])
    image = FileField(_l("Berkas gambar"), description=_l("PNG, JPEG, atau WebP, paling besar 300 KB."))
    image_alt = StringField(_l("Keterangan gambar"), validators=[longest(300)])
    version = HiddenField()

    def __init__(self, *args: Any, kind: str, is_part: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.is_part = kind, is_part
        self.options: list[OptionRow] = []
        self.pairs: list[PairRow] = []
        self.extra: list[PairRow] = []
        self.images: list[ImageRow] = []
        self.parts: list[Any] = []
        self.group_errors: dict[str, list[str]] = {}

    @classmethod
    def posted(cls, kind: str, *, is_part: bool = False) -> QuestionForm:
        """The form as it was sent."""
        sources: list[Any] = [request.files, request.form]
        form = cls(formdata=CombinedMultiDict(sources), kind=kind, is_part=is_part)
        form._read_rows(request.form)
        return form

    @classmethod
    def blank(cls, kind: str, *, is_part: bool = False, version: int = 0) -> QuestionForm:
        """An empty form."""
        form = cls(kind=kind, is_part=is_part, data={"version": version, "tolerance": "0"})
        form._read_rows({})
        return form

    @classmethod
    def of(
        cls, kind: str, content: Mapping[str, Any], *, name: str = "", version: int, is_part: bool = False
    ) -> QuestionForm:
        """The form of a question that stands."""
        data = {name_: content.get(name_, "") for name_ in ("stem", "explanation", "unit")}
        data |= {"name": name, "version": version}
        if kind == "true_false":
            data["truth"] = "true" if content["key"] else "false"
        elif kind == "number":
            data |= {"key": number_shown(content["key"]), "tolerance": number_shown(content["tolerance"])}
        form = cls(kind=kind, is_part=is_part, data=data)
        form._fill_rows(content)
        return form

    @property
    def choices(self) -> bool:
        """True for the kinds with options."""
        return self.kind in ("single", "multiple")

    @property
    def expected_version(self) -> int | None:
        """The version that the page showed."""
        text = self.version.data or ""
        return row_number(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def _read_rows(self, sent: Any) -> None:
        keys = set(sent.getlist("right")) if hasattr(sent, "getlist") else set()
        read = {name: (sent.get(name) or "").strip() for name in sent}
        self.options = [
            OptionRow(n, read.get(f"id-{n}", ""), read.get(f"option-{n}", ""), str(n) in keys)
            for n in range(1, OPTIONS[1] + 1)
        ]
        self.pairs = [
            PairRow(n, read.get(f"pair-{n}", ""), read.get(f"left-{n}", ""), read.get(f"match-{n}", ""))
            for n in range(1, PAIRS[1] + 1)
        ]
        self.extra = [PairRow(n, right=read.get(f"extra-{n}", "")) for n in range(1, EXTRAS + 1)]
        self.images = [
            ImageRow(n, read[f"picture-{n}"], read.get(f"alt-{n}", ""))
            for n in range(1, IMAGES + 1)
            if read.get(f"picture-{n}") and f"drop-{n}" not in sent
        ]

    def _fill_rows(self, content: Mapping[str, Any]) -> None:
        self._read_rows({})
        key = content.get("key")
        for number, row in enumerate(content.get("options", ()), 1):
            is_key = row["id"] in key if isinstance(key, list) else row["id"] == key
            self.options[number - 1] = OptionRow(number, row["id"], row["text"], is_key)
        for number, row in enumerate(content.get("pairs", ()), 1):
            self.pairs[number - 1] = PairRow(number, row["id"], row["left"], row["right"])
        for number, row in enumerate(content.get("extra", ()), 1):
            self.extra[number - 1] = PairRow(number, right=row["right"])
        self.images = [
            ImageRow(number, row["sha256"], row["alt"])
            for number, row in enumerate(content.get("images", ()), 1)
        ]
        self.parts = list(content.get("parts", ()))

    def content(self, parts: Iterable[Any] = ()) -> dict[str, Any]:
        """What was typed, as a content that still has to be checked. `parts`: those of a case, which have
        pages of their own."""
        made: dict[str, Any] = {
            "stem": self.stem.data, "explanation": self.explanation.data,
            "images": [{"sha256": row.sha256, "alt": row.alt} for row in self.images],
        }  # fmt: skip
        if self.choices:
            made |= self._options()
        elif self.kind == "true_false":
            made["key"] = {"true": True, "false": False}.get(self.truth.data or "")
        elif self.kind == "number":
            made |= {
                "key": _canonical(self.key.data), "tolerance": _canonical(self.tolerance.data or "0"),
                "unit": self.unit.data,
            }  # fmt: skip
        elif self.kind == "matching":
            made |= self._matching()
        else:
            made["parts"] = list(parts)
        return made

    def _options(self) -> dict[str, Any]:
        rows = [row for row in self.options if row.text]
        new = [row for row in rows if not row.id]
        letters = letter_ids([row.text for row in new], taken=[row.id for row in rows])
        ids = {row.number: row.id for row in rows} | {
            row.number: letter for row, letter in zip(new, letters, strict=True)
        }
        keys = [ids[row.number] for row in rows if row.is_key]
        return {
            "options": [{"id": ids[row.number], "text": row.text} for row in rows],
            "key": keys if self.kind == "multiple" else (keys[0] if len(keys) == 1 else ""),
        }

    def _matching(self) -> dict[str, Any]:
        rows = [row for row in self.pairs if row.left or row.right]
        taken = [row.id for row in rows if row.id]
        free = iter(letter for letter in "abcdefghijklmnop" if letter not in taken)
        pairs = [{"id": row.id or next(free), "left": row.left, "right": row.right} for row in rows]
        return {"pairs": pairs, "extra": [{"right": row.right} for row in self.extra if row.right]}

    def add_image(self, digest: str) -> None:
        """A picture that was just kept joins the rows."""
        number = len(self.images) + 1
        self.images = [*self.images, ImageRow(number, digest, self.image_alt.data or "")]
        self.image_alt.data = ""

    def add_problems(self, problems: Iterable[Blocker]) -> None:
        """Put the reasons of a refused content beside the inputs that they are about."""
        for problem in problems:
            word = problem.code.partition("_")[0]
            if word in _FIELDS:
                entry = self._fields[word]
                entry.errors = [*entry.errors, problem.message]
            elif word == "key" and self.kind in ("true_false", "number"):
                entry = self._fields["truth" if self.kind == "true_false" else "key"]
                entry.errors = [*entry.errors, problem.message]
            elif word == "images":
                self.group_errors.setdefault("images", []).append(problem.message)
            elif word in ("options", "key", "pairs", "extra"):
                self.group_errors.setdefault("rows", []).append(problem.message)
            else:
                self.form_errors.append(problem.message)

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """As BaseForm; the errors of rows lead to the first of them."""
        anchors = {"rows": "option-1" if self.choices else "left-1", "images": "gambar"}
        grouped = [(anchors[name], text) for name, texts in self.group_errors.items() for text in texts]
        return super().error_list + grouped


def _canonical(text: str | None) -> str:
    """A typed number as canonical text; what is none stays as it is, to be refused with its reason."""
    try:
        return parse_number(text or "")
    except ValueError:
        return text or ""


class ImportForm(BaseForm):
    """A file of questions and the bank that it goes to."""

    bank = SelectField(_l("Bank soal"), validate_choice=False)
    file = FileField(
        _l("Berkas soal"),
        description=_l("GIFT dari Moodle (.txt, .gift) atau Excel (.xlsx). Paling besar 1 MB, 500 soal."),
    )

    @classmethod
    def of(cls, banks: list[Bank], *, posted: bool = False) -> ImportForm:
        """The form with the banks to choose from."""
        sources: list[Any] = [request.files, request.form]
        form = cls(formdata=CombinedMultiDict(sources) if posted else None)
        form.bank.choices = [SelectChoice(*row) for row in bank_choices(banks)]
        return form

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A file; the bank is looked up when it is used."""
        super().validate(*args, **kwargs)
        if not getattr(self.file.data, "filename", ""):
            self.file.errors = [_("Pilih berkas soal.")]
        return not self.file.errors

    def content(self) -> bytes:
        """The bytes of the file; its name does not matter."""
        return bytes(self.file.data.read())


class BankForm(BaseForm):
    """Which bank something goes to."""

    bank = SelectField(_l("Bank soal"), validate_choice=False)

    @classmethod
    def of(cls, banks: list[Bank], *, posted: bool = False) -> BankForm:
        """The form with the banks to choose from."""
        form = cls(formdata=request.form if posted else None)
        form.bank.choices = [SelectChoice(*row) for row in bank_choices(banks)]
        return form


def bank_choices(banks: list[Bank]) -> list[tuple[str, str]]:
    """(value, name) of banks; the country's has the value "nasional"."""
    return [(bank_value(bank.center_id), bank.name or _("Bank nasional")) for bank in banks]


def bank_value(center_id: int | None) -> str:
    """A bank as a form's value."""
    return "nasional" if center_id is None else str(center_id)


def chosen_bank(value: str | None, banks: list[Bank]) -> int | None:
    """The bank that was chosen, the first where none was. Raises ValueError for a foreign one."""
    values = [bank_value(bank.center_id) for bank in banks]
    if not values:
        raise ValueError("no bank")
    place = values.index(value) if value else 0
    return banks[place].center_id
