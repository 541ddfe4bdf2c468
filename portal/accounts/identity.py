"""Who sends this request: flask-login by the random token, one query for the session and its roles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import flask_login
import structlog
from flask import Flask, Response, g, request, session
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts import queries, services
from portal.accounts.rules import SEEN_STEP
from portal.accounts.rules.factor import is_staff, is_strong
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.edge import UNSAFE
from portal.core.permissions import ANONYMOUS, Actor, Grant, GrantedActor, Role

log = structlog.get_logger()
_manager = flask_login.LoginManager()
# A session is bound to its row, not to the browser's name and address, which change on a phone.
_manager.session_protection = None


class SignedIn(flask_login.UserMixin):
    """What flask-login keeps: the token, the actor behind it, and how this session was proved.

    withheld: grants of staff that wait for a second factor; the actor does not have them.
    """

    def __init__(
        self,
        token: str,
        actor: Actor,
        *,
        session_id: int | None = None,
        login: str = "",
        factor: str = "",
        created_at: datetime | None = None,
        withheld: tuple[Grant, ...] = (),
    ) -> None:
        self.token = token
        self.actor = actor
        self.session_id = session_id
        self.login = login
        self.factor = factor
        self.created_at = created_at
        self.withheld = withheld

    def get_id(self) -> str:
        """The alternative id in the cookie."""
        return self.token


@_manager.user_loader
def _load(token: str) -> SignedIn | None:
    now = clock.now()
    rows = queries.load_session(token, now, alone=request.method in UNSAFE)
    if not rows:
        return None
    first = rows[0]
    if now - first.seen_at >= SEEN_STEP:
        g.stale_session = first.session_id
    known = set(Role)
    grants = [queries.grant_of(row, now) for row in rows if row.role in known]
    if first.person_id is not None and not any(grant.role == Role.TRAINEE for grant in grants):
        grants.append(Grant(Role.TRAINEE, "self", ""))
    withheld = () if is_strong(first.factor) else tuple(grant for grant in grants if is_staff([grant.role]))
    held = tuple(grant for grant in grants if grant not in withheld)
    return SignedIn(
        token,
        GrantedActor(first.user_id, first.person_id, first.name, held),
        session_id=first.session_id,
        login=first.login,
        factor=first.factor,
        created_at=first.created_at,
        withheld=withheld,
    )


def _current() -> Any:
    return flask_login.current_user._get_current_object()


def load_actor() -> Actor:
    """The actor of this request; nothing is read where the cookie names no session."""
    if "_user_id" not in session:
        return ANONYMOUS
    actor: Actor = getattr(_current(), "actor", ANONYMOUS)
    return actor


def current_session() -> SignedIn | None:
    """The session that sent this request; None for anybody else."""
    found = _current() if "_user_id" in session else None
    return found if isinstance(found, SignedIn) else None


def current_session_id() -> int | None:
    """The row of the session that sent this request."""
    here = current_session()
    return here.session_id if here else None


def current_login() -> str:
    """The sign-in name of this request's account."""
    here = current_session()
    return here.login if here else ""


def begin_cookie(token: str) -> None:
    """Put a new session into the cookie; nothing that was set before signing in stays."""
    session.clear()
    flask_login.login_user(SignedIn(token, ANONYMOUS))
    for leftover in ("_fresh", "_id"):
        session.pop(leftover, None)


def end_cookie() -> str | None:
    """Empty the cookie; returns the token it held."""
    token: str | None = session.get("_user_id")
    session.clear()
    return token


def _note_use(response: Response) -> Response:
    """Write `seen_at` at most every ten minutes, after the answer is made, in its own transaction."""
    session_id = g.pop("stale_session", None)
    if session_id is not None:
        try:
            with transaction():
                services.touch_session(session_id=session_id, now=clock.now())
        except SQLAlchemyError as error:
            db.session.rollback()
            log.warning("session.not_touched", error=type(error).__name__)
    return response


def install(app: Flask) -> None:
    """Wire the loader. `init_app` is passed over: its hook reads the session on every answer, which would
    make even the bare pages vary by cookie."""
    app.login_manager = _manager  # type: ignore[attr-defined]
    app.extensions["actor_loader"] = load_actor
    # For rooms that make an account on the way (enrollment): the token of a session, into the cookie.
    app.extensions["begin_session"] = begin_cookie
    app.after_request(_note_use)
