"""Forms of the public pages: many codes, a receipt, a report. They carry no token (FLOWS: Settings)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from flask import request
from wtforms import FileField, RadioField, TextAreaField
from wtforms.validators import InputRequired

from portal.core.errors import DomainError
from portal.core.forms import BaseForm, longest
from portal.core.spreadsheets import read_book
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.verification import receipts
from portal.verification.lines import MOST_BYTES, MOST_LINES, Line, read_lines, rows_of_text
from portal.verification.reports import SEEN


def _uploaded(most: int) -> bytes:
    """The bytes of the file that was sent, one more than `most` of a longer one; none without a file."""
    sent = request.files.get("berkas")
    if sent is None:
        return b""
    with closing(sent):
        return sent.read(most + 1)


class BulkForm(BaseForm):
    """Codes in a box or in a file; the file is taken when there is one."""

    codes = TextAreaField(
        _l("Daftar kode"),
        name="kode",
        description=_l("Satu kode atau satu teks QR sebaris. Paling banyak 1.000 baris."),
    )
    file = FileField(
        _l("Atau unggah daftarnya"),
        name="berkas",
        description=_l("CSV, XLSX, atau ODS; kolom berisi kode dicari sendiri. Paling besar 1 MB."),
    )

    def lines(self, base_url: str) -> list[Line]:
        """What was sent, line by line. Raises DomainError on `kode` or `berkas`."""
        rows: Sequence[Sequence[object]] | None = self._file_rows()
        if rows is None:
            text = self.codes.data or ""
            if len(text.encode("utf-8", "replace")) > MOST_BYTES:
                raise DomainError("too_large", _("Terlalu banyak teks: paling banyak 1 MB."), "codes")
            rows = rows_of_text(text)
        found = read_lines(rows, base_url)
        if not found:
            raise DomainError("no_codes", _("Tempel paling sedikit satu kode."), "codes")
        if len(found) > MOST_LINES:
            message = _("Paling banyak 1.000 baris sekali periksa; daftar ini %(n)s baris.", n=len(found))
            raise DomainError("too_many_lines", message, "codes")
        return found

    def _file_rows(self) -> list[list[object]] | None:
        content = _uploaded(MOST_BYTES)
        if not content:
            return None
        try:
            sheets = read_book(content, max_bytes=MOST_BYTES, max_rows=MOST_LINES + 1).sheets
        except DomainError as error:
            raise DomainError(error.code, error.message, "file") from error
        return [list(row) for row in sheets[0].rows]


class ReceiptForm(BaseForm):
    """A receipt as a file or as text."""

    text = TextAreaField(_l("Isi tanda terima"), name="tanda_terima")
    file = FileField(
        _l("Berkas tanda terima"), name="berkas", description=_l("Berkas .json dari portal ini.")
    )

    def content(self) -> bytes:
        """The bytes that were sent. Raises DomainError when there are none."""
        content = _uploaded(receipts.MOST_BYTES) or (self.text.data or "").strip().encode("utf-8", "replace")
        if not content:
            raise DomainError("no_receipt", _("Pilih berkas tanda terima, atau tempel isinya."), "file")
        return content


class ReportForm(BaseForm):
    """What a stranger saw. Nobody is asked who they are."""

    seen = RadioField(_l("Apa yang Anda lihat?"), name="lihat", validators=[InputRequired(_l("Pilih satu."))])
    text = TextAreaField(
        _l("Ceritakan singkat"),
        name="cerita",
        description=_l("Jangan tulis nama, nomor telepon, atau NIK, milik Anda maupun orang lain."),
        validators=[longest(1000)],
    )

    @classmethod
    def of(cls, formdata: object = None) -> ReportForm:
        """The form with its choices."""
        form = cls(formdata=formdata)
        form.seen.choices = [(key, _(words)) for key, words in SEEN.items()]
        return form
