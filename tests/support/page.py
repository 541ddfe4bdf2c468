"""The page client: fetches a page as a browser and as htmx would, and fails on a page that is not sound."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.support import html

HTMX = {"HX-Request": "true"}
BROWSER = {"Sec-Fetch-Site": "same-origin"}
VARY = {"HX-Request", "HX-Boosted", "HX-History-Restore-Request"}


@dataclass
class View:
    """One answer: `status`, `text`, `location`, and readers for what is on the page."""

    response: TestResponse
    url: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def headers(self) -> Any:
        """The response headers."""
        return self.response.headers

    @property
    def location(self) -> str:
        """Where the answer sends the browser (Location or HX-Redirect), else ''."""
        return self.headers.get("Location") or self.headers.get("HX-Redirect") or ""

    @property
    def text(self) -> str:
        """The body as sent."""
        return self.response.get_data(as_text=True)

    @property
    def is_html(self) -> bool:
        """True for an HTML body that is not empty."""
        return self.response.mimetype == "text/html" and bool(self.response.data)

    @cached_property
    def parsed(self) -> tuple[Element, list[str]]:
        """The parsed body and what is wrong in it; parsing takes longer than most pages."""
        return html.parse(self.text)

    @property
    def tree(self) -> Element:
        """The parsed body."""
        return self.parsed[0]

    @cached_property
    def words(self) -> str:
        """All that can be read, white space collapsed."""
        bodies = html.elements(self.tree, "body")
        return html.words(bodies[0] if bodies else self.tree)

    @property
    def title(self) -> str:
        """The document's title."""
        return " ".join(html.words(item) for item in html.elements(self.tree, "title"))

    @property
    def heading(self) -> str:
        """The text of the one h1."""
        return " ".join(html.words(item) for item in html.elements(self.tree, "h1"))

    @property
    def links(self) -> dict[str, str]:
        """Link text -> address; of equal texts the first."""
        found: dict[str, str] = {}
        for link in html.elements(self.tree, "a"):
            if link.get("href"):
                found.setdefault(html.words(link), link.get("href", ""))
        return found

    @property
    def errors(self) -> list[str]:
        """The sentences of the error summary (role=alert)."""
        alerts = [item for item in html.elements(self.tree) if item.get("role") == "alert"]
        return [html.words(item) for alert in alerts for item in html.elements(alert, "li")]

    def element(self, id: str) -> Element:
        """The element with this id; fails when there is none."""
        for item in html.elements(self.tree):
            if item.get("id") == id:
                return item
        raise AssertionError(f"no element #{id} on {self.url}")

    def form(self, action: str | None = None) -> tuple[str, MultiDict[str, str]]:
        """(address, filled fields) of the first POST form but sign-out, or whose action ends so."""
        for form in html.elements(self.tree, "form"):
            target, method = form.get("action") or self.url, (form.get("method") or "get").lower()
            wanted = target.endswith(action) if action is not None else "/keluar" not in target
            if method == "post" and wanted:
                return target, _fields(form)
        raise AssertionError(f"no POST form to {action or 'anywhere'} on {self.url}")


def _fields(form: Element) -> MultiDict[str, str]:
    """What a browser would send of an untouched form, without its buttons."""
    data: MultiDict[str, str] = MultiDict()
    for item in html.elements(form, "input", "textarea", "select"):
        name, kind = item.get("name"), (item.get("type") or "text").lower()
        if (
            not name
            or item.get("disabled") is not None
            or kind in ("submit", "button", "image", "reset", "file")
        ):
            continue
        if item.tag == "textarea":
            data.add(name, item.text or "")
        elif item.tag == "select":
            options = html.elements(item, "option")
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            for option in chosen:
                data.add(name, option.get("value", html.words(option)))
        elif kind not in ("checkbox", "radio"):
            data.add(name, item.get("value", ""))
        elif item.get("checked") is not None:
            data.add(name, item.get("value", "on"))
    return data


class Page:
    """A visitor. Every HTML answer is checked; what is unsound fails the test with a list."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self._csrf = secrets.token_hex(20)

    # -- reading ---------------------------------------------------------------------------------

    def get(self, url: str, status: int = 200, *, htmx: bool = True, **headers: str) -> View:
        """Fetch plainly and, unless htmx=False, again as htmx; returns the plain answer."""
        view = self._send("GET", url, status, headers=headers)
        if htmx and view.is_html and view.status < 500:
            self._compare(view, self._send("GET", url, None, headers={**HTMX, **headers}))
        return view

    def htmx_get(self, url: str, status: int = 200, **headers: str) -> View:
        """Fetch as htmx alone."""
        return self._send("GET", url, status, headers={**HTMX, **headers})

    def follow(self, view: View, status: int = 200) -> View:
        """Go where an answer sends the browser."""
        assert view.location, f"{view.url} sends nowhere"
        return self.get(_local(view.location), status)

    # -- writing ---------------------------------------------------------------------------------

    def post(
        self, url: str, data: Mapping[str, Any] | None = None, status: int = 303, **headers: str
    ) -> View:
        """Send a form as a browser would; CSRF token and operation id are added where missing."""
        return self._send("POST", url, status, data=self._complete(data), headers={**BROWSER, **headers})

    def htmx_post(
        self, url: str, data: Mapping[str, Any] | None = None, status: int = 200, **headers: str
    ) -> View:
        """Send a form as htmx would."""
        return self.post(url, data, status, **{**HTMX, **headers})

    def submit(self, view: View, changes: Mapping[str, Any] | None = None, status: int = 303,
               action: str | None = None) -> View:  # fmt: skip
        """Send a form found on a page, with some fields changed (None leaves one out)."""
        target, data = view.form(action)
        for name, value in (changes or {}).items():
            data.poplist(name)
            for one in value if isinstance(value, (list, tuple)) and not _is_file(value) else [value]:
                if one is not None:
                    data.add(name, one)
        return self.post(_local(target), data, status)

    # -- signing in ------------------------------------------------------------------------------

    def sign_in(self, user: Any) -> Page:
        """Continue as this account (a User, or its id) without the sign-in form; returns the same page."""
        from tests.support.sign_in import sign_in

        sign_in(self.app, self.client, user)
        return self

    # -- inside ----------------------------------------------------------------------------------

    def _complete(self, data: Mapping[str, Any] | None) -> MultiDict[str, Any]:
        """The data with the two fields that every POST form carries."""
        filled: MultiDict[str, Any] = MultiDict(data or {})
        filled.setdefault("op", secrets.token_hex(16))
        if "csrf_token" not in filled:
            with self.client.session_transaction() as session:
                raw = session.setdefault("csrf_token", self._csrf)
            signer = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token")  # type: ignore[arg-type]
            filled["csrf_token"] = signer.dumps(raw)
        return filled

    def _send(self, method: str, url: str, status: int | None, **how: Any) -> View:
        response = self.client.open(url, method=method, **how)
        view = View(response, url)
        if status is not None and view.status != status:
            said = view.words[:600] if view.is_html else view.text[:600]
            raise AssertionError(f"{method} {url}: {view.status} instead of {status} {view.location}\n{said}")
        if view.is_html and not 300 <= view.status < 400:
            self._check(method, view)
        return view

    def _check(self, method: str, view: View) -> None:
        found = html.problems(view.text, lambda action: self._needs_token(action or view.url), view.parsed)
        if method == "POST" and html.is_page(view.text) and view.status == 200:
            found.append("a POST was answered with a page; 303 is wanted")
        if found:
            listing = "\n  ".join(dict.fromkeys(found))
            raise AssertionError(f"{method} {view.url} ({view.status}) is not sound:\n  {listing}")
        _dump(view)

    def _compare(self, plain: View, piece: View) -> None:
        """The htmx answer has the same status (a redirect: HX-Redirect to the same address), and is a
        fragment only where caches are told."""
        if plain.status == 303:
            sent = piece.headers.get("HX-Redirect")
            assert sent == plain.location, f"{plain.url}: to {plain.location} plain, to {sent} for htmx"
            return
        same = piece.status == plain.status
        assert same, f"{plain.url}: {plain.status} plain, {piece.status} for htmx"
        if piece.is_html and not html.is_page(piece.text):
            for view in (plain, piece):
                named = {name.strip() for name in view.headers.get("Vary", "").split(",")}
                assert named >= VARY, f"{plain.url} has a fragment, but Vary is {sorted(named)}"
            for root in (item for item in piece.tree if isinstance(item.tag, str)):
                if root.get("hx-swap-oob") is None:
                    plain.element(root.get("id", ""))

    def _needs_token(self, action: str) -> bool:
        """False for the POSTs that the route itself declares public."""
        path = re.sub(r"^/en(?=/|$)", "", urlsplit(action).path) or "/"
        try:
            endpoint, _ = self.app.url_map.bind("localhost").match(path, method="POST")
        except HTTPException:
            return True
        return not getattr(self.app.view_functions[endpoint], "public_post", False)


def _is_file(value: Any) -> bool:
    """True for werkzeug's (stream, filename) pair."""
    return isinstance(value, tuple) and len(value) in (2, 3) and hasattr(value[0], "read")


def _local(url: str) -> str:
    """Path and query of an address on this portal."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _dump(view: View) -> None:
    """Keep whole pages for the browser's checkers when PORTAL_DUMP_PAGES names a folder."""
    folder = os.environ.get("PORTAL_DUMP_PAGES")
    if folder and html.is_page(view.text):
        slug = re.sub(r"[^a-z0-9]+", "-", _local(view.url).lower()).strip("-")[:60] or "root"
        digest = hashlib.sha256(re.sub(rb"[0-9a-f]{16,}", b"", view.response.data)).hexdigest()[:8]
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{slug}.{view.status}.{digest}.html").write_bytes(view.response.data)
