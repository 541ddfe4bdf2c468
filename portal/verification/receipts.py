"""A receipt of many checks: dated, signed by the key of the status lists, checkable without this portal.

The signature covers `"balai-receipt-1" 00 JCS(receipt without signature)`; docs/api.md shows how to check it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from portal.certificates.queries.proofs import DocumentProblem, document_problem
from portal.certificates.services.documents import sign_document
from portal.core.spreadsheets import write_csv, write_xlsx
from portal.verification.bulk import Row

#: What the signature starts with, so that it can never stand for another document.
DOMAIN = b"balai-receipt-1\x00"
KIND = "bulk_receipt"
MOST_BYTES = 1024 * 1024
_COLUMNS = ("line", "code", "state", "number", "expires", "qr")

Problem = DocumentProblem | Literal["unreadable"]


@dataclass(frozen=True)
class Reading:
    """A receipt after checking: the `document` when it is ours and unchanged, else the `problem`.

    unreadable: no receipt at all. foreign: another portal's. changed: its signature does not fit.
    unknown_key, revoked_key: it could not be checked, which is neither ours nor false.
    """

    document: dict[str, Any] | None
    problem: Problem | None


def make_receipt(rows: Sequence[Row], base_url: str, now: datetime) -> dict[str, Any]:
    """Return {v, kind, issuer, checkedAt, count, results: [{line, code, state, number, expires, qr}], kid,
    signature}; `expires` is the last valid day, a decree included, `qr` passed, failed, unknown, or null
    without a QR.

    Raises DomainError (`key_unavailable`).
    """
    document = {
        "v": 1,
        "kind": KIND,
        "checkedAt": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "count": len(rows),
        "results": [_result(row) for row in rows],
    }
    return sign_document(DOMAIN, document, base_url)


def _result(row: Row) -> dict[str, Any]:
    facts = row.result.facts if row.result else None
    last = row.result.last_day if row.result else None
    return {
        "line": row.line.number,
        "code": row.line.code or row.line.text,
        "state": str(row.state),
        "number": facts.number if facts else None,
        "expires": last.isoformat() if last else None,
        "qr": str(row.qr) if row.qr else None,
    }


def read_receipt(content: bytes, base_url: str) -> Reading:
    """Say whether a receipt is ours and unchanged. Any layout of its JSON will do; nothing is stored."""
    document = _parse(content)
    if document is None or document.get("kind") != KIND:
        return Reading(None, "unreadable")
    problem = document_problem(DOMAIN, document, base_url)
    return Reading(None, problem) if problem else Reading(document, None)


def _parse(content: bytes) -> dict[str, Any] | None:
    """A JSON object in UTF-8 whose names are each given once, so that nobody reads another value than we."""
    if len(content) > MOST_BYTES:
        return None
    try:
        document = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")
    return found


def as_json(document: dict[str, Any]) -> bytes:
    """The receipt as a file, one result a line apart."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def as_csv(document: dict[str, Any]) -> bytes:
    """The results as a table; without the signature, so for reading only."""
    return write_csv((*_COLUMNS, "checkedAt"), _table(document))


def as_xlsx(document: dict[str, Any]) -> bytes:
    """The results as a workbook; without the signature, so for reading only."""
    return write_xlsx((*_COLUMNS, "checkedAt"), _table(document), sheet_name="Pemeriksaan")


def _table(document: dict[str, Any]) -> list[list[Any]]:
    return [[*(result[name] for name in _COLUMNS), document["checkedAt"]] for result in document["results"]]
