"""Nonsense in every form, query and address: a readable answer below 500, on both engines.

The forms are those that the pages themselves show. Each field in turn gets nonsense while the others stay as
a browser would send them; every transaction runs to its end and is then rolled back, so that each request
meets the same world. A run takes a few kinds of nonsense for each field; PORTAL_FUZZ=all takes every kind.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from portal.core.permissions import ROLE_PERMISSIONS
from tests.pages.test_access import ROLES
from tests.support import html
from tests.support.kept import kept_world
from tests.support.page import BROWSER, Page, _fields, _local
from tests.support.routes import Route, routes
from tests.support.world import World

NONSENSE = (
    "a\x00b",
    "x" * 3000,
    "9" * 30,
    "-1",
    "9223372036854775808",
    "²",
    "",
    "1e400",
    "0001-01-01",
    "9999-12-31",
    "25:99",
    "9" * 5000,
    "\u202e%s{}\U0001f468'\"<b>\r\n",
)
EACH = len(NONSENSE) if os.environ.get("PORTAL_FUZZ") == "all" else 2
# Fields of forms and lists are named after rows: `m-12`, `s0-day`. One of a kind stands for all.
ROW = re.compile(r"\d+")
ODD_ROWS = ("²", "9" * 30, "9" * 5000, "-1")
PORTAL = Path(__file__).parents[2] / "portal"
QUERY_NAME = re.compile(r"""(?:args|values)\.get(?:list)?\(\s*["'](\w+)["']""")
TOKENS = ("csrf_token", "op")


@dataclass(frozen=True)
class Form:
    """A POST form as a page shows it; buttons and file inputs are filled in."""

    endpoint: str
    url: str
    data: MultiDict[str, Any]

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """Alike for the same form of another row."""
        return self.endpoint, frozenset(map(_kind, self.data))

    def copy(self, *but: str) -> MultiDict[str, Any]:
        """The fields but some, with files that can be read again."""
        return MultiDict(
            (name, (io.BytesIO(b"Nama;NIK\n"), "a.csv") if isinstance(value, tuple) else value)
            for name, value in self.data.items(multi=True)
            if name not in but
        )


def _kind(name: str) -> str:
    return ROW.sub("0", name)


class Visitor:
    """One account that sends nonsense and notes every answer of 500 or above."""

    def __init__(self, app: Any, world: World, name: str) -> None:
        self.app, self.name, self.page = app, name, Page(app)
        self.wrong: list[str] = []
        if name in world.users:
            self.page.sign_in(world.users[name])
        with self.page.client.session_transaction() as session:
            self.token = session.get("_user_id")

    def send(self, method: str, url: str, data: MultiDict[str, Any] | None = None, told: str = "") -> None:
        form = self.page._complete(data) if method == "POST" else None
        try:
            answer = self.page.client.open(url, method=method, data=form, headers=BROWSER)
            said = str(answer.status_code) if answer.status_code >= 500 else ""
        except Exception as error:
            said = f"{type(error).__name__} {str(error)[:200]}"
        if said:
            self.wrong.append(f"{self.name} {method} {url[:120]} {told}: {said}")
        with self.page.client.session_transaction() as session:
            if session.get("_user_id") != self.token:
                session["_user_id"] = self.token

    def forms_on(self, url: str) -> Iterator[Form]:
        answer = self.page.client.get(url)
        if answer.mimetype != "text/html":
            return
        for form in html.elements(html.parse(answer.get_data(as_text=True))[0], "form"):
            if (form.get("method") or "get").lower() != "post":
                continue
            data: MultiDict[str, Any] = _fields(form)
            for item in html.elements(form, "input", "button"):
                name = item.get("name")
                if name and item.get("type") == "file":
                    data.setlist(name, [(io.BytesIO(), "a.csv")])
                elif name and name not in data:
                    data.add(name, item.get("value", ""))
            target = _local(form.get("action") or url)
            endpoint = self.endpoint(target)
            if endpoint:
                yield Form(endpoint, target, data)

    def endpoint(self, url: str) -> str:
        try:
            return str(self.app.url_map.bind("localhost").match(urlsplit(url).path, method="POST")[0])
        except HTTPException:
            return ""


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now)


@pytest.fixture
def keep_nothing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, what would be committed is checked and rolled back."""

    def check_and_drop(session: Session) -> None:
        session.flush()
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        session.rollback()

    return lambda: monkeypatch.setattr(Session, "commit", check_and_drop)


def _may(route: Route, name: str) -> bool:
    """One visitor for each kind of door; who may is what other tests walk."""
    if route.access == "public":
        return name == "anonymous"
    if route.access == "signed_in":
        return name == "trainee_a"
    if name == "anonymous":
        return False
    return any(permission in ROLE_PERMISSIONS[ROLES[name]] for permission in route.access)


def _own(app: Any, world: World, name: str, method: str) -> Iterator[tuple[Route, str]]:
    """The routes that a visitor may use, each with the address of an own object."""
    for route in routes(app):
        if route.kind is not None and method in route.methods and _may(route, name):
            yield route, route.url(app, world, route.kind.own)


def _fuzz(visitor: Visitor, form: Form, turn: Iterator[int]) -> None:
    seen: set[str] = set(TOKENS)
    for field in list(form.data):
        if _kind(field) in seen:
            continue
        seen.add(_kind(field))
        visitor.send("POST", form.url, form.copy(field), f"without {field}")
        for _again in range(EACH):
            value = NONSENSE[next(turn) % len(NONSENSE)]
            data = form.copy(field)
            data.add(field, value)
            visitor.send("POST", form.url, data, f"{field}={value[:20]!r}")
        if ROW.search(field):
            odd = ODD_ROWS[next(turn) % len(ODD_ROWS)]
            data = form.copy()
            data.add(ROW.sub(odd, field, count=1), form.data[field] or "1")
            visitor.send("POST", form.url, data, f"{field} renamed with {odd[:9]!r}")
    long = MultiDict((name, "x" * 700) for name in form.data if name not in TOKENS)
    visitor.send("POST", form.url, long, "all long")


def test_no_form_breaks(app: Any, world: World, keep_nothing: Any) -> None:
    visitors = [Visitor(app, world, name) for name in ("anonymous", *ROLES)]
    keep_nothing()
    kinds: set[Any] = set()
    names: set[str] = set()
    turn = count()
    for visitor in visitors:
        for _route, url in _own(app, world, visitor.name, "GET"):
            for form in visitor.forms_on(url):
                if form.kind not in kinds:
                    kinds.add(form.kind)
                    names |= set(form.data)
                    _fuzz(visitor, form, turn)
    shown = {endpoint for endpoint, _fields in kinds}
    assert len(shown) > 40, "the pages show hardly a form: is the crawl broken?"
    # What no page of this world shows gets every field there is.
    for visitor in visitors:
        for route, url in _own(app, world, visitor.name, "POST"):
            if route.endpoint in shown:
                continue
            shown.add(route.endpoint)
            for value in NONSENSE[next(turn) % 2 :: 2]:
                data = MultiDict((name, value) for name in sorted(names) if name not in TOKENS)
                visitor.send("POST", url, data, f"all {value[:20]!r}")
    wrong = [line for visitor in visitors for line in visitor.wrong]
    assert not wrong, "\n".join(wrong)


def _query_names() -> list[str]:
    found: set[str] = set()
    for path in PORTAL.rglob("*.py"):
        found |= set(QUERY_NAME.findall(path.read_text()))
    return sorted(found)


def test_no_query_and_no_address_breaks_a_page(app: Any, world: World, keep_nothing: Any) -> None:
    visitors = [Visitor(app, world, name) for name in ("anonymous", *ROLES)]
    keep_nothing()
    names, turn, seen = _query_names(), count(), set()
    assert {"hal", "q", "blk"} <= set(names)
    for visitor in visitors:
        for route, url in _own(app, world, visitor.name, "GET"):
            if route.endpoint in seen:
                continue
            seen.add(route.endpoint)
            for _again in range(EACH):
                value = NONSENSE[next(turn) % len(NONSENSE)]
                visitor.send("GET", f"{url}?{urlencode([(name, value) for name in names])}")
            for word in re.findall(r"<(slug|code|token)>", route.rule.rule):
                for value in NONSENSE:
                    text = quote(value or "%", safe="")
                    visitor.send("GET", re.sub(f"<{word}>", text, _filled(route, word)))
    wrong = [line for visitor in visitors for line in visitor.wrong]
    assert not wrong, "\n".join(wrong)


def _filled(route: Route, word: str) -> str:
    """The rule's address with a 1 for every number, and its word still open."""
    return re.sub(r"<(?!" + word + r">)[^>]*>", "1", route.rule.rule)
