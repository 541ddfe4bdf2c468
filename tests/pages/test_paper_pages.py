"""Pages of tests on paper: the list, the PDF, two keyings, and what differs."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
import zxingcpp

from portal.assessment.models import Attempt, PaperEntry
from portal.assessment.queries import paper as queries
from portal.assessment.rules.paper import sheet_code, typed_sheet
from portal.assessment.services import paper
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.certificates import pdf_text
from tests.support.classroom import Classroom, account, build
from tests.support.page import Page, View
from tests.support.tested import Made, build_test, sit


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


@pytest.fixture
def made(room: Classroom) -> Made:
    return build_test(room)


@pytest.fixture
def first(page: Page, room: Classroom) -> Page:
    return page.sign_in(room.instructor)


@pytest.fixture
def second(new_page: Callable[[], Page], room: Classroom) -> Page:
    return new_page().sign_in(room.assessor)


def url(made: Made, person: int | None = None) -> str:
    base = f"/instruktur/uji/{made.test_id}/kertas"
    return base if person is None else f"{base}/{made.room.enrollments[person]}"


def prepare(made: Made, now: datetime) -> None:
    with transaction():
        paper.prepare_sheets(test_id=made.test_id, enrollment_ids=None, actor=made.room.actor(), now=now)


def code(made: Made, person: int = 0) -> str:
    db.session.rollback()
    return sheet_code(queries.get_sheet(made.test_id, made.room.enrollments[person]).seed)


def marked(made: Made, answer: str = "a", **other: str) -> dict[str, str]:
    """The inputs of a sheet on which everything got `answer`."""
    db.session.rollback()
    sheet = queries.get_sheet(made.test_id, made.room.enrollments[0])
    views = queries.views_of([sheet.attempt_id])[0][sheet.attempt_id]
    answers = {position: other.get(f"n{position}", answer) for position, _view in views}
    return {f"l{line}": text for line, text in typed_sheet(views, answers).items()}


def key(page: Page, made: Made, data: dict[str, str], status: int = 303) -> View:
    action, fields = page.get(url(made, 0)).form(f"/{made.room.enrollments[0]}")
    for name, value in data.items():
        fields[name] = value
    return page.post(action, fields, status)


def state(made: Made) -> str:
    db.session.rollback()
    db.session.expire_all()
    wanted = sa.select(Attempt.state).where(Attempt.enrollment_id == made.room.enrollments[0])
    return str(db.session.execute(wanted).scalar_one())


def test_the_list_says_who_has_no_sheet(first: Page, made: Made) -> None:
    sit(made, 0, [1, 1], state="running")
    view = first.get(url(made))
    assert view.heading == "Uji di kertas"
    assert "Mengerjakan di layar" in view.words
    assert view.words.count("Belum disiapkan") == 3
    assert "Cetak lembar (PDF)" not in view.words


def test_sheets_for_chosen_people_and_for_all(first: Page, made: Made) -> None:
    action, data = first.get(url(made)).form("/kertas")
    data["orang"] = str(made.room.enrollments[1])
    done = first.post(action, data)
    assert "Satu lembar siap dicetak" in first.get(done.location).words
    # The same form again is the same effect.
    assert first.post(action, data).location == done.location
    action, data = first.get(url(made)).form("/kertas")
    data["semua"] = "1"
    assert "3 lembar siap dicetak" in first.get(first.post(action, data).location).words
    assert db.session.execute(sa.select(sa.func.count()).select_from(Attempt)).scalar_one() == 4


def test_people_of_another_batch_are_refused_all_or_nothing(first: Page, made: Made) -> None:
    other = build()
    action, data = first.get(url(made)).form("/kertas")
    data.setlist("orang", [str(made.room.enrollments[0]), str(other.enrollments[0])])
    refused = first.post(action, data, 422)
    assert "bukan dari angkatan ini" in " ".join(refused.errors)
    assert db.session.execute(sa.select(sa.func.count()).select_from(Attempt)).scalar_one() == 0


def pdf_of(page: Page, made: Made, query: str = "") -> bytes:
    answer = page.client.get(f"{url(made)}.pdf{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    return bytes(answer.data)


def test_the_pdf_has_a_sheet_a_person_and_no_key(first: Page, made: Made, now: datetime) -> None:
    first.get(f"{url(made)}.pdf", 409)
    prepare(made, now)
    body = pdf_of(first, made)
    text = " ".join(pdf_text(body))
    for person in range(4):
        # A dash at the end of a line is read as one that joins a word.
        assert code(made, person) in re.sub(r"[^A-Za-z0-9]", "", text)
        assert f"Peserta {person + 1:03d}" in text
    assert text.count("Lembar uji tertulis") >= 4
    assert "Pilihan a" in text
    assert "kunci" not in text.lower()
    alone = " ".join(pdf_text(pdf_of(first, made, f"?orang={made.room.enrollments[2]}")))
    assert "Peserta 003" in alone
    assert "Peserta 001" not in alone


def test_the_qr_leads_to_the_sheet(first: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    document = pypdfium2.PdfDocument(pdf_of(first, made, f"?orang={made.room.enrollments[0]}"))
    try:
        drawn = document[0].render(scale=3).to_pil()
    finally:
        document.close()
    (found,) = zxingcpp.read_barcodes(drawn)
    assert found.text.endswith(url(made, 0))
    assert first.get(found.text[found.text.index("/instruktur") :]).heading.startswith("Masukkan lembar")


def test_a_typed_code_leads_to_its_sheet(first: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    printed = code(made, 1)
    typed = f"{printed[:4]}-{printed[4:]}".lower()
    assert first.get(f"{url(made)}?kode={typed}", 303).location.endswith(url(made, 1))
    assert "Tidak ada lembar dengan kode" in first.get(f"{url(made)}?kode=ZZZZ-ZZZZ").words


def test_two_people_key_a_sheet_in(first: Page, second: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    data = marked(made)
    done = key(first, made, data)
    assert "Masukan pertama tersimpan" in first.get(done.location).words
    shown = second.get(url(made, 0))
    assert "Anda orang kedua" in shown.words
    # Nothing of the first keying is on the second person's page.
    assert all(item.get("value", "") == "" for item in map(shown.element, data))
    own = first.get(url(made, 0))
    assert own.element("l1").get("value") == data["l1"]
    done = key(second, made, data)
    assert "Lembar selesai" in second.get(done.location).words
    assert state(made) == "submitted"
    assert "Selesai dimasukkan" in first.get(url(made)).words


def test_differences_are_shown_to_the_second_person_alone(
    first: Page, second: Page, new_page: Callable[[], Page], room: Classroom, made: Made, now: datetime
) -> None:
    prepare(made, now)
    key(first, made, marked(made, n2="b"))
    done = key(second, made, marked(made))
    assert done.location.endswith("/selisih")
    shown = second.get(done.location)
    assert "Satu nomor dimasukkan berbeda" in shown.words
    assert "Nomor 2" in shown.words
    assert "Nomor 1" not in shown.words
    first.get(f"{url(made, 0)}/selisih", 404)
    third = classroom.colleague(room)
    new_page().sign_in(third.user_id).get(f"{url(made, 0)}/selisih", 404)
    assert "Ada selisih" in first.get(url(made)).words
    # Nothing chosen: said beside the line.
    action, data = shown.form("/selisih")
    refused = second.post(action, data, 422)
    assert refused.element("l2-e") is not None
    action, data = refused.form("/selisih")
    data["l2"] = "1"
    done = second.post(action, data)
    assert "Lembar selesai" in second.get(done.location).words
    assert state(made) == "submitted"
    assert second.post(action, data).location == done.location


def test_neither_of_both_is_written_down(first: Page, second: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    key(first, made, marked(made, n2="b"))
    shown = second.get(key(second, made, marked(made)).location)
    action, data = shown.form("/selisih")
    data["l2"], data["x2"] = "x", "zz"
    refused = second.post(action, data, 422)
    assert "A sampai C" in " ".join(refused.errors)
    action, data = refused.form("/selisih")
    assert data["x2"] == "zz"
    data["x2"] = marked(made, n2="c")["l2"]
    second.post(action, data)
    answer = db.session.execute(sa.text("select answer from test_answer where position = 2")).scalar_one()
    assert answer == '"c"'


def test_what_cannot_be_read_is_kept_and_said(first: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    refused = key(first, made, {**marked(made), "l3": "q"}, 422)
    assert refused.title.startswith("Perlu diperbaiki:")
    assert refused.errors == ["3: Pilihannya hanya A sampai C."]
    assert refused.element("l3").get("value") == "q"
    assert refused.element("l1").get("value") == marked(made)["l1"]
    assert db.session.execute(sa.select(sa.func.count()).select_from(PaperEntry)).scalar_one() == 0


def test_ones_own_people_have_no_form(first: Page, room: Classroom, made: Made, now: datetime) -> None:
    prepare(made, now)
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[0])
    with transaction():
        db.session.execute(
            sa.text("update user_account set person_id = :p where id = :u"),
            {"p": person, "u": room.instructor.id},
        )
    view = first.get(url(made, 0))
    assert "Lembar ini dimasukkan orang lain" in view.words
    with pytest.raises(AssertionError):
        view.form()
    first.post(url(made, 0), marked(made), 403)
    assert "oleh orang di luar koperasinya" in first.get(url(made)).words


def test_a_sheet_is_taken_back(first: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    done = first.post(*first.get(url(made, 0)).form("/tarik"))
    assert done.location.endswith(url(made))
    first.get(url(made, 0), 404)


def test_paper_of_others_is_not_found(page: Page, made: Made, now: datetime) -> None:
    prepare(made, now)
    page.sign_in(build().instructor)
    for address in (url(made), f"{url(made)}.pdf", url(made, 0), f"{url(made, 0)}/selisih"):
        page.get(address, 404)
    for address in (url(made), url(made, 0), f"{url(made, 0)}/selisih", f"{url(made, 0)}/tarik"):
        page.post(address, {}, 404)
    assert state(made) == "running"


def test_the_list_takes_a_fixed_number_of_statements(
    page: Page, db_session: Any, now: datetime, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (3, 30):
        made = build_test(build(people=people))
        prepare(made, now)
        page.sign_in(made.room.instructor)
        page.get(url(made))
        with query_count() as seen:
            view = page.get(url(made))
        counts.append(len(seen))
        assert len(gzip.compress(view.response.data, 9)) <= 14 * 1024
    assert counts[0] == counts[1]


def test_who_sits_on_paper_is_told_so(
    new_page: Callable[[], Page], room: Classroom, made: Made, now: datetime
) -> None:
    prepare(made, now)
    with transaction():
        user = account("Dewi", Role.TRAINEE, person_id=room.people[0])
    trainee = new_page().sign_in(user)
    view = trainee.get("/saya/uji")
    assert "Di kertas" in view.words
    own = trainee.get(view.links["Uji tulis pembukuan"])
    assert "Anda mengerjakan uji ini di kertas" in own.words
    assert "Mulai sekarang" not in own.words
    trainee.post(f"/saya/uji/mulai/{made.test_id}", {}, 409)
