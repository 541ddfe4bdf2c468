"""Pages of results of a written test and of corrected keys, plain and as htmx."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries
from portal.assessment.models import KeyCorrection, Question
from portal.assessment.models import Verdict as VerdictRow
from portal.assessment.rules.content import right_id
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support.classroom import Classroom, account, build
from tests.support.page import Page
from tests.support.tested import Made, add_question, build_test, single, sit

K, BK = "competent", "not_yet_competent"
WHY = "Kunci tertukar"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def made(room: Classroom) -> Made:
    return build_test(room, center_id=room.center_id)


@pytest.fixture
def judge(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.assessor)


def results_url(made: Made) -> str:
    return f"/instruktur/uji/{made.test_id}/hasil"


def key_url(made: Made, number: int = 0) -> str:
    return f"/soal/{made.all[number][1]}/kunci"


def values(room: Classroom, person: int = 0) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    found = queries.verdicts_of(room.enrollments[person])
    return [found[unit].value if unit in found else "" for unit in room.units]


# ---- results ----


def test_results_show_every_unit_and_who_is_missing(judge: Page, made: Made) -> None:
    sit(made, 0, [2, 1])
    sit(made, 1, [3, 3])
    sit(made, 2, [0, 0], state="running")
    view = judge.get(results_url(made))
    assert view.heading == "Hasil uji tertulis"
    assert "2/3" in view.words
    assert "1/3" in view.words
    assert "perlu 1,8" in view.words
    assert "Belum mengerjakan" in view.words
    assert "Sedang mengerjakan" in view.words
    assert "4 usulan menjadi penilaian: 3 K, 1 BK" in view.words
    assert view.text.count('class="bar"') == 2
    # Each question leads to its statistics, and to its key where it is the judge's bank.
    assert len(re.findall(r'href="/soal/\d+/statistik"', view.text)) == 6
    assert len(re.findall(r'href="/soal/\d+/kunci"', view.text)) == 6
    assert len(gzip.compress(view.response.data, 9)) <= 14 * 1024


def test_taking_results_over_and_pressing_twice(judge: Page, room: Classroom, made: Made) -> None:
    sit(made, 0, [2, 1])
    action, data = judge.get(results_url(made)).form("/hasil")
    done = judge.post(action, data)
    assert done.status == 303
    assert judge.post(action, data).location == done.location
    assert values(room) == [K, BK, ""]
    view = judge.get(done.location)
    assert "Sudah menjadi penilaian" in view.words
    assert "usulan menjadi penilaian" not in view.words
    assert db.session.execute(sa.select(sa.func.count()).select_from(VerdictRow)).scalar_one() == 2


def test_results_that_changed_meanwhile_are_shown_again(judge: Page, room: Classroom, made: Made) -> None:
    sit(made, 0, [2, 1])
    action, data = judge.get(results_url(made)).form("/hasil")
    sit(made, 1, [3, 3])
    refused = judge.post(action, data, 409)
    assert "Hasil berubah sejak halaman ini dibuka" in " ".join(refused.errors)
    assert values(room) == ["", "", ""]
    again = judge.post(*refused.form("/hasil"))
    assert again.status == 303


def test_what_stays_is_named(judge: Page, room: Classroom, made: Made, now: datetime) -> None:
    sit(made, 0, [3, 3])
    with transaction():
        db.session.add(
            VerdictRow(
                enrollment_id=room.enrollments[0], unit_id=room.units[0], version=1, is_current=True,
                value=BK, note="Lisan kurang", judged_at=now,
            )
        )  # fmt: skip
    view = judge.get(results_url(made))
    assert "Nilai yang tetap (1)" in view.words
    assert "tetap BK" in view.words


def test_results_of_others_are_not_found(page: Page, made: Made) -> None:
    stranger = build()
    page.sign_in(stranger.assessor)
    page.get(results_url(made), 404)
    page.get("/instruktur/uji/987654/hasil", 404)


def test_results_take_a_fixed_number_of_statements(
    page: Page, db_session: Any, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (3, 30):
        made = build_test(build(people=people))
        for person in range(people):
            sit(made, person, [person % 4, 2])
        page.sign_in(made.room.assessor)
        page.get(results_url(made))
        with query_count() as seen:
            assert page.get(results_url(made)).status == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


# ---- keys ----


def test_the_key_stands_in_the_form(judge: Page, made: Made) -> None:
    view = judge.get(key_url(made))
    assert view.heading == "Koreksi kunci"
    assert "Kunci sekarang: “Pilihan a”" in view.words
    assert view.element("key").get("checked") is not None
    assert "Koreksi sebelumnya" not in view.words


def test_from_the_key_to_the_dry_run_to_the_record(judge: Page, room: Classroom, made: Made) -> None:
    with transaction():
        db.session.execute(sa.text("update written_test set blueprint = replace(blueprint, '60', '33')"))
    sit(made, 0, [0, 3])
    sit(made, 1, [1, 3])
    judge.post(*judge.get(results_url(made)).form("/hasil"))
    assert (values(room, 0)[0], values(room, 1)[0]) == (BK, K)
    shown = judge.get(f"{key_url(made)}/dampak?key=b&reason=Kunci+tertukar")
    assert shown.heading == "Dampak koreksi kunci"
    assert "Kunci semula “Pilihan a” Kunci baru “Pilihan b”" in shown.words
    assert "Penilaian berubah (2)" in shown.words
    assert "BK → K" in shown.words
    assert "K → BK" in shown.words
    assert (values(room, 0)[0], values(room, 1)[0]) == (BK, K)
    action, data = shown.form("/dampak")
    done = judge.post(action, data)
    assert done.status == 303
    assert judge.post(action, data).location == done.location
    assert (values(room, 0)[0], values(room, 1)[0]) == (K, BK)
    record = judge.get(done.location)
    assert record.heading == "Koreksi kunci ditetapkan"
    assert "Kunci tertukar" in record.words
    assert "Penilaian berubah (2)" in record.words
    past = judge.get(key_url(made))
    assert "Versi 1 menjadi 2" in past.words
    assert "Kunci sekarang: “Pilihan b”" in past.words
    # The batch's results name it as well.
    assert "Kunci yang dikoreksi (1)" in judge.get(results_url(made)).words
    assert db.session.execute(sa.select(sa.func.count()).select_from(KeyCorrection)).scalar_one() == 1


def test_the_same_key_again_is_said_to_stand(judge: Page, made: Made) -> None:
    sit(made, 0, [0, 3])
    shown = judge.get(f"{key_url(made)}/dampak?key=a&reason=Coba")
    assert "Kunci ini sudah berlaku" in shown.words
    with pytest.raises(AssertionError):
        shown.form("/dampak")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("key=b", "reason"),
        ("reason=x", "key"),
        ("key=z&reason=x", "key"),
        ("key=a&key=b&key=c&reason=x", "key"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(judge: Page, made: Made, query: str, field: str) -> None:
    view = judge.get(f"{key_url(made)}/dampak?{query}", 422)
    assert view.title.startswith("Perlu diperbaiki:")
    assert view.element(f"{field}-e") is not None
    assert len(view.errors) == 1


def test_the_bare_address_of_the_dry_run_leads_to_the_form(judge: Page, made: Made) -> None:
    assert judge.get(f"{key_url(made)}/dampak", 303).location.endswith(key_url(made))


def test_a_stale_dry_run_is_refused_and_shown_again(judge: Page, room: Classroom, made: Made) -> None:
    sit(made, 0, [0, 3])
    action, data = judge.get(f"{key_url(made)}/dampak?key=b&reason=x").form("/dampak")
    sit(made, 1, [0, 3])
    refused = judge.post(action, data, 409)
    assert "Periksa lagi" in " ".join(refused.errors)
    assert judge.post(*refused.form("/dampak")).status == 303


def test_a_key_may_not_be_changed_between_dry_run_and_adoption(judge: Page, made: Made) -> None:
    sit(made, 0, [0, 3])
    action, data = judge.get(f"{key_url(made)}/dampak?key=b&reason=x").form("/dampak")
    data["key"] = "c"
    judge.post(action, data, 409)
    assert db.session.execute(sa.select(sa.func.count()).select_from(KeyCorrection)).scalar_one() == 0


def test_foreign_questions_and_nested_records_are_not_found(
    page: Page, new_page: Callable[[], Page], made: Made
) -> None:
    sit(made, 0, [0, 3])
    own = page.sign_in(made.room.assessor)
    done = own.post(*own.get(f"{key_url(made)}/dampak?key=b&reason=x").form("/dampak"))
    number = done.location.rsplit("/", 1)[1]
    own.get(f"{key_url(made, 1)}/{number}", 404)
    stranger = new_page().sign_in(build().assessor)
    for url in (key_url(made), f"{key_url(made)}/dampak?key=b&reason=x", f"{key_url(made)}/{number}"):
        stranger.get(url, 404)
    data = {"op": "0" * 32, "key": "c", "reason": "x", "seen": "x"}
    stranger.post(f"{key_url(made)}/dampak", data, 404)
    new_page().sign_in(made.room.instructor).get(key_url(made), 403)


CONTENTS = {
    "multiple": ({**single(), "key": ["a", "b"]}, "key=b&key=c"),
    "true_false": ({"stem": "Benar?", "images": [], "explanation": "", "key": True}, "key=false"),
    "number": (
        {"stem": "Berapa?", "images": [], "explanation": "", "key": "12.5", "tolerance": "0.5", "unit": "%"},
        "key=13%3B+14%2C5&tolerance=0%2C1",
    ),
    "matching": (
        {
            "stem": "Pasangkan", "images": [], "explanation": "", "extra": [{"right": "Neraca"}],
            "pairs": [
                {"id": "a", "left": "Kas", "right": "Uang"}, {"id": "b", "left": "Bank", "right": "Rekening"},
            ],
        },
        "pair-a=r0&pair-b=r0",
    ),
    "case": (
        {
            "stem": "Koperasi Maju", "images": [], "explanation": "",
            "parts": [
                {"id": "1", "kind": "single", **single()},
                {
                    "id": "2", "kind": "true_false", "stem": "Untung?", "images": [], "explanation": "",
                    "key": True,
                },
            ],
        },
        "1-key=b&2-void=1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTENTS)
def test_every_kind_of_question_can_be_corrected(judge: Page, room: Classroom, kind: str) -> None:
    content, query = CONTENTS[kind]
    with transaction():
        question = add_question(room.units[0], content, kind, room.center_id)
    form = judge.get(f"/soal/{question}/kunci")
    assert form.status == 200
    if kind == "matching":
        query = f"pair-a={right_id('Neraca')}&pair-b={right_id('Uang')}"
    shown = judge.get(f"/soal/{question}/kunci/dampak?{query}&reason=x")
    assert shown.status == 200
    assert judge.post(*shown.form("/dampak")).status == 303
    db.session.expire_all()
    assert db.session.execute(sa.select(Question.version).where(Question.id == question)).scalar_one() == 2
    assert judge.get(f"/soal/{question}/kunci").status == 200


def test_a_country_question_is_the_platforms(
    page: Page, new_page: Callable[[], Page], room: Classroom
) -> None:
    made = build_test(room)
    with transaction():
        chief = account("Pusat", Role.PLATFORM_ADMIN, "all", "")
    page.sign_in(room.assessor).get(key_url(made), 404)
    assert new_page().sign_in(chief).get(key_url(made)).status == 200
