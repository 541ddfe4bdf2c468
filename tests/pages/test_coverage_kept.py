"""Coverage pages kept in memory: one statement each, and never older than the database."""

import pytest

from portal.core.db import transaction
from portal.core.permissions import Role
from portal.core.shelf import LIMIT, Piece, Shelf
from tests.support import classroom
from tests.support.coverage import fill, some, target
from tests.support.queries import count_statements


@pytest.fixture
def keeping(app, db_session, now):
    app.extensions |= {"shelves": {"coverage": Shelf()}, "shelves_on": ("coverage",)}
    fill(now, some("61.05.01", 6, certified=3), some("61.01.01", 6, certified=3))
    yield app.extensions["shelves"]["coverage"]
    app.extensions["shelves_on"] = ()


def watcher(region=""):
    with transaction():
        return classroom.account("Wati Contoh", Role.REGULATOR, "region", region)


def statements(page, url):
    with count_statements() as seen:
        page.client.get(url)
    return [text for text in seen.texts if "user_session" not in text]


@pytest.mark.parametrize("url", ["/pemantauan", "/pemantauan?wilayah=61&jenis=village", "/cakupan"])
def test_the_second_visit_takes_one_statement_and_says_the_same(page, keeping, url):
    page.sign_in(watcher())
    first = page.get(url)
    assert len(statements(page, url)) == 1
    again = page.get(url)
    assert again.words == first.words
    assert again.text.count("<symbol") == first.text.count("<symbol")


def test_whatever_changes_beneath_is_shown_at_once(page, keeping, now):
    page.sign_in(watcher())
    assert "150,0%" in page.get("/pemantauan").words
    target(now, "61", 2026, each=1)
    fill(now, some("61.05.02", 6, certified=3), goal=None)
    assert "300,0%" in page.get("/pemantauan").words
    assert "54" in page.get("/cakupan").words


def test_who_sees_less_and_who_reads_english_have_pages_of_their_own(page, new_page, keeping):
    page.sign_in(watcher())
    assert page.get("/pemantauan").heading == "Cakupan pelatihan"
    assert new_page().sign_in(watcher("61")).get("/pemantauan").heading == "Kalimantan Barat"
    page.get("/pemantauan?wilayah=11")
    new_page().sign_in(watcher("61")).get("/pemantauan?wilayah=11", 404)
    assert 'lang="en"' in page.get("/en/pemantauan").text


def test_districts_wrong_days_and_missing_figures_are_not_kept(page, keeping):
    page.sign_in(watcher())
    for url, status in (("/pemantauan?wilayah=61.05.01", 200), ("/pemantauan?per=2031-01-01", 422)):
        page.get(url, status)
        assert len(statements(page, url)) > 1


def test_the_shelf_has_an_end():
    shelf = Shelf()
    for number in range(LIMIT + 5):
        shelf.put((number,), Piece("", ""))
    assert shelf.get((4,)) is None
    assert shelf.get((5,)) is not None
