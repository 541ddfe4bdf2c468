"""One answer for two readers: a whole page for a browser, its piece for htmx, from the same URL."""

from typing import Any

import htmx_flask
from flask import Flask, Response, g, render_template, request
from flask import redirect as flask_redirect
from werkzeug.wrappers import Response as BaseResponse

VARY = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def register(app: Flask) -> None:
    """Teach the app's requests about htmx."""
    htmx_flask.Htmx().init_app(app)


def is_fragment() -> bool:
    """True when htmx asks for a piece: not for a boosted link, not to restore history."""
    htmx = htmx_flask.request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render(
    page: str,
    fragment: str | None = None,
    status: int = 200,
    *,
    trigger: str | dict[str, Any] | None = None,
    **context: Any,
) -> Response:
    """Render `page`, or `fragment` when htmx asks for one and there is one.

    trigger: an htmx event for the browser, such as {"announce": "Tersimpan"}; ignored for a whole page.
    """
    wants_piece = fragment is not None and is_fragment()
    # A piece lands in a page whose sprite may lack its icons: see drawing.icon.
    g.icons_in_place = wants_piece
    body = render_template(fragment if wants_piece and fragment else page, **context)
    response = htmx_flask.make_response(body, status, trigger=trigger if wants_piece else None)
    response.vary.update(VARY)
    return response


def redirect(url: str) -> BaseResponse:
    """Send the browser on after a POST: 303, or for htmx a whole-page `HX-Redirect`."""
    if is_fragment():
        response: BaseResponse = htmx_flask.make_response("", 200, redirect=url)
    else:
        response = flask_redirect(url, 303)
    response.vary.update(VARY)
    return response


def current_path() -> str:
    """The address to come back to after signing in, query included."""
    return request.full_path.rstrip("?")
