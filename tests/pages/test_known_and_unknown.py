"""Nobody learns whose a name, a phone or an address is: body, status, statements, rows, hashing."""

import re
import statistics
import time
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from portal.accounts import passwords, services
from portal.accounts.models import Attempt, OneTime
from portal.accounts.rules import SIGN_IN_LIMITS
from portal.accounts.rules.contact import read_identifier
from portal.accounts.services.contacts import verify_identifier
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import DomainError, TooMany
from portal.core.idempotency import Operation
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import SYSTEM
from portal.people import services as people
from tests.support.codes import TYPED, give_contact

PASSWORD = "kuda lumping di sawah"
NOBODY = "0812-9999-8888"
BORN = {"birth_date-day": "9", "birth_date-month": "3", "birth_date-year": "1980"}
DEWI = {"phone": "0813-1111-2222", **BORN}
TABLES = (Attempt, AuditEvent, OneTime, Operation, OutboxMessage)


@pytest.fixture
def family(db_session, now):
    """Four accounts with one phone and one address each, one with nothing, a person without an account."""
    for number, login in enumerate(("sri", "budi", "ani", "tono")):
        with transaction():
            user = services.create_user(login=login, name="Orang", password=PASSWORD, actor=SYSTEM, now=now)
        give_contact(user.id, now)
        give_contact(user.id, now, f"orang{number}@contoh.id", "email")
    with transaction():
        services.create_user(login="tanpa", name="Orang", password=PASSWORD, actor=SYSTEM, now=now)
        people.save_person(
            name="Dewi", nik="6105014903800001", birth_date=date(1980, 3, 9), phone="+6281311112222",
            actor=SYSTEM, now=now,
        )  # fmt: skip


@pytest.fixture
def hashing(monkeypatch, family):
    """Counts the comparisons and the making of password hashes."""
    calls = []
    real = passwords._hasher

    class Counting:
        def verify(self, *given):
            calls.append("verify")
            return real.verify(*given)

        def hash(self, *given):
            calls.append("hash")
            return real.hash(*given)

    passwords._dummy()
    monkeypatch.setattr(passwords, "_hasher", Counting())
    return calls


def plain(text):
    """A body without what differs between any two visits, and without what was typed."""
    text = re.sub(r'(name="(csrf_token|op)" value=")[^"]*|X-CSRFToken[^}]*', "", text)
    return re.sub(r'value="[^"]*"|•••• \d{4}|\w•••@[\w.]+', "", text)


def shape(statement):
    """A statement without its values."""
    return " ".join(statement.split())


def both(new_page, query_count, hashing, url, known, unknown, status):
    """The try of somebody known and of somebody unknown, after one that makes the rows of the place."""
    first = dict(known)
    for name in ("login", "contact", "phone"):
        if name in first:
            first[name] = "0812-0000-1111"
    return [attempt(new_page, query_count, hashing, url, who, status) for who in (first, known, unknown)][1:]


def attempt(new_page, query_count, hashing, url, fields, status):
    """One visitor's whole try: what the answer, the database and the hasher show of it."""
    visitor = new_page()
    view = visitor.get(url, htmx=False)
    before, hashing[:] = _rows(), []
    with query_count() as seen:
        sent = visitor.submit(view, fields, status, url)
    after = _rows()
    body = sent.text if status != 303 else visitor.follow(sent).text
    return {
        "body": plain(body),
        "location": sent.location,
        "headers": sorted(sent.headers.keys()),
        "statements": [shape(text) for text in seen.texts],
        "rows": [b - a for a, b in zip(before, after, strict=True)],
        "hashing": list(hashing),
    }


def _rows():
    db.session.rollback()
    return [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES]


SIGN_IN = [
    ({"login": "sri"}, {"login": "tak.dikenal"}, ["verify"]),
    ({"login": TYPED}, {"login": NOBODY}, ["verify"] * 3),
    ({"login": "orang0@contoh.id"}, {"login": "lain@contoh.id"}, ["verify"] * 3),
]


@pytest.mark.parametrize(("known", "unknown", "calls"), SIGN_IN)
def test_signing_in(new_page, query_count, hashing, family, known, unknown, calls):
    known, unknown = ({**who, "password": "salah sekali ini"} for who in (known, unknown))
    results = both(new_page, query_count, hashing, "/masuk", known, unknown, 422)
    assert results[0] == results[1]
    assert results[0]["hashing"] == calls


@pytest.mark.parametrize(
    ("url", "known", "unknown"),
    [
        ("/masuk/kode", {"contact": TYPED}, {"contact": NOBODY}),
        ("/masuk/kode", {"contact": "orang0@contoh.id"}, {"contact": "lain@contoh.id"}),
        ("/masuk/lupa", {"login": "sri"}, {"login": "tak.dikenal"}),
        ("/masuk/lupa", {"login": "sri"}, {"login": "tanpa"}),
        ("/masuk/lupa", {"login": TYPED}, {"login": NOBODY}),
        ("/masuk/lupa", {"login": "orang0@contoh.id"}, {"login": "lain@contoh.id"}),
        ("/akun/aktifkan", DEWI, {"phone": NOBODY, **BORN}),
        ("/akun/aktifkan", DEWI, {**DEWI, "birth_date-day": "8"}),
    ],
)  # fmt: skip
def test_asking_for_a_code(new_page, query_count, hashing, family, url, known, unknown):
    results = both(new_page, query_count, hashing, url, known, unknown, 303)
    # Counting a second try for the same contact is an update of one row instead of a new one.
    same_contact = known.get("phone") == unknown.get("phone") and "phone" in known
    for result in results if same_contact else ():
        result["rows"] = result["rows"][1:]
    assert results[0] == results[1]
    assert results[0]["rows"][-1] == 1
    assert results[0]["hashing"] == []


@pytest.mark.parametrize(
    ("ask", "check", "known", "unknown"),
    [
        ("/masuk/kode", "/masuk/kode/periksa", {"contact": TYPED}, {"contact": NOBODY}),
        ("/masuk/lupa", "/masuk/lupa/kode", {"login": "sri"}, {"login": "tak.dikenal"}),
        ("/akun/aktifkan", "/akun/aktifkan/kode", DEWI, {"phone": NOBODY, **BORN}),
    ],
)  # fmt: skip
def test_typing_a_wrong_code(new_page, query_count, hashing, family, ask, check, known, unknown):
    results = []
    for who in (known, unknown):
        visitor = new_page()
        visitor.submit(visitor.get(ask, htmx=False), who, 303, ask)
        view = visitor.get(check, htmx=False)
        before = _rows()
        with query_count() as seen:
            sent = visitor.submit(view, {"code": "000000"}, 422, check)
        rows = [b - a for a, b in zip(before, _rows(), strict=True)]
        results.append((plain(sent.text), [shape(text) for text in seen.texts], rows[1:]))
    assert results[0] == results[1]


def test_recovering_with_a_sheet(new_page, query_count, hashing, family):
    sheet = {"code": "0" * 12, "password": "ijuk rumbia nibung"}
    known, unknown = ({"login": login, **sheet} for login in ("sri", "tak.dikenal"))
    results = both(new_page, query_count, hashing, "/pulihkan", known, unknown, 422)
    assert results[0] == results[1]
    assert results[0]["hashing"] == ["hash"]


@pytest.mark.parametrize("login", ["sri", "tak.dikenal", TYPED, NOBODY])
def test_ten_thousand_tries_are_bounded(app, page, query_count, hashing, family, now, login):
    """After the limit no password is compared and no row grows; the count of statements does not either."""
    answers, costs = [], []
    for number in range(10_000 if login == TYPED else 300):
        if number < 8:
            answers.append(page.post("/masuk", {"login": login, "password": "salah ini"}, status=None).status)
            continue
        if number == 8:
            compared, rows = len(hashing), _rows()
        with app.app_context(), query_count() as seen, pytest.raises(TooMany), transaction():
            services.begin_sign_in(login=read_identifier(login).value, address="127.0.0.1", now=now)
        costs.append(len(seen.texts))
        assert not seen.writes
    assert answers == [422] * 5 + [429] * 3
    assert len(hashing) == compared == 5 * (3 if login in (TYPED, NOBODY) else 1)
    assert _rows() == rows
    assert set(costs) == {1}
    page.post("/masuk", {"login": login, "password": PASSWORD}, 429)
    assert len(hashing) == compared


def test_many_names_from_many_places_are_bounded_together(family, db_session, monkeypatch, now):
    """The limit for all: lowered here, so that the test need not be thousands of tries."""
    monkeypatch.setitem(SIGN_IN_LIMITS, "all", replace(SIGN_IN_LIMITS["all"], count=40))
    refused = 0
    for number in range(200):
        try:
            with transaction():
                services.begin_sign_in(login=f"nama{number}", address=f"198.51.100.{number}", now=now)
        except TooMany:
            refused += 1
    assert refused == 160
    # Three rows for each of the forty, and the one for all.
    assert _rows()[0] == 40 * 3 + 1


def test_known_and_unknown_take_alike_long(family, hashing):
    """A loose bound on the ratio of medians, interleaved: it sees a comparison left out, not a jitter."""
    spans = {login: [] for login in ("sri", "tak.dikenal", TYPED, NOBODY)}
    for _turn in range(7):
        for login, found in spans.items():
            begun = time.process_time()
            with pytest.raises(DomainError):
                verify_identifier(text=login, password="salah sekali ini")
            found.append(time.process_time() - begun)
    medians = {login: statistics.median(found) for login, found in spans.items()}
    for known, unknown in (("sri", "tak.dikenal"), (TYPED, NOBODY)):
        assert 0.6 < medians[known] / medians[unknown] < 1.7, medians
