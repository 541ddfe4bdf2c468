"""The transparency log for outsiders, as C2SP tlog-tiles and tlog-proof lay it out. No session, no write."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from flask import Response, current_app, jsonify, request

from portal.certificates import queries
from portal.certificates.checkpoints import read_tile_path
from portal.certificates.queries import log
from portal.certificates.services.misses import refuse_misses
from portal.certificates.views import blueprint
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import public
from portal.core.words import gettext as _

_FOREVER = "public, max-age=31536000, immutable"
_SECONDS = "public, max-age=5"
_LEVEL = re.compile(r"[0-9]|[1-5][0-9]|6[0-3]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,14}")


def _for_anybody(response: Response, cache: str) -> Response:
    """Other people's pages may read the log too: nothing in it depends on who asks."""
    response.headers["Cache-Control"] = cache
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _text(body: str, cache: str) -> Any:
    response = _for_anybody(Response(body, mimetype="text/plain"), cache)
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return response.make_conditional(request)


def _octets(body: bytes | None) -> Response:
    """A tile or bundle, which never changes. Raises NotFound for None."""
    if body is None:
        raise NotFound()
    return _for_anybody(Response(body, mimetype="application/octet-stream"), _FOREVER)


def _count_miss() -> None:
    """A code that names nothing counts as it does where codes are checked. Raises TooMany."""
    refuse_misses(current_app.extensions["miss_limit"].count(request.remote_addr or ""))


@blueprint.get("/log/checkpoint")
@public(bare=True)
def log_checkpoint() -> Any:
    """The signed note over the whole log; 404 while it is empty."""
    newest = queries.latest_checkpoint()
    if newest is None:
        raise NotFound()
    return _text(newest.note, _SECONDS)


@blueprint.get("/log/tile/<level>/<path:place>")
@public(bare=True)
def log_tile(level: str, place: str) -> Any:
    """256 hashes of a level, or the first of them: `/log/tile/0/x001/067`, `/log/tile/1/000.p/17`."""
    found = read_tile_path(place)
    if found is None or not _LEVEL.fullmatch(level):
        raise NotFound()
    return _octets(log.tile(int(level), *found))


@blueprint.get("/log/tile/entries/<path:place>")
@public(bare=True)
def log_entries(place: str) -> Any:
    """The leaves beside a tile of level 0, each after its length as big-endian uint16."""
    found = read_tile_path(place)
    if found is None:
        raise NotFound()
    return _octets(log.entries(*found))


@blueprint.get("/log/proof/<code>.tlog-proof")
@public(bare=True)
def log_proof(code: str) -> Any:
    """The issue leaf of a certificate under the newest checkpoint, or under the one of `?size=`."""
    size = request.args.get("size")
    certificate = queries.certificate_by_code(code[:40])
    if certificate is None:
        _count_miss()
    if certificate is None or (size is not None and not _SIZE.fullmatch(size)):
        raise NotFound()
    response = _text(queries.proof_text(certificate, None if size is None else int(size)), "no-store")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/log/consistency")
@public(bare=True)
def log_consistency() -> Any:
    """`{"old", "new", "proof": [base64 hash...]}` as RFC 6962 section 2.1.2; 400 for sizes that are none."""
    old, new = request.args.get("old", ""), request.args.get("new", "")
    try:
        if not (_SIZE.fullmatch(old) and _SIZE.fullmatch(new)):
            raise DomainError("bad_sizes", "")
        path = log.consistency(int(old), int(new))
    except DomainError as error:
        if error.code != "bad_sizes":
            raise
        message = _("old dan new adalah bilangan bulat: 0 <= old <= new <= banyaknya catatan.")
        return jsonify(error={"code": "bad_sizes", "message": message}), 400
    proof = [base64.b64encode(one).decode() for one in path]
    return _for_anybody(jsonify(old=int(old), new=int(new), proof=proof), _FOREVER)
