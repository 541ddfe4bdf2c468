"""Talking to an office's own sign-in provider: OpenID Connect, authorization code with PKCE.

Imports authlib (extra `oidc`): import this module only where `settings.oidc_issuer` is set. Nothing here
touches the database, and nothing here is for inside a transaction. Sources: OpenID Connect Core 1.0 and
Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (the issuer in the answer).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from flask import current_app
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from requests import Response
from requests.adapters import HTTPAdapter

from portal.core.errors import DomainError
from portal.core.words import gettext as _
from portal.settings import Settings, is_loopback_url

log = structlog.get_logger()
T = TypeVar("T")

# No `none` and no shared-secret algorithm: a token is checked with the provider's published keys alone.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SKEW = timedelta(minutes=2)
CALL_SECONDS = 6.0  # one answer of the provider, name look-up and body included
READ_SECONDS = 4.0
BODY_BYTES = 256 * 1024
FRESH_SECONDS = 3600.0  # how long the discovery document and the keys are kept
RETRY_SECONDS = 15.0  # how long a provider that failed is left alone
AT_ONCE = 8


class ProviderDown(DomainError):
    """The provider cannot be asked now: 503."""

    status = 503


def _down() -> DomainError:
    return ProviderDown(
        "oidc_down",
        _("Akun kantor sedang tidak dapat dihubungi. Coba lagi nanti, atau masuk dengan kata sandi Anda."),
    )


def _untrusted() -> DomainError:
    return DomainError(
        "oidc_untrusted",
        _("Jawaban akun kantor tidak dapat dipastikan, jadi Anda belum masuk. Mulai lagi."),
    )


class _Bounded(HTTPAdapter):
    """Reads no more of an answer than it may be long."""

    def send(self, request: Any, **how: Any) -> Response:  # type: ignore[override]
        response = super().send(request, **{**how, "stream": True})
        try:
            body = response.raw.read(BODY_BYTES + 1, decode_content=True)
        finally:
            response.close()
        if len(body) > BODY_BYTES:
            raise ValueError("an answer is too long")
        response._content, response._content_consumed = body, True
        return response


_seats = threading.BoundedSemaphore(AT_ONCE)


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` answers, or TimeoutError after `seconds`.

    Socket timeouts bound a single read; a name look-up that hangs or a header that drips are bounded by this.
    A call that is given up keeps its seat until it ends, so that at most AT_ONCE hang about.
    """
    if not _seats.acquire(blocking=False):
        raise TimeoutError
    box: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((call(), None))
        except Exception as error:
            box.put((None, error))
        finally:
            _seats.release()

    threading.Thread(target=run, daemon=True, name="oidc").start()
    try:
        result, error = box.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


@dataclass(frozen=True)
class Subject:
    """Who the provider says this is: the issuer's address and its own immutable name for the account."""

    issuer: str
    subject: str


@dataclass
class Provider:
    """The one provider of this portal. Its document and keys are kept for an hour, by process."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    allow_http: bool = False
    _metadata: dict[str, Any] | None = None
    _keys: KeySet | None = None
    _fresh_until: float = 0.0
    _rest_until: float = 0.0
    _keys_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser. Raises ProviderDown."""
        endpoint = self.metadata()["authorization_endpoint"]
        with self._session() as session:
            url, _state = session.create_authorization_url(
                endpoint, state=state, code_verifier=verifier, nonce=nonce
            )
        return str(url)

    def redeem(self, *, code: str, nonce: str, verifier: str, issuer: str | None, now: datetime) -> Subject:
        """Exchange the code and check the ID token. issuer: the `iss` of the answer, if it had one.

        Raises ProviderDown, and DomainError `oidc_untrusted` for an answer of somebody else, a refused code,
        a token whose signature, issuer, audience, nonce or times do not hold.
        """
        metadata = self.metadata()
        names_itself = metadata.get("authorization_response_iss_parameter_supported") is True
        if (issuer is not None or names_itself) and issuer != self.issuer:
            log.warning("oidc.refused", step="issuer")
            raise _untrusted()
        token = self._exchange(metadata, code, verifier)
        try:
            claims = self._claims(token.get("id_token"), token.get("access_token"), nonce, now)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("oidc.refused", step="id_token", error=type(error).__name__)
            raise _untrusted() from None
        return Subject(self.issuer, claims["sub"])

    def metadata(self) -> dict[str, Any]:
        """The discovery document. Raises ProviderDown; a failure is remembered for some seconds, so that a
        provider that hangs does not hold up worker after worker."""
        with self._lock:
            moment = time.monotonic()
            if self._metadata is not None and moment < self._fresh_until:
                return self._metadata
            if moment < self._rest_until:
                raise _down()
            try:
                found = self._get(get_well_known_url(self.issuer, external=True))
                self._check_metadata(found)
            except Exception as error:
                self._rest_until = time.monotonic() + RETRY_SECONDS
                log.warning("oidc.down", step="discovery", error=type(error).__name__)
                raise _down() from None
            self._metadata, self._keys = found, None
            self._fresh_until = moment + FRESH_SECONDS
            return found

    def _check_metadata(self, found: dict[str, Any]) -> None:
        if found.get("issuer") != self.issuer:
            raise ValueError("another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            address = found.get(name)
            parts = urlsplit(address if isinstance(address, str) else "")
            if not parts.hostname or (parts.scheme != "https" and not self._is_near(str(address))):
                raise ValueError(f"no usable {name}")

    def _is_near(self, address: str) -> bool:
        return self.allow_http and is_loopback_url(address)

    def _session(self, method: str | None = None) -> OAuth2Session:
        session = OAuth2Session(
            self.client_id,
            self.client_secret,
            token_endpoint_auth_method=method,
            scope="openid",
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            default_timeout=(READ_SECONDS, READ_SECONDS),
        )
        # Neither the machine's proxies nor a .netrc: what goes here is a secret for one address.
        session.trust_env = False
        adapter = _Bounded(max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _get(self, address: str) -> dict[str, Any]:
        def fetch() -> Any:
            with self._session() as session:
                answer = session.get(address, withhold_token=True, allow_redirects=False)
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            return answer.json()

        found = within(CALL_SECONDS, fetch)
        if not isinstance(found, dict):
            raise ValueError("no JSON object")
        return found

    def _exchange(self, metadata: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
        known = metadata.get("token_endpoint_auth_methods_supported")
        basic = not isinstance(known, list) or "client_secret_basic" in known
        method = "client_secret_basic" if basic else "client_secret_post"

        def fetch() -> Any:
            with self._session(method) as session:
                return session.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    allow_redirects=False,
                )

        try:
            found = within(CALL_SECONDS, fetch)
        except Exception as error:
            refused = getattr(error, "error", "")
            log.warning("oidc.refused", step="token", error=type(error).__name__, code=str(refused)[:40])
            raise (_untrusted() if refused else _down()) from None
        return dict(found)

    def _claims(self, token: Any, access_token: Any, nonce: str, now: datetime) -> CodeIDToken:
        if not isinstance(token, str):
            raise ValueError("no ID token")
        decoded = self._decode(token)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
            },
            {"nonce": nonce, "client_id": self.client_id, "access_token": access_token},
        )
        claims.validate(now=int(now.timestamp()), leeway=int(SKEW.total_seconds()))
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
            raise ValueError("no usable subject")
        return claims

    def _decode(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            # The provider has changed its keys since they were fetched.
            return jwt.decode(token, self._key_set(renew=True), algorithms=ALGORITHMS)

    def _key_set(self, renew: bool = False) -> KeySet:
        with self._lock:
            is_old = time.monotonic() - self._keys_at > RETRY_SECONDS
            if self._keys is not None and not (renew and is_old):
                return self._keys
            assert self._metadata is not None
            address = self._metadata["jwks_uri"]
            try:
                found = self._get(address)
                self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
            except Exception as error:
                log.warning("oidc.down", step="keys", error=type(error).__name__)
                raise _down() from None
            self._keys_at = time.monotonic()
            return self._keys


def provider() -> Provider:
    """The running app's provider; made on first use, so that a portal without one imports nothing."""
    found: Provider | None = current_app.extensions.get("oidc_provider")
    if found is None:
        settings: Settings = current_app.extensions["portal_settings"]
        assert settings.oidc_issuer
        found = Provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret,
            f"{settings.base_url}/masuk/lewat/kembali",
            allow_http=not settings.is_production,
        )
        current_app.extensions["oidc_provider"] = found
    return found
