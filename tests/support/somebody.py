"""An account of its own for a browser test, with what its owner carries about: a phone, paper, a password."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

from playwright.sync_api import Page

from portal.accounts import services
from portal.accounts.queries import actor_of
from portal.accounts.services.recovery_codes import renew_codes
from portal.core.db import transaction
from portal.core.permissions import SYSTEM, Role
from portal.people import services as people
from tests.support.browser import Served
from tests.support.codes import give_contact
from tests.support.factors import Phone, give_phone

PASSWORD = "kuda lumping di sawah"
BORN = date(1980, 3, 9)
serial = count(1)


def now() -> datetime:
    """The moment; the served portal lives in real time."""
    return datetime.now(UTC)


class Somebody:
    """An account of its own for one test."""

    def __init__(self, served: Served, name: str, role: Role | None = None, phone: str = "") -> None:
        self.served, self.name, self.phone = served, name, phone
        self.login = f"{name.split()[0].lower()}{next(serial)}"
        center = str(served.world.rooms["running"].center_id)
        with served.app.app_context():
            with transaction():
                person_id = None
                if role is None:
                    person, _new = people.save_person(
                        name=name,
                        nik=f"6105010903{next(serial):06d}",
                        birth_date=BORN,
                        actor=SYSTEM,
                        now=now(),
                    )
                    person_id = person.id
                user = services.create_user(
                    login=self.login,
                    name=name,
                    password=PASSWORD,
                    person_id=person_id,
                    actor=SYSTEM,
                    now=now(),
                )
                if role is not None:
                    services.grant_role(
                        user_id=user.id, role=role, scope_kind="center", scope_id=center,
                        starts_on=now().date() - timedelta(days=1), reason="uji", actor=SYSTEM, now=now(),
                    )  # fmt: skip
                self.id = user.id
            if phone:
                give_contact(self.id, now(), phone)

    def generator(self) -> Phone:
        """A code generator, ready to use."""
        with self.served.app.app_context():
            return give_phone(self.id, now())

    def paper(self) -> list[str]:
        """Ten recovery codes."""
        with self.served.app.app_context(), transaction():
            return renew_codes(user_id=self.id, actor=actor_of(self.id, now()), now=now())

    def sign_in(self, page: Page, password: str = PASSWORD, target: str = "") -> None:
        """The form of the sign-in page."""
        page.goto("/masuk" + (f"?lanjut={target}" if target else ""))
        page.locator("#login").fill(self.login)
        page.locator("#password").fill(password)
        page.get_by_role("button", name="Masuk", exact=True).click()
