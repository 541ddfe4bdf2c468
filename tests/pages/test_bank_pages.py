"""Pages of the question bank: what an editor sees and does, without JavaScript."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Question, QuestionImage, QuestionVersion
from portal.assessment.rules.content import right_id
from portal.core.db import db
from portal.core.spreadsheets import read_book
from tests.support.bank import admin, png, write
from tests.support.classroom import Classroom, build
from tests.support.html import elements
from tests.support.page import Page
from tests.support.queries import count_statements
from tests.support.tested import build_test, sit

DATA = Path(__file__).parent.parent / "data" / "gift"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def page(app: Any, room: Classroom) -> Page:
    return Page(app).sign_in(room.assessor)


def new_url(room: Classroom, kind: str) -> str:
    return f"/soal/unit/{room.units[0]}/baru?jenis={kind}"


def only_question() -> Question:
    return db.session.scalars(sa.select(Question)).one()


def content() -> Any:
    return db.session.scalars(
        sa.select(QuestionVersion.content).order_by(QuestionVersion.version.desc())
    ).first()


COMMON = {"name": "Soal satu", "stem": "Yang mana?\r\nPilih."}
TYPED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "single",
        {"option-1": "Kas", "option-2": "Bank", "option-5": "Piutang", "right": "2"},
        {"texts": ["Kas", "Bank", "Piutang"], "keys": ["Bank"]},
    ),
    (
        "multiple",
        {"option-1": "Kas", "option-2": "Bank", "option-8": "Gedung", "right": ["1", "2"]},
        {"texts": ["Kas", "Bank", "Gedung"], "keys": ["Bank", "Kas"]},
    ),
    ("true_false", {"truth": "false"}, {"key": False}),
    ("number", {"key": "1.500,5", "tolerance": "0,5", "unit": "kg"}, {"key": "1500.5", "tolerance": "0.5"}),
    (
        "matching",
        {
            "left-1": "Ketua",
            "match-1": "Memimpin",
            "left-3": "Bendahara",
            "match-3": "Uang",
            "extra-2": "Jual",
        },
        {"extra": [{"right": "Jual"}]},
    ),
]


@pytest.mark.parametrize(("kind", "typed", "stored"), TYPED)
def test_a_question_of_each_kind_is_written_by_a_plain_form(
    page: Page, room: Classroom, kind: str, typed: dict[str, Any], stored: dict[str, Any]
) -> None:
    view = page.submit(page.get(new_url(room, kind)), {**COMMON, **typed})
    question = only_question()
    assert view.location.endswith(f"/soal/{question.id}")
    assert (question.kind, question.state, question.center_id) == (kind, "draft", room.center_id)
    made = content()
    assert made["stem"] == "Yang mana?\nPilih."
    if "texts" in stored:
        assert [row["text"] for row in made["options"]] == stored["texts"]
        keys = [row["text"] for row in made["options"] if row["id"] in made["key"]]
        assert sorted(keys) == stored["keys"]
    else:
        assert {name: made[name] for name in stored} == stored
    shown = page.follow(view)
    assert "Konsep" in shown.words
    # Opened and saved again it is the same.
    edit = page.get(f"/soal/{question.id}/ubah")
    page.submit(edit)
    assert db.session.scalar(sa.select(sa.func.count(QuestionVersion.id))) == 1


def test_the_kinds_are_offered_first(page: Page, room: Classroom) -> None:
    view = page.get(f"/soal/unit/{room.units[0]}/baru")
    assert new_url(room, "matching") in view.links.values()
    page.post(f"/soal/unit/{room.units[0]}/baru", {}, 422)


def test_mistakes_come_back_beside_their_inputs_and_nothing_is_lost(page: Page, room: Classroom) -> None:
    typed = {"name": "", "stem": "", "option-1": "Kas", "option-2": "Kas", "right": None}
    view = page.submit(page.get(new_url(room, "single")), typed, 422)
    assert view.title.startswith("Perlu diperbaiki:")
    assert view.errors == [
        "Beri nama soal ini, supaya mudah ditemukan lagi.",
        "Tulis pertanyaannya.",
        "Ada dua pilihan yang sama.",
        "Tandai satu jawaban yang benar.",
    ]
    assert view.element("option-2").get("value") == "Kas"
    assert db.session.scalar(sa.select(sa.func.count(Question.id))) == 0


@pytest.mark.parametrize(
    ("typed", "anchor"),
    [
        ({"key": "banyak"}, "key"),
        ({"key": "2", "tolerance": "-1"}, "tolerance"),
        ({"key": "2", "unit": "x" * 21}, "unit"),
    ],
)
def test_numbers_are_refused_beside_their_field(
    page: Page, room: Classroom, typed: dict[str, str], anchor: str
) -> None:
    view = page.submit(page.get(new_url(room, "number")), {**COMMON, **typed}, 422)
    assert view.element(anchor).get("aria-invalid") == "true"
    assert view.element(anchor).get("value") == typed.get(anchor)


def test_an_edit_is_a_version_that_tells_what_changed(page: Page, room: Classroom, now: Any) -> None:
    number = write(room, now, state="active")
    page.submit(page.get(f"/soal/{number}/ubah"), {"stem": "3 + 1?", "note": "Lebih jelas"})
    view = page.get(f"/soal/{number}/versi")
    for words in ("Versi 2", "2 + 2?", "3 + 1?", "Lebih jelas", "Andi Asesor"):
        assert words in view.words


def test_two_editors_see_the_conflict_and_may_still_save(page: Page, room: Classroom, now: Any) -> None:
    number = write(room, now)
    mine = page.get(f"/soal/{number}/ubah")
    page.submit(page.get(f"/soal/{number}/ubah"), {"stem": "Kata orang lain?"})
    refused = page.submit(mine, {"stem": "Kata saya?"}, 409)
    assert "Kata orang lain?" in refused.words
    assert refused.element("stem").text.strip() == "Kata saya?"
    assert content()["stem"] == "Kata orang lain?"
    page.submit(refused)
    assert content()["stem"] == "Kata saya?"


def test_a_picture_is_kept_with_its_words_and_stays_when_something_is_wrong(
    page: Page, room: Classroom
) -> None:
    picture = (io.BytesIO(png(5, 5)), "../../x.svg")
    typed = {**COMMON, "stem": "", "truth": "true", "image": picture, "image_alt": "Neraca"}
    view = page.submit(page.get(new_url(room, "true_false")), typed, 422)
    digest = db.session.scalars(sa.select(QuestionImage.sha256)).one()
    assert view.element("alt-1").get("value") == "Neraca"
    page.submit(view, {"stem": "Benar?"})
    assert content()["images"] == [{"sha256": digest, "alt": "Neraca"}]
    answer = page.client.get(f"/soal/gambar/{digest}")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", png(5, 5))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")
    number = only_question().id
    page.submit(page.get(f"/soal/{number}/ubah"), {"drop-1": "y"})
    assert content()["images"] == []


def test_a_picture_without_words_or_of_another_kind_is_refused(page: Page, room: Classroom) -> None:
    form = page.get(new_url(room, "true_false"))
    typed = {**COMMON, "truth": "true"}
    view = page.submit(form, {**typed, "image": (io.BytesIO(png()), "x.png")}, 422)
    assert "Tulis keterangan tiap gambar" in view.errors[0]
    svg = (io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "x.png")
    view = page.submit(form, {**typed, "image": svg, "image_alt": "x"}, 422)
    assert "PNG, JPEG, atau WebP" in view.errors[0]


def test_a_case_grows_part_by_part(page: Page, room: Classroom) -> None:
    view = page.follow(page.submit(page.get(new_url(room, "case")), COMMON))
    number = only_question().id
    assert "belum punya pertanyaan" in view.words
    form = page.get(f"/soal/{number}/bagian?jenis=number")
    refused = page.submit(form, {"stem": "", "key": "2"}, 422, action="/bagian")
    assert refused.errors == ["Tulis pertanyaannya."]
    page.submit(refused, {"stem": "Berapa?"}, action="/bagian")
    page.submit(
        page.get(f"/soal/{number}/bagian?jenis=true_false"),
        {"stem": "Benar?", "truth": "true"},
        action="/bagian",
    )
    page.submit(page.get(f"/soal/{number}/bagian/1"), {"key": "3"}, action="/bagian/1")
    assert [(part["id"], part["key"]) for part in content()["parts"]] == [("1", "3"), ("2", True)]
    page.post(f"/soal/{number}/bagian/1", {"buang": "y", "version": "4"})
    assert [part["id"] for part in content()["parts"]] == ["2"]
    page.get(f"/soal/{number}/bagian/1", 404)
    page.post(f"/soal/{number}/bagian/2", {"buang": "y", "version": "1"}, 409)
    page.submit(page.get(f"/soal/{number}"), {"state": "active"}, action="/keadaan")
    page.post(f"/soal/{number}/bagian/2", {"buang": "y", "version": "5"}, 422)
    assert only_question().state == "active"


def test_the_preview_is_what_a_candidate_sees(page: Page, room: Classroom, now: Any) -> None:
    number = write(room, now, "matching")
    view = page.get(f"/soal/{number}")
    options = {item.get("value") for item in elements(view.tree, "option")}
    assert right_id("Memimpin") in options
    assert "Ketua → Memimpin" in view.words


def test_states_are_buttons_and_the_list_filters(page: Page, room: Classroom, now: Any) -> None:
    number = write(room, now)
    page.submit(page.get(f"/soal/{number}"), {"state": "active"}, action="/keadaan")
    write(room, now, "number", "Angka satu")
    url = f"/soal/unit/{room.units[0]}"
    assert "2 soal" in page.get(url).words
    active = page.get(f"{url}?keadaan=active")
    assert ("Soal satu" in active.words, "Angka satu" in active.words) == (True, False)
    piece = page.htmx_get(f"{url}?q=angka")
    assert ("Soal satu" in piece.text, "Angka satu" in piece.text) == (False, True)
    assert "Tidak ada soal yang cocok" in page.get(f"{url}?q=tidakada").words
    page.post(f"/soal/{number}/keadaan", {"state": "draft"}, 422)


def test_a_national_question_is_read_only_and_may_be_copied(page: Page, room: Classroom, now: Any) -> None:
    number = write(room, now, actor=admin(), center_id=None, state="active")
    view = page.get(f"/soal/{number}")
    assert "Bank nasional" in view.words
    assert f"/soal/{number}/ubah" not in view.text
    page.get(f"/soal/{number}/ubah", 404)
    page.post(f"/soal/{number}/keadaan", {"state": "retired"}, 404)
    copied = page.submit(view, action="/salin")
    row = db.session.get_one(Question, int(copied.location.rsplit("/", 1)[1]))
    assert (row.center_id, row.state) == (room.center_id, "draft")


def test_a_double_click_writes_one_question(page: Page, room: Classroom) -> None:
    form = page.get(new_url(room, "true_false"))
    first = page.submit(form, {**COMMON, "truth": "true"})
    second = page.submit(form, {**COMMON, "truth": "true"})
    assert first.location == second.location
    assert only_question().name == "Soal satu"


def test_a_foreign_bank_cannot_be_named(page: Page, room: Classroom, now: Any) -> None:
    other = build()
    form = page.get(new_url(room, "true_false"))
    for bank in (str(other.center_id), "nasional", "x"):
        page.submit(form, {**COMMON, "truth": "true", "bank": bank}, 404)
    files = page.get(f"/soal/unit/{room.units[0]}/berkas")
    file = {"file": (io.BytesIO(b"::x::Benar?{T}"), "x.txt")}
    page.submit(files, {"bank": str(other.center_id), **file}, 404, action="/berkas")


def test_a_file_is_read_shown_and_taken_over(page: Page, room: Classroom) -> None:
    url = f"/soal/unit/{room.units[0]}/berkas"
    data = (DATA / "moodle-pembukuan.gift").read_bytes()
    sent = page.submit(page.get(url), {"file": (io.BytesIO(data), "bank.txt")}, action="/berkas")
    view = page.follow(sent)
    assert "Belum ada yang berubah" in view.words
    for words in ("Baris 56", "Soal esai tidak didukung", "Bukti kas keluar", "Default for KMP-02/Neraca"):
        assert words in view.words
    assert db.session.scalar(sa.select(sa.func.count(Question.id))) == 0
    bad = read_book(page.client.get(f"{sent.location}/bermasalah.xlsx").data).sheets[0].rows
    assert bad[0][:3] == ["Baris", "Nama", "Alasan"]
    assert len(bad) == 4
    refused = page.submit(view, {"pilihan": "semua"}, 422)
    assert "Masih ada soal yang bermasalah" in refused.errors[0]
    done = page.follow(page.submit(refused, {"pilihan": "baik", "aktif": "y"}))
    assert "Impor selesai: 9 soal baru" in done.words
    assert "Berkas ini sudah diimpor" in page.get(sent.location).words
    again = page.submit(page.get(url), {"file": (io.BytesIO(data), "bank.txt")}, action="/berkas")
    assert "semuanya sudah ada" not in page.follow(again).words
    page.post(again.location, {"buang": "y"})
    page.get(again.location, 404)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "Tidak ada soal"), (b"\xff\xd8\xff", "UTF-8"), (b"PK\x03\x04", "rusak")],
)
def test_a_bad_file_is_refused_with_a_reason(page: Page, room: Classroom, data: bytes, words: str) -> None:
    form = page.get(f"/soal/unit/{room.units[0]}/berkas")
    view = page.submit(form, {"file": (io.BytesIO(data), "x.xlsx")}, 422, action="/berkas")
    assert words in view.errors[0]
    assert page.submit(form, {}, 422, action="/berkas").errors == ["Pilih berkas soal."]


def test_the_example_and_both_exports_are_read_back(page: Page, room: Classroom, now: Any) -> None:
    write(room, now, state="active")
    url = f"/soal/unit/{room.units[0]}"
    texts = page.client.get(f"{url}/soal.gift")
    assert texts.mimetype == "text/plain"
    for data, words in (
        (page.client.get("/soal/contoh.xlsx").data, "soal baru 6"),
        (texts.data, "soal baru 0"),
        (page.client.get(f"{url}/soal.xlsx").data, "soal baru 0"),
    ):
        view = page.follow(
            page.submit(page.get(f"{url}/berkas"), {"file": (io.BytesIO(data), "x")}, action="/berkas")
        )
        assert words in view.words
        assert "bermasalah 0" in view.words
    page.get(f"{url}/soal.pdf", 404)


def test_figures_are_drawn_and_told(page: Page, db_session: Any) -> None:
    room = build(people=12)
    made = build_test(room, per_unit=3, units=1)
    for person in range(12):
        sit(made, person, [person // 3])
    unit = room.units[0]
    with count_statements(at_most=14):
        view = page.get(f"/soal/unit/{unit}/statistik", htmx=False)
    assert "<svg" in view.text
    assert re.search(r"12 75% 0,\d\d", view.words)
    single = page.get(f"/soal/{made.questions[unit][1]}/statistik")
    for words in ("50%", "Pengecoh tidak dipilih: Pilihan c.", "Kunci"):
        assert words in single.words


def test_too_few_answers_are_said(page: Page, room: Classroom, now: Any) -> None:
    number = write(room, now, state="active")
    assert "Data belum cukup" in page.get(f"/soal/{number}/statistik").words
    assert "Data belum cukup" in page.get(f"/soal/unit/{room.units[0]}/statistik").words


def test_lists_send_a_fixed_number_of_statements(page: Page, room: Classroom, now: Any) -> None:
    def statements(url: str) -> int:
        with count_statements() as seen:
            page.get(url, htmx=False)
        return len(seen)

    urls = ["/soal", f"/soal/unit/{room.units[0]}", f"/soal/unit/{room.units[0]}/berkas"]
    write(room, now, name="Satu")
    before = [statements(url) for url in urls]
    for number in range(12):
        write(room, now, name=f"Lagi {number}", state="active")
    assert [statements(url) for url in urls] == before


def test_who_assesses_nowhere_may_look_but_not_write(app: Any, room: Classroom, now: Any) -> None:
    from portal.core.db import transaction
    from portal.core.permissions import Role
    from tests.support import classroom

    with transaction():
        stranger = classroom.account("Tanpa Balai", Role.ASSESSOR)
    write(room, now, actor=admin(), center_id=None)
    page = Page(app).sign_in(stranger)
    assert "Anda hanya dapat melihat" in page.get("/soal").words
    page.get(new_url(room, "single"), 404)
