"""The browser edge: security headers, same-origin writes, cookies, the language prefix, trusted hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect, generate_csrf
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, ValidationError

from portal.settings import Settings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
}
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
LOOPBACK = ("127.0.0.1", "localhost")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
csrf = CSRFProtect()


def takes_bytes(most: int) -> Callable[[Any], Any]:
    """A route whose requests may be as long as this; those of all others, MAX_CONTENT_LENGTH."""

    def mark(view: Any) -> Any:
        view.takes_bytes = most
        return view

    return mark


class LanguagePrefix:
    """`/en/<slug>` is the same page in English: the prefix moves to SCRIPT_NAME, so links keep it."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/en" or path.startswith("/en/"):
            environ["portal.language"] = "en"
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
        return self.app(environ, start_response)


class OnceDerived(TimestampSigner):
    """itsdangerous' signer, which derives its keys once instead of once a signature."""

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """The key for signing, or the one that belongs to an older secret."""
        kept: dict[Any, bytes] = vars(self).setdefault("_derived", {})
        if secret_key not in kept:
            kept[secret_key] = super().derive_key(secret_key)
        return kept[secret_key]


class OneSigner(URLSafeTimedSerializer):
    """itsdangerous' serializer with one signer for all it signs and checks."""

    _one: TimestampSigner | None = None

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        """The signer; it has the salt of this serializer."""
        if self._one is None:
            self._one = cast(TimestampSigner, super().make_signer(salt))
        return self._one

    def iter_unsigners(self, salt: str | bytes | None = None) -> Iterator[TimestampSigner]:
        """The same one: it tries every secret."""
        yield self.make_signer(salt)


class QuickSessions(SecureCookieSessionInterface):
    """Flask's sessions: without the cookie nothing is prepared, and the means to check one are made once."""

    _ready: tuple[Any, OneSigner] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Flask's own serializer of the app's secrets, kept until they change."""
        secrets = (app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if self._ready is None or self._ready[0] != secrets:
            flask_own = super().get_signing_serializer(app)
            if flask_own is None:
                return None
            ours = OneSigner(
                flask_own.secret_keys,
                salt=self.salt,
                serializer=self.serializer,
                signer=OnceDerived,
                signer_kwargs=flask_own.signer_kwargs,
            )
            self._ready = (secrets, ours)
        return self._ready[1]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, or an empty one."""
        if self.get_cookie_name(app) not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)


class RowNumber(IntegerConverter):
    """`<int:...>` in an address: a number that no 64-bit key can hold names nothing, so no route matches."""

    def to_python(self, value: str) -> int:
        """The number. Raises ValidationError beyond 64 bits."""
        if len(value) > 18:
            raise ValidationError()
        return int(super().to_python(value))


def language() -> str:
    """The language of this request: `en` under /en/, else `id`."""
    return str(request.environ.get("portal.language", "id")) if request else "id"


def language_switch() -> str:
    """The address of this request's page in the other language."""
    path = request.full_path.rstrip("?") if request else "/"
    return path if language() == "en" else f"/en{path}"


@lru_cache(maxsize=4000)
def _signed_csrf(secret: str, value: str) -> str:
    return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(value))


def csrf_token() -> str:
    """Flask-WTF's token of this session. It has no time limit, so a worker signs it once."""
    value = session.get("csrf_token")
    if value is None or "csrf_token" in g:
        return str(generate_csrf())
    g.csrf_token = token = _signed_csrf(str(current_app.secret_key), value)
    return token


def view_access() -> Any:
    """The declared access of the view that this request matched; None when no route matched."""
    return current_app.view_functions.get(request.endpoint or "")


def _same_origin() -> bool:
    """Sec-Fetch-Site where the browser sends it, else Origin; without either it is no browser's form."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None or origin == "null":
        return origin is None
    return urlsplit(origin).netloc == request.host


def _has_nul(sent: MultiDict[str, str]) -> bool:
    return any("\0" in name or "\0" in value for name, value in sent.items(multi=True))


def _hosts(settings: Settings) -> list[str]:
    """The host of BASE_URL; on a developer's machine loopback too."""
    own = urlsplit(settings.base_url).hostname or ""
    return [own] if settings.is_production else sorted({own, *LOOPBACK})


def install(app: Flask, settings: Settings) -> None:
    """Cookies, CSRF, origin check, headers and the language prefix on an app."""
    host = "__Host-" if settings.secure_cookies else ""
    app.config.update(
        TRUSTED_HOSTS=_hosts(settings),
        SESSION_COOKIE_NAME=f"{host}balai",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=4000,
    )
    headers = HEADERS | (STRICT_TRANSPORT if settings.secure_cookies else {})
    app.session_interface = QuickSessions()
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"csrf_token": csrf_token})
    app.url_map.converters["int"] = RowNumber
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def allow_long() -> None:
        # Before anything reads the form.
        most = getattr(app.view_functions.get(request.endpoint or ""), "takes_bytes", 0)
        if most:
            request.max_content_length = most

    @app.before_request
    def refuse_nul() -> None:
        # No text of ours holds a NUL, and PostgreSQL refuses it in every comparison.
        if "\0" in request.path or (b"%00" in request.query_string and _has_nul(request.args)):
            abort(400)
        if request.method in UNSAFE and request.endpoint is not None and _has_nul(request.form):
            abort(400)

    @app.before_request
    def guard_writes() -> None:
        if request.method not in UNSAFE or request.endpoint is None:
            return
        if not _same_origin():
            abort(403)
        view = app.view_functions.get(request.endpoint)
        if not getattr(view, "public_post", False):
            csrf.protect()

    @app.after_request
    def add_headers(response: Response) -> Response:
        # One look at the names instead of one a header: this runs for every answer.
        present = {name.lower() for name, _value in response.headers}
        for name, value in headers.items():
            if name.lower() not in present:
                response.headers.add(name, value)
        if request.endpoint and "cache-control" not in present:
            view = app.view_functions.get(request.endpoint)
            is_signed_in = "actor" in g and g.actor.is_authenticated
            is_public = getattr(view, "access", "") == "public" and not is_signed_in
            response.headers["Cache-Control"] = "no-cache" if is_public else "no-store"
        return response
