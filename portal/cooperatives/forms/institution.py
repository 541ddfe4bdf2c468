"""What people type about an institution: villages, member groups, legal approval, checklist entries."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from portal.cooperatives.labels_register import GROUP_ROLE_LABELS
from portal.core.forms import BaseForm, DateField, longest, needed
from portal.core.words import lazy_gettext as _l


class VillageForm(BaseForm):
    """A further village."""

    village = StringField(
        _l("Desa atau kelurahan"),
        description=_l("Nama desa dan kecamatan, misalnya “Baning Kota, Sintang”, atau kode desa 10 angka."),
        validators=[InputRequired(_l("Tulis desa atau kelurahannya.")), longest(200)],
    )


class GroupForm(BaseForm):
    """A member group of a multi-stakeholder cooperative."""

    group_name = StringField(
        _l("Nama kelompok pihak"), validators=[InputRequired(_l("Tulis nama kelompok pihak.")), longest(80)]
    )
    role = SelectField(
        _l("Peran"), choices=[
            SelectChoice("", _l("Pilih peran")),
            *(SelectChoice(role, label) for role, label in GROUP_ROLE_LABELS.items()),
        ],
        validators=[InputRequired(_l("Pilih peran kelompok ini."))],
    )  # fmt: skip


class LegalForm(BaseForm):
    """The legal approval of a cooperative."""

    legal_number = StringField(
        _l("Nomor pengesahan badan hukum"),
        validators=[InputRequired(_l("Tulis nomor pengesahan badan hukum.")), longest(80)],
    )
    legal_on = DateField(_l("Tanggal pengesahan"), validators=[needed(_l("Isi tanggal pengesahannya."))])


class EntryForm(BaseForm):
    """That an item of the checklist was done."""

    done_on = DateField(_l("Tanggal"), validators=[needed(_l("Isi tanggalnya."))])
    number = StringField(_l("Nomor surat atau keputusan"), validators=[longest(80)])
    note = StringField(_l("Catatan"), validators=[longest(300)])
    file = FileField(
        _l("Berkas bukti (boleh kosong)"), description=_l("JPEG, PNG, atau PDF, paling besar 1,5 MB.")
    )

    @classmethod
    def of(cls, posted: bool = False) -> EntryForm:
        """The form, filled from the request with its file when it was posted."""
        sources: list[Any] = [request.files, request.form]
        return cls(formdata=CombinedMultiDict(sources) if posted else None)

    def upload(self) -> Any:
        """The file when one was chosen, else None."""
        return self.file.data if getattr(self.file.data, "filename", "") else None


class WithdrawForm(BaseForm):
    """Why an entry is taken back."""

    reason = StringField(
        _l("Alasan"), validators=[InputRequired(_l("Tulis mengapa catatan ini dibatalkan.")), longest(300)]
    )
