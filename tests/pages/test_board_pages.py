"""The board of a cooperative on a page: as of a day, changed in one form, said plainly when it cannot be."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import BoardChange, ChairClaim, PostTerm
from portal.cooperatives.services import keep_document
from portal.cooperatives.services.claims import claim_by_decree
from portal.cooperatives.timers import end_with_terms
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, GrantedActor
from tests.support.boards import account, board, minutes, taker

DAY = timedelta(days=1)


@pytest.fixture
def found(db_session, now):
    return board(now)


@pytest.fixture
def chair(page, found):
    return page.sign_in(found.chair_user)


def here(found, more=""):
    return f"/koperasi/{found.cooperative_id}/pengurus{more}"


def paper():
    return (minutes(), "berita acara.pdf")


def test_the_board_of_today_and_of_a_past_day(chair, found, now):
    found.change(now - 10 * DAY, endings=["secretary"], beginnings=[taker("secretary", "t4")])
    view = chair.get(here(found))
    assert "Joko Baru" in view.words
    assert "Berlaku sejak" in view.words
    past = chair.get(here(found, f"?per={(now.date() - 11 * DAY).isoformat()}"))
    assert "Dedi Ladang" in past.words
    piece = chair.htmx_get(here(found, f"?per={(now.date() - 11 * DAY).isoformat()}"))
    assert piece.element("susunan") is not None
    for odd in ("kemarin", "2999-01-01", "0001-01-01"):
        assert "Susunan hari ini" in chair.get(here(found, f"?per={odd}")).words


def test_the_page_of_a_board_takes_few_statements_whatever_its_history(chair, found, now, query_count):
    for n in range(6):
        found.change(
            now - (20 - n) * DAY, endings=["manager"] if n == 0 else [],
            beginnings=[taker("supervisor_member", name=f"Pengawas {chr(65 + n)}")],
        )  # fmt: skip
    with query_count(at_most=16):
        chair.get(here(found), htmx=False)


def test_a_new_chair_is_recorded_and_the_old_one_is_sent_to_their_own_page(chair, found, now):
    form = chair.get(here(found, "/ubah"))
    term = found.terms["chair"]
    answer = chair.submit(
        form,
        {f"t{term}_act": "diganti", f"t{term}_name": "Joko Baru", f"t{term}_phone": "0812-3456-7890",
         "file": paper(), "note": "RAT 2026"},
    )  # fmt: skip
    assert answer.location.endswith("/saya")
    assert db.session.scalar(sa.select(BoardChange.note)) == "RAT 2026"
    chair.get(here(found), 403)


def test_a_form_sent_twice_is_one_change(page, found, now):
    page.sign_in(found.officer_user)
    form = page.get(here(found, "/ubah"))
    wish = {f"t{found.terms['manager']}_act": "berakhir", "confirm": "y"}
    first, second = page.submit(form, wish), page.submit(form, wish)
    assert first.location == second.location == here(found)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BoardChange)) == 1
    assert "Susunan pengurus tersimpan" in page.follow(first).words


@pytest.mark.parametrize(
    ("act", "more", "sentence"),
    [
        ("diganti", {}, "Pilih siapa yang menggantikan"),
        ("diganti", {"who": "baru"}, "Tulis nama lengkap"),
        ("tetap", {"name": "Joko Baru"}, "pilih “Diganti”"),
        ("diganti", {"name": "Joko Baru"}, "unggah berita acara"),
        ("diganti", {"name": "Joko Baru", "until-day": "31", "until-month": "2", "until-year": "2027"},
         "Tanggal ini tidak ada"),
        ("diganti", {"who": "treasurer"}, "masih menjabat Bendahara"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_row_and_kept(chair, found, act, more, sentence):
    key = f"t{found.terms['chair']}"
    typed = {f"{key}_{name}": str(found.people.get(value, value)) for name, value in more.items()}
    view = chair.submit(
        chair.get(here(found, "/ubah")), {f"{key}_act": act, **typed, "note": "catatan saya"}, 422
    )
    assert any(sentence in one for one in view.errors)
    assert view.title.startswith("Perlu diperbaiki:")
    assert "catatan saya" in view.text
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(BoardChange))


def test_an_unusual_board_is_asked_about_and_kept_when_ticked(chair, found):
    wish = {f"t{found.terms['treasurer']}_act": "berakhir"}
    asked = chair.submit(chair.get(here(found, "/ubah")), wish, 422)
    assert "Pengurus baru 4 orang" in asked.words or "Pengurus berjumlah genap" in asked.words
    chair.submit(asked, {"confirm": "y"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BoardChange)) == 1


def test_a_board_that_changed_meanwhile_is_a_conflict_that_can_be_sent_again(chair, found, now):
    form = chair.get(here(found, "/ubah"))
    found.change(now, endings=["secretary"])
    wish = {f"t{found.terms['manager']}_act": "berakhir", "confirm": "y"}
    refused = chair.submit(form, wish, 409)
    assert "sudah diubah orang lain" in " ".join(refused.errors)
    chair.submit(refused, {"confirm": "y"})


def test_an_older_board_is_corrected_from_its_day(chair, found, now):
    found.change(now - 5 * DAY, endings=["manager"], beginnings=[taker("manager", "t9", name="Kartika Baru")])
    day = now.date() - 30 * DAY
    form = chair.get(here(found, f"/ubah?per={day.isoformat()}"))
    key = f"t{found.terms['secretary']}"
    chair.submit(form, {f"{key}_act": "diganti", f"{key}_name": "Joko Baru"})
    term = db.session.scalar(sa.select(PostTerm).where(PostTerm.starts_on == day))
    assert (term.post, term.ends_on) == ("secretary", None)


def test_whoever_showed_only_a_decree_sees_no_name_and_no_form(page, found, now):
    with transaction():
        user = account("Rudi Klaim", now)
        actor = GrantedActor(user.id, None, "Rudi Klaim")
        claim_by_decree(cooperative_id=found.cooperative_id, file=minutes(), actor=actor, now=now)
        user_id = user.id
    change = found.change(now, endings=["secretary"], beginnings=[taker("secretary", "t4")])
    page.sign_in(user_id)
    view = page.get(here(found))
    for name in ("Asih", "Budi", "Joko", "Ladang, ", "Dedi"):
        assert name not in view.words, name
    assert "Nama belum ditampilkan" in view.words
    assert page.get(here(found, "/ubah"), 303, htmx=False).location.endswith(here(found))
    page.post(f"/koperasi/{found.cooperative_id}/berkas/{change.document_id}", status=404)


def test_the_minutes_are_a_file_and_nothing_else(chair, found, now):
    change = found.change(now - DAY, endings=["secretary"], beginnings=[taker("secretary", "t4")])
    answer = chair.post(f"/koperasi/{found.cooperative_id}/berkas/{change.document_id}", status=200)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="minutes-{change.document_id}.pdf"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_paper_of_another_cooperative_is_not_there(chair, found, now):
    other = board(now, "KDMP Seberang")
    with transaction():
        theirs = keep_document(
            cooperative_id=other.cooperative_id, kind="minutes", file=minutes(), actor=SYSTEM, now=now
        )
    for where in (found.cooperative_id, other.cooperative_id):
        chair.post(f"/koperasi/{where}/berkas/{theirs}", status=404)
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(ChairClaim))


def test_who_was_chair_reads_on_and_is_told_how_the_term_is_renewed(page, found, now):
    until = now.date() - timedelta(days=3)
    with transaction() as session:
        session.get_one(PostTerm, found.terms["chair"]).ends_on = until
    end_with_terms(now)
    page.sign_in(found.chair_user)
    home = f"/koperasi/{found.cooperative_id}"
    for address in (home, f"{home}/pengurus"):
        view = page.get(address)
        assert "Masa jabatan Anda sebagai ketua berakhir" in view.words
        assert "Minta dinas koperasi kabupaten atau kota mencatat pergantian pengurus" in view.words
        assert "/koperasi/klaim" in view.links.values()
        assert not {"Usulkan peserta", "Usulan", "Catat pergantian pengurus"} & set(view.links)
    for address in (f"{home}/usulkan", f"{home}/usulan"):
        page.get(address, 403)
    page.get(f"{home}/pengurus/ubah", 403)
    # Nobody else is told, and the chair whose term lasts is not.
    page.sign_in(found.officer_user)
    assert "Masa jabatan Anda sebagai ketua" not in page.get(home).words
