"""Signing in without the form: a session row with both factors and its cookie, as accounts makes them."""

from __future__ import annotations

import contextvars
from typing import Any

from flask import Flask
from flask.testing import FlaskClient


def sign_in(app: Flask, client: FlaskClient, user: Any) -> None:
    """Open a session for a User (or an account id) and give the client its cookie."""
    user_id = user if isinstance(user, int) else user.id
    token = contextvars.Context().run(_open_session, app, user_id)
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = token


def _open_session(app: Flask, user_id: int) -> str:
    from portal.accounts import services
    from portal.core import clock
    from portal.core.db import transaction

    with app.app_context(), transaction():
        token: str = services.open_session(user_id, agent="tests", now=clock.now(), factor="totp")
    return token
