"""A regulator goes from the country down to a cooperative, and what the pages say is what the file says."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.core.db import transaction
from portal.core.permissions import Role
from portal.readiness.jobs import refresh_all
from portal.readiness.models import ServiceLine, ServiceNeed
from tests.support import classroom
from tests.support.browser import LAPTOP, PHONE, Served, look
from tests.support.coverage import fill, some
from tests.support.somebody import now

both = pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
NAME = "pemantau negara"


@pytest.fixture(scope="module")
def nation(served: Served) -> str:
    """An account for the whole country, and cooperatives in a district of Papua Selatan and one of Aceh."""
    # Set up again on the same worker (a stolen test), it finds its country there.
    if NAME in served.world.users:
        return NAME
    with served.app.app_context():
        with transaction() as session:
            served.world.users[NAME] = classroom.account("Tuti Pemantau", Role.REGULATOR, "region", "").id
            line = ServiceLine(code="gerai-contoh", position=90, name="Gerai contoh", updated_at=now())
            session.add(line)
            session.flush()
            number = line.id
            # Nobody holds this program: the cooperatives of the world do not become ready meanwhile.
            session.add(ServiceNeed(line_id=number, position=1, posts=["chair"], programs=[987_654]))
        refresh_all(now())
        fill(
            now(),
            some("93.01.01", 24, certified=1, external=1, lines={number: "ready"}),
            some("93.01.02", 4, certified=3, lines={number: "nearly"}),
            some("93.02.01", 5, certified=2),
            some("11.01.01", 12, certified=2, external=3),
            goal=None,
        )
    return NAME


def rows_of(page: Page) -> dict[str, list[str]]:
    """Region or cooperative -> the figures of its row (certified, outside, cooperatives, ready)."""
    found = {}
    for row in page.locator("#hasil tbody tr").all():
        name = row.locator("th").inner_text().split("\n")[0]
        found[name] = [cell.inner_text().strip() for cell in row.locator("td.n").all()]
    return found


def downloaded(page: Page) -> list[dict[str, str]]:
    """The table of the file that this page offers."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Unduh CSV").click()
    text = Path(started.value.path()).read_text(encoding="utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(text), delimiter=";") if not line[0].startswith("#")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def told(row: dict[str, str]) -> list[str]:
    """A line of the file as the page writes it."""
    return [row[name] for name in ("Bersertifikat", "Catatan luar", "Koperasi", "Siap layanan")]


@both
def test_from_the_country_to_a_cooperative_pages_and_file_agree(
    served: Served, nation: str, javascript: bool
) -> None:
    with served.visitor(nation, javascript=javascript, viewport=LAPTOP) as page:
        page.goto("/pemantauan?urut=koperasi&arah=turun")
        file = downloaded(page)
        by_level = {
            level: [row for row in file if row["Tingkat"] == level] for level in ("provinsi", "kecamatan")
        }
        country = rows_of(page)
        assert country["Jumlah"] == told(file[0])
        for name in ("Koperasi", "Siap layanan"):
            for below in by_level.values():
                assert sum(int(row[name]) for row in below) == int(file[0][name])
        codes = {row["Nama"]: row for row in by_level["provinsi"]}
        assert country["Papua Selatan"] == told(codes["Papua Selatan"])

        page.get_by_role("link", name="Papua Selatan", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Papua Selatan")
        province = rows_of(page)
        assert province["Jumlah"] == country["Papua Selatan"]

        page.locator("#hasil tbody a[href*='wilayah=93.01']").click()
        page.wait_for_url("**wilayah=93.01**")
        regency = rows_of(page)
        assert regency["Jumlah"] == next(told(row) for row in file if row["Kode wilayah"] == "93.01")

        page.locator("#hasil tbody a[href*='wilayah=93.01.01']").click()
        page.wait_for_url("**wilayah=93.01.01**")
        here = downloaded(page)
        assert told(here[0]) == regency[page.get_by_role("heading", level=1).inner_text()]
        first = rows_of(page)
        page.get_by_role("link", name="Tampilkan 20 lagi").click()
        page.wait_for_url("**hal=2**")
        expect(page.locator("#hasil tbody tr")).to_have_count(4)
        shown = first | rows_of(page)
        assert set(shown) == {row["Nama"] for row in here[1:]}
        ready = sum(int(row["Siap layanan"]) for row in here[1:])
        assert ready == sum(int(figures[0]) > 0 for figures in shown.values()) == int(here[0]["Siap layanan"])


@both
def test_a_filter_narrows_the_page_and_its_file(served: Served, nation: str, javascript: bool) -> None:
    with served.visitor(nation, javascript=javascript, viewport=PHONE) as page:
        page.goto("/pemantauan?wilayah=93")
        page.get_by_text("Saring dan pilih hari").click()
        page.get_by_label("Jenis koperasi").select_option("worker")
        page.get_by_role("button", name="Terapkan saringan").click()
        page.wait_for_url("**jenis=worker**")
        assert rows_of(page)["Jumlah"] == ["0", "0", "0", "0"]


def test_the_map_says_what_the_table_says_and_pages_are_sound(served: Served, nation: str) -> None:
    with served.visitor(nation, viewport=LAPTOP) as page:
        page.goto("/pemantauan")
        tiles = page.locator(".tiles a")
        expect(tiles).to_have_count(38)
        label = page.locator(".tiles a[href*='wilayah=93']").get_attribute("aria-label")
        assert label is not None
        page.goto("/pemantauan?urut=koperasi&arah=turun")
        row = page.locator("#hasil tbody tr", has_text="Papua Selatan")
        shown = row.locator("td").first.inner_text().split("%")[0].strip()
        assert label == f"Papua Selatan: {shown} persen"
        wrong = []
        for address in (
            "/pemantauan",
            "/pemantauan?wilayah=93",
            "/pemantauan?wilayah=93.01.01",
            "/pemantauan/inklusi",
        ):
            page.goto(address)
            wrong += look(served, page, address)
        assert wrong == []
