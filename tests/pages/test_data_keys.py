"""The page of the field keys: what is closed with which, the change, its progress and its faults."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.core import jobs, rotation
from portal.core.db import db, transaction
from portal.core.permissions import Role
from portal.people.models import Person
from tests.core.test_rotation import BOTH, NEW, save, use
from tests.support.classroom import account

URL = "/admin/kunci-data"
__all__ = ["use"]


@pytest.fixture
def admin(page: Any, db_session: Any) -> Any:
    with transaction():
        user = account("Indah Platform", Role.PLATFORM_ADMIN, "all")
    return page.sign_in(user.id)


def test_the_change_is_started_watched_and_finished(admin: Any, use: Any, now: Any) -> None:
    save(range(250), now)
    use(BOTH)
    view = admin.get(URL)
    for words in ("f2, f1", "masih dengan kunci lama 250"):
        assert words in view.words, words
    view = admin.follow(admin.submit(view, action=URL))
    assert 'hx-trigger="every 3s"' in view.text
    admin.post(URL, {}, 409)
    job = rotation.latest_rotation()
    assert jobs._take(now) == job.id
    jobs._run_chunk(job.id)
    assert "200 dari 250" in admin.htmx_get(URL).words
    jobs.run_job(job.id)
    view = admin.get(URL)
    assert "Semua data memakai kunci terbaru" in view.words
    assert "every 3s" not in view.text
    assert "Pindahkan ke kunci terbaru" not in view.words
    use(NEW)
    assert "masih dengan kunci lama 0" in admin.get(URL).words


def test_values_that_do_not_open_are_listed(admin: Any, use: Any, now: Any) -> None:
    [person] = save(range(1), now)
    with transaction() as session:
        session.execute(sa.update(Person).where(Person.id == person).values(nik_cipher="f1.AAAA"))
    use(BOTH)
    admin.submit(admin.get(URL), action=URL)
    jobs.run_pending()
    view = admin.get(URL)
    for words in ("1 isian tidak dapat dibuka", "person.nik_cipher", "tidak terbuka"):
        assert words in view.words, words
    assert "Pindahkan ke kunci terbaru" in view.words


def test_a_change_that_stopped_goes_on(admin: Any, use: Any, now: Any) -> None:
    save(range(3), now)
    use(BOTH)
    admin.submit(admin.get(URL), action=URL)
    use(("f1", "f2", "x1", "x2"))
    jobs.run_pending()
    use(BOTH)
    view = admin.get(URL)
    assert "Pemindahan terhenti" in view.words
    admin.submit(view, action=URL)
    jobs.run_pending()
    db.session.rollback()
    assert "Semua data memakai kunci terbaru" in admin.get(URL).words


def test_nothing_secret_is_on_the_page(admin: Any, use: Any, now: Any) -> None:
    from tests.core.test_rotation import KEY

    use(BOTH)
    text = admin.get(URL).text
    assert [name for name, key in KEY.items() if key.rstrip("=") in text] == []
