"""Cookies and form tokens are signed as Flask and Flask-WTF sign them, only with keys derived once."""

from __future__ import annotations

import pytest
from flask import Flask, g, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadSignature
from wtforms import ValidationError

from portal.core.edge import QuickSessions, csrf_token

DATA = {"_user_id": "abc", "csrf_token": "r" * 40}


def app_with(secret, *older):
    app = Flask("signing")
    app.secret_key = secret
    app.config["SECRET_KEY_FALLBACKS"] = list(older) or None
    return app


def test_flask_reads_ours_and_we_read_flasks():
    app = app_with("now")
    ours, theirs = (
        kind().get_signing_serializer(app) for kind in (QuickSessions, SecureCookieSessionInterface)
    )
    for sign, read in ((ours, theirs), (theirs, ours), (ours, ours)):
        assert read.loads(sign.dumps(DATA), max_age=60) == DATA


def test_an_older_secret_still_reads_and_a_foreign_one_does_not():
    old = QuickSessions().get_signing_serializer(app_with("before")).dumps(DATA)
    sessions = QuickSessions()
    assert sessions.get_signing_serializer(app_with("now", "before")).loads(old) == DATA
    with pytest.raises(BadSignature):
        sessions.get_signing_serializer(app_with("now")).loads(old)


def test_what_was_changed_is_refused():
    serializer = QuickSessions().get_signing_serializer(app_with("now"))
    signed = serializer.dumps(DATA)
    for place in (0, len(signed) // 2, len(signed) - 2):
        other = "A" if signed[place] != "A" else "B"
        with pytest.raises(BadSignature):
            serializer.loads(signed[:place] + other + signed[place + 1 :])


def token_of(app, value):
    with app.test_request_context("/"):
        if value:
            session["csrf_token"] = value
        return csrf_token(), session["csrf_token"], g.csrf_token


def test_a_form_token_belongs_to_its_session(app):
    mine, raw, kept = token_of(app, "r" * 40)
    assert mine == kept == token_of(app, raw)[0]
    fresh, made, _kept = token_of(app, None)
    assert fresh != mine
    assert made != raw
    with app.test_request_context("/"):
        session["csrf_token"] = raw
        validate_csrf(mine)
        with pytest.raises(ValidationError):
            validate_csrf(fresh)
