"""Forms of outside records: the paper, whom it is of, the decision, a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from portal.certificates.external_rules import KINDS, RecordText
from portal.certificates.labels import EXTERNAL_KINDS
from portal.certificates.models import ExternalRecord
from portal.certificates.queries.external_people import Who
from portal.core.forms import BaseForm, DateField, longest, needed
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


class PaperForm(BaseForm):
    """What a paper says."""

    kind = RadioField(
        _l("Jenis"),
        choices=[SelectChoice(kind, EXTERNAL_KINDS[kind]) for kind in KINDS],
        validators=[InputRequired(_l("Pilih jenisnya."))],
    )
    title = StringField(
        _l("Judul pelatihan atau kompetensi"), validators=[DataRequired(_l("Tulis judulnya.")), longest(160)]
    )
    scheme = StringField(
        _l("Skema"),
        description=_l("Untuk sertifikat kompetensi: skema atau okupasi yang tertulis."),
        validators=[longest(160)],
    )
    issuer = StringField(
        _l("Penerbit"),
        description=_l("Balai atau lembaga pelatihan; untuk sertifikat kompetensi nama LSP."),
        validators=[DataRequired(_l("Tulis penerbitnya.")), longest(160)],
    )
    number = StringField(
        _l("Nomor yang tertulis"),
        description=_l("Salin persis dari kertasnya. Portal tidak pernah membuat nomor ini."),
        validators=[longest(80)],
    )
    issued_on = DateField(_l("Tanggal terbit"), validators=[needed(_l("Tulis tanggal terbitnya."))])
    expires_on = DateField(
        _l("Berlaku sampai"),
        description=_l(
            "Kosongkan bila tidak tertulis. Sertifikat kompetensi lalu dianggap berlaku tiga tahun, "
            "dan ditandai sebagai anggapan."
        ),
    )
    source = StringField(
        _l("Sumber keterangan"),
        description=_l("Misalnya: fotokopi dari pemegang, daftar LSP, arsip dinas."),
        validators=[longest(160)],
    )
    program = SelectField(
        _l("Setara dengan program"),
        description=_l("Hanya yang dipadankan dapat dihitung untuk unit layanan koperasi."),
        validate_choice=False,
    )

    offered: frozenset[str] | set[str] = frozenset()

    def offer(self, programs: Mapping[int, str]) -> Any:
        """Let these programs be chosen, or none."""
        self.program.choices = [
            ("", _("Tidak dipadankan")),
            *((str(i), name) for i, name in programs.items()),
        ]
        return self

    def as_text(self) -> RecordText:
        """What was typed, once valid."""
        assert self.issued_on.data is not None
        chosen = self.program.data if self.program.data in self.offered else ""
        return RecordText(
            kind=self.kind.data or "",
            title=_line(self.title.data),
            issuer=_line(self.issuer.data),
            issued_on=self.issued_on.data,
            number=_line(self.number.data),
            scheme=_line(self.scheme.data),
            expires_on=self.expires_on.data,
            source=_line(self.source.data),
            program_id=int(chosen) if chosen else None,
        )


def filled(record: ExternalRecord) -> dict[str, Any]:
    """The values of a record for its form; an assumed end is left blank, since nobody read it."""
    names = ("kind", "title", "scheme", "issuer", "number", "issued_on", "source")
    values = {name: getattr(record, name) for name in names}
    values["expires_on"] = None if record.is_expiry_assumed else record.expires_on
    return values | {"program": str(record.program_id or "")}


class RecordForm(PaperForm):
    """A paper and whom it is of."""

    name = StringField(
        _l("Nama pemegang"), validators=[DataRequired(_l("Tulis namanya sesuai KTP.")), longest(100)]
    )
    nik = StringField(
        _l("NIK"),
        description=_l("16 angka. Bila tidak ada, isi koperasi dan jabatannya."),
        validators=[longest(40)],
    )
    cooperative = StringField(_l("Koperasi"), validators=[longest(160)])
    post = StringField(
        _l("Jabatan"), description=_l("Misalnya: Ketua, Bendahara, Pengawas."), validators=[longest(60)]
    )

    def who(self) -> Who:
        """Whom the form means."""
        return Who(
            _line(self.name.data), _line(self.nik.data), _line(self.cooperative.data), _line(self.post.data)
        )


class DecisionForm(BaseForm):
    """The second person's word on a record."""

    answer = RadioField(
        _l("Hasil pemeriksaan"),
        choices=[
            SelectChoice("ya", _l("Benar: sesuai dengan penerbitnya")),
            SelectChoice("tidak", _l("Tidak benar")),
        ],
        validators=[InputRequired(_l("Pilih hasilnya."))],
    )
    note = TextAreaField(
        _l("Apa yang diperiksa, atau alasannya"),
        description=_l("Misalnya: nomornya dicocokkan dengan daftar LSP. Pemegang dapat membacanya."),
        validators=[DataRequired(_l("Tulis apa yang diperiksa.")), longest(300)],
    )


class DisputeForm(BaseForm):
    """The holder's word."""

    words = TextAreaField(
        _l("Apa yang salah, dan bagaimana seharusnya?"),
        validators=[DataRequired(_l("Tulis apa yang salah dan bagaimana seharusnya.")), longest(300)],
    )


class MapForm(BaseForm):
    """One title and the program it stands for."""

    kind = HiddenField()
    title = HiddenField()
    scheme = HiddenField()
    program = SelectField(_l("Program"), validate_choice=False)


class OpForm(BaseForm):
    """A form of buttons alone."""


class UploadForm(BaseForm):
    """A list of outside records."""

    file = FileField(
        _l("Berkas"),
        description=_l("Excel (.xlsx, .xls), LibreOffice (.ods), atau .csv. Paling besar 12 MB."),
    )

    @classmethod
    def posted(cls) -> UploadForm:
        """The form with the file of this request."""
        sources: list[Any] = [request.files, request.form]
        formdata: Any = CombinedMultiDict(sources)
        return cls(formdata=formdata)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A file; what is in it is judged later."""
        is_good = super().validate(*args, **kwargs)
        if not getattr(self.file.data, "filename", ""):
            self.file.errors = [_("Pilih berkasnya.")]
        return is_good and not self.file.errors
