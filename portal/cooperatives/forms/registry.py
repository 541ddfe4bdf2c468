"""What the keepers of the registry type: filters, a cooperative, a register file."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import BooleanField, FileField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from portal.cooperatives.labels import KIND_LABELS
from portal.cooperatives.models import Cooperative
from portal.cooperatives.queries.registry import Filters
from portal.cooperatives.services.keeping import Facts
from portal.core.forms import BaseForm, DateField, longest
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

_REGION = re.compile(r"\d\d(\.\d\d){0,2}")


def read_filters(args: MultiDict[str, str]) -> Filters:
    """The filters in an address; what makes no sense is left out."""
    kind, region = args.get("jenis", ""), args.get("wilayah", "")
    return Filters(
        text=args.get("q", "").strip()[:80],
        kind=kind if kind in KIND_LABELS else "",
        region=region if _REGION.fullmatch(region) else "",
        is_pilot=args.get("tanda") == "percontohan",
        is_missing=args.get("tanda") == "tanpa-nomor",
    )


def filter_values(filters: Filters) -> dict[str, str]:
    """The filters as they stand in an address."""
    mark = "percontohan" if filters.is_pilot else "tanpa-nomor" if filters.is_missing else ""
    given = {"q": filters.text, "jenis": filters.kind, "wilayah": filters.region, "tanda": mark}
    return {name: value for name, value in given.items() if value}


class CooperativeForm(BaseForm):
    """A cooperative as the registry has it. `version` names what was read."""

    version = HiddenField()
    name = StringField(
        _l("Nama koperasi"), validators=[InputRequired(_l("Tulis nama koperasi.")), longest(160)]
    )
    kind = SelectField(_l("Jenis koperasi"), validators=[InputRequired(_l("Pilih jenis koperasi."))])
    village = StringField(
        _l("Desa atau kelurahan kedudukan"),
        description=_l("Nama desa dan kecamatan, misalnya “Baning Kota, Sintang”, atau kode desa 10 angka."),
        validators=[InputRequired(_l("Tulis desa atau kelurahannya.")), longest(200)],
    )
    number = StringField(
        _l("Nomor Induk Koperasi"), description=_l("Kosongkan bila belum ada."), validators=[longest(40)]
    )
    simkopdes = StringField(
        _l("ID SIMKOPDES"),
        description=_l("Hanya untuk mencocokkan data; tidak tampil di halaman umum."),
        validators=[longest(40)],
    )
    is_pilot = BooleanField(_l("Koperasi percontohan"))
    legal_number = StringField(_l("Nomor pengesahan badan hukum"), validators=[longest(80)])
    legal_on = DateField(_l("Tanggal pengesahan"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [
            SelectChoice("", _("Pilih jenis")),
            *(SelectChoice(kind, str(text)) for kind, text in KIND_LABELS.items()),
        ]

    @classmethod
    def of(cls, found: Cooperative, village: str) -> CooperativeForm:
        """The form with what the registry says now."""
        return cls(
            version=found.version, name=found.name, kind=found.kind, village=village,
            number=found.cooperative_number, simkopdes=found.simkopdes_id, is_pilot=found.is_pilot,
            legal_number=found.legal_number, legal_on=found.legal_on,
        )  # fmt: skip

    def facts(self, region_code: str) -> Facts:
        """What was typed, at a place that was found."""
        day: date | None = self.legal_on.data
        return Facts(
            kind=self.kind.data, name=self.name.data or "", region_code=region_code,
            number=self.number.data or "", simkopdes=self.simkopdes.data or "", is_pilot=self.is_pilot.data,
            legal_number=self.legal_number.data or "", legal_on=day,
        )  # fmt: skip

    def seen_version(self) -> int:
        """The version the form was drawn from; 0, which is none, for anything but a number."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class RegisterForm(BaseForm):
    """A register file."""

    file = FileField(
        _l("Berkas registri"),
        description=_l(
            "Excel (.xlsx) atau .csv, sampai 120.000 baris. Paling besar 24 MB; .xlsx paling ringan."
        ),
    )

    @classmethod
    def posted(cls) -> RegisterForm:
        """The form filled from the request."""
        sources: list[Any] = [request.files, request.form]
        return cls(formdata=CombinedMultiDict(sources))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A file was chosen; what is in it is judged later."""
        if not getattr(self.file.data, "filename", ""):
            self.file.errors = [_("Pilih berkas registri.")]
            return False
        return super().validate(*args, **kwargs)

    def content(self) -> tuple[bytes, str]:
        """The bytes of the file and its name."""
        with self.file.data.stream as stream:
            return stream.read(), self.file.data.filename or ""
