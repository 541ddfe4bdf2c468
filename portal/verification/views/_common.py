"""What the pages of verification share: the blueprint, codes in addresses, answers that nobody keeps."""

from __future__ import annotations

from flask import Blueprint, Flask, Response
from werkzeug.routing import BaseConverter

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
