"""A class of today before a browser, taken along for a room without signal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from portal.attendance import services as marking
from portal.batches.models import SessionStaff
from portal.centers.models import Staff
from portal.core import clock
from portal.core.db import transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.browser import PHONE, Served, listen
from tests.support.classroom import Classroom
from tests.support.sign_in import sign_in

SHELL = "/instruktur/tanpa-sinyal"
LOADED = "[data-classroom][data-loaded=yes]"


@dataclass
class Class:
    """A class of today with a second instructor."""

    served: Served
    room: Classroom
    instructor: int
    colleague: int
    tokens: list[str]

    @property
    def roll(self) -> str:
        return f"/instruktur/presensi/{self.room.sessions[0]}"

    def marks(self) -> list[tuple[str, str, int]]:
        """(mark, evidence, version) by person."""
        rows = self.served.sql(
            "SELECT mark, evidence, version FROM attendance_mark WHERE session_id = :id"
            " ORDER BY enrollment_id",
            id=self.room.sessions[0],
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]

    def colleague_marks(self, person: int, mark: str) -> None:
        """The other instructor marks somebody meanwhile."""
        actor = GrantedActor(self.colleague, None, "Budi Rekan", (Grant(Role.INSTRUCTOR, "self", ""),))
        with self.served.app.app_context(), transaction():
            marking.record_attendance(
                session_id=self.room.sessions[0], enrollment_id=self.room.enrollments[person], mark=mark,
                actor=actor, now=clock.now(),
            )  # fmt: skip

    def cookie(self, user: int) -> dict[str, Any]:
        """A browser cookie of a fresh session of an account."""
        client = self.served.app.test_client()
        with self.served.app.app_context():
            sign_in(self.served.app, client, user)
        found = client.get_cookie("balai")
        assert found is not None
        known = {"name": "balai", "url": self.served.url, "httpOnly": True, "sameSite": "Lax"}
        return known | {"value": found.value}

    @contextmanager
    def browser(self, user: int | None = None) -> Iterator[BrowserContext]:
        """A browser of its own, signed in. Fails when a page complained of anything but the lost signal."""
        context = self.served.browser.new_context(
            base_url=self.served.url, viewport=PHONE, locale="id-ID", timezone_id="Asia/Jakarta",  # type: ignore[arg-type]
            reduced_motion="reduce", accept_downloads=True,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        context.add_cookies([self.cookie(user or self.instructor)])  # type: ignore[list-item]
        noises: list[list[str]] = []
        context.on("page", lambda page: noises.append(listen(page)))
        try:
            yield context
            heard = [line for page in noises for line in page if "htmx:" not in line]
            assert not heard, heard
        finally:
            context.close()


def make_class(served: Served) -> Class:
    """Six people, two units, a second instructor; it began this hour."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with served.app.app_context():
        room = classroom.build(people=6, sessions=1, units=2, start=start)
        instructor = room.instructor.id
        with transaction() as session:
            user = classroom.account("Budi Rekan", Role.INSTRUCTOR)
            staff = Staff(center_id=room.center_id, name=user.name, user_id=user.id)
            session.add(staff)
            session.flush()
            session.add(SessionStaff(session_id=room.sessions[0], staff_id=staff.id, role="instructor"))
            colleague = user.id
            tokens = [f"7K{room.batch_id:07d}ABCDE{index}"[:15] + str(index) for index in range(6)]
            for number, token in zip(room.enrollments, tokens, strict=True):
                session.get(Enrollment, number).card_token = token
    return Class(served, room, instructor, colleague, tokens)


def prepare(page: Page, lesson: Class) -> None:
    """Open the roll with signal and take the class along."""
    page.goto(lesson.roll)
    page.get_by_role("button", name="Siapkan tanpa sinyal").click()
    expect(page.locator("[data-line]")).to_contain_text("Siap tanpa sinyal: 6 peserta, sampai")
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")


def open_offline(context: BrowserContext, lesson: Class) -> Page:
    """A new tab at the roll's own address, without signal: the worker answers."""
    page = context.new_page()
    page.goto(lesson.roll)
    expect(page.locator(LOADED)).to_be_attached()
    expect(page.locator("h1")).to_have_text("Presensi pertemuan 1")
    return page


def tap(page: Page, person: int, name: str = "Hadir") -> None:
    line = page.locator(".roll > li").nth(person)
    line.get_by_role("button", name=name).click()
    expect(line.get_by_role("button", name=name)).to_have_attribute("data-wait", "")


def waiting(page: Page, count: int) -> None:
    expect(page.locator("[data-waiting]").first).to_have_text(
        f"Menunggu sinyal ({count})" if count else "", timeout=20_000
    )
