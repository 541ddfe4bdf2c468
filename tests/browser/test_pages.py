"""Every page that can be reached: axe finds nothing, nothing scrolls sideways, the console is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Served, look
from tests.support.routes import routes

# Who looks at a page that several may see, in this order
LOOKERS = (
    "trainee_a", "center_admin", "center_head", "instructor", "assessor", "chair", "companion", "regency_officer",
    "regulator", "facilitator", "partner", "platform_admin",
)  # fmt: skip
# Pages beside the plain address of each route: (who, address)
MORE = (
    ("", "/?q=pembukuan&provinsi=61"), ("", "/?q=tidakadayangbegini"), ("", "/tidak-ada"), ("", "/en/"),
    ("", "/angkatan/{postponed_batch}-pembukuan"), ("", "/angkatan/{cancelled_batch}-pembukuan"),
    ("", "/angkatan/{running_batch}-pembukuan"), ("", "/V/{suspended}"), ("", "/V/{revoked}"),
    ("", "/V/{replaced}"), ("", "/V/BA1A1KVP7QTJ"), ("", "/V/BA1A1KVP7QTK"), ("", "/en/V/{code}"),
    ("", "/angkatan/{postponed_batch}/daftar/syarat"), ("trainee_a", "/saya/angkatan/{postponed_enrollment}"),
    ("trainee_a", "/saya/angkatan/{running_enrollment}"), ("trainee_a", "/balai"),
    ("center_admin", "/balai/angkatan/{ready_batch}/sertifikat"), ("center_admin", "/balai/angkatan/{running_batch}"),
    ("center_admin", "/balai/angkatan/{draft_batch}"), ("center_admin", "/balai/akses?q=dewi"),
    ("center_admin", "/balai/angkatan/{running_batch}/presensi"), ("center_admin", "/balai/sertifikat/{revoked}"),
    ("center_head", "/balai/sertifikat/permintaan/{issue_request}"), ("center_head", "/balai"),
    ("instructor", "/instruktur/hasil/{issued_batch}"), ("instructor", "/saya/profil"),
    ("platform_admin", "/admin/peran/beri?peran=center_admin"), ("platform_admin", "/admin/peran/beri?peran=regulator"),
)  # fmt: skip
NO_PAGES = {"operations.health", "verification.api", "enrollment.done"}


def _looker(served: Served, route: object) -> str:
    from portal.core.permissions import ROLE_PERMISSIONS
    from tests.pages.test_access import ROLES

    if route.access == "public":  # type: ignore[attr-defined]
        return ""
    owners = route.kind.owners or LOOKERS  # type: ignore[attr-defined]
    for name in LOOKERS:
        may = route.access == "signed_in" or any(p in ROLE_PERMISSIONS[ROLES[name]] for p in route.access)  # type: ignore[attr-defined]
        if name in owners and may:
            return name
    raise AssertionError(f"nobody may look at {route}")


def _addresses(served: Served, name: str) -> Iterator[str]:
    for route in routes(served.app):
        if route.kind is None or "GET" not in route.methods or route.endpoint in NO_PAGES:
            continue
        if route.rule.rule.endswith((".pdf", ".ics")) or _looker(served, route) != name:
            continue
        yield route.url(served.app, served.world, route.kind.own)
    for who, address in MORE:
        if who == name:
            yield address.format(**served.world.ids)


@pytest.mark.parametrize("name", ["", *LOOKERS])
def test_pages_have_no_finding(served: Served, name: str) -> None:
    wrong: list[str] = []
    with served.visitor(name) as page:
        for address in dict.fromkeys(_addresses(served, name)):
            answer = page.goto(address, wait_until="load")
            assert answer is not None
            if answer.status >= 500:
                wrong.append(f"{address}: {answer.status}")
                continue
            if address != "/balai" or name != "trainee_a":
                wrong += [] if answer.status < 400 or name == "" else [f"{address}: {answer.status}"]
            wrong += look(served, page, f"{name or 'umum'} {address}")
    assert not wrong, "\n".join(wrong)
