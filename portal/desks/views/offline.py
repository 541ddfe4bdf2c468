"""The classroom without signal: its page, what it takes along, and what it sends once there is signal."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from flask import Response, current_app, jsonify, make_response, request, url_for
from flask_wtf.csrf import generate_csrf

from portal.attendance.labels import CELLS, MARK_LABELS
from portal.core import clock, htmx
from portal.core.errors import DomainError
from portal.core.permissions import Permission, current_actor, public, requires, signed_in
from portal.desks import forms_offline as forms
from portal.desks import offline_sync
from portal.desks.offline_file import report_rows
from portal.desks.offline_pack import get_pack
from portal.desks.views.blueprint import blueprint

FILES = (
    "css/app.css", "fonts/pjs-400.woff2", "fonts/pjs-700.woff2", "ikon.svg", "js/classroom.js", "js/queue.js",
    "js/scan.js", "vendor/qr-decode.js",
)  # fmt: skip
RECORDERS = (Permission.ATTENDANCE_RECORD, Permission.VERDICT_RECORD)


def asset(name: str) -> str:
    """The hashed address of a static file."""
    find: Any = current_app.jinja_env.globals["asset"]
    return str(find(name))


def shell_version() -> str:
    """Changes with any file of the page; the page carries it, and the service worker."""
    return hashlib.sha256("\n".join(asset(name) for name in FILES).encode()).hexdigest()[:16]


@blueprint.get("/instruktur/tanpa-sinyal")
@public(bare=True)
def offline() -> Any:
    """The page that needs no network. It holds nothing of anybody: names come from the device itself."""
    return htmx.render("desks/offline.html", version=shell_version(), cells=CELLS, labels=MARK_LABELS)


@blueprint.get("/instruktur/sw.js")
@public(bare=True)
def offline_worker() -> Any:
    """js/classroom-sw.js with the list of what it keeps; it may serve /instruktur and all below."""
    manifest = current_app.extensions["assets"]
    script = Path(manifest.folder, manifest.names["js/classroom-sw.js"]).read_text("utf-8")
    page = url_for("desks.offline")
    names = {"PAGE": page, "FILES": [asset(name) for name in FILES], "VERSION": shell_version()}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items())
    response = Response(head + script, mimetype="text/javascript")
    response.headers["Service-Worker-Allowed"] = url_for("desks.teaching")
    # A browser asks for a new worker at each visit; it must never be given an old one.
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/instruktur/tanpa-sinyal/<int:session_id>/bekal.json")
@requires(*RECORDERS)
def offline_pack(session_id: int) -> Any:
    """What the device takes along of one class."""
    try:
        return _json(get_pack(current_actor(), session_id, clock.now()))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _refusal(error)


@blueprint.get("/instruktur/antrean")
@signed_in
def queue_state() -> Any:
    """Who is signed in, and a token to send the queue or to sign out with: for everybody, because a tablet
    that holds a colleague's class is signed out of by whoever uses it now."""
    return _json(
        {"user_id": current_actor().user_id, "csrf": generate_csrf(), "out": url_for("accounts.sign_out")}
    )


@blueprint.post("/instruktur/antrean")
@requires(*RECORDERS)
def queue_post() -> Any:
    """The queue, or a part of it: each operation is answered by itself."""
    try:
        sent = forms.sent_queue()
    except DomainError as error:
        return _refusal(error)
    return _json([answer.as_json() for answer in _delivered(sent)])


@blueprint.get("/instruktur/antrean/berkas")
@requires(*RECORDERS)
def queue_file() -> Any:
    """Send a queue that was saved as a file."""
    return htmx.render("desks/offline_file.html", form=forms.QueueFileForm(), rows=None)


@blueprint.post("/instruktur/antrean/berkas")
@requires(*RECORDERS)
def queue_file_post() -> Any:
    """Take the file in and say for each operation what became of it.

    The answer is the table itself (207): a redirect could not carry 200 reasons, and sending the same file
    again changes nothing.
    """
    form = forms.QueueFileForm.posted()
    try:
        sent = form.envelope()
    except DomainError as error:
        form.add_error(error)
        return htmx.render("desks/offline_file.html", status=error.status, form=form, rows=None)
    rows = report_rows(sent.operations, _delivered(sent), current_actor())
    return htmx.render("desks/offline_file.html", status=207, form=forms.QueueFileForm(), rows=rows)


def _delivered(sent: forms.Envelope) -> list[offline_sync.Answer]:
    return offline_sync.deliver(
        sent.operations, client_now=sent.client_now, actor=current_actor(), now=clock.now()
    )


def _json(body: Any, status: int = 200) -> Response:
    response = make_response(jsonify(body), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(error: DomainError) -> Response:
    return _json({"error": {"code": error.code, "message": error.message}}, error.status)
