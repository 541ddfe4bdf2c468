"""The coverage pages of those who watch, and of everybody: drilling, order, filters, files, scopes."""

import csv
import io

import pytest

from portal.core.db import transaction
from portal.core.permissions import Role
from portal.core.spreadsheets import read_book
from portal.readiness.models import OutsideFigure, ServiceLine
from tests.support import classroom
from tests.support.coverage import DAY, fill, some
from tests.support.queries import count_statements


def watcher(region=""):
    with transaction():
        return classroom.account("Wati Contoh", Role.REGULATOR, "region", region)


@pytest.fixture
def line_id(db_session, now):
    with transaction() as session:
        line = ServiceLine(code="gerai", position=1, name="Gerai desa", updated_at=now)
        session.add(line)
        session.flush()
        return line.id


@pytest.fixture
def filled(now, line_id):
    fill(
        now,
        some("61.05.01", 25, certified=1, external=1, lines={line_id: "ready"}),
        some("61.05.02", 6, certified=2, lines={line_id: "nearly"}),
        some("61.01.01", 10, certified=1, women=5),
        some("11.01.01", 3, certified=8, external=2, kind="worker"),
    )


def test_the_country_is_tiles_table_and_map(page, filled):
    view = page.sign_in(watcher()).get("/pemantauan")
    assert view.heading == "Cakupan pelatihan"
    assert "Menurut provinsi" in view.words
    assert view.text.count('<a class="q') == 38
    assert "Tampilkan 28 lagi" in view.words
    assert len(view.text.encode()) < 90_000
    rest = page.get("/pemantauan?hal=2")
    assert "11–38 dari 38" in rest.words


def test_a_regulator_drills_from_the_country_to_a_cooperative(page, filled):
    page.sign_in(watcher())
    country = page.get("/pemantauan?urut=koperasi&arah=turun")
    province = page.get(country.links["Kalimantan Barat"])
    assert province.heading == "Kalimantan Barat"
    regency = page.get(next(url for text, url in province.links.items() if "Sintang" in text))
    district = page.get(next(url for url in regency.links.values() if "61.05.01" in url))
    assert "Koperasi di kecamatan ini" in district.words
    assert district.text.count("Koperasi Contoh") == 20
    more = page.get(district.links["Tampilkan 20 lagi"])
    assert more.text.count("Koperasi Contoh") == 5


def test_the_page_of_a_province_alone_starts_there(page, filled):
    view = page.sign_in(watcher("61")).get("/pemantauan")
    assert view.heading == "Kalimantan Barat"
    assert "Peta petak" not in view.words
    for code in ("11", "11.01", "99", "61.99"):
        page.get(f"/pemantauan?wilayah={code}", 404)
        page.get(f"/pemantauan/unduh.csv?wilayah={code}", 404)
        page.get(f"/pemantauan/inklusi?wilayah={code}", 404)
        page.get(f"/pemantauan/corong?wilayah={code}", 404)


def test_the_order_is_a_link_and_closed_counts_tell_none(page, filled):
    page.sign_in(watcher())
    down = page.get("/pemantauan?urut=sertifikat&arah=turun")
    assert 'aria-sort="descending"' in down.text
    page.get("/pemantauan?urut=tidakada&arah=miring&hal=banyak&jenis=apa&jabatan=apa")


def test_filters_narrow_people_and_services(page, filled):
    page.sign_in(watcher())
    kind = page.get("/pemantauan?wilayah=61&jenis=worker")
    assert "Kalimantan Barat" in kind.words
    post = page.get("/pemantauan?wilayah=61.05&jabatan=chair")
    assert "dari pemegang jabatan ini" in post.words
    line = page.get("/pemantauan?wilayah=61.05&layanan=gerai")
    assert "koperasi siap layanan ini" in line.words
    both = page.get("/pemantauan?wilayah=61.05&jenis=village&jabatan=chair")
    assert "irisannya terlalu kecil" in both.words
    here = page.get("/pemantauan?wilayah=61.05.02&layanan=gerai")
    assert "Hampir siap" in here.words


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-13-40", "Tanggal ini tidak ada"), ("2031-01-01", "belum tiba"), ("2001-01-01", "tersedia sejak")],
)
def test_a_wrong_day_is_said_beside_its_field(page, filled, day, said):
    view = page.sign_in(watcher()).get(f"/pemantauan?per={day}", 422)
    assert said in view.words
    assert view.title.startswith("Perlu diperbaiki:")


def test_a_past_day_is_worked_out_on_request_and_then_shown(page, app, filled, clock):
    clock.move(days=3)
    page.sign_in(watcher())
    asked = page.get("/pemantauan?per=2026-11-23")
    assert "belum dihitung" in asked.words
    begun = page.submit(asked, action="/pemantauan/hari")
    assert "sedang dihitung" in page.follow(begun).words
    from portal.core.jobs import run_pending

    assert run_pending() == 1
    shown = page.get("/pemantauan?per=2026-11-23")
    assert "Data untuk Senin, 23 November 2026" in shown.words
    page.get("/pemantauan?per=2026-11-23&wilayah=61.05.01")


def test_a_denominator_that_differs_from_an_outside_figure_is_flagged(page, filled, now):
    with transaction() as session:
        session.add(
            OutsideFigure(subject="cooperatives", value=80_605, as_of=DAY, source="Sumber luar", set_at=now)
        )
    words = page.sign_in(watcher()).get("/pemantauan").words
    assert "berbeda 99% dari angka luar: 44 di portal ini, 80.605 menurut Sumber luar" in words
    assert "berbeda" not in page.get("/cakupan?wilayah=61").words


def test_statements_do_not_grow_with_rows(page, filled, now):
    page.sign_in(watcher())
    page.get("/pemantauan")

    def count(url):
        with count_statements() as seen:
            page.client.get(url)
        return len(seen)

    urls = ("/pemantauan", "/pemantauan?wilayah=61.05.01", "/pemantauan/inklusi", "/cakupan")
    before = [count(url) for url in urls]
    fill(now, some("61.05.01", 30, certified=1), *(some(f"{n}.01.01", 4) for n in range(31, 37)), goal=None)
    assert [count(url) for url in urls] == before
    assert before[0] <= 4 + 1
    assert before[3] <= 4


# -- files -----------------------------------------------------------------------------------------


def table_of(body):
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    start = next(i for i, line in enumerate(lines) if len(line) > 3)
    return lines[:start], [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]


def test_the_files_say_what_the_page_says(page, filled):
    page.sign_in(watcher())
    told, rows = table_of(page.get("/pemantauan/unduh.csv").response.data)
    assert any("Bersertifikat:" in line[0] for line in told)
    assert all(line[0].startswith("# ") for line in told)
    nation, below = (
        rows[0],
        {
            level: [row for row in rows if row["Tingkat"] == level]
            for level in ("provinsi", "kabupaten atau kota", "kecamatan")
        },
    )
    assert nation["Bersertifikat"] == "71"
    words = page.get("/pemantauan").words
    assert "71" in words
    for found in below.values():
        assert sum(int(row["Koperasi"]) for row in found) == int(nation["Koperasi"]) == 44
        assert sum(int(row["Bersertifikat"]) for row in found) == 71
        assert sum(int(row["Siap layanan"]) for row in found) == int(nation["Siap layanan"]) == 25
    book = read_book(page.get("/pemantauan/unduh.xlsx").response.data)
    assert [sheet.name for sheet in book.sheets] == ["Cakupan", "Arti angka"]
    assert len(book.sheets[0].rows) == len(rows) + 1


def test_a_file_is_bound_to_region_and_filters(page, filled):
    page.sign_in(watcher("61"))
    _told, rows = table_of(page.get("/pemantauan/unduh.csv").response.data)
    assert {row["Kode wilayah"][:2] for row in rows} == {"61"}
    _told, rows = table_of(page.get("/pemantauan/unduh.csv?wilayah=61.05.01&layanan=gerai").response.data)
    assert len(rows) == 26
    assert sum(int(row["Siap layanan"]) for row in rows[1:]) == int(rows[0]["Siap layanan"]) == 25
    assert {row["Bersertifikat"] for row in rows[1:]} == {""}
    page.get("/pemantauan/unduh.exe", 404)


def test_small_counts_are_closed_in_files_too(page, line_id, now):
    fill(
        now,
        some("61.05.01", 1, certified=3),
        some("61.05.02", 1, certified=8),
        some("61.05.03", 5, certified=8),
    )
    page.sign_in(watcher())
    _told, rows = table_of(page.get("/pemantauan/unduh.csv?wilayah=61.05").response.data)
    assert {row["Kode wilayah"]: row["Bersertifikat"] for row in rows if row["Koperasi"] != "0"} == {
        "61.05": "51", "61.05.01": "ditutup", "61.05.02": "ditutup", "61.05.03": "40",
    }  # fmt: skip


# -- everybody -------------------------------------------------------------------------------------


def test_the_public_page_sets_no_cookie_and_may_be_kept(page, filled):
    for url in ("/cakupan", "/cakupan?wilayah=61", "/en/cakupan", "/cakupan.csv?wilayah=61"):
        view = page.get(url)
        assert "Set-Cookie" not in view.headers
        assert view.headers["Cache-Control"] == "public, max-age=300"
    for url in ("/cakupan?wilayah=61.05", "/cakupan?wilayah=99", "/cakupan.csv?wilayah=61.05"):
        page.get(url, 404)
    assert "?wilayah=61.05" not in page.get("/cakupan?wilayah=61").text


def test_the_public_page_takes_no_filter_that_could_be_subtracted(page, filled):
    plain = page.get("/cakupan").words
    assert page.get("/cakupan?jenis=worker&jabatan=chair&per=2026-01-01&layanan=gerai").words == plain


def test_before_the_first_figures_the_pages_say_so(page, db_session):
    assert "belum disiapkan" in page.get("/cakupan").words
    page.get("/cakupan.csv", 404)
    page.sign_in(watcher())
    for url in ("/pemantauan", "/pemantauan/inklusi"):
        assert "belum disiapkan" in page.get(url).words
    assert "Belum ada laporan" in page.get("/pemantauan/laporan").words
