"""What the keeper of coverage types: targets, figures of others, the list of remote regions."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from portal.core.forms import BaseForm, DateField, WholeNumber, longest, needed
from portal.core.words import lazy_gettext as _l
from portal.readiness.labels import STATUSES, SUBJECTS


def _text(text: str | None) -> str:
    return (text or "").strip()


def _place(id: str) -> StringField:
    return StringField(
        _l("Kode wilayah"),
        [longest(8)],
        id=id,
        description=_l("Kode Kemendagri seperti 61 atau 61.05. Kosongkan untuk seluruh Indonesia."),
        filters=[_text],
    )


def _source(id: str) -> StringField:
    needed_text = DataRequired(_l("Tulis sumbernya: siapa mengumumkan, di mana, kapan."))
    return StringField(_l("Sumber"), [needed_text, longest(200)], id=id, filters=[_text])


class TargetForm(BaseForm):
    """A target by a year."""

    region_code = _place("target-wilayah")
    source = _source("target-sumber")
    year = WholeNumber(
        _l("Tahun"),
        [InputRequired(_l("Isi tahunnya.")), NumberRange(2025, 2100, _l("Tahun 2025 sampai 2100."))],
    )
    measure = RadioField(
        _l("Ukuran"),
        choices=[
            SelectChoice("per_cooperative", _l("Orang per koperasi")),
            SelectChoice("people", _l("Jumlah orang seluruhnya")),
        ],
        default="per_cooperative",
        validate_choice=False,
    )
    amount = WholeNumber(
        _l("Jumlah"),
        [
            InputRequired(_l("Isi jumlahnya dengan angka.")),
            NumberRange(1, 10_000_000, _l("Jumlah 1 sampai 10.000.000.")),
        ],
    )
    source_status = SelectField(
        _l("Status sumber"), choices=[SelectChoice(key, label) for key, label in STATUSES.items()]
    )


class FigureForm(BaseForm):
    """A figure that somebody else published."""

    region_code = _place("angka-wilayah")
    source = _source("angka-sumber")
    subject = SelectField(
        _l("Tentang"), choices=[SelectChoice(key, label) for key, label in SUBJECTS.items()]
    )
    value = WholeNumber(
        _l("Angka"),
        [
            InputRequired(_l("Isi angkanya.")),
            NumberRange(0, 1_000_000_000, _l("Angka 0 sampai 1.000.000.000.")),
        ],
    )
    as_of = DateField(_l("Per tanggal"), [needed(_l("Isi tanggal angka itu."))])


class RemoteForm(BaseForm):
    """The whole list of remote regencies, pasted."""

    codes = TextAreaField(
        _l("Kode kabupaten dan kota"),
        [Length(max=20_000, message=_l("Daftar terlalu panjang."))],
        description=_l("Satu kode seperti 61.05 tiap baris. Daftar ini menggantikan yang lama."),
        filters=[_text],
    )
    remote_source = StringField(
        _l("Sumber daftar"),
        [DataRequired(_l("Tulis keputusan atau terbitan yang menyebut daftar ini.")), longest(200)],
        filters=[_text],
    )


def forms(**given: Any) -> dict[str, BaseForm]:
    """The three forms of the page, empty but for those given."""
    return {"target": TargetForm(), "figure": FigureForm(), "remote": RemoteForm()} | given
