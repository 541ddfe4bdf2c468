"""A stranger without JavaScript: a list and its receipt, a report, and what the center makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portal.certificates.rules import new_code, print_code
from tests.support.browser import LAPTOP, Served, look


@pytest.fixture
def codes(served: Served) -> list[str]:
    """A valid code, one of the other center, one that nobody issued, one with a slip."""
    known = [served.world.ids["code"], served.world.ids["away_code"]]
    slip = known[0][:-1] + ("0" if known[0][-1] != "0" else "1")
    return [*known, new_code(), slip]


def test_a_list_gives_a_receipt_that_can_be_checked_and_not_changed(
    served: Served, codes: list[str], tmp_path: Path
) -> None:
    wrong = []
    with served.visitor(javascript=False, viewport=LAPTOP) as page:
        page.goto("/verifikasi")
        page.get_by_role("link", name="Periksa banyak sekaligus").click()
        page.get_by_label("Daftar kode").fill(
            "kode\n" + "\n".join(print_code(code) for code in codes) + "\napa ini"
        )
        page.get_by_role("button", name="Periksa semuanya").click()
        assert "Hasil 5 pemeriksaan" in page.get_by_role("heading", level=1).inner_text()
        assert page.get_by_text("Baris 6:").is_visible()
        with page.expect_download() as coming:
            page.get_by_role("button", name="Unduh tanda terima").click()
        receipt = tmp_path / "receipt.json"
        coming.value.save_as(receipt)
        page.goto("/verifikasi/tanda-terima")
        page.get_by_label("Berkas tanda terima").set_input_files(receipt)
        page.get_by_role("button", name="Periksa tanda terima").click()
        assert page.get_by_text("dari portal ini dan tidak diubah").is_visible()
        found = json.loads(receipt.read_text())
        found["results"][2]["state"] = "valid"
        receipt.write_text(json.dumps(found))
        page.get_by_label("Berkas tanda terima").set_input_files(receipt)
        page.get_by_role("button", name="Periksa tanda terima").click()
        assert page.get_by_text("Tanda tangannya tidak cocok", exact=True).is_visible()
    with served.visitor() as page:
        for name, address in (("lookup", "/verifikasi"), ("bulk form", "/verifikasi/banyak")):
            page.goto(address)
            wrong += look(served, page, name)
        page.goto("/verifikasi/banyak")
        page.get_by_label("Daftar kode").fill("\n".join([*codes, "http://lain.example/V/ABC", "apa ini"]))
        page.get_by_role("button", name="Periksa semuanya").click()
        wrong += look(served, page, "bulk results")
        page.goto("/verifikasi/tanda-terima")
        page.get_by_label("Isi tanda terima").fill(receipt.read_text())
        page.get_by_role("button", name="Periksa tanda terima").click()
        wrong += look(served, page, "receipt changed")
    assert wrong == []


def test_a_report_reaches_the_center_that_closes_it(served: Served, codes: list[str]) -> None:
    wrong = []
    with served.visitor(javascript=False) as page:
        page.goto(f"/V/{codes[0]}")
        page.get_by_role("link", name="Ada yang tidak cocok? Laporkan").click()
        page.get_by_role("button", name="Kirim laporan").click()
        assert page.get_by_role("alert").is_visible()
        page.get_by_label("Tanggal atau isinya tampak diubah").check()
        page.get_by_label("Ceritakan singkat").fill("Tahunnya ditempel.")
        page.get_by_role("button", name="Kirim laporan").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Terima kasih, laporan Anda diterima"
    with served.visitor() as page:
        page.goto(f"/V/{codes[0]}/laporkan")
        wrong += look(served, page, "report form")
        page.goto(f"/V/{codes[0]}/laporkan/terima-kasih")
        wrong += look(served, page, "report thanks")
    with served.visitor("center_admin") as page:
        page.goto("/balai/sertifikat")
        page.get_by_role("link", name="laporan dugaan pemalsuan").click()
        wrong += look(served, page, "reports")
        page.get_by_role("link", name=print_code(codes[0])).first.click()
        assert page.get_by_text("Tahunnya ditempel.").is_visible()
        wrong += look(served, page, "report")
        page.get_by_label("Apa hasilnya?").fill("Sudah diperiksa, kertasnya asli.")
        page.get_by_role("button", name="Tutup laporan").click()
        page.get_by_role("link", name="Ditutup").click()
        assert page.get_by_role("link", name=print_code(codes[0])).is_visible()
    assert wrong == []
