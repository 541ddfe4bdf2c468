"""What a page costs: bytes, requests, statements; and the headers that every answer carries (UX: Budgets)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import Leave, Room, Staff
from portal.core.db import db, transaction
from portal.core.edge import CSP
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.support import html
from tests.support.kept import kept_world
from tests.support.page import HTMX, VARY, Page
from tests.support.routes import Route, routes, viewer
from tests.support.world import World

PAGE, FRAGMENT, VERIFY, REQUESTS, WHOLE = 14_000, 6_000, 45_000, 7, 75_000
ASSETS = {"css/app": 14_000, "htmx": 17_000, "js/app": 5_000, "fonts": 25_000}
COOKIELESS = (
    "batches.home", "batches.show", "batches.short", "catalog.", "centers.directory", "centers.show",
    "verification.",
)  # fmt: skip
NO_PAGES = {"operations.health", "verification.api", "operations.style_page"}


def size(body: bytes) -> int:
    return len(gzip.compress(body, 9))


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now)


def _pages(app: Any, world: World) -> Iterator[tuple[Route, str, Page]]:
    """Every GET route that is a page, its own address, and a visitor who may see it."""
    visitors: dict[str, Page] = {"": Page(app)}
    for route in routes(app):
        if route.kind is None or "GET" not in route.methods or route.endpoint in NO_PAGES:
            continue
        if route.rule.rule.endswith((".pdf", ".ics")):
            continue
        name = viewer(route)
        if name not in visitors:
            visitors[name] = Page(app).sign_in(world.users[name])
        yield route, route.url(app, world, route.kind.own), visitors[name]


def _requests(text: str) -> list[str]:
    """What the browser fetches with the page, itself left out."""
    tree, _ = html.parse(text)
    found = [item.get("src") for item in html.elements(tree, "script", "img") if item.get("src")]
    for link in html.elements(tree, "link"):
        if link.get("rel") in ("stylesheet", "preload", "icon", "manifest"):
            found.append(link.get("href"))
    return list(dict.fromkeys(address for address in found if address and not address.startswith("data:")))


def test_every_page_keeps_its_bytes_requests_and_headers(app: Any, world: World) -> None:
    wrong: list[str] = []
    weights: dict[str, int] = {}
    for route, url, visitor in _pages(app, world):
        answer = visitor.client.get(url, headers={"Accept-Encoding": "gzip"})
        wrong += [f"{url}: {line}" for line in _headers(route, answer, bool(viewer(route)))]
        if answer.status_code >= 300 or answer.mimetype != "text/html":
            continue
        body = answer.data if answer.headers.get("Content-Encoding") is None else gzip.decompress(answer.data)
        fetched = _requests(body.decode())
        for address in fetched:
            if address not in weights:
                asset = visitor.client.get(address, headers={"Accept-Encoding": "gzip"})
                assert asset.status_code == 200, address
                # The manifest has one address for good: installed pages ask for it there.
                is_hashed = not address.endswith("/manifest.webmanifest")
                assert ("immutable" in asset.headers["Cache-Control"]) == is_hashed, address
                weights[address] = len(asset.data)
                asset.close()
        whole = size(body) + sum(weights[address] for address in fetched)
        # The offline page is a tool that is fetched once, not the answer to a check.
        is_verify = route.endpoint.startswith("verification.") and route.endpoint != "verification.offline"
        for what, count, most in (
            ("HTML", size(body), PAGE),
            ("requests", len(fetched) + 1, REQUESTS),
            ("whole", whole, VERIFY if is_verify else WHOLE),
        ):
            if count > most:
                wrong.append(f"{url}: {what} {count}, at most {most}")
    for part, most in ASSETS.items():
        weight = sum(count for address, count in weights.items() if part in address)
        assert weight, part
        if weight > most:
            wrong.append(f"{part}: {weight}, at most {most}")
    assert not wrong, "\n".join(wrong)


def _headers(route: Route, answer: Any, is_signed_in: bool) -> Iterator[str]:
    headers = answer.headers
    if headers.get("Content-Security-Policy") != CSP:
        yield f"CSP is {headers.get('Content-Security-Policy')!r}"
    for name, value in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ):
        if headers.get(name) != value:
            yield f"{name} is {headers.get(name)!r}"
    # A picture of a test is named by its bytes; a slow line must not carry it again with every question.
    is_kept = route.endpoint == "assessment.question_image"
    wanted = "private, max-age=3600, immutable" if is_kept else "no-store"
    if is_signed_in and headers.get("Cache-Control") != wanted:
        yield f"Cache-Control is {headers.get('Cache-Control')!r}"
    if route.endpoint.startswith(COOKIELESS) and not is_signed_in:
        if "Set-Cookie" in headers:
            yield "sets a cookie"
        if b"csrf_token" in answer.data:
            yield "carries a CSRF token"
    named = {name.strip() for name in headers.get("Vary", "").split(",")}
    if route.endpoint in ("batches.home", "attendance.sheet", "batches.manage") and not named >= VARY:
        yield f"Vary is {headers.get('Vary')!r}"


def test_every_fragment_keeps_its_bytes(app: Any, world: World) -> None:
    wrong = []
    for _route, url, visitor in _pages(app, world):
        answer = visitor.client.get(url, headers=HTMX)
        if answer.mimetype == "text/html" and not html.is_page(answer.text) and size(answer.data) > FRAGMENT:
            wrong.append(f"{url}: fragment {size(answer.data)}, at most {FRAGMENT}")
    assert not wrong, "\n".join(wrong)


def test_policy_has_no_unsafe_word() -> None:
    assert "unsafe" not in CSP
    assert CSP.startswith("default-src 'none'")


# ---- statements, whatever the rows ----


def _many_people(world: World, count: int, now: Any) -> None:
    """More people in the upcoming class, in every waiting state, and with an offer to be called about."""
    room = world.rooms["open"]
    with transaction() as session:
        start = (session.scalar(sa.select(sa.func.max(Person.id))) or 0) + 1
        people = [
            {"id": start + n, "name": f"Tambahan {n:04d}", "phone": "081200000042", "created_at": now,
             "updated_at": now}
            for n in range(count)
        ]  # fmt: skip
        session.execute(sa.insert(Person), people)
        states = ("applied", "waitlisted", "reserve")
        rows = [
            {"reference": f"X{start + n}", "person_id": start + n, "batch_id": room.batch_id, "post": "chair",
             "cooperative_id": room.cooperatives[0], "state": states[n % 3], "queued_at": now,
             "applied_at": now, "card_token": f"X{start + n}"}
            for n in range(count)
        ]  # fmt: skip
        session.execute(sa.insert(Enrollment), rows)
        if db.engine.dialect.name == "postgresql":
            session.execute(sa.text("SELECT setval('person_id_seq', (SELECT max(id) FROM person))"))


def _many_things(world: World, count: int, now: Any) -> None:
    """More rooms, staff, leave and classes of the center."""
    room = world.rooms["running"]
    named = [{"center_id": room.center_id, "name": f"Tambahan {n}"} for n in range(count)]
    with transaction() as session:
        session.execute(sa.insert(Room), named)
        session.execute(sa.insert(Staff), named)
        day = now.date() + timedelta(days=90)
        session.execute(
            sa.insert(Leave),
            [{"staff_id": room.extra["teacher_id"], "starts_on": day, "ends_on": day} for _ in range(count)],
        )
        session.execute(
            sa.insert(Program),
            [{"slug": f"tambahan-{n}", "code": f"T{n}", "name": f"Tambahan {n}", "short_name": f"T{n}",
              "track": "board",
              "vocation": "Koperasi", "created_at": now} for n in range(min(count, 100))],
        )  # fmt: skip
        template = session.get(Batch, world.ids["open_batch"])
        assert template is not None
        columns = {c.name: getattr(template, c.name) for c in Batch.__table__.columns if c.name != "id"}
        session.execute(
            sa.insert(Batch), [{**columns, "number": 5000 + n, "seats_taken": 0} for n in range(count)]
        )


# Who, where, and how many statements at most
LISTS = """
    anonymous / 8
    anonymous /program 8
    anonymous /blk 8
    center_admin /balai 12
    center_admin /balai/angkatan 10
    center_admin /balai/ruang 10
    center_admin /balai/petugas 10
    center_admin /balai/cuti 10
    center_admin /balai/jadwal 12
    center_admin /balai/hubungi 10
    center_admin /balai/angkatan/{open_batch}/peserta 14
    center_admin /balai/angkatan/{open_batch}/peserta?keadaan=daftar-tunggu 14
    center_admin /balai/akses?q=tambahan 8
    center_admin /balai/sertifikat 8
    center_admin /balai/sertifikat/laporan 8
    center_admin /balai/sertifikat/perpanjangan 14
    trainee_a /saya/sertifikat 12
    platform_admin /admin/keputusan 8
    platform_admin /admin/program 10
    regency_officer /pengusulan 8
    trainee_a /saya 12
    instructor /instruktur 10
    chair /koperasi/{cooperative} 12
    regulator /pemantauan 14
    center_head /balai/perbaikan 8
    trainee_a /saya/data/perbaikan 8
    trainee_a /saya/profil/persetujuan 8
    platform_admin /admin/penghapusan 8
    platform_admin /admin/penahanan 8
    platform_admin /admin/retensi 18
    platform_admin /admin/audit 8
    platform_admin /admin/peran 8
"""


def test_lists_take_the_same_few_statements_at_10_and_at_1000_rows(
    app: Any, world: World, query_count: Callable[..., Any], now: Any
) -> None:
    counts: dict[str, list[int]] = {}
    wrong: list[str] = []
    for rows in (10, 1000):
        if rows == 10:
            _many_people(world, 10, now)
        else:
            _many_people(world, 990, now)
            _many_things(world, 990, now)
        for line in LISTS.split("\n")[1:-1]:
            name, address, most = line.split()
            url = address.format(**world.ids)
            visitor = Page(app)
            if name in world.users:
                visitor.sign_in(world.users[name])
            with query_count() as seen:
                answer = visitor.client.get(url)
            assert answer.status_code == 200, url
            counts.setdefault(url, []).append(len(seen))
            if len(seen) > int(most):
                wrong.append(f"{url}: {len(seen)} statements at {rows} rows, at most {most}")
    wrong += [f"{url}: {few} statements, then {many}" for url, (few, many) in counts.items() if many > few]
    assert not wrong, "\n".join(wrong)
