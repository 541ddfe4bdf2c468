"""Who may do what: every account at every route, on the own, a foreign and a missing object (GUARDS)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.kept import kept_world
from tests.support.page import BROWSER, HTMX, Page, View
from tests.support.queries import count_statements
from tests.support.routes import KIND_OF, ROLES, TOO_BIG, Route, may_use, routes
from tests.support.world import World

# These end the visitor's session, so the walk signs in again after them.
END_THE_SESSION = {"accounts.sign_out", "accounts.sign_out_everywhere", "accounts.password_post"}
# A GET that may write, and why
WRITES_ON_GET = {
    "enrollment.mine": "opening an offer is the confirmed contact that starts its countdown (FLOWS: States)",
    "oversight.coverage_file": "a file handed out counts against its limit (GUARDS: The browser edge)",
    "oversight.export": "a file handed out counts against its limit",
    "oversight.report_file": "a file handed out counts against its limit",
    "cooperatives.registry_export": "a file handed out counts against its limit",
    "enrollment.nomination_letter": "a letter drawn counts against its limit",
    "enrollment.assignment_letter": "a letter drawn counts against its limit",
}
# What these name comes with the form, the query or the account itself, and may not be there
NAMED_BY_THE_FORM = {
    "assessment.record", "assessment.record_second", "attendance.device_review", "attendance.record",
    "batches.copy_wave", "certificates.retry", "desks.consent_post", "desks.contact_post",
    "enrollment.roster_retry", "certificates.external_import_retry", "desks.download_my_data",
    "desks.correction_post", "desks.erasure_withdraw", "accounts.remove_totp",
}  # fmt: skip
# These are about the person behind the account, and staff accounts have none
OF_A_PERSON = {
    "accounts.messages_post",
    "desks.consent_end", "desks.consent_end_post", "desks.consents", "desks.corrections", "desks.erasure",
    "desks.erasure_post", "desks.inclusion", "desks.inclusion_post", "desks.inclusion_withdraw",
    "desks.my_data",
}  # fmt: skip
# A code or card that is not there has a page of its own; the short address leads on to one that is missing
FIND_NOTHING_QUIETLY = ("verification.", "enrollment.card", "enrollment.start")
# Open to whoever holds the paper, whose QR comes in a header; without it, to holder and center alone
BY_PAPER = {"certificates.badge_json", "certificates.badge_jwt"}
REFUSED = (401, 403, 404)


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now)


@pytest.fixture
def walk(app: Any) -> list[Route]:
    return [route for route in routes(app) if route.kind is not None]


def test_every_route_is_listed_here_and_every_listed_route_exists(portal: Any) -> None:
    found = {route.endpoint for route in routes(portal[0])}
    assert found - set(KIND_OF) == set(), "new routes: say in tests/support/routes.py what they name"
    assert set(KIND_OF) - found == set(), "routes that are gone"


class Walker:
    """One account going through all routes; what is wrong is kept as lines and told at the end."""

    def __init__(self, app: Any, world: World, name: str) -> None:
        self.app, self.world, self.name = app, world, name
        self.page = Page(app)
        self.wrong: list[str] = []
        self.sign_in()

    def sign_in(self) -> None:
        if self.name in self.world.users:
            self.page.sign_in(self.world.users[self.name])

    def send(self, route: Route, method: str, url: str, *, checked: bool = False, **headers: str) -> View:
        """One request; `checked` pages must be sound as well. A GET that writes is noted."""
        how: dict[str, Any] = {"headers": headers}
        if method == "POST":
            how = {"headers": {**BROWSER, **headers}, "data": self.page._complete({})}
        with count_statements() as seen:
            if checked and not getattr(self.app.view_functions[route.endpoint], "public_post", False):
                answer = self.page._send(method, url, None, **how)
            else:
                answer = View(self.page.client.open(url, method=method, **how), url)
        writes = [text for text in seen.writes if "user_session" not in text]
        if method == "GET" and writes and route.endpoint not in WRITES_ON_GET:
            self.wrong.append(f"GET {url} writes: {writes[0][:90]}")
        if method == "POST" and route.endpoint in END_THE_SESSION:
            self.sign_in()
        return answer

    def expect(self, route: Route, method: str, url: str, wanted: Any) -> Any:
        try:
            answer = self.send(route, method, url, checked=not isinstance(wanted, int))
        except Exception as error:
            self.wrong.append(f"{method} {url} ({route.endpoint}): {type(error).__name__} {str(error)[:300]}")
            return None
        right = answer.status < 500 and (
            answer.status == wanted
            if isinstance(wanted, int)
            else answer.status not in REFUSED
            or (answer.status == 404 and route.endpoint in NAMED_BY_THE_FORM | OF_A_PERSON)
        )
        if not right:
            self.wrong.append(f"{method} {url} ({route.endpoint}): {answer.status}, wanted {wanted}")
        return answer

    def visit(self, route: Route, method: str) -> None:
        """The own object, foreign ones, and one that is not there."""
        assert route.kind is not None
        own = route.url(self.app, self.world, route.kind.own)
        if not may_use(route, self.name):
            self.expect(route, method, own, 403)
            if route.kind.foreign:
                self.expect(route, method, route.missing_url(self.app), 403)
            return
        if not route.kind.own:
            self.expect(route, method, own, "an answer")
            return
        if route.access == "public" and route.endpoint not in BY_PAPER:
            self.expect(route, method, own, "an answer")
            return
        missing = [self.expect(route, method, route.missing_url(self.app), 404)]
        if method == "GET" and "code" not in route.kind.own:
            missing.append(self.expect(route, method, route.missing_url(self.app, TOO_BIG), 404))
        for names in route.kind.foreign:
            url = route.url(self.app, self.world, names)
            theirs = self.name in route.kind.foreign_owners and names == route.kind.foreign[0]
            answer = self.expect(route, method, url, "an answer" if theirs else 404)
            if not theirs and _plain(answer) != _plain(missing[0]):
                self.wrong.append(f"{method} {url}: foreign is told apart from missing")
        mine = self.name in route.kind.owners
        self.expect(route, method, own, "an answer" if mine else 404)


def _plain(answer: Any) -> str:
    """A body without what differs between two visits to two addresses."""
    if answer is None:
        return ""
    text = re.sub(r'(name="(csrf_token|op)" value=")[^"]*|X-CSRFToken[^}]*', "", answer.text)
    return re.sub(r'(href|hx-get|action)="[^"]*"', "", text)


@pytest.mark.parametrize("name", list(ROLES))
def test_account_reaches_its_own_objects_and_is_refused_all_others(
    app: Any, world: World, walk: list[Route], name: str
) -> None:
    walker = Walker(app, world, name)
    for method in ("GET", "POST"):
        for route in walk:
            if method in route.methods:
                walker.visit(route, method)
    assert not walker.wrong, "\n".join(walker.wrong)


def _protected(walk: list[Route]) -> Iterator[Route]:
    return (route for route in walk if route.access != "public")


def test_anonymous_is_sent_to_sign_in_from_every_protected_route(
    app: Any, world: World, walk: list[Route]
) -> None:
    walker = Walker(app, world, "anonymous")
    for route in _protected(walk):
        assert route.kind is not None
        for method in route.methods:
            for url in (route.url(app, world, route.kind.own), route.missing_url(app)):
                plain = walker.expect(route, method, url, 303)
                if not re.match(r"/masuk\?lanjut=%2F", plain.location):
                    walker.wrong.append(f"{method} {url}: sent to {plain.location!r}")
                piece = walker.send(route, method, url, **HTMX)
                if piece.status != 401 or not piece.location.startswith("/masuk?lanjut="):
                    walker.wrong.append(f"{method} {url}: htmx gets {piece.status} {piece.location!r}")
    assert not walker.wrong, "\n".join(walker.wrong)


def test_public_pages_answer_anybody_and_miss_what_is_not_there(
    app: Any, world: World, walk: list[Route]
) -> None:
    walker = Walker(app, world, "anonymous")
    for route in walk:
        if route.access != "public":
            continue
        assert route.kind is not None
        for method in route.methods:
            if route.endpoint in BY_PAPER:
                for url in (route.url(app, world, route.kind.own), route.missing_url(app)):
                    walker.expect(route, method, url, 401)
                continue
            walker.expect(route, method, route.url(app, world, route.kind.own), "an answer")
            if route.kind.own and not route.endpoint.startswith(FIND_NOTHING_QUIETLY):
                walker.expect(route, method, route.missing_url(app), 404)
    assert not walker.wrong, "\n".join(walker.wrong)


def test_every_post_is_refused_without_a_token_and_from_another_site(
    app: Any, world: World, walk: list[Route], query_count: Any
) -> None:
    page, wrong = Page(app), []
    for name in ("anonymous", "center_admin"):
        if name != "anonymous":
            page.sign_in(world.users[name])
        for route in walk:
            if "POST" not in route.methods:
                continue
            assert route.kind is not None
            url = route.url(app, world, route.kind.own)
            is_public_post = getattr(app.view_functions[route.endpoint], "public_post", False)
            with query_count() as seen:
                bare = page.client.post(url, data={}, headers=BROWSER).status_code
                cross = [
                    page.client.post(url, data=page._complete({}), headers=headers).status_code
                    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://lain.example"})
                ]
            if (bare != 400 and not is_public_post) or cross != [403, 403]:
                wrong.append(f"{name} {url}: {bare} without a token, {cross} from another site")
            writes = [text for text in seen.writes if "user_session" not in text]
            if writes and not is_public_post:
                wrong.append(f"{name} {url}: writes {writes[0][:80]}")
    assert not wrong, "\n".join(wrong)


def test_removed_role_ends_with_the_next_request(app: Any, world: World, db_session: Any, now: Any) -> None:
    from portal.accounts.models import RoleGrant
    from portal.core.db import transaction

    page = Page(app).sign_in(world.users["center_admin"])
    page.get("/balai")
    with transaction() as session:
        session.query(RoleGrant).filter_by(user_id=world.users["center_admin"]).update({"ended_at": now})
    page.get("/balai", 403)
