"""A chair proposes eight people on a phone; one opens the link and consents, without JavaScript too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal.cooperatives.models import PostTerm
from portal.core.db import db, transaction
from portal.people.models import Person
from tests.support import classroom
from tests.support.browser import PHONE, Served, look

POSTS = ("secretary", "vice_chair_business", "vice_chair_membership", "supervisor_chair", "supervisor_member",
         "manager")  # fmt: skip
_serial = count(1)


@pytest.fixture
def batch(served: Served) -> int:
    """An open class of 16, and six people with posts in the chair's cooperative."""
    number = next(_serial)
    # Each class on days of its own: whoever was proposed to an earlier one is still free.
    morning = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0)
    start = morning + timedelta(days=22 + 3 * number)
    with served.app.app_context():
        room = classroom.build(people=0, sessions=1, start=start)
        cooperative = served.world.rooms["running"].cooperatives[0]
        now = datetime.now(UTC)
        with transaction():
            db.session.execute(
                sa.update(PostTerm)
                .where(PostTerm.cooperative_id == cooperative)
                .values(ends_on=date(2026, 1, 5))
            )
            for index, post in enumerate(POSTS):
                person = Person(name=f"Pengurus {'ABCDEF'[index]} {'XYZ'[number % 3]}", created_at=now,
                                updated_at=now)  # fmt: skip
                db.session.add(person)
                db.session.flush()
                db.session.add(PostTerm(cooperative_id=cooperative, person_id=person.id, post=post,
                                        starts_on=date(2026, 1, 3), source="board"))  # fmt: skip
        return room.batch_id


def newcomer(page: Page, number: int, name: str, phone: str) -> None:
    page.locator(f"#baru{number}-name").fill(name)
    page.locator(f"#baru{number}-post").select_option("member")
    page.locator(f"#baru{number}-phone").fill(phone)


def states(served: Served, batch_id: int) -> list[str]:
    rows = served.sql(
        "SELECT n.state FROM nomination n JOIN enrollment e ON e.nomination_id = n.id "
        "WHERE e.batch_id = :id AND e.state = 'applied' ORDER BY n.id",
        id=batch_id,
    )
    return [str(row[0]) for row in rows]


def propose(served: Served, page: Page, batch_id: int) -> None:
    """From the public page of the class to the list of nominations."""
    page.goto(f"/angkatan/{batch_id}-x")
    page.get_by_role("link", name="Usulkan beberapa orang sekaligus").click()
    page.wait_for_url("**/usulkan?**")
    assert page.locator(f"input[name=batch][value='{batch_id}']").is_checked()
    boxes = page.locator("input[name=people]:enabled")
    for index in range(6):
        boxes.nth(index).check()
    page.get_by_text("Tambah orang yang belum tercatat").click()
    newcomer(page, 0, "Siti Aminah", "0812 0000 0001")
    newcomer(page, 1, "Wahyu Nugroho", "")
    page.get_by_role("radio", name="Semua atau tidak sama sekali").check()
    page.locator("#letter_number").fill("07/KOP/XI/2026")
    look_at(served, page, "usulkan")
    page.get_by_role("button", name="Periksa dulu").click()
    expect(page.get_by_role("heading", name="Periksa usulan")).to_be_visible()
    expect(page.get_by_text("Ada kursi", exact=True)).to_have_count(8)
    assert states(served, batch_id) == []
    look_at(served, page, "usulkan-periksa")
    page.get_by_role("button", name="Kirim usulan").click()
    page.wait_for_url("**/usulan#usulan-*")


def look_at(served: Served, page: Page, name: str) -> None:
    """As axe sees it, where scripts run."""
    if not page.evaluate("() => Boolean(window.htmx)"):
        return
    found = look(served, page, name)
    assert not found, found


def link_of(served: Served, page: Page, name: str) -> str:
    """The chair shows a person's link."""
    row = page.locator(".rows li").filter(has_text=name)
    row.get_by_role("button", name="Tampilkan tautan").click()
    expect(page.get_by_role("heading", name=f"Tautan untuk {name}")).to_be_visible()
    look_at(served, page, "usulan-tautan")
    return str(page.locator("a[href*='/usulan/']").filter(has_text="http").inner_text())


def consent(page: Page, address: str, number: int) -> None:
    """The person fills in who they are."""
    page.goto(address)
    expect(page.get_by_role("heading", name="Anda diusulkan ikut pelatihan")).to_be_visible()
    page.locator("#nik").fill(f"6105 0144 0590 {8000 + number}")
    page.locator("[name=birth_date-day]").fill("4")
    page.locator("[name=birth_date-month]").select_option("5")
    page.locator("[name=birth_date-year]").fill("1990")
    page.locator("#agree").check()
    page.get_by_role("button", name="Saya bersedia ikut").click()
    expect(page.get_by_role("heading", name="Terima kasih, jawaban Anda tercatat")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_eight_people_are_proposed_on_a_phone_and_one_consents(
    served: Served, batch: int, javascript: bool
) -> None:
    with served.visitor("chair", viewport=PHONE, javascript=javascript) as page:
        propose(served, page, batch)
        assert states(served, batch) == ["proposed"] * 8
        look_at(served, page, "usulan")
        address = link_of(served, page, "Siti Aminah")
    with served.visitor(viewport=PHONE, javascript=javascript) as page:
        page.goto(address)
        look_at(served, page, "usulan-jawab")
        consent(page, address, next(_serial) * 10 + int(javascript))
        look_at(served, page, "usulan-bersedia")
    assert sorted(states(served, batch)) == ["consented", *["proposed"] * 7]
    facts: Any = served.sql("SELECT sex, nik_last4 FROM person WHERE name = 'Siti Aminah' ORDER BY id DESC")[
        0
    ]
    assert facts[0] == "P"
    with served.visitor("chair", viewport=PHONE, javascript=javascript) as page:
        page.goto(f"/koperasi/{served.world.rooms['running'].cooperatives[0]}/usulan")
        row = page.locator(".rows li").filter(has_text="Siti Aminah").first
        expect(row.get_by_text("Bersedia", exact=True)).to_be_visible()
