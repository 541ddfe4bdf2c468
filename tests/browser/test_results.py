"""Results as people meet them: observed and judged by two, signed, re-tested, appealed, and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.assessment import queries, services
from portal.attendance.services import mark_rest
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Role
from tests.support.assessing import (
    assessor_of,
    fill,
    head_of,
    person_actor,
    sign,
    trainee_of,
    with_second_assessor,
)
from tests.support.browser import LAPTOP, PHONE, Served, look
from tests.support.classroom import Classroom, build


@dataclass
class Class:
    """A class of its own beside the world; `served.world.users` knows its people by these names."""

    room: Classroom
    url: str


@pytest.fixture
def lesson(served: Served) -> Iterator[Class]:
    """A running class of three whose program asks for two assessors, and everybody around it."""
    with served.app.app_context():
        room = build(people=3, units=2, start=clock.now() - timedelta(days=3))
        second, _staff = with_second_assessor(room)
        free, _free = assessor_of(room, "Bebas Asesor", in_batch=False)
        accounts = {
            "first_judge": room.assessor, "second_judge": second, "free_judge": free, "head": head_of(room),
            "desk": room.admin, "learner": trainee_of(room, 0),
        }  # fmt: skip
        served.world.users |= {name: user.id for name, user in accounts.items()}
        yield Class(room, f"/instruktur/hasil/{room.batch_id}")
        db.session.remove()


def _unit(lesson: Class, what: str, person: int = 0, unit: int = 0) -> str:
    room = lesson.room
    return f"{lesson.url}/{room.enrollments[person]}/unit/{room.units[unit]}/{what}"


def test_two_assessors_on_a_phone(served: Served, lesson: Class) -> None:
    wrong: list[str] = []
    i, first = lesson.room.enrollments[0], lesson.room.units[0]
    with transaction():
        for session_id in lesson.room.sessions:
            mark_rest(session_id=session_id, mark="present", actor=SYSTEM, now=clock.now())
    with served.visitor("first_judge", viewport=PHONE) as page:
        page.goto(_unit(lesson, "observasi"))
        page.get_by_role("group", name="Bukti transaksi 1 dicatat berurutan").get_by_role(
            "radio", name="Terpenuhi"
        ).check()
        page.get_by_role("group", name="Bukti transaksi 2 dicatat berurutan").get_by_role(
            "radio", name="Belum"
        ).check()
        page.get_by_label("Catatan wawancara").fill("Menjelaskan urutan bukti, belum memberi nomor.")
        wrong += look(served, page, "pengamatan")
        page.get_by_role("button", name="Simpan pengamatan").click()
        expect(page.get_by_text("Pengamatan: 1 terpenuhi, 1 belum")).to_be_visible()
        page.goto(f"{lesson.url}?orang={i}")
        page.locator(f"#k{i}-{first}").click()
        note = page.get_by_label("Catatan untuk peserta")
        expect(note).to_be_visible()
        wrong += look(served, page, "kompeten melawan pengamatan")
        note.fill("Nomor bukti diperlihatkan setelah istirahat.")
        page.get_by_role("button", name="Simpan K").click()
        expect(page.locator(f"#k{i}-{first}")).to_have_attribute("aria-pressed", "true")
    with served.visitor("second_judge", viewport=PHONE) as page:
        page.goto(f"{lesson.url}?orang={i}")
        expect(page.get_by_text("Sudah dinilai. Nilainya terlihat")).to_be_visible()
        page.get_by_role("link", name="Beri penilaian kedua").last.click()
        wrong += look(served, page, "penilai kedua")
        page.get_by_label("Catatan (wajib bila BK)").fill("Bukti masih tanpa nomor.")
        page.get_by_role("button", name="BK").click()
        expect(page.get_by_text("Penilai kedua berbeda")).to_be_visible()
        expect(page.get_by_text("Nomor bukti diperlihatkan setelah istirahat.")).to_be_visible()
        wrong += look(served, page, "penilai kedua berbeda")
    with served.visitor("first_judge", viewport=LAPTOP) as page:
        page.goto(f"{lesson.url}/tutup")
        expect(page.get_by_role("link", name="Unit 1 berbeda")).to_be_visible()
        wrong += look(served, page, "tutup dengan penilai kedua")
        page.goto(f"{lesson.url}/{i}")
        wrong += look(served, page, "lembar penilaian")
    assert not wrong, "\n".join(wrong)


def _signed(served: Served, lesson: Class) -> None:
    """Everybody judged by two, one BK, signed."""
    room, now = lesson.room, clock.now()
    fill(room, now, weak={0: 0})
    second = person_actor(db.session.get_one(User, served.world.users["second_judge"]), Role.ASSESSOR)
    for verdict in queries.verdicts_of_batch(room.batch_id).values():
        with transaction():
            services.record_second(
                batch_id=room.batch_id, verdict_id=verdict.id, value=verdict.value, note=verdict.note,
                actor=second, now=now,
            )  # fmt: skip
    sign(room, now)


def test_an_appeal_from_the_phone_to_the_answer(served: Served, lesson: Class) -> None:
    _signed(served, lesson)
    wrong: list[str] = []
    i = lesson.room.enrollments[0]
    with served.visitor("learner", viewport=PHONE) as page:
        page.goto(f"/saya/angkatan/{i}/mengapa")
        expect(page.get_by_text("belum kompeten (BK)")).to_be_visible()
        wrong += look(served, page, "mengapa belum")
        page.get_by_role("link", name="Hasil saya").click()
        wrong += look(served, page, "hasil saya")
        page.get_by_role("link", name="Ajukan banding").click()
        page.get_by_role("button", name="Kirim banding").click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_label("Mengapa Anda keberatan?").fill("Saldo saya cocok, lihat lembar kerja.")
        wrong += look(served, page, "ajukan banding")
        page.get_by_role("button", name="Kirim banding").click()
        expect(page.get_by_text("Banding terkirim")).to_be_visible()
    with served.visitor("desk", viewport=LAPTOP) as page:
        page.goto("/balai/banding")
        wrong += look(served, page, "daftar banding")
        page.get_by_role("link", name="Peserta 001").click()
        page.get_by_label("Bebas Asesor").check()
        wrong += look(served, page, "serahkan banding")
        page.get_by_role("button", name="Serahkan banding").click()
        expect(page.get_by_text("Banding diserahkan kepada asesor.")).to_be_visible()
    with served.visitor("free_judge", viewport=LAPTOP) as page:
        page.goto("/instruktur")
        page.get_by_role("link", name="Banding yang diserahkan kepada Anda").click()
        page.get_by_role("link", name="Peserta 001").click()
        wrong += look(served, page, "putuskan banding")
        page.get_by_label("Diterima").check()
        page.get_by_label("Alasan keputusan").fill("Lembar kerja menunjukkan saldo cocok.")
        page.get_by_role("button", name="Simpan keputusan").click()
        expect(page.get_by_text("Banding dijawab.")).to_be_visible()
    with served.visitor("learner", viewport=PHONE) as page:
        page.goto(f"/saya/hasil/{i}")
        expect(page.get_by_text("Banding Anda: Diterima")).to_be_visible()
        wrong += look(served, page, "hasil setelah banding")
        page.goto(f"/saya/angkatan/{i}/mengapa")
        expect(page.get_by_text("Semua syarat terpenuhi.")).to_be_visible()
        wrong += look(served, page, "mengapa belum semua terpenuhi")
    assert not wrong, "\n".join(wrong)


def test_a_retest_and_a_correction_without_javascript(served: Served, lesson: Class) -> None:
    _signed(served, lesson)
    wrong: list[str] = []
    i, unit = lesson.room.enrollments[0], lesson.room.units[0]
    with served.visitor("first_judge", javascript=False, viewport=PHONE) as page:
        page.goto(f"{lesson.url}/{i}")
        page.get_by_role("link", name="Uji ulang").click()
        page.get_by_role("button", name="Buka uji ulang").click()
        page.get_by_role("link", name="Isi pengamatan").click()
        for number in (1, 2):
            group = page.get_by_role("group", name=f"Bukti transaksi {number} dicatat berurutan")
            group.get_by_role("radio", name="Terpenuhi").check()
        page.get_by_role("button", name="Simpan pengamatan").click()
        page.get_by_role("link", name="Uji ulang").click()
        page.get_by_role("radio", name="Kompeten (K)").check()
        page.get_by_role("button", name="Simpan hasil uji ulang").click()
        expect(page.get_by_text("Uji ulang hanya untuk unit yang BK")).to_be_visible()
    with served.visitor("first_judge", viewport=PHONE) as page:
        page.goto(_unit(lesson, "ulang"))
        wrong += look(served, page, "uji ulang selesai")
    with served.visitor("desk", javascript=False, viewport=LAPTOP) as page:
        page.goto(f"/hasil/{lesson.room.batch_id}/{lesson.room.enrollments[1]}/unit/{unit}/koreksi")
        page.get_by_role("radio", name="Belum kompeten (BK)").check()
        page.get_by_label("Catatan untuk peserta").fill("Saldo kas ternyata belum cocok.")
        page.get_by_label("Alasan koreksi").fill("Lembar kerja dua peserta tertukar.")
        page.get_by_role("button", name="Ajukan koreksi").click()
        expect(page.get_by_text("Koreksi terkirim.")).to_be_visible()
    with served.visitor("head", viewport=LAPTOP) as page:
        page.goto("/balai/koreksi-hasil")
        wrong += look(served, page, "daftar koreksi hasil")
        page.get_by_role("link", name="Peserta 002").click()
        wrong += look(served, page, "putuskan koreksi hasil")
        page.get_by_role("button", name="Setujui koreksi").click()
        expect(page.get_by_text("Keputusan tersimpan.")).to_be_visible()
    assert not wrong, "\n".join(wrong)


def test_pages_around_a_retest_look_right(served: Served, lesson: Class) -> None:
    fill(lesson.room, clock.now(), weak={0: 0})
    wrong: list[str] = []
    with served.visitor("first_judge", viewport=PHONE) as page:
        page.goto(_unit(lesson, "ulang"))
        wrong += look(served, page, "buka uji ulang")
        page.get_by_role("button", name="Buka uji ulang").click()
        expect(page.get_by_text("Uji ulang sedang dibuka")).to_be_visible()
        wrong += look(served, page, "uji ulang dibuka")
    with served.visitor("learner", viewport=PHONE) as page:
        page.goto(f"/saya/angkatan/{lesson.room.enrollments[0]}/mengapa")
        expect(page.get_by_text("Uji ulang sudah dibuka untuk Anda.")).to_be_visible()
        wrong += look(served, page, "mengapa belum dengan uji ulang")
    assert not wrong, "\n".join(wrong)
