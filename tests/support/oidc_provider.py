"""A real sign-in provider of its own process on loopback: `python -m tests.support.oidc_provider`.

Discovery, keys, authorize (a tiny form; `login_hint` approves at once), token with PKCE and client secret.
It prints its port and serves until its standard input closes. `POST /_set` takes JSON that changes how it
behaves: `fault`, "" or one of
    down, slow, drip, huge, garbage, list, other_issuer, http_endpoint (in the discovery document),
    token_down, token_slow, token_garbage, token_refused, no_token (at the token address),
    bad_signature, alg_none, alg_hs256, old_key, wrong_iss, wrong_aud, wrong_nonce, no_nonce, no_sub,
    other_azp (in the token), iss_parameter (the answer names another issuer);
`now`, the epoch second it signs with; `age`, how many seconds ago the token was made; `rotate`, new keys.
`GET /_seen` tells what was asked of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID, CLIENT_SECRET = "balai", "a client secret that only tests use"
BROKEN_DOCUMENT = {"down", "slow", "drip", "huge", "garbage", "list", "other_issuer", "http_endpoint"}


def oidc_settings(issuer: str) -> dict[str, Any]:
    """The portal's settings for this provider."""
    return {
        "oidc_issuer": issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET,
        "oidc_label": "SSO Kantor",
    }  # fmt: skip


class State:
    """What the provider remembers; one object for the process."""

    def __init__(self) -> None:
        from joserfc.jwk import RSAKey

        self.issuer = ""
        self.fault = ""
        self.now: float | None = None
        self.age = 0
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.seen: list[str] = []

    def rotate(self) -> None:
        """Sign with a key that nobody has fetched yet."""
        from joserfc.jwk import RSAKey

        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})

    def id_token(self, kept: dict[str, str]) -> str:
        """The signed token, spoiled as `fault` says."""
        from joserfc import jwt
        from joserfc.jwk import RSAKey

        issued = int(self.now if self.now is not None else time.time()) - self.age
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": kept["sub"], "aud": CLIENT_ID, "nonce": kept["nonce"],
            "iat": issued, "exp": issued + 300, "email": "dewi@kantor.example", "email_verified": True,
        }  # fmt: skip
        spoil = {
            "wrong_iss": {"iss": "https://lain.example"}, "wrong_aud": {"aud": "somebody-else"},
            "wrong_nonce": {"nonce": "another"}, "no_nonce": {"nonce": None}, "no_sub": {"sub": ""},
            "other_azp": {"aud": [CLIENT_ID, "other"], "azp": "other"},
        }  # fmt: skip
        claims |= spoil.get(self.fault, {})
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid}
        if self.fault == "alg_none":
            return f"{_b64(json.dumps({'alg': 'none'}))}.{_b64(json.dumps(claims))}."
        if self.fault == "alg_hs256":  # signed with the public key as if it were a shared secret
            head = {"alg": "HS256", "kid": self.key.kid}
            signed = f"{_b64(json.dumps(head))}.{_b64(json.dumps(claims))}"
            secret = self.key.as_pem(private=False)
            return f"{signed}.{_b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
        if self.fault == "bad_signature":
            return jwt.encode(header, claims, RSAKey.generate_key(2048))
        if self.fault == "old_key":
            return jwt.encode({**header, "kid": "gone"}, claims, RSAKey.generate_key(2048))
        return jwt.encode(header, claims, self.key)


def _b64(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


STATE = State()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Discovery, keys, authorize, and what was seen."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        STATE.seen.append(parts.path)
        if parts.path == "/.well-known/openid-configuration":
            self._discovery()
        elif parts.path == "/jwks":
            self._json({"keys": [STATE.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            self._authorize(query)
        elif parts.path == "/_seen":
            self._json(STATE.seen)
        else:
            self._send(404, "text/plain", b"")

    def do_POST(self) -> None:
        """Token, the form's answer, and the switches of the tests."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        STATE.seen.append(path)
        if path == "/_set":
            self._set(json.loads(body))
            return
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if path == "/token":
            self._token(form)
        elif path == "/authorize":
            self._decide(form)
        else:
            self._send(404, "text/plain", b"")

    def _set(self, wanted: dict[str, Any]) -> None:
        if wanted.pop("rotate", False):
            STATE.rotate()
        for name, value in wanted.items():
            setattr(STATE, name, value)
        self._json({})

    def _discovery(self) -> None:
        document: Any = {
            "issuer": STATE.issuer, "authorization_endpoint": f"{STATE.issuer}/authorize",
            "token_endpoint": f"{STATE.issuer}/token", "jwks_uri": f"{STATE.issuer}/jwks",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }  # fmt: skip
        fault = STATE.fault
        if fault == "down":
            self._send(500, "text/plain", b"")
        elif fault == "slow":
            time.sleep(30)
        elif fault == "drip":
            for _turn in range(300):
                self.wfile.write(b"H")
                time.sleep(0.1)
        elif fault == "huge":
            self._send(200, "application/json", b'{"x": "' + b"x" * 3_000_000 + b'"}')
        elif fault == "garbage":
            self._send(200, "application/json", b"\x00<html>")
        elif fault == "list":
            self._json([1, 2])
        else:
            if fault == "other_issuer":
                document["issuer"] = "https://lain.example"
            if fault == "http_endpoint":
                document["token_endpoint"] = "http://lain.example/token"
            if fault == "iss_parameter":
                document["authorization_response_iss_parameter_supported"] = True
            self._json(document)

    def _authorize(self, query: dict[str, str]) -> None:
        wanted = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope")
        if (
            any(not query.get(name) for name in wanted)
            or query["client_id"] != CLIENT_ID
            or query.get("code_challenge_method") != "S256"
            or "openid" not in query["scope"].split()
            or not query["redirect_uri"].endswith("/masuk/lewat/kembali")
        ):
            self._send(400, "text/plain", b"bad request")
            return
        if query.get("login_hint"):
            self._decide({**query, "sub": query["login_hint"]})
            return
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(query[name])}">' for name in wanted
        )
        page = (
            "<!doctype html><html lang=id><title>Akun kantor</title><h1>Akun kantor</h1>"
            f'<form method="post" action="/authorize">{hidden}<label>Nama <input name="sub"></label>'
            '<button>Setuju</button><button name="deny" value="1">Tolak</button></form></html>'
        )
        self._send(200, "text/html; charset=utf-8", page.encode())

    def _decide(self, form: dict[str, str]) -> None:
        if form.get("deny") or form.get("sub") == "tolak":
            answer = {"error": "access_denied", "error_description": "<b>no</b>", "state": form["state"]}
        else:
            code = secrets.token_urlsafe(16)
            STATE.codes[code] = form
            answer = {"code": code, "state": form["state"]}
        if STATE.fault == "iss_parameter":
            answer["iss"] = "https://lain.example"
        self.send_response(302)
        self.send_header("Location", f"{form['redirect_uri']}?{urlencode(answer)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _token(self, form: dict[str, str]) -> None:
        fault = STATE.fault
        if fault == "token_down":
            self._send(502, "text/plain", b"")
            return
        if fault == "token_slow":
            time.sleep(30)
            return
        if fault == "token_garbage":
            self._send(200, "text/html", b"<html>")
            return
        kept = STATE.codes.pop(form.get("code", ""), None)
        challenge = _challenge(form.get("code_verifier", ""))
        basic = base64.b64encode(f"{_quoted(CLIENT_ID)}:{_quoted(CLIENT_SECRET)}".encode()).decode()
        is_known = self.headers.get("Authorization") in (f"Basic {basic}", f"Basic {_plain_basic()}")
        if (
            kept is None
            or not is_known
            or fault == "token_refused"
            or kept["code_challenge"] != challenge
            or kept["redirect_uri"] != form.get("redirect_uri")
        ):
            self._json({"error": "invalid_grant", "error_description": "<script>secret</script>"}, 400)
            return
        token = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        if fault != "no_token":
            token["id_token"] = STATE.id_token(kept)
        self._json(token)

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _challenge(verifier: str) -> str:
    return _b64(hashlib.sha256(verifier.encode()).digest())


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


def _plain_basic() -> str:
    return base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()


@dataclass
class LocalProvider:
    """The running process, as tests use it."""

    issuer: str
    process: subprocess.Popen[bytes]

    def set(self, **wanted: Any) -> None:
        """Change how it behaves; see the module."""
        body = json.dumps(wanted).encode()
        with urllib.request.urlopen(f"{self.issuer}/_set", body, timeout=5) as answer:
            answer.read()

    def reset(self, now: float | None = None) -> None:
        """Well again, signing at `now` (epoch seconds; None: the machine's clock)."""
        self.set(fault="", now=now, age=0, seen=[])

    @property
    def seen(self) -> list[str]:
        """The paths that were asked for, in order."""
        with urllib.request.urlopen(f"{self.issuer}/_seen", timeout=5) as answer:
            found: list[str] = json.loads(answer.read())
        return [path for path in found if not path.startswith("/_")]

    def approve(self, authorize_url: str, subject: str) -> str:
        """What a browser would do there: sign in as `subject`; the address that it is sent back to."""

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_args: Any) -> None:
                return None

        opener = urllib.request.build_opener(Stay)
        address = f"{authorize_url}&{urlencode({'login_hint': subject})}"
        location = ""
        try:
            opener.open(address, timeout=5).close()
        except urllib.error.HTTPError as answer:
            with answer:
                location = str(answer.headers["Location"] or "")
        assert location, "the provider did not send back"
        return location


@contextmanager
def run_provider() -> Iterator[LocalProvider]:
    """A provider of one's own, on a free port of loopback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.oidc_provider"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield LocalProvider(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def serve() -> None:
    """Serve until standard input closes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    STATE.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    serve()
