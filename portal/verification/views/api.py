"""The check for other people's software: open to any origin, since nothing here depends on who asks."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from portal.core.errors import DomainError
from portal.core.permissions import public
from portal.core.words import gettext as _
from portal.verification import presenter
from portal.verification.lines import MOST_BYTES, MOST_LINES, Line, read_cell
from portal.verification.openapi import document

from ._common import answered, base_url, blueprint, checked, private, signed_receipt


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    """Let software of any origin read the API's answers, refusals too. No cookie is ever sent or read."""
    if request.path.startswith("/api/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


@blueprint.get("/api/v1/verify/<code:code>")
@public(bare=True)
def api(code: str) -> Any:
    """The check as JSON (FLOWS: Command line and JSON)."""
    return private(jsonify(presenter.api_answer(checked(code))))


@blueprint.post("/api/v1/verify")
@public(post=True, bare=True)
def api_many() -> Any:
    """Many codes as `{"codes": [...]}`; the answer is a signed receipt."""
    return private(jsonify(signed_receipt(answered(_lines(_sent())))))


def _sent() -> Any:
    """The JSON that was sent; None for what is none, or nested deeper than any list of codes."""
    if (request.content_length or 0) > MOST_BYTES:
        raise DomainError("too_large", _("Terlalu banyak teks: paling banyak 1 MB."))
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _lines(sent: Any) -> list[Line]:
    """Raises DomainError for anything but a list of at most 1,000 texts."""
    codes = sent.get("codes") if isinstance(sent, dict) else None
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise DomainError("codes_missing", _('Kirim JSON: {"codes": ["7K2M9QXR4TB9"]}.'))
    if not 1 <= len(codes) <= MOST_LINES:
        raise DomainError("too_many_codes", _("Kirim 1 sampai 1.000 kode."))
    return [read_cell(code, base_url(), number) for number, code in enumerate(codes, 1)]


@blueprint.get("/api/v1/openapi.json")
@public(bare=True)
def openapi() -> Any:
    """The API's description, OpenAPI 3.1."""
    return jsonify(document(base_url()))
