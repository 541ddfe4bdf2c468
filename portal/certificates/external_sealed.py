"""What is kept of a list of outside records between its preview and its import: checked rows, encrypted."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.certificates.external_rules import RecordText
from portal.core.crypto import FieldCipher
from portal.enrollment.services.roster_rows import Row as NewPerson
from portal.enrollment.services.roster_rows import RowIssue

AAD = "external_import.file_cipher"


@dataclass(frozen=True, slots=True)
class Row:
    """One record to save: of a known person (person_id), or of one that the row itself brings along."""

    text: RecordText
    person_id: int | None
    person: NewPerson | None = None


@dataclass(frozen=True)
class Sealed:
    """The checked rows: `rows` until they are saved; the bad ones and their .xlsx until they expire."""

    rows: tuple[Row, ...]
    bad_rows: tuple[RowIssue, ...]
    workbook: bytes

    def without_people(self) -> Sealed:
        """What stays after the import."""
        return Sealed((), self.bad_rows, self.workbook)


_TEXT = ("kind", "title", "issuer", "issued_on", "number", "scheme", "expires_on", "source", "program_id",
         "is_expiry_assumed")  # fmt: skip
_PERSON = ("name", "nik", "birth", "sex", "post", "phone", "kind", "cooperative", "village")
_DAYS = {"issued_on", "expires_on", "birth"}


def _plain(thing: Any, names: tuple[str, ...]) -> list[Any]:
    values = [(name, getattr(thing, name)) for name in names]
    return [value.isoformat() if name in _DAYS and value else value for name, value in values]


def _whole(values: list[Any], names: tuple[str, ...]) -> dict[str, Any]:
    pairs = zip(names, values, strict=True)
    return {name: date.fromisoformat(value) if name in _DAYS and value else value for name, value in pairs}


def seal(content: Sealed, cipher: FieldCipher, row: int) -> str:
    """Encrypt for the column of the import with this id."""
    body = {
        "rows": [
            [_plain(one.text, _TEXT), one.person_id, _plain(one.person, _PERSON) if one.person else None]
            for one in content.rows
        ],
        "bad_rows": [[issue.row, issue.reason, issue.message] for issue in content.bad_rows],
        "workbook": base64.b64encode(content.workbook).decode(),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return cipher.encrypt(zlib.compress(text.encode(), 6), AAD, row)


def unseal(text: str, cipher: FieldCipher, row: int) -> Sealed:
    """Open what `seal` made. Raises CryptoError."""
    body = json.loads(zlib.decompress(cipher.decrypt_bytes(text, AAD, row)))
    rows = tuple(
        Row(RecordText(**_whole(said, _TEXT)), number, NewPerson(**_whole(who, _PERSON)) if who else None)
        for said, number, who in body["rows"]
    )
    issues = tuple(RowIssue(*issue) for issue in body["bad_rows"])
    return Sealed(rows, issues, base64.b64decode(body["workbook"]))
