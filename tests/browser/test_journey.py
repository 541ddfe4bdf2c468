"""The whole way of one class, in a browser: from the roster file to the QR that anybody can open."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Locator, Page, Route, expect

from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.browser import Served, look
from tests.support.sheets import xlsx

PASSWORD = "kereta-laju-pagi-88"
# name, birth date, post
PEOPLE = (("Sri Wahyuni", "12/03/1985", "Bendahara"), ("Yohanes Dui", "04/07/1979", "Ketua"))
HEADER = (
    "No", "Nama Lengkap", "NIK", "Tgl. Lahir", "Jabatan", "Nama Koperasi", "Desa/Kelurahan", "Kecamatan",
    "No. HP",
)  # fmt: skip


@dataclass
class Story:
    """What the chapters hand on."""

    served: Served
    javascript: bool
    room: classroom.Classroom
    program: str
    folder: Path
    accounts: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def visitor(self, name: str = ""):  # type: ignore[no-untyped-def]
        """A browser of somebody of the world or of this class."""
        return self.served.visitor(name, javascript=self.javascript)

    def look(self, page: Page, name: str) -> None:
        """Look for findings on pages that only the journey reaches."""
        if self.javascript:
            self.wrong += look(self.served, page, f"perjalanan {name}")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def story(request: pytest.FixtureRequest, served: Served, tmp_path: Path) -> Story:
    """A program of its own, with one class that starts in ten days and nobody in it."""
    start = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=10)
    with served.app.app_context():
        room = classroom.build(people=0, sessions=1, units=2, start=start)
        slug = room.extra["program_slug"] = str(
            served.sql("SELECT slug FROM program WHERE id = :id", id=room.extra["program_id"])[0][0]
        )
        with transaction():
            head = classroom.account("Hartono Wibisono", Role.CENTER_HEAD, "center", str(room.center_id))
            db.session.flush()
        names = {"teacher": room.instructor.id, "admin": room.admin.id, "head": head.id}
        db.session.remove()
    kind = "js" if request.param else "nojs"
    for name, number in names.items():
        served.world.users[f"{kind}_{name}"] = number
    return Story(
        served, bool(request.param), room, slug, tmp_path, {name: f"{kind}_{name}" for name in names}
    )


def _roster(story: Story) -> Path:
    """Two good rows and a bad one, as an office would send them."""
    village, district = story.served.sql(
        "SELECT v.name, d.name FROM region v JOIN region d ON d.code = substr(v.code, 1, 8) "
        "WHERE v.code LIKE '61.05.01.%' ORDER BY v.code LIMIT 1"
    )[0]
    place = (f"KDMP {village}", village, district)
    rows: list[tuple[object, ...]] = [("DAFTAR USULAN PESERTA",), (), HEADER]
    for number, (name, born, post) in enumerate(PEOPLE, 1):
        rows.append((number, name, _nik_of(story, number), born, post, *place, "081200000042"))
    rows.append((3, "Tanpa Nomor", "", "01/01/1980", "Sekretaris", *place, ""))
    path = story.folder / "usulan.xlsx"
    path.write_bytes(xlsx(rows))
    return path


def _nik_of(story: Story, number: int) -> str:
    day, month, year = PEOPLE[number - 1][1].split("/")
    shift = 40 if PEOPLE[number - 1][0].startswith("Sri") else 0
    return f"610501{int(day) + shift:02d}{month}{year[2:]}{number + (10 if story.javascript else 20):04d}"


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def _open(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, f"{address}: {answer.status}"


def _paper(page: Page, button: Locator) -> pypdfium2.PdfDocument:
    """The PDF behind a button, taken before the browser's own viewer gets it."""
    bodies: list[bytes] = []

    def take(route: Route) -> None:
        answer = route.fetch()
        assert answer.status == 200, answer.status
        bodies.append(answer.body())
        route.fulfill(status=204)

    page.route(re.compile(r"\.pdf$"), take)
    button.click()
    for _ in range(100):
        if bodies:
            break
        page.wait_for_timeout(100)
    return pypdfium2.PdfDocument(bodies[0])


def test_from_the_roster_to_the_verified_certificate(story: Story) -> None:
    import_url = _send_the_roster(story)
    _spread_over_the_class(story, import_url)
    _print_the_letters(story)
    for name, *_ in PEOPLE:
        _claim_and_accept(story, name)
    story.served.days_pass(story.room.batch_id, 12)
    _mark_attendance(story)
    _judge_and_sign(story)
    _prepare_the_issue(story)
    address = _approve_and_read_the_paper(story)
    _check_the_certificate(story, address)
    assert not story.wrong, "\n".join(story.wrong)


def _send_the_roster(story: Story) -> str:
    with story.visitor("regency_officer") as page:
        _open(page, "/pengusulan")
        _press(page, "Periksa berkas")
        expect(page.locator(".error-summary")).to_contain_text("Pilih")
        story.look(page, "unggah ditolak")
        page.get_by_label("Program pelatihan").select_option(story.program)
        page.locator("input[type=file]").set_input_files(_roster(story))
        _press(page, "Periksa berkas")
        expect(page.locator("main")).to_contain_text("bermasalah")
        expect(page.locator("main")).to_contain_text("NIK")
        story.look(page, "pratinjau")
        _press(page, "Simpan 2 yang baik saja")
        _wait_for(page, "Tersimpan: 2 orang diusulkan", story)
        story.look(page, "usulan tersimpan")
        return page.url


def _wait_for(page: Page, words: str, story: Story) -> None:
    """Wait for a job: the page asks by itself, or is loaded again."""
    if story.javascript:
        expect(page.locator("main")).to_contain_text(words, timeout=30_000)
        return
    for _ in range(60):
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(400)
        page.reload()
    raise AssertionError(f"{words!r} never came on {page.url}")


def _spread_over_the_class(story: Story, import_url: str) -> None:
    with story.visitor("regency_officer") as page:
        page.goto(import_url)
        page.get_by_role("link", name=re.compile("orang ke angkatan")).click()
        expect(page.locator("h1")).to_have_text("Bagi ke angkatan")
        story.look(page, "bagi ke angkatan")
        _press(page, "Tempatkan")
        expect(page.locator("main")).to_contain_text("sudah punya angkatan")


def _print_the_letters(story: Story) -> None:
    with story.visitor(story.accounts["admin"]) as page:
        _open(page, f"/balai/angkatan/{story.room.batch_id}/peserta")
        for sheet in _paper(page, page.locator("form[action$='surat-klaim.pdf'] button")):
            text = sheet.get_textpage().get_text_range()
            code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)
            assert code, text
            for name, born, _post in PEOPLE:
                if name in text:
                    story.codes[name] = (code.group(), born)
    assert set(story.codes) == {name for name, *_ in PEOPLE}


def _claim_and_accept(story: Story, name: str) -> None:
    code, born = story.codes[name]
    day, month, year = born.split("/")
    with story.visitor() as page:
        _open(page, "/klaim")
        page.locator("[name=code]").fill(code)
        page.locator("[name=birth_date-day]").fill(day)
        page.locator("[name=birth_date-month]").select_option(str(int(month)))
        page.locator("[name=birth_date-year]").fill(year)
        login = f"{name.split()[0].lower()}.{'js' if story.javascript else 'polos'}"
        page.get_by_label("Nama masuk").fill(login)
        page.get_by_label("Kata sandi").fill(PASSWORD)
        _press(page, "Ambil data saya")
        # The roster gave a phone: its owner is asked to confirm it, and may do so later.
        page.get_by_role("link", name="Nanti saja").click()
        expect(page).to_have_url(re.compile(r"/(saya|beranda)"))
        story.look(page, f"saya {name}")
        page.locator("a[href*='/saya/angkatan/']").first.click()
        _press(page, "Terima kursi ini")
        expect(page.locator("main")).to_contain_text("Kursi Anda sudah pasti")


def _mark_attendance(story: Story) -> None:
    with story.visitor(story.accounts["teacher"]) as page:
        _open(page, f"/instruktur/presensi/{story.room.sessions[0]}")
        for name, *_ in PEOPLE:
            row = page.locator("#roll > li", has_text=name)
            row.get_by_role("button", name="Hadir").click()
            expect(row.get_by_role("button", name="Hadir")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#count")).to_contain_text("2/2")


def _judge_and_sign(story: Story) -> None:
    sheet = f"/instruktur/hasil/{story.room.batch_id}"
    with story.visitor(story.accounts["teacher"]) as page:
        _open(page, sheet)
        for name, *_ in PEOPLE:
            for position in (1, 2):
                lowered = name == "Yohanes Dui" and position == 2
                _judge(page, name, position, "BK" if lowered else "K")
                if lowered:
                    expect(page.locator(".note")).to_contain_text("Catatan")
                    story.look(page, "BK tanpa catatan")
                    page.locator(".note textarea").fill("Saldo kas belum cocok dengan bukti.")
                    _press(page, "Simpan BK")
                    expect(page.locator(".rubric")).to_contain_text("Saldo kas belum cocok")
        page.get_by_role("link", name="Tinjau dan tandatangani").click()
        story.look(page, "tanda tangan")
        _press(page, "Tandatangani hasil")
        expect(page.locator("main")).to_contain_text("tidak dapat diubah lagi")


def _judge(page: Page, name: str, position: int, value: str) -> None:
    person = page.locator("details.person", has_text=name)
    if person.get_attribute("open") is None:
        person.locator("summary").click()
    row = person.locator(".mark-row", has_text=f"{position}. Menyusun buku kas {position}")
    row.locator(f".cells button.{'is-ok' if value == 'K' else 'is-err'}").click()
    if value == "K":
        person = page.locator("details.person", has_text=name)
        row = person.locator(".mark-row", has_text=f"{position}. Menyusun buku kas {position}")
        expect(row.locator(".cells button.is-ok")).to_have_attribute("aria-pressed", "true")


def _prepare_the_issue(story: Story) -> None:
    with story.visitor(story.accounts["admin"]) as page:
        _open(page, f"/balai/angkatan/{story.room.batch_id}/sertifikat")
        expect(page.locator("main")).to_contain_text("BK")
        _press(page, "Ajukan 1 sertifikat ke kepala balai")
        expect(page.locator("main")).to_contain_text("Menunggu kepala balai")
        story.look(page, "permintaan penerbitan")


def _approve_and_read_the_paper(story: Story) -> str:
    """The address in the QR of the paper."""
    with story.visitor(story.accounts["head"]) as page:
        _open(page, "/balai/sertifikat")
        page.locator("main a[href*='/permintaan/']").first.click()
        _press(page, "Setujui")
        _wait_for(page, "Selesai: 1 sertifikat terbit", story)
        page.get_by_role("link", name="Lihat daftarnya").click()
        paper = _paper(page, page.get_by_role("link", name=re.compile("^PDF")))
        picture = paper[0].render(scale=200 / 72).to_pil()
        assert "Sri Wahyuni" in paper[0].get_textpage().get_text_range()
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)


def _check_the_certificate(story: Story, address: str) -> None:
    assert address.upper().startswith(story.served.url.upper()), address
    with story.visitor() as page:
        _open(page, address)
        expect(page.locator("h1")).to_have_text("BERLAKU")
        expect(page.locator("main")).to_contain_text("Pembukuan harian koperasi")
        if story.javascript:
            # The signature in the QR itself is checked by the browser, and with it comes the full name.
            expect(page.locator("#qr-check [data-when=match]")).to_be_visible()
        else:
            page.locator("#nama").fill("sri wahyuni")
            page.locator("form[action$='/cocok'] button").click()
        expect(page.locator("#holder")).to_have_text("Sri Wahyuni")
        story.look(page, "sertifikat dari QR")
