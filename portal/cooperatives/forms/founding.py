"""What people type about a cooperative that is being founded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, HiddenField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from portal.cooperatives.labels import KIND_LABELS
from portal.cooperatives.services.founding import FoundingNote
from portal.core.forms import BaseForm, DateField, longest, row_number
from portal.core.words import lazy_gettext as _l

KINDS = [SelectChoice(kind, label) for kind, label in KIND_LABELS.items() if kind != "prospective"]


class FoundingNewForm(BaseForm):
    """Beginning a founding: where, what, and its name. `village_code` is chosen from a search."""

    name = StringField(
        _l("Nama yang direncanakan"),
        description=_l("Boleh diganti sampai akta dibuat."),
        validators=[InputRequired(_l("Tulis nama koperasi.")), longest(160)],
    )
    kind = SelectField(_l("Akan menjadi"), choices=KINDS, validate_choice=False)
    village_code = RadioField(_l("Desa atau kelurahan"), choices=[], validate_choice=False)

    def offer(self, villages: Sequence[tuple[str, str, str]]) -> None:
        """The villages to choose from: (code, name, where)."""
        self.village_code.choices = [SelectChoice(code, name) for code, name, _where in villages]


class FoundingPersonForm(BaseForm):
    """A founder or a member, by name and phone."""

    name = StringField(_l("Nama lengkap"), description=_l("Seperti di KTP."), validators=[longest(200)])
    phone = StringField(
        _l("Nomor ponsel"), description=_l("NIK dilengkapi orangnya sendiri."), validators=[longest(40)]
    )
    post = RadioField(
        _l("Sebagai"),
        choices=[
            SelectChoice("founder", _l("Pendiri (berlatih sebagai calon pengurus)")),
            SelectChoice("member", _l("Anggota")),
        ],
        default="founder",
        validate_choice=False,
    )


class FoundingForm(BaseForm):
    """The steps of a founding. `version`: of the record when the form was drawn."""

    version = HiddenField()
    name = StringField(_l("Nama koperasi"), validators=[longest(200)])
    meeting_on = DateField(_l("Tanggal rapat pendirian"))
    meeting_place = StringField(_l("Tempat rapat"), validators=[longest(160)])
    file = FileField(
        _l("Berita acara rapat pendirian"), description=_l("JPEG, PNG, atau PDF, paling besar 1,5 MB.")
    )
    name_approved_on = DateField(_l("Tanggal nama disetujui"))
    deed_number = StringField(_l("Nomor akta pendirian"), validators=[longest(80)])
    deed_on = DateField(_l("Tanggal akta"))
    notary = StringField(_l("Notaris"), validators=[longest(120)])
    legal_number = StringField(_l("Nomor pengesahan badan hukum"), validators=[longest(80)])
    legal_on = DateField(_l("Tanggal pengesahan"))
    cooperative_number = StringField(
        _l("Nomor Induk Koperasi"), description=_l("Boleh menyusul."), validators=[longest(40)]
    )

    @classmethod
    def posted(cls) -> FoundingForm:
        """The form filled from this request, files included."""
        return cls(formdata=CombinedMultiDict([request.files, request.form]))

    def upload(self) -> Any:
        """The uploaded file, None when nothing was chosen."""
        sent = self.file.data
        return sent if getattr(sent, "filename", "") else None

    def version_seen(self) -> int:
        """The version that the form was drawn with; 0 for anything that is no number."""
        try:
            return row_number(self.version.data or "")
        except ValueError:
            return 0

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Lengths, and dates that exist."""
        dates = (self.meeting_on, self.name_approved_on, self.deed_on, self.legal_on)
        sound = super().validate(*args, **kwargs)
        return sound and not any(one.process_errors for one in dates)

    def note(self) -> FoundingNote:
        """The steps as typed."""
        return FoundingNote(
            meeting_on=self.meeting_on.data, meeting_place=self.meeting_place.data or "",
            name_approved_on=self.name_approved_on.data, deed_number=self.deed_number.data or "",
            deed_on=self.deed_on.data, notary=self.notary.data or "",
            legal_number=self.legal_number.data or "", legal_on=self.legal_on.data,
            cooperative_number=self.cooperative_number.data or "",
        )  # fmt: skip
