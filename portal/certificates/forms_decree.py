"""Forms of decrees: their text, the answer of the second person, the wish to undo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms import HiddenField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Optional, ValidationError

from portal.certificates.models import Decree
from portal.certificates.services.decrees import DecreeText
from portal.core.forms import BaseForm, DateField, WholeNumber, longest, needed, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

FIRST_YEAR, LAST_YEAR = 2000, 2199


def _sensible(_form: Any, field: DateField) -> None:
    if field.data is not None and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(_("Tahun ini tidak mungkin."))


def _month_range(_form: Any, field: WholeNumber) -> None:
    if field.data is not None and not 1 <= field.data <= 120:
        raise ValidationError(_("Isi antara 1 dan 120 bulan."))


class DecreeForm(BaseForm):
    """A draft: what it says and whom it reaches. Regions and centers are typed, programs ticked."""

    number = StringField(_l("Nomor keputusan"), validators=[DataRequired(_l("Tulis nomornya.")), longest(80)])
    title = StringField(_l("Tentang"), validators=[DataRequired(_l("Tulis judulnya.")), longest(200)])
    legal_basis = TextAreaField(
        _l("Dasar hukum"),
        description=_l("Tampil di halaman pemeriksaan: “diperpanjang ... berdasarkan ...”."),
        validators=[DataRequired(_l("Tulis dasar hukumnya.")), longest(300)],
    )
    signed_on = DateField(_l("Ditandatangani pada"), validators=[needed(_l("Tulis tanggalnya.")), _sensible])
    last_day_from = DateField(
        _l("Hari terakhir yang tercetak, dari"), validators=[needed(_l("Tulis tanggalnya.")), _sensible]
    )
    last_day_to = DateField(
        _l("Hari terakhir yang tercetak, sampai"), validators=[needed(_l("Tulis tanggalnya.")), _sensible]
    )
    programs = SelectMultipleField(
        _l("Program"), coerce=row_number, description=_l("Tidak dipilih berarti semua program.")
    )
    centers = StringField(
        _l("Balai"),
        description=_l("Kode balai seperti pada nomor sertifikat, dipisah koma. Kosong berarti semua."),
        validators=[longest(500)],
    )
    regions = StringField(
        _l("Wilayah"),
        description=_l(
            "Provinsi, kabupaten, atau kota (nama atau kode), dipisah koma: wilayah balai atau wilayah "
            "koperasi pemegang. Kosong berarti seluruh Indonesia."
        ),
        validators=[longest(500)],
    )
    extend_to = DateField(
        _l("Diperpanjang sampai tanggal"),
        description=_l("Isi tanggal ini, atau jumlah bulan di bawah; tidak keduanya."),
        validators=[_sensible],
    )
    extend_months = WholeNumber(
        _l("Atau diperpanjang sekian bulan"),
        description=_l("Dihitung dari hari terakhir yang tercetak pada tiap sertifikat."),
        validators=[Optional(), _month_range],
    )

    def offer(self, programs: Mapping[int, str]) -> DecreeForm:
        """Let these programs be chosen."""
        self.programs.choices = [SelectChoice(number, name) for number, name in programs.items()]
        return self

    def as_text(self, centers: tuple[int, ...], regions: tuple[str, ...]) -> DecreeText:
        """What was typed, once valid; centers and regions as they were found."""
        return DecreeText(
            number=" ".join((self.number.data or "").split()),
            title=" ".join((self.title.data or "").split()),
            legal_basis=" ".join((self.legal_basis.data or "").split()),
            signed_on=_day(self.signed_on.data),
            last_day_from=_day(self.last_day_from.data),
            last_day_to=_day(self.last_day_to.data),
            extend_to=self.extend_to.data,
            extend_months=self.extend_months.data,
            programs=tuple(self.programs.data or ()),
            centers=centers,
            regions=regions,
        )


def _day(day: date | None) -> date:
    assert day is not None
    return day


def filled(decree: Decree, centers: str, regions: str) -> dict[str, Any]:
    """The values of a draft for its form."""
    names = (
        "number", "title", "legal_basis", "signed_on", "last_day_from", "last_day_to", "programs",
        "extend_to", "extend_months",
    )  # fmt: skip
    return {name: getattr(decree, name) for name in names} | {"centers": centers, "regions": regions}


class AdoptForm(BaseForm):
    """The second person's yes to exactly what was shown (`mark`)."""

    mark = HiddenField()


class UndoForm(BaseForm):
    """Why a decree is to be undone."""

    reason = TextAreaField(
        _l("Alasan pembatalan"),
        description=_l("Hanya dibaca pengelola portal."),
        validators=[DataRequired(_l("Tulis alasan pembatalannya.")), longest(300)],
    )
