"""Rights over one's data as a person meets them: on a phone, with a real file, through two people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browser import LAPTOP, Served, look
from tests.support.full_person import make_full_person
from tests.support.world import PASSWORD
from tests.support.world_rights import PICTURE

PAGES = {
    "trainee_a": """
        /saya/profil /saya/data /saya/profil/persetujuan /saya/profil/persetujuan/cabut /saya/data/hapus
        /saya/data/perbaikan /saya/data/perbaikan?data=nama /saya/data/perbaikan?data=tanggal-lahir
        /saya/data/perbaikan?data=jenis-kelamin /saya/data/perbaikan?data=desa&q=sungai /en/saya/data
    """,
    "center_admin": "/balai/perbaikan?q=dewi /balai/perbaikan/orang/{open_enrollment}?data=nik",
    "center_head": "/balai/perbaikan /balai/perbaikan/{correction}",
    "platform_admin": "/admin/penghapusan /admin/penghapusan/{erasure} /admin/penahanan /admin/retensi",
    "": "/data-pribadi",
}


@pytest.mark.parametrize("name", list(PAGES))
def test_pages_of_rights_have_no_finding(served: Served, name: str) -> None:
    wrong: list[str] = []
    with served.visitor(name) as page:
        for address in PAGES[name].split():
            answer = page.goto(address.format(**served.world.ids), wait_until="load")
            assert answer is not None
            assert answer.status == 200, f"{address} {served.log()}"
            wrong += look(served, page, f"hak {name} {address}")
    assert not wrong, "\n".join(wrong)


def _picture(name: str) -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": PICTURE}


def test_a_correction_goes_from_a_phone_to_the_heads_desk_and_back(served: Served) -> None:
    with served.visitor("trainee_b", javascript=False) as page:
        page.goto("/saya/profil")
        page.get_by_role("link", name="Ada yang keliru? Minta diperbaiki").click()
        page.get_by_role("link", name="Nama").click()
        page.get_by_label("Nama yang benar").fill("Bambang Sutrisna")
        page.get_by_label("Bukti", exact=True).set_input_files(_picture("../../etc/passwd"))
        page.get_by_role("button", name="Kirim permintaan").click()
        assert page.get_by_text("Permintaan terkirim").is_visible()
    with served.visitor("center_head", viewport=LAPTOP) as page:
        page.goto("/balai/perbaikan")
        page.get_by_role("link", name="Bambang Sutrisno: Nama").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Unduh bukti").click()
        assert download.value.suggested_filename.startswith("bukti-")
        assert download.value.path().read_bytes() == PICTURE
        page.get_by_role("button", name="Setujui dan perbaiki").click()
        assert page.get_by_text("Keputusan tersimpan").is_visible()
    with served.visitor("trainee_b") as page:
        page.goto("/saya/data")
        assert page.get_by_text("Bambang Sutrisna").first.is_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Unduh untuk dicetak (PDF)").click()
        assert download.value.path().read_bytes().startswith(b"%PDF")


def test_being_forgotten_takes_two_people_and_leaves_the_certificate(served: Served) -> None:
    from portal.core import clock

    with served.app.app_context():
        full = make_full_person(clock.now())
    served.world.users["leaver"] = full.user_id
    with served.visitor("leaver") as page:
        page.goto("/saya/data")
        page.get_by_role("link", name="Minta dihapus").click()
        page.get_by_label("Kata sandi Anda").fill("sandi-zulkarnain-99")
        page.get_by_role("button", name="Minta data saya dihapus").click()
        assert page.get_by_text("Permintaan Anda menunggu").is_visible()
        with served.visitor("platform_admin", viewport=LAPTOP) as admin:
            admin.goto("/admin")
            admin.get_by_role("link", name="Data pribadi", exact=True).click()
            admin.get_by_role("link", name=f"Orang nomor {full.person_id}").first.click()
            admin.get_by_role("button", name="Hapus sekarang").click()
            assert admin.get_by_text("Dilaksanakan").is_visible()
        page.goto("/saya/data")
        assert page.url.startswith(f"{served.url}/masuk")
        page.goto(f"/V/{full.code}")
        assert page.get_by_text("BERLAKU", exact=True).is_visible()


def test_training_is_withdrawn_with_the_password(served: Served) -> None:
    with served.visitor("trainee_a") as page:
        page.goto("/saya/profil")
        page.get_by_role("link", name="Cabut persetujuan").click()
        page.get_by_label("Kata sandi Anda").fill("keliru sama sekali")
        page.get_by_role("button", name="Cabut persetujuan").click()
        assert page.get_by_role("alert").is_visible()
        page.get_by_label("Kata sandi Anda").fill(PASSWORD)
        page.get_by_role("button", name="Cabut persetujuan").click()
        assert page.get_by_text("Persetujuan dicabut").is_visible()
