"""Observation, second assessor, re-test, appeal and correction as pages, with and without JavaScript."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.assessment import queries, services
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support.assessing import (
    BK,
    K,
    assessor_of,
    fill,
    head_of,
    person_actor,
    sign,
    state_of,
    trainee_of,
    verdict,
    with_second_assessor,
)
from tests.support.classroom import Classroom, build
from tests.support.issuing import issue, sign_class
from tests.support.page import Page


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build(people=2, units=2)


@pytest.fixture
def judge(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.assessor)


def unit_url(room: Classroom, what: str, person: int = 0, unit: int = 0) -> str:
    return f"/instruktur/hasil/{room.batch_id}/{room.enrollments[person]}/unit/{room.units[unit]}/{what}"


def fresh() -> None:
    db.session.rollback()
    db.session.expire_all()


def test_an_observation_is_written_and_read_beside_the_verdict(judge: Page, room: Classroom) -> None:
    url = unit_url(room, "observasi")
    view = judge.get(url)
    assert view.heading == "Pengamatan praktik"
    first, second = room.criteria[:2]
    sent = {f"kriteria-{first}": "met", f"kriteria-{second}": "not_met", "interview": "Lancar", "version": 0}
    done = judge.submit(view, sent)
    person = judge.follow(done)
    assert "Pengamatan: 1 terpenuhi, 1 belum" in person.words
    assert "Wawancara: Lancar" in person.words
    again = judge.get(url)
    assert again.element("interview").text == "Lancar"
    assert "Versi 1: 1 terpenuhi, 1 belum" in again.words
    assert len(gzip.compress(again.response.data, 9)) <= 14 * 1024


def test_an_empty_observation_is_turned_down_with_what_was_typed(judge: Page, room: Classroom) -> None:
    url = unit_url(room, "observasi")
    view = judge.submit(judge.get(url), {f"kriteria-{room.criteria[0]}": "not_observed"}, 422)
    assert "Isi sedikitnya satu kriteria, atau tulis catatan." in view.errors
    assert view.title.startswith("Perlu diperbaiki:")


def test_k_on_the_grid_against_an_observation_asks_for_a_note(
    judge: Page, room: Classroom, now: datetime
) -> None:
    with transaction():
        services.record_observation(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
            criteria={room.criteria[0]: "not_met"}, actor=room.assessor_actor(), now=now,
        )  # fmt: skip
    url = f"/instruktur/hasil/{room.batch_id}"
    entry = {"enrollment": room.enrollments[0], "unit": room.units[0], "value": K, "version": 0}
    for view in (judge.post(url, entry, status=422), judge.htmx_post(url, entry, status=422)):
        assert "Pengamatan mencatat kriteria yang belum terpenuhi." in view.words
        assert "Simpan K" in view.words
    judge.post(url, {**entry, "note": "Diperlihatkan sesudahnya"})
    assert verdict(room).note == "Diperlihatkan sesudahnya"


def test_the_second_assessor_judges_blind_and_then_sees_both(
    page: Page, room: Classroom, now: datetime
) -> None:
    user, _staff = with_second_assessor(room)
    fill(room, now, weak={0: 0})
    page.sign_in(user)
    url = f"/instruktur/hasil/{room.batch_id}"
    desk = page.get(f"{url}/kedua")
    assert "4 menunggu" in desk.words
    assert "Saldo kas belum cocok" not in desk.words
    for hidden in (url, f"{url}/{room.enrollments[0]}"):
        view = page.get(hidden)
        assert "Saldo kas belum cocok" not in view.words
        assert "Sudah dinilai. Nilainya terlihat setelah Anda memberi penilaian kedua." in view.words
    found = verdict(room).id
    refused = page.post(
        f"{url}/kedua", {"verdict": found, "value": BK, "enrollment": room.enrollments[0]}, status=422
    )
    assert "BK perlu catatan" in refused.words
    page.post(
        f"{url}/kedua", {"verdict": found, "value": BK, "note": "Sama", "enrollment": room.enrollments[0]}
    )
    view = page.get(f"{url}/kedua")
    assert "Pertama (Andi Asesor): BK, Saldo kas belum cocok" in view.words
    assert "Kedua (Sri Penilai Kedua): BK, Sama" in view.words
    assert "Dua penilai sepakat" in view.words


def test_the_signature_page_links_to_what_lacks_a_second_word(
    page: Page, room: Classroom, now: datetime
) -> None:
    user, _staff = with_second_assessor(room)
    fill(room, now)
    with transaction():
        services.record_second(
            batch_id=room.batch_id, verdict_id=verdict(room).id, value=BK, note="Belum",
            actor=person_actor(user, Role.ASSESSOR), now=now,
        )  # fmt: skip
    page.sign_in(room.assessor)
    view = page.get(f"/instruktur/hasil/{room.batch_id}/tutup")
    assert "Penilai kedua (4)" in view.words
    assert "Unit 1 berbeda" in view.words
    assert "Unit 2 menunggu" in view.words
    assert "Tandatangani hasil" not in view.links
    assert any("/kedua?orang=" in href for href in view.links.values())


def test_pages_of_a_large_class_take_a_fixed_number_of_statements(
    page: Page, db_session: Any, now: datetime, query_count: Any
) -> None:
    counts = []
    for people in (3, 20):
        room = build(people=people, units=3)
        user, _staff = with_second_assessor(room)
        fill(room, now)
        page.sign_in(user)
        with query_count() as seen:
            page.get(f"/instruktur/hasil/{room.batch_id}/kedua", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_retest_opened_and_passed_after_signing(judge: Page, room: Classroom, now: datetime) -> None:
    fill(room, now, weak={0: 0})
    sign(room, now)
    url = unit_url(room, "ulang")
    assert "Uji ulang" in judge.get(f"/instruktur/hasil/{room.batch_id}/{room.enrollments[0]}").words
    opened = judge.follow(judge.submit(judge.get(url), {"note": "Bawa buku kas"}))
    assert "Uji ulang sedang dibuka" in opened.words
    assert "Bawa buku kas" in opened.words
    refused = judge.post(url, {"langkah": "hasil", "value": BK}, status=422)
    assert "BK perlu catatan" in refused.words
    judge.post(url, {"langkah": "hasil", "value": K})
    assert (verdict(room).value, state_of(room)) == (K, "completed")
    assert "Uji ulang hanya untuk unit yang BK" in judge.get(url).words
    judge.post(url, {"langkah": "buka", "test": ""}, status=422)


def test_a_retest_is_called_off(judge: Page, room: Classroom, now: datetime) -> None:
    fill(room, now, weak={0: 0})
    url = unit_url(room, "ulang")
    judge.post(url, {"langkah": "buka", "test": ""})
    judge.post(url, {"langkah": "batal"})
    fresh()
    assert queries.open_retests(room.batch_id) == {}
    judge.post(url, {"langkah": "batal"}, status=404)


@pytest.fixture
def signed(room: Classroom, now: datetime) -> Classroom:
    fill(room, now, weak={0: 0})
    sign(room, now)
    return room


def test_a_person_reads_the_own_results_and_appeals(page: Page, signed: Classroom, now: datetime) -> None:
    page.sign_in(trainee_of(signed))
    i = signed.enrollments[0]
    assert f"/saya/hasil/{i}" in page.get("/saya/hasil").links.values()
    view = page.get(f"/saya/hasil/{i}")
    assert "Saldo kas belum cocok" in view.words
    assert "Dasar penilaian: penilaian langsung oleh penilai." in view.words
    assert "Peserta 002" not in view.words
    form = page.get(f"/saya/hasil/{i}/unit/{signed.units[0]}/banding")
    empty = page.submit(form, {"reason": " "}, 422)
    assert "Tulis mengapa Anda keberatan." in empty.errors
    shown = page.follow(page.submit(form, {"reason": "Saldo saya cocok"}))
    assert "Menunggu asesor" in shown.words
    assert "Ajukan banding" not in shown.words
    page.get(f"/saya/hasil/{signed.enrollments[1]}", 404)
    appeal = queries.appeals_of_enrollment(i)[0].id
    back = page.follow(page.post(f"/saya/banding/{appeal}/tarik"))
    assert "Ditarik" in back.words
    assert "Ajukan banding" in back.words


def test_unsigned_results_are_not_told(page: Page, room: Classroom, now: datetime) -> None:
    fill(room, now, weak={0: 0})
    page.sign_in(trainee_of(room))
    view = page.get(f"/saya/hasil/{room.enrollments[0]}")
    assert "Hasil belum ditandatangani" in view.words
    assert "Saldo kas" not in view.words
    page.get(f"/saya/hasil/{room.enrollments[0]}/unit/{room.units[0]}/banding", 404)


def file(room: Classroom, now: datetime) -> int:
    actor = person_actor(trainee_of(room), Role.TRAINEE)
    with transaction():
        return services.file_appeal(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], reason="Saldo saya cocok", actor=actor,
            now=now,
        ).id  # fmt: skip


def test_the_center_assigns_and_the_assessor_answers(page: Page, signed: Classroom, now: datetime) -> None:
    number = file(signed, now)
    free, staff = assessor_of(signed, "Bebas Asesor", in_batch=False)
    page.sign_in(signed.admin)
    assert "Sisa 14 hari" in page.get("/balai/banding").words
    case = page.get(f"/balai/banding/{number}")
    assert "Bebas Asesor" in case.words
    assert "pernah menilai unit ini" in case.words
    assert "melatih angkatan ini" in case.words
    assert page.submit(case, {}, 422).errors == ["Pilih asesor dari balai ini."]
    assert page.follow(page.submit(case, {"staff": staff})).heading == "Banding"
    page.sign_in(free)
    assert "Peserta 001" in page.get("/instruktur/banding").words
    desk = page.get(f"/instruktur/banding/{number}")
    assert "Saldo saya cocok" in desk.words
    assert "Tulis alasan keputusan; peserta membacanya." in page.submit(desk, {"state": "upheld"}, 422).errors
    page.submit(desk, {"state": "upheld", "decision": "Bukti menunjukkan saldo cocok"})
    assert (verdict(signed).value, state_of(signed)) == (K, "completed")
    page.sign_in(signed.assessor)
    page.get(f"/instruktur/banding/{number}", 404)


def test_an_overdue_appeal_says_so(page: Page, signed: Classroom, now: datetime, clock: Any) -> None:
    file(signed, now)
    clock.set(now + timedelta(days=16, hours=1))
    page.sign_in(signed.admin)
    assert "Terlambat 3 hari" in page.get("/balai/banding").words


def test_a_correction_asked_and_decided(page: Page, signed: Classroom, now: datetime) -> None:
    head = head_of(signed)
    page.sign_in(signed.admin)
    url = f"/hasil/{signed.batch_id}/{signed.enrollments[0]}/unit/{signed.units[0]}/koreksi"
    assert url in page.get(f"/balai/angkatan/{signed.batch_id}/hasil").links.values()
    view = page.get(url)
    assert (
        "Tulis mengapa hasil yang sudah ditandatangani keliru." in page.submit(view, {"value": K}, 422).errors
    )
    page.submit(view, {"value": K, "reason": "Lembar kerja tertukar"})
    assert "Menunggu keputusan kepala balai" in page.get(url).words
    number = queries.corrections_of_cell(signed.enrollments[0], signed.units[0])[0].id
    assert "Kepala balai yang memutuskan." in page.get(f"/balai/koreksi-hasil/{number}").words
    page.post(f"/balai/koreksi-hasil/{number}", {"keputusan": "setuju"}, status=403)
    page.sign_in(head)
    assert "BK → K" in page.get("/balai/koreksi-hasil").words
    refused = page.post(f"/balai/koreksi-hasil/{number}", {"keputusan": "tolak"}, status=422)
    assert "Tulis mengapa koreksi ini ditolak." in refused.errors
    page.post(f"/balai/koreksi-hasil/{number}", {"keputusan": "setuju"})
    assert (verdict(signed).value, state_of(signed)) == (K, "completed")


def test_a_certificate_in_the_way_is_named(page: Page, db_session: Any, now: datetime) -> None:
    signed = sign_class(now, people=1)
    room, (certificate,) = signed.room, issue(signed, now)
    with transaction():
        number = services.ask_correction(
            batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0], value=BK,
            note="Ternyata belum", reason="Lembar tertukar", actor=room.assessor_actor(), now=now,
        ).id  # fmt: skip
    page.sign_in(signed.head_user)
    view = page.get(f"/balai/koreksi-hasil/{number}")
    assert "Sertifikat sudah terbit atas hasil ini" in view.words
    assert f"/balai/sertifikat/{certificate.code}" in view.links.values()
    answer = page.post(f"/balai/koreksi-hasil/{number}", {"keputusan": "setuju"}, status=409)
    assert "Cabut dulu sertifikat itu" in answer.words
    assert verdict(room).value == K
