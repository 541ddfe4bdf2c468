"""What a holder gives to other people's software: the certificate as an Open Badge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from portal.certificates import badges, qr, queries, rules
from portal.certificates.keys import available, keys
from portal.certificates.models import Certificate
from portal.certificates.views import blueprint
from portal.core.errors import DomainError, NotFound, SignInNeeded
from portal.core.permissions import current_actor, public

#: The QR's fragment as a key to its own certificate: `Authorization: Balai-QR <B32>`.
SCHEME = "Balai-QR"
_REFUSALS = {401: "Masuk diperlukan.", 404: "Tidak ada di sini."}


@blueprint.get("/sertifikat/<code>/badge.json")
@public()
def badge_json(code: str) -> Any:
    """The badge with its embedded proof: for the holder, their center, and whoever holds the paper."""
    return _serve(code, badges.badge_bytes, badges.JSON_TYPE, "json")


@blueprint.get("/sertifikat/<code>.jwt")
@blueprint.get("/sertifikat/<code>/badge.jwt")
@public()
def badge_jwt(code: str) -> Any:
    """The same credential as a compact JWS."""
    return _serve(code, badges.badge_jwt, badges.JWT_TYPE, "jwt")


def _serve(code: str, make: Callable[[Certificate, str], bytes | str], kind: str, ending: str) -> Response:
    """The file, or why not, in JSON: these addresses are read by software."""
    try:
        found = _asked_for(code)
        answer = Response(make(found, current_app.extensions["portal_settings"].base_url), content_type=kind)
    except DomainError as error:
        return _refusal(error)
    answer.headers["Content-Disposition"] = f'attachment; filename="badge-{found.code}.{ending}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _asked_for(code: str) -> Certificate:
    """The certificate of whoever asks. Raises SignInNeeded for nobody, NotFound for what is not theirs."""
    scheme, _space, b32 = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == SCHEME.casefold():
        return _printed(code, b32.strip())
    actor = current_actor()
    if not actor.is_authenticated:
        raise SignInNeeded()
    return queries.get_certificate(actor, rules.normalize_code(code) or "")


def _printed(code: str, b32: str) -> Certificate:
    """The certificate that the fragment was printed for; a forged one does not reach the database."""
    normal = rules.normalize_code(code)
    known = available(lambda: keys().public_keys())
    if normal is None or qr.parse_fragment(normal, b32, known).facts is None:
        raise NotFound()
    found = queries.certificate_by_code(normal)
    if found is None:
        raise NotFound()
    return found


def _refusal(error: DomainError) -> Response:
    told = {"code": error.code, "message": error.message or _REFUSALS.get(error.status, "")}
    answer = Response(json.dumps({"error": told}), error.status, mimetype="application/json")
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = SCHEME
    answer.headers["Cache-Control"] = "no-store"
    return answer
