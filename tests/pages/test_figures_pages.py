"""The page of targets, outside figures and remote regions."""

import pytest

from portal.core.db import transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.queries import count_statements


@pytest.fixture
def keeper(page, db_session):
    with transaction():
        user = classroom.account("Budi Contoh", Role.PLATFORM_ADMIN, "all")
    return page.sign_in(user)


TARGET = {
    "region_code": "61",
    "year": "2026",
    "measure": "people",
    "amount": "5000",
    "source": "Keputusan contoh",
}
FIGURE = {
    "region_code": "", "subject": "cooperatives", "value": "80605", "as_of": "2025-08-31",
    "source": "Terbitan contoh",
}  # fmt: skip


def save(keeper, what, status=303, **changes):
    fields = {
        "target": TARGET,
        "angka": FIGURE,
        "terpencil": {"codes": "61.05", "remote_source": "Aturan contoh"},
    }
    extra = {"source_status": "confirmed"} if what == "target" else {}
    return keeper.post(f"/admin/cakupan/{what}", fields[what] | extra | changes, status)


def test_what_is_kept_stands_on_the_page_with_its_source(keeper):
    assert "Belum ada target" in keeper.get("/admin/cakupan").words
    for what in ("target", "angka", "terpencil"):
        view = keeper.follow(save(keeper, what))
        assert "disimpan" in view.words
    for told in (
        "5.000 orang",
        "Keputusan contoh",
        "80.605",
        "31 Agustus 2025",
        "Aturan contoh",
        "Satu kabupaten",
    ):
        assert told in view.words
    keeper.submit(view, action="/hapus")
    assert "Belum ada target" in keeper.get("/admin/cakupan").words


@pytest.mark.parametrize(
    ("what", "changes", "said"),
    [
        ("target", {"region_code": "99"}, "Kode wilayah ini tidak ada"),
        ("target", {"amount": "banyak"}, "Isi dengan angka"),
        ("target", {"amount": "0"}, "Jumlah 1 sampai"),
        ("target", {"year": "1999"}, "Tahun 2025 sampai"),
        ("target", {"source": " "}, "Tulis sumbernya"),
        ("target", {"measure": "apa"}, "Pilih satu ukuran"),
        ("angka", {"as_of": "2031-01-01"}, "belum tiba"),
        ("angka", {"as_of": "2025-02-31"}, "Tanggal ini tidak ada"),
        ("angka", {"value": "-1"}, "Angka 0 sampai"),
        ("terpencil", {"codes": "61.05\n99.99"}, "1 kode bukan kabupaten atau kota: 99.99"),
        ("terpencil", {"remote_source": ""}, "Tulis keputusan"),
    ],
)
def test_bad_input_is_said_beside_its_cause_and_kept(keeper, what, changes, said):
    view = save(keeper, what, 422, **changes)
    assert said in " ".join(view.errors)
    assert view.title.startswith("Perlu diperbaiki:")


def test_statements_stay_the_same_whatever_the_rows(keeper):
    with count_statements() as few:
        keeper.client.get("/admin/cakupan")
    for year in range(2026, 2032):
        save(keeper, "target", year=str(year))
    with count_statements() as many:
        keeper.client.get("/admin/cakupan")
    assert len(many) == len(few) <= 4
