"""What enrollment reads from forms."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from portal.cooperatives.labels import POST_LABELS
from portal.core.forms import BaseForm, DateField, row_number
from portal.core.typesetting import missing_characters
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.enrollment.labels import CHANNEL_LABELS
from portal.people.rules import clean_nik, collapse, name_problem, nik_problem, parse_phone

EARLIEST_BIRTH = 1920
YOUNGEST = 15


def _strip(value: str | None) -> str:
    return collapse(value or "")


class PhoneForm(BaseForm):
    """How the center reaches the person, and what may be done with the data."""

    phone = StringField(
        _l("Nomor telepon atau WhatsApp"),
        [Length(max=40)],
        description=_l("Boleh nomor keluarga. Balai menelepon ke nomor ini tentang kursi Anda."),
    )
    agree = BooleanField(_l("Saya setuju data saya dipakai untuk pelatihan ini"))
    may_contact = BooleanField(_l("Balai boleh menelepon atau mengirim WhatsApp ke nomor ini"))

    def validate_phone(self, field: Any) -> None:
        """A mobile number in any usual spelling, or none."""
        if (field.data or "").strip() and parse_phone(field.data) is None:
            raise ValidationError(_("Tulis nomor seluler seperti 0812-3456-7890."))

    def validate_agree(self, field: Any) -> None:
        """Without consent there is no enrollment."""
        if not field.data:
            raise ValidationError(_("Centang persetujuan untuk melanjutkan."))

    @property
    def phone_number(self) -> str | None:
        """As E.164, or None."""
        return parse_phone(self.phone.data or "")

    def values(self) -> dict[str, Any]:
        """Plain JSON for the draft."""
        return {"phone": self.phone_number, "may_contact": bool(self.may_contact.data)}


class IdentityForm(PhoneForm):
    """Who somebody is, as on the identity card."""

    name = StringField(_l("Nama lengkap"), [Length(max=200)], description=_l("Seperti tertulis di KTP."))
    nik = StringField(
        _l("NIK"), [Length(max=60)], description=_l("16 angka pada KTP. Boleh ditulis dengan spasi.")
    )
    birth_date = DateField(_l("Tanggal lahir"))
    sex = RadioField(
        _l("Jenis kelamin"),
        [InputRequired(_l("Pilih jenis kelamin."))],
        choices=[SelectChoice("L", _l("Laki-laki")), SelectChoice("P", _l("Perempuan"))],
    )
    page_order: tuple[str, ...] = ("name", "nik", "birth_date", "sex", "phone", "agree", "may_contact")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        # Inherited fields come first by themselves; the error summary follows the page.
        fields: dict[str, Any] = self._fields  # type: ignore[has-type]
        self._fields = {name: fields[name] for name in dict.fromkeys((*self.page_order, *fields))}

    def validate_name(self, field: Any) -> None:
        """A name that can be printed on a certificate."""
        name = _strip(field.data)
        problem = name_problem(name)
        if problem == "name_missing":
            raise ValidationError(_("Tulis nama lengkap seperti di KTP."))
        if problem == "name_too_long":
            raise ValidationError(_("Nama paling banyak 100 huruf."))
        strange = missing_characters(name)
        if strange:
            shown = " ".join(strange[:12])
            raise ValidationError(
                _(
                    "Huruf ini tidak dapat dicetak di sertifikat: %(letters)s. Tulis dengan huruf Latin.",
                    letters=shown,
                )
            )
        if problem:
            raise ValidationError(_("Nama hanya boleh berisi huruf, spasi, titik, koma, dan tanda petik."))

    def validate_nik(self, field: Any) -> None:
        """Sixteen digits with a possible date; spaces do not matter."""
        messages = {
            "nik_missing": _("Tulis NIK, 16 angka pada KTP."),
            "nik_not_text": _("Tulis 16 angka NIK satu per satu, tanpa koma atau huruf."),
            "nik_digits": _("NIK hanya berisi angka."),
            "nik_length": _(
                "NIK harus 16 angka. Yang Anda tulis %(count)d.", count=len(clean_nik(field.data or ""))
            ),
            "nik_date": _("Angka ke-7 sampai ke-12 NIK bukan tanggal. Periksa lagi KTP."),
            "nik_serial": _("Empat angka terakhir NIK tidak mungkin 0000."),
        }
        problem = nik_problem(field.data or "")
        if problem:
            raise ValidationError(messages[problem])

    def validate_birth_date(self, field: Any) -> None:
        """A day on which a trainee can have been born."""
        if field.process_errors:
            return
        if field.data is None:
            raise ValidationError(_("Tulis tanggal lahir seperti di KTP."))
        if field.data > self._today:
            raise ValidationError(_("Tanggal lahir ini belum terjadi. Periksa tahunnya."))
        if field.data.year < EARLIEST_BIRTH or self._today.year - field.data.year < YOUNGEST:
            raise ValidationError(_("Periksa tahun lahirnya; peserta paling muda 15 tahun."))

    def values(self) -> dict[str, Any]:
        """Plain JSON for the draft."""
        assert self.birth_date.data is not None
        return super().values() | {
            "name": _strip(self.name.data),
            "nik": clean_nik(self.nik.data or ""),
            "birth_date": self.birth_date.data.isoformat(),
            "sex": self.sex.data,
        }


UNLISTED, PROSPECTIVE = "unlisted", "prospective"


class CooperativeForm(BaseForm):
    """Which cooperative, or that it is not listed or does not exist yet; and the post."""

    q = HiddenField()
    choice = RadioField(
        _l("Koperasi Anda"),
        [InputRequired(_l("Pilih koperasi Anda, atau salah satu pilihan lain."))],
        validate_choice=False,
    )
    stated = StringField(
        _l("Nama koperasi"),
        [Length(max=160)],
        description=_l("Hanya bila koperasi tidak ada di daftar atau belum berdiri."),
    )
    village = RadioField(_l("Desa atau kelurahan koperasi"), validate_choice=False)
    post = SelectField(_l("Jabatan Anda"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post.choices = [
            SelectChoice("", _("Pilih jabatan")),
            *(SelectChoice(code, str(label)) for code, label in POST_LABELS.items()),
        ]
        self.choice.choices = self.choice.choices or []
        self.village.choices = self.village.choices or []

    @property
    def is_listed(self) -> bool:
        """A registered cooperative was chosen."""
        return bool(self.choice.data) and self.choice.data not in (UNLISTED, PROSPECTIVE)

    def offer(self, options: list[Any], villages: list[Any], *, others: bool = True) -> None:
        """Fill the choices: CooperativeOption lists, and the two answers for those not listed."""
        self.choice.choices = [SelectChoice(option.value, option.name) for option in options]
        if others:
            self.choice.choices += [
                SelectChoice(UNLISTED, _("Koperasi saya tidak ada di daftar")),
                SelectChoice(PROSPECTIVE, _("Koperasi belum berdiri")),
            ]
        self.village.choices = [SelectChoice(option.value, option.name) for option in villages]

    def validate_choice(self, field: Any) -> None:
        """Only what was offered, so that an id typed by hand chooses nothing."""
        if field.data not in [one.value for one in field.choices]:
            raise ValidationError(_("Pilih koperasi Anda dari daftar. Cari lagi bila belum tampak."))

    def validate_stated(self, field: Any) -> None:
        """A name for what is not listed."""
        name = _strip(field.data)
        if self.choice.data == UNLISTED and len(name) < 3:
            raise ValidationError(_("Tulis nama koperasi Anda."))
        if missing_characters(name):
            raise ValidationError(_("Tulis nama koperasi dengan huruf Latin."))

    def validate_village(self, field: Any) -> None:
        """A village for what is not listed."""
        if self.choice.data not in (UNLISTED, PROSPECTIVE):
            field.errors = []
            return
        if field.data not in [one.value for one in field.choices]:
            raise ValidationError(_("Cari desanya di kotak pencarian, lalu pilih di sini."))

    def validate_post(self, field: Any) -> None:
        """A known post that goes with the answer above."""
        if field.data not in POST_LABELS:
            raise ValidationError(_("Pilih jabatan Anda."))
        if self.choice.data == PROSPECTIVE and field.data not in ("founder", "member"):
            raise ValidationError(_("Untuk koperasi yang belum berdiri, pilih Calon pengurus atau Anggota."))
        if self.is_listed and field.data == "founder":
            raise ValidationError(_("Calon pengurus hanya untuk koperasi yang belum berdiri."))

    def values(self) -> dict[str, Any]:
        """Plain JSON for the draft."""
        return {
            "choice": self.choice.data,
            "cooperative_id": int(self.choice.data) if self.is_listed else None,
            "stated_cooperative": "" if self.is_listed else _strip(self.stated.data),
            "region_code": None if self.is_listed else self.village.data,
            "post": self.post.data,
            "q": _strip(self.q.data)[:80],
        }


class ReviewForm(BaseForm):
    """Sending the application; for those without an account also its name and password."""

    login = StringField(
        _l("Nama masuk"),
        [Length(max=60)],
        description=_l("3 sampai 40 huruf kecil atau angka, tanpa spasi, misalnya sri.wahyuni."),
    )
    password = PasswordField(
        _l("Kata sandi"),
        [Length(max=200)],
        description=_l(
            "Paling sedikit 8 karakter. Beberapa kata yang tidak biasa berdampingan mudah diingat."
        ),
    )
    waitlist = HiddenField()


class AssistForm(IdentityForm, CooperativeForm):
    """All steps on one page, for staff and companions who help somebody beside them."""

    consent_method = RadioField(
        _l("Cara orangnya menyetujui"),
        [InputRequired(_l("Catat bagaimana orangnya menyetujui."))],
        choices=[
            SelectChoice("spoken", _l("Lisan, di depan saya")),
            SelectChoice("paper", _l("Tertulis di kertas")),
        ],
    )
    waitlist = BooleanField(_l("Bila penuh, masukkan ke daftar tunggu"))
    page_order = (
        *("name", "nik", "birth_date", "sex", "phone", "choice", "stated", "village", "post"),
        *("consent_method", "agree", "may_contact", "waitlist"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in (
            ("choice", _("Koperasinya")),
            ("post", _("Jabatannya")),
            ("agree", _("Orangnya setuju datanya dipakai untuk pelatihan ini")),
            ("may_contact", _("Orangnya mau ditelepon atau dikirimi WhatsApp")),
        ):
            self[name].label.text = text
        self.phone.description = _("Boleh nomor keluarga. Balai menelepon ke nomor ini tentang kursinya.")

    def values(self) -> dict[str, Any]:
        """Both halves."""
        return IdentityForm.values(self) | CooperativeForm.values(self)


class ReasonForm(BaseForm):
    """A reason that the person will read."""

    reason = TextAreaField(_l("Alasan"), [Length(max=300)], description=_l("Dibaca oleh orangnya."))


class BulkForm(BaseForm):
    """Rows ticked in a list."""

    chosen = SelectMultipleField(coerce=row_number, validate_choice=False, choices=[])


class ContactForm(BaseForm):
    """How a try to reach somebody went."""

    channel = SelectField(_l("Lewat"), validate_choice=False)
    outcome = HiddenField()
    note = StringField(_l("Catatan"), [Length(max=300)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.choices = [SelectChoice(code, str(label)) for code, label in CHANNEL_LABELS.items()]


class PostponeForm(BaseForm):
    """New dates and why."""

    starts_on = DateField(
        _l("Hari pertama yang baru"), description=_l("Kosongkan bila belum ada tanggal baru.")
    )
    reason = TextAreaField(_l("Alasan"), [Length(max=300)], description=_l("Dibaca oleh semua peserta."))


class AnswerForm(BaseForm):
    """What a person chooses after the batch moved or was cancelled."""

    choice = RadioField(_l("Pilihan Anda"), validate_choice=False, choices=[])
    target = SelectField(_l("Angkatan lain"), validate_choice=False, choices=[])
