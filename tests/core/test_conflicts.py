"""What only a constraint can tell: a readable 409 or 422, nothing kept, nothing leaked."""

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Attempt, User
from portal.accounts.rules import ACCOUNT_LIMIT
from portal.accounts.services import users
from portal.core.db import db, transaction
from tests.support.page import Page

NEW = {"name": "Sri Wahyuni", "login": "sri.wahyuni", "password": "ijuk rumbia nibung", "agree": "y"}


def test_two_people_who_take_one_name_at_once(app: Any, db_session: Any, monkeypatch: Any) -> None:
    first, second = Page(app), Page(app)
    first.post("/akun/buat", NEW)
    # The second one looked before the first one wrote.
    monkeypatch.setattr(users, "find_user", lambda _login: None)
    said = second.post("/akun/buat", NEW, status=409)
    assert "sri.wahyuni" not in said.words
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


@pytest.mark.parametrize("url", ["/?q=a%00b", "/masuk?lanjut=%00", "/program/a%00b", "/?a%00=1"])
def test_a_nul_is_refused_before_anything_reads_it(app: Any, url: str) -> None:
    assert Page(app).client.get(url).status_code == 400


def test_a_nul_in_a_form_is_refused(app: Any) -> None:
    said = Page(app).post("/masuk", {"login": "sri\x00", "password": "x"}, status=400)
    assert said.status == 400


def test_trying_out_names_is_counted_although_nothing_is_made(app: Any, db_session: Any) -> None:
    owner, stranger = Page(app), Page(app)
    owner.post("/akun/buat", NEW)
    with transaction() as session:
        session.execute(sa.update(Attempt).values(count=ACCOUNT_LIMIT.count - 1))
    stranger.post("/akun/buat", NEW, status=409)
    stranger.post("/akun/buat", NEW, status=429)
