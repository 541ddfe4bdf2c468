"""What the portal publishes for other people's software: keys and status lists. No cookie, no session."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, abort, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from portal.certificates import issuer
from portal.certificates.keys import available, keys
from portal.certificates.queries.status import log_mark
from portal.certificates.statuslists import StatusLists
from portal.certificates.views import blueprint
from portal.core import clock
from portal.core.permissions import public

MAX_AGE = 300


def publish(body: bytes, mimetype: str, *, etag: str | None = None, max_age: int = MAX_AGE) -> BaseResponse:
    """A public document that anybody's page may read and keep for a while; 304 for who has it already."""
    response = Response(body, mimetype=mimetype)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age={max_age}"
    response.set_etag(etag or hashlib.sha256(body).hexdigest()[:32])
    return response.make_conditional(request)


def _json(document: Any, mimetype: str = "application/json") -> BaseResponse:
    return publish(json.dumps(document, ensure_ascii=False, indent=1).encode(), mimetype)


def _base_url() -> str:
    return str(current_app.extensions["portal_settings"].base_url)


@blueprint.get("/.well-known/did.json")
@public(bare=True)
def did_document() -> Any:
    """The issuer and its keys, as did:web looks them up."""
    return _json(issuer.did_document(_base_url(), available(keys().entries)), "application/did+json")


@blueprint.get("/.well-known/jwks.json")
@public(bare=True)
def jwks() -> Any:
    """The same keys as JOSE software wants them."""
    return _json(issuer.jwks(_base_url(), available(keys().entries)), "application/jwk-set+json")


@blueprint.get("/.well-known/trust.json")
@public(bare=True)
def trust() -> Any:
    """Every key with its times and the log's key, signed by the root; 404 until the root has signed."""
    size, now = log_mark().size, clock.now()
    document = available(lambda: keys().trust(_base_url(), size, now))
    return _json(document) if document else abort(404)


@blueprint.get("/status/<int:number>")
@public(bare=True)
def status_list(number: int) -> Any:
    """A signed status list: odd numbers tell of revocation, even ones of suspension."""
    lists: StatusLists = current_app.extensions["status_lists"]
    known = keys()
    found = lists.get(number, clock.now(), lambda: known.standing("status"), known.store.manifest_mark())
    return publish(found.body, "application/vc", etag=found.etag) if found else abort(404)
