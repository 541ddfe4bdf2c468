"""What is kept of a roster between its preview and its import: checked rows, compressed and encrypted.

The file itself is not stored. What an officer saw in the preview is what will be saved, whatever changes in
the meantime, and no chunk of the import has to read a spreadsheet again.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.core.crypto import FieldCipher
from portal.enrollment.roster.preview import RosterPerson, RosterPreview, RowIssue, bad_rows_file

AAD = "roster_import.file_cipher"
# A NIK in the wrong column ends up in the sentence about that cell; telephone numbers have 13 digits at most.
_LONG_NUMBER = re.compile(r"\d(?:[\s.\-]?\d){13,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One person to save, as the preview judged the row. `birth` may be missing in the file."""

    name: str
    nik: str
    birth: date | None
    sex: str
    post: str
    phone: str | None
    kind: str
    cooperative: str
    village: str


@dataclass(frozen=True)
class Sealed:
    """The checked rows: `rows` until they are saved; the bad ones and their .xlsx until they expire."""

    rows: tuple[Row, ...]
    bad_rows: tuple[RowIssue, ...]
    warnings: tuple[RowIssue, ...]
    workbook: bytes

    def without_people(self) -> Sealed:
        """What stays after the import: the rows that still need somebody."""
        return Sealed((), self.bad_rows, self.warnings, self.workbook)


def without_numbers(message: str) -> str:
    """A sentence in which no number of 14 digits or more is whole: its last four remain."""
    return _LONG_NUMBER.sub(lambda match: "••••" + re.sub(r"\D", "", match[0])[-4:], message)


def _issues(found: Sequence[RowIssue]) -> tuple[RowIssue, ...]:
    return tuple(RowIssue(issue.row, issue.reason, without_numbers(issue.message)) for issue in found)


def _row(person: RosterPerson) -> Row:
    return Row(
        person.name, person.nik, person.birth_date, person.sex, person.post, person.phone, person.kind,
        person.cooperative_name, person.village_code,
    )  # fmt: skip


def from_preview(preview: RosterPreview) -> Sealed:
    """Everything an import needs of a preview."""
    workbook = bad_rows_file(preview) if preview.bad_rows else b""
    return Sealed(
        tuple(map(_row, preview.people)), _issues(preview.bad_rows), _issues(preview.warnings), workbook
    )


def seal(content: Sealed, cipher: FieldCipher, row: int | None = None) -> str:
    """Encrypt for the column; `row` is the import's id where it is known already."""
    body = {
        "rows": [[*_plain(row)] for row in content.rows],
        "bad_rows": [[i.row, i.reason, i.message] for i in content.bad_rows],
        "warnings": [[i.row, i.reason, i.message] for i in content.warnings],
        "workbook": base64.b64encode(content.workbook).decode(),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return cipher.encrypt(zlib.compress(text.encode(), 6), AAD, row)


def _plain(row: Row) -> tuple[Any, ...]:
    birth = row.birth.isoformat() if row.birth else None
    return (
        *(row.name, row.nik, birth, row.sex, row.post, row.phone, row.kind, row.cooperative, row.village),
    )


def unseal(text: str, cipher: FieldCipher, row: int | None = None) -> Sealed:
    """Open what `seal` made. Raises CryptoError."""
    body = json.loads(zlib.decompress(cipher.decrypt_bytes(text, AAD, row)))
    rows = (
        Row(name, nik, date.fromisoformat(birth) if birth else None, *rest)
        for name, nik, birth, *rest in body["rows"]
    )
    return Sealed(
        tuple(rows),
        tuple(RowIssue(*issue) for issue in body["bad_rows"]),
        tuple(RowIssue(*issue) for issue in body["warnings"]),
        base64.b64decode(body["workbook"]),
    )
