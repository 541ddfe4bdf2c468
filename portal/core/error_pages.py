"""Errors become readable pages or fragments; nothing inside leaks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, jsonify, make_response, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from portal.core.db import db
from portal.core.errors import DomainError, SignInNeeded
from portal.core.htmx import is_fragment, render

log = structlog.get_logger()


def _answer(
    status: int, message: str = "", code: str = "", details: dict[str, Any] | None = None
) -> Response:
    if request.path.startswith("/api/"):
        answer = make_response(jsonify(error={"code": code or str(status), "message": message}), status)
    else:
        answer = make_response(
            render(
                "errors/error.html",
                "errors/_error.html",
                status=status,
                code=status,
                message=message,
            )
        )
    answer.headers["Cache-Control"] = "no-store"
    retry = (details or {}).get("retry_after")
    if retry:
        answer.headers["Retry-After"] = str(retry)
    return answer


def _local_path() -> str:
    """Where to come back to after sign-in: this page, or for a write the page it was sent from."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return url_for("desks.home")


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(SignInNeeded)
    def sign_in(_error: SignInNeeded) -> Response:
        if request.path.startswith("/api/"):
            return _answer(401, "Masuk diperlukan.", "sign_in_needed")
        target = url_for("accounts.sign_in") + "?" + urlencode({"lanjut": _local_path()})
        if is_fragment():
            response = make_response("", 401)
            response.headers["HX-Redirect"] = target
            return response
        found: Any = redirect(target, 303)
        return found

    @app.errorhandler(DomainError)
    def domain(error: DomainError) -> Response:
        db.session.rollback()
        return _answer(error.status, error.message, error.code, error.details)

    @app.errorhandler(CSRFError)
    def csrf(_error: CSRFError) -> Response:
        return _answer(400, "", "csrf")

    @app.errorhandler(SecurityError)
    def foreign_host(_error: SecurityError) -> tuple[str, int]:
        # Without a host that we trust there are no addresses to put on a page.
        return "Bad Request", 400

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        return _answer(error.code)

    @app.errorhandler(IntegrityError)
    def taken(error: IntegrityError) -> Response:
        # Two people at the same moment: a constraint let the first in, and nothing of the second was kept.
        db.session.rollback()
        log.warning("database.conflict", error=type(error.orig).__name__, endpoint=request.endpoint)
        return _answer(409, code="conflict")

    @app.errorhandler(DataError)
    def unstorable(error: DataError) -> Response:
        # A value that no column can hold, such as a text beyond its length.
        db.session.rollback()
        log.error("database.refused", error=type(error.orig).__name__, endpoint=request.endpoint)
        return _answer(422, code="unstorable")

    @app.errorhandler(OperationalError)
    def database(error: OperationalError) -> Response:
        db.session.rollback()
        log.error("database.unavailable", error=type(error.orig).__name__)
        return _answer(503)

    @app.errorhandler(Exception)
    def anything(error: Exception) -> Response:
        if app.testing or app.debug:
            raise error
        db.session.rollback()
        log.exception("request.failed", endpoint=request.endpoint)
        return _answer(500)
