"""What the pages of verification share: the blueprint, codes in addresses, answers that nobody keeps."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.routing import BaseConverter

from portal.certificates.services.misses import refuse_misses
from portal.core import clock
from portal.core.errors import TooMany
from portal.core.words import gettext as _
from portal.verification.bulk import Row, check_lines, misses_of
from portal.verification.lines import Line
from portal.verification.queries import Result, check_code
from portal.verification.receipts import make_receipt
from portal.verification.throttle import misses

blueprint = Blueprint("verification", __name__)


class CodeConverter(BaseConverter):
    """A certificate code as people type it: any case, spaces and hyphens inside."""

    regex = r"[0-9A-Za-z \-]{1,40}"


def install(app: Flask) -> None:
    """Teach the router codes."""
    app.url_map.converters["code"] = CodeConverter


def private(response: Response) -> Response:
    """An answer that no cache keeps and no search engine lists."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def base_url() -> str:
    """The portal's own address; never the Host of a request."""
    return str(current_app.extensions["portal_settings"].base_url)


def checked(code: str) -> Result:
    """Check a code now; a code that names nothing is a miss. Raises TooMany after too many misses."""
    result = check_code(code, clock.now())
    if result.state in ("not_found", "typo"):
        count_miss()
    return result


def count_miss() -> None:
    """Count what named nothing. Raises TooMany, with the seconds to wait, when the address had too many."""
    refuse_misses(misses().count(request.remote_addr or ""))


def count_report() -> None:
    """Count a report. Raises TooMany when the address sent too many."""
    wait = misses().report(request.remote_addr or "")
    if wait:
        sentence = _("Terlalu banyak laporan dari jaringan ini. Coba lagi nanti, atau hubungi balai.")
        raise TooMany("too_many_reports", sentence, retry_after=wait)


def answered(lines: list[Line]) -> list[Row]:
    """The answers to lines. One list may miss as often as it is long, the next one after it may not.

    Raises TooMany.
    """
    rows = check_lines(lines, clock.now())
    missed = misses_of(rows)
    if missed:
        address = request.remote_addr or ""
        refuse_misses(misses().wait(address))
        misses().count(address, missed)
    return rows


def signed_receipt(rows: list[Row]) -> dict[str, Any]:
    """The receipt of these answers, signed now. Raises DomainError (`key_unavailable`)."""
    return make_receipt(rows, base_url(), clock.now())
