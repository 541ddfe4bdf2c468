"""What people type on their desks."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Optional, Regexp, ValidationError

from portal.core.forms import BaseForm, DateField, longest
from portal.core.words import lazy_gettext as _l
from portal.desks.labels import ROLE_LABELS
from portal.people.rules import parse_phone

GRANTABLE = [(role, label) for role, label in ROLE_LABELS.items() if role != "trainee"]


class ContactForm(BaseForm):
    """How a person is reached. `phone_value` is E.164 or None after validation."""

    phone = StringField(
        _l("Nomor telepon atau WhatsApp"),
        description=_l("Boleh sama dengan nomor keluarga. Hanya dipakai untuk menghubungi Anda."),
        validators=[Optional(), longest(40)],
    )
    email = StringField(
        _l("Surel"),
        validators=[
            Optional(),
            longest(200),
            Regexp(r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$", message=_l("Alamat surel ini tidak lengkap.")),
        ],
    )
    phone_value: str | None = None

    def validate_phone(self, field: Any) -> None:
        """Indonesian mobile numbers as people write them."""
        self.phone_value = parse_phone(field.data)
        if self.phone_value is None:
            raise ValidationError(str(_l("Nomor ini belum lengkap. Contoh: 0812-3456-7890.")))


class ConsentForm(BaseForm):
    """Give or withdraw one consent."""

    purpose = StringField(validators=[InputRequired(), longest(40)])
    answer = StringField(validators=[InputRequired(), longest(4)])


class ReasonForm(BaseForm):
    """Why somebody's access is restored."""

    reason = TextAreaField(
        _l("Bagaimana Anda memeriksa orangnya?"),
        description=_l("Misalnya: KTP asli dicocokkan dengan wajah di loket 2. Tercatat bersama nama Anda."),
        validators=[InputRequired(_l("Tulis cara Anda memeriksa orangnya.")), longest(200)],
    )


class AccountReasonForm(BaseForm):
    """Why an account is closed, reopened or signed out."""

    reason = StringField(
        _l("Alasan"),
        description=_l("Misalnya: telepon hilang, pensiun, akun ganda. Tercatat bersama nama Anda."),
        validators=[InputRequired(_l("Tulis alasannya.")), longest(200)],
    )


class EndRoleForm(BaseForm):
    """End a grant."""

    reason = StringField(
        _l("Alasan"),
        description=_l("Misalnya: pindah tugas."),
        validators=[InputRequired(_l("Tulis alasannya.")), longest(200)],
    )


class RoleForm(BaseForm):
    """Give a role. Only the fields of the role's scope are on the page."""

    role = StringField(
        _l("Peran"), validators=[AnyOf([r for r, _label in GRANTABLE], _l("Pilih peran dari daftar."))]
    )
    login = StringField(
        _l("Nama masuk penerima"),
        description=_l("Akunnya harus sudah ada. Buat dahulu lewat halaman Buat akun."),
        validators=[InputRequired(_l("Tulis nama masuk orangnya.")), longest(60)],
    )
    center_id = SelectField(_l("Balai pelatihan"), choices=[], validate_choice=False)
    region_code = StringField(
        _l("Kode wilayah"),
        description=_l("Kode Kemendagri, misalnya 61 untuk provinsi atau 61.05 untuk kabupaten."),
        validators=[longest(13)],
    )
    cooperative = StringField(
        _l("Koperasi"), description=_l("Nama atau nomornya di portal ini."), validators=[longest(160)]
    )
    organization_id = StringField(_l("Nomor organisasi mitra"), validators=[longest(10)])
    starts_on = DateField(_l("Mulai berlaku"))
    ends_on = DateField(_l("Hari terakhir"), description=_l("Kosongkan bila tidak dibatasi."))
    reason = StringField(
        _l("Dasar penunjukan"),
        description=_l("Misalnya nomor surat tugas."),
        validators=[InputRequired(_l("Tulis dasar penunjukannya.")), longest(200)],
    )

    def validate_starts_on(self, field: DateField) -> None:
        """A first day is needed."""
        if field.data is None and not field.process_errors:
            raise ValidationError(str(_l("Tulis hari pertamanya.")))
