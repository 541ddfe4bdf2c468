"""Every kind of message, written in both languages: complete, plain, and without personal data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import StrictUndefined

from portal.accounts.models import User
from portal.accounts.rules.messages import KINDS
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.messages.conftest import NIK, PHONE, tellers
from tests.support import html
from tests.support.classroom import Classroom
from tests.support.told import Told, told

SMS_LIMIT = 300
# Neither of these is for a message: numbers of the card, birth, reach, and how somebody was judged.
PERSONAL = (
    NIK, NIK[-4:], "1985", "45038", "Wahyuningsih", "Hj.", PHONE, "81234567890", "0812-3456-7890",
    "peserta0@contoh.id", "KDMP Desa",
)  # fmt: skip
JUDGED = re.compile(
    r"\b(K|BK|kompeten|belum kompeten|nilai|skor|lulus|gagal|competent|score|passed|failed)\b"
)


@pytest.fixture
def strict(app: Any) -> Iterator[None]:
    """A template that names a fact nobody gives is an error."""
    environment = app.jinja_env
    before = environment.undefined
    environment.undefined = StrictUndefined
    environment.cache.clear()
    yield
    environment.undefined = before
    environment.cache.clear()


@pytest.fixture
def write(
    room: Classroom, strict: None, wish: Callable[..., None], now: datetime
) -> Callable[..., list[Told]]:
    """Tell every form of one kind in one language."""
    with transaction() as session:
        user = User(login="yuni", name="Hj. Yuni Wahyuningsih", person_id=room.people[0], created_at=now)
        session.add(user)

    def run(kind: str, language: str) -> list[Told]:
        wish(room.people[0], language=language)
        with transaction():
            for teller in tellers(room, user, now)[kind]:
                teller()
        return told(kind, room.people[0])

    return run


def test_every_kind_has_a_template_and_every_template_a_kind(room: Classroom, now: datetime) -> None:
    written = set(tellers(room, User(id=1, name="x"), now))
    assert written == set(KINDS)
    names = {path.stem for path in Path("templates/mail").glob("*.txt")} - {"layout", "plain"}
    kinds = {kind.replace(".", "_") for kind in KINDS}
    assert kinds <= names
    assert {name for name in names if not name.startswith(("code_", "account_"))} == kinds


def test_every_kind_is_described() -> None:
    described = set(re.findall(r"`([a-z]+\.[a-z_]+)`", Path("docs/messages.md").read_text()))
    assert set(KINDS) <= described


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_message_is_complete_and_plain_in_both_languages(
    kind: str, language: str, write: Callable[..., list[Told]]
) -> None:
    messages = write(kind, language)
    assert messages
    for message in messages:
        content = message.content
        assert message.row.language == language
        assert 10 <= len(content.subject) <= 90
        assert "\n" not in content.subject
        assert 30 < len(content.sms) <= SMS_LIMIT
        base = "http://localhost/en/" if language == "en" else "http://localhost/"
        assert base in content.text
        assert base in content.sms
        assert base in content.html
        assert "Yuni" in content.text
        for form in (content.subject, content.text, content.sms):
            assert "None" not in form
            assert "%(" not in form
            assert "  " not in form.replace("\n", "")
            assert "<" not in form
        assert "\n\n\n" not in content.text
        tree, problems = html.parse(content.html)
        assert not problems
        assert not html.elements(tree, "img", "script", "style", "link")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_message_holds_no_personal_data_and_no_verdict(
    kind: str, language: str, write: Callable[..., list[Told]]
) -> None:
    for message in write(kind, language):
        files = "\n".join(one.text for one in message.content.attachments)
        for secret in PERSONAL:
            assert secret not in message.words + files
        assert not JUDGED.search(f"{message.content.subject}\n{message.content.text}\n{message.content.sms}")


def test_message_tells_dates_in_the_language_of_the_person(write: Callable[..., list[Told]]) -> None:
    (in_indonesian,) = write("seat.offered", "id")
    assert "12–14 Desember 2026" in in_indonesian.content.text
    assert "Sabtu–Senin" in in_indonesian.content.sms
    in_english = write("seat.offered", "en")[-1]
    assert "12–14 December 2026" in in_english.content.text
    assert "Saturday–Monday" in in_english.content.sms
    assert "Governance and bookkeeping" in in_english.content.text


def test_words_from_people_are_escaped_in_the_html(room: Classroom, now: datetime) -> None:
    with transaction() as session:
        session.get(Person, room.people[0]).name = "<b>Yuni</b>"
        from portal.enrollment.services import notices

        notices.offered([session.get(Enrollment, room.enrollments[0])], now=now)
    (message,) = told("seat.offered")
    assert "<b>Yuni</b>" not in message.content.html
    assert "&lt;b&gt;Yuni" in message.content.html
    db.session.rollback()
