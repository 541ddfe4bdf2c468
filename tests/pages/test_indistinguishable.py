"""Nobody learns from outside who has an account: the same status, headers, body, statements and work.

Written against the addresses alone. Each case sends what somebody known and what somebody unknown would send,
from a fresh browser, and goes on to the page that follows with a wrong code.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import Attempt, ContactPoint, User
from portal.accounts.services.recovery import ask_recovery, decide_recovery
from portal.core.db import db, transaction
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import SYSTEM, Role
from portal.people import services as people
from tests.support.page import BROWSER, Page
from tests.support.queries import count_statements

PASSWORD = "kuda lumping di sawah"
BORN = date(1980, 3, 9)
# Alike to the eye: the pages show the end of a phone and the first letter of an address.
PHONE, NO_PHONE = "081234560042", "081299990042"
MAIL, NO_MAIL = "sri@desa.example", "sam@desa.example"
NEW = {"login": "baru77", "password": "ijuk rumbia nibung"}
ROUNDS = 9


@dataclass
class Seen:
    """What one visitor got: an entry an answer, the statements, the seconds of work."""

    answers: list[tuple[int, str, tuple[tuple[str, str], ...], str]] = field(default_factory=list)
    statements: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


@pytest.fixture
def known(db_session: Any, now: Any) -> dict[str, Any]:
    """An account with contacts, one without, a closed one, staff in recovery, a letter, a record."""
    with transaction() as session:
        person, _new = people.save_person(
            name="Sri Wahyuni", nik="6105014903800001", birth_date=BORN, actor=SYSTEM, now=now
        )
        sri = services.create_user(
            login="sri.w", name="Sri Wahyuni", password=PASSWORD, person_id=person.id, actor=SYSTEM, now=now
        )
        for kind, value in (("phone", "+6281234560042"), ("email", MAIL)):
            session.add(ContactPoint(user_id=sri.id, kind=kind, value=value, created_at=now, verified_at=now))
        services.create_user(login="tanpa7", name="Tanpa Kontak", password=PASSWORD, actor=SYSTEM, now=now)
        closed = services.create_user(
            login="tutup7", name="Akun Tutup", password=PASSWORD, actor=SYSTEM, now=now
        )
        staff = services.create_user(
            login="kepala7", name="Kepala Balai", password=PASSWORD, actor=SYSTEM, now=now
        )
        services.grant_role(
            user_id=staff.id, role=Role.CENTER_HEAD, scope_kind="center", scope_id="1",
            starts_on=now.date(), reason="uji", actor=SYSTEM, now=now,
        )  # fmt: skip
        waiting, _new = people.save_person(
            name="Andi Surat", nik="6105010903800002", birth_date=BORN, actor=SYSTEM, now=now
        )
        people.save_person(
            name="Ani Catatan", nik="6105014903800003", birth_date=BORN, phone="081234560077",
            actor=SYSTEM, now=now,
        )  # fmt: skip
        code = services.issue_claim_codes(person_ids=[waiting.id], actor=SYSTEM, now=now)[waiting.id]
    with transaction():
        services.set_account_active(user_id=closed.id, is_active=False, reason="uji", actor=SYSTEM, now=now)
        asked = ask_recovery(user_id=staff.id, reason="KTP dicocokkan", actor=SYSTEM, now=now)
        decide_recovery(request_id=asked.id, approve=True, actor=SYSTEM, now=now)
    return {"letter": code}


class Prober:
    """Sends one ask as a fresh visitor and writes down everything that can be seen."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.number = 0

    def ask(self, url: str, fields: dict[str, str]) -> Seen:
        self.number += 1
        page, seen = Page(self.app), Seen()
        page.client.environ_base["REMOTE_ADDR"] = f"198.51.{self.number // 250}.{self.number % 250 + 1}"
        data = page.get(url, htmx=False).form(url.split("?")[0])[1]
        for name, value in fields.items():
            data[name] = value
        answer = self._post(page, url, data, seen, fields)
        for _turn in range(2):
            if answer.status_code != 303:
                break
            place = answer.headers["Location"]
            shown = page.get(place, htmx=False)
            self._note(shown.response, seen, fields)
            forms = shown.form()
            forms[1]["code"] = "000000"
            answer = self._post(page, forms[0], forms[1], seen, fields)
        with self.app.app_context(), transaction() as session:
            session.execute(sa.delete(Attempt))
        return seen

    def _post(self, page: Page, url: str, data: Any, seen: Seen, fields: dict[str, str]) -> Any:
        with count_statements() as said:
            begun = time.process_time()
            answer = page.client.open(url, method="POST", data=data, headers=BROWSER)
            seen.seconds += time.process_time() - begun
        seen.statements.update(" ".join(text.split()) for text in said.texts)
        self._note(answer, seen, fields)
        return answer

    def _note(self, answer: Any, seen: Seen, fields: dict[str, str]) -> None:
        headers = tuple(
            sorted(
                (name, _cookie(value) if name == "Set-Cookie" else value)
                for name, value in answer.headers.items()
                if name not in ("Date", "Content-Length")
            )
        )
        body = answer.get_data(as_text=True)
        seen.answers.append(
            (answer.status_code, answer.headers.get("Location", ""), headers, mask(body, fields))
        )


def _cookie(value: str) -> str:
    """A cookie's name, attributes and rough length."""
    name, _eq, rest = value.partition("=")
    content, _semi, attributes = rest.partition(";")
    return f"{name}={len(content) // 12};{attributes}"


def mask(body: str, fields: dict[str, str]) -> str:
    """The body without tokens and without what was typed."""
    body = re.sub(r'(name="(?:csrf_token|op)" value=")[^"]*', r"\1…", body)
    body = re.sub(r"(X-CSRFToken[^:]*: *[^A-Za-z0-9]*)[\w.-]+", r"\1…", body)
    for value in fields.values():
        if len(value) > 2:
            body = body.replace(value, "…")
    return body


CASES: dict[str, tuple[str, list[Callable[[dict[str, Any]], dict[str, str]]]]] = {
    "a sign-in name and a password": (
        "/masuk",
        [
            lambda k: {"login": "sri.w", "password": "salah sekali ini"},
            lambda k: {"login": "tutup7", "password": PASSWORD},
            lambda k: {"login": "kepala7", "password": "salah sekali ini"},
            lambda k: {"login": "siapa77", "password": "salah sekali ini"},
        ],
    ),
    "a phone and a password": (
        "/masuk",
        [
            lambda k: {"login": PHONE, "password": "salah sekali ini"},
            lambda k: {"login": NO_PHONE, "password": "salah sekali ini"},
        ],
    ),
    "a code to a phone": (
        "/masuk/kode",
        [lambda k: {"contact": PHONE}, lambda k: {"contact": NO_PHONE}],
    ),
    "a code to an address": (
        "/masuk/kode",
        [lambda k: {"contact": MAIL}, lambda k: {"contact": NO_MAIL}],
    ),
    "a lost password by name": (
        "/masuk/lupa",
        [
            lambda k: {"login": "sri.w"},
            lambda k: {"login": "tanpa7"},
            lambda k: {"login": "tutup7"},
            lambda k: {"login": "siapa77"},
        ],
    ),
    "a lost password by phone": (
        "/masuk/lupa",
        [lambda k: {"login": PHONE}, lambda k: {"login": NO_PHONE}],
    ),
    "a record and its phone": (
        "/akun/aktifkan",
        [
            lambda k: born("081234560077", "9"),
            lambda k: born("081234560077", "8"),
            lambda k: born("081299990077", "9"),
        ],
    ),
    "a printed letter": (
        "/klaim",
        [
            lambda k: born("", "8") | {"code": k["letter"], **NEW},
            lambda k: born("", "8") | {"code": "0000AAAA0000", **NEW},
        ],
    ),
    "a printed recovery code": (
        "/pulihkan",
        [
            lambda k: {"login": "kepala7", "code": "0000AAAA0000", "password": "ijuk rumbia nibung"},
            lambda k: {"login": "sri.w", "code": "0000AAAA0000", "password": "ijuk rumbia nibung"},
            lambda k: {"login": "siapa77", "code": "0000AAAA0000", "password": "ijuk rumbia nibung"},
        ],
    ),
}  # fmt: skip


def born(phone: str, day: str) -> dict[str, str]:
    """The birth date's three inputs, and the phone where the form has one."""
    found = {"birth_date-day": day, "birth_date-month": "3", "birth_date-year": "1980"}
    return {"phone": phone, **found} if phone else found


@pytest.mark.parametrize("case", CASES)
def test_known_and_unknown_get_the_same_answers(app: Any, known: dict[str, Any], case: str) -> None:
    url, asks = CASES[case]
    prober = Prober(app)
    first, *others = [prober.ask(url, ask(known)) for ask in asks]
    assert first.answers
    for other in others:
        for one, two in zip(first.answers, other.answers, strict=True):
            assert one[:3] == two[:3]
            assert one[3] == two[3]


@pytest.mark.parametrize("case", CASES)
def test_known_and_unknown_take_the_same_work(app: Any, known: dict[str, Any], case: str) -> None:
    url, asks = CASES[case]
    prober = Prober(app)
    rounds = [[prober.ask(url, ask(known)) for ask in asks] for _round in range(ROUNDS)]
    counts = [one.statements for one in rounds[-1]]
    for other in counts[1:]:
        assert other == counts[0], (other - counts[0], counts[0] - other)
    medians = [statistics.median(one[index].seconds for one in rounds) for index in range(len(asks))]
    # Noise of two busy cores: a hash that is left out on one side would be 45 ms, far outside of this.
    assert max(medians) < min(medians) * 1.6 + 0.008, medians


def test_as_many_messages_are_written_for_nobody(app: Any, known: dict[str, Any]) -> None:
    def written() -> int:
        with app.app_context():
            return int(db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) or 0)

    prober, grown = Prober(app), []
    for contact in (PHONE, NO_PHONE, MAIL, NO_MAIL):
        before = written()
        prober.ask("/masuk/kode", {"contact": contact})
        grown.append(written() - before)
    assert grown == [1, 1, 1, 1]


@pytest.mark.parametrize("cookie", [{}, {"one_time_second_step": "nobody's"}])
def test_a_second_step_without_a_first_proof_tells_nothing(
    app: Any, known: dict[str, Any], cookie: Any
) -> None:
    page = Page(app)
    with page.client.session_transaction() as session:
        session.update(cookie)
    view = page.get("/masuk/langkah-dua", htmx=False)
    assert "sri" not in view.text.lower()
    answer = page.client.post("/masuk/langkah-dua", data=page._complete({"code": "000000"}), headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/masuk/langkah-dua")


def test_accounts_are_active_for_this(known: dict[str, Any]) -> None:
    """The cases mean what they say only while these hold."""
    found = dict(db.session.execute(sa.select(User.login, User.is_active)).all())  # type: ignore[arg-type]
    assert found == {"sri.w": True, "tanpa7": True, "tutup7": False, "kepala7": True}
