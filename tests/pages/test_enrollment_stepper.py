"""Applying step by step, without JavaScript and without an account, to the end."""

import re
from datetime import date

import pytest
import sqlalchemy as sa

from portal.accounts.models import User
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.enrollment.models import Enrollment, EnrollmentDraft
from portal.people.models import Consent, Person
from tests.enrollment.world import PASSWORD, World

BIRTH = date(1985, 3, 12)


@pytest.fixture
def world(app):
    return World(app)


def identity(number, **changes):
    """A complete first step."""
    return {
        "name": "Sri Wahyuningsih",
        "nik": number,
        "birth_date-day": "12",
        "birth_date-month": "3",
        "birth_date-year": "1985",
        "sex": "P",
        "phone": "0812-3456-7890",
        "agree": "y",
    } | changes


def walk(page, world, batch, nik, cooperative, post="chair", name="KDMP Ladang Uji"):
    """The steps up to the review page, which is returned."""
    view = page.get(f"/angkatan/{batch}/daftar/identitas")
    view = page.follow(page.submit(view, identity(nik)))
    assert view.heading == "Koperasi Anda"
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q={name.replace(' ', '+')}")
    view = page.follow(page.submit(view, {"choice": str(cooperative), "post": post}))
    assert view.heading == "Anda bisa ikut pelatihan ini"
    return page.get(view.links["Lanjut memeriksa"])


def count(world, model):
    """Rows of a table now."""
    with world.inside():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_a_stranger_walks_all_steps_and_is_signed_in_at_the_end(page, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    nik = world.nik(BIRTH, female=True)
    spaced = " ".join(nik[i : i + 4] for i in range(0, 16, 4))
    review = walk(page, world, batch, spaced, cooperative)
    assert "Sri Wahyuningsih" in review.words
    assert "KDMP Ladang Uji" in review.words
    assert f"•••• {nik[-4:]}" in review.words
    assert nik not in review.text
    done = page.follow(page.submit(review, {"login": "sri.wahyuni", "password": PASSWORD}))
    assert done.heading == "Pendaftaran Anda sudah kami terima"
    with world.inside():
        row = db.session.scalar(sa.select(Enrollment))
        person = db.session.get(Person, row.person_id)
        user = db.session.scalar(sa.select(User).where(User.person_id == person.id))
        purposes = set(db.session.scalars(sa.select(Consent.purpose)))
    assert (row.state, row.post, row.cooperative_id, person.sex) == ("applied", "chair", cooperative, "P")
    assert (user.login, person.phone, purposes) == ("sri.wahyuni", "+6281234567890", {"training"})
    assert f"{row.reference[:5]}-{row.reference[5:]}" in done.words
    assert (
        page.get(done.links["Simpan ke kalender (.ics)"]).headers["Content-Type"].startswith("text/calendar")
    )
    assert "Sri Wahyuningsih" in page.get(done.links["Kartu peserta"]).words
    mine = page.get(done.links["Lihat pendaftaran saya"])
    assert "Diseleksi" in mine.words
    assert count(world, EnrollmentDraft) == 0


def test_two_clicks_on_send_are_one_enrollment_and_one_account(page, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    review = walk(page, world, batch, world.nik(BIRTH), cooperative)
    second = page.client.get_cookie("balai")
    fields = {"login": "sri.dua", "password": PASSWORD}
    page.submit(review, fields)
    page.client.set_cookie("balai", second.value)
    again = page.submit(review, fields)
    assert again.location.endswith(("/selesai", "/identitas"))
    assert count(world, Enrollment) == count(world, User) == count(world, Person) == 1


def test_an_empty_first_step_says_everything_at_once(page, world):
    batch = world.batch()
    view = page.submit(page.get(f"/angkatan/{batch}/daftar/identitas"), {}, 422)
    assert view.title.startswith("Perlu diperbaiki:")
    assert view.errors == [
        "Tulis nama lengkap seperti di KTP.",
        "Tulis NIK, 16 angka pada KTP.",
        "Tulis tanggal lahir seperti di KTP.",
        "Pilih jenis kelamin.",
        "Centang persetujuan untuk melanjutkan.",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nik": "610501120385000"}, "Yang Anda tulis 15"),
        ({"nik": "6105013203850001"}, "bukan tanggal"),
        ({"nik": "6105011203850000"}, "0000"),
        ({"nik": "6,10501E+15"}, "satu per satu"),
        ({"birth_date-day": "31", "birth_date-month": "2"}, "Tanggal ini tidak ada"),
        ({"birth_date-year": "2031"}, "belum terjadi"),
        ({"birth_date-year": "2020"}, "15 tahun"),
        ({"name": "ສົມສະໄໝ"}, "ສ"),
        ({"name": "Sri 4ever"}, "hanya boleh berisi huruf"),
        ({"name": "a" * 120}, "100 huruf"),
        ({"phone": "12345"}, "0812-3456-7890"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_the_rest_is_kept(page, world, changes, said):
    batch = world.batch()
    view = page.get(f"/angkatan/{batch}/daftar/identitas")
    view = page.submit(view, identity(world.nik(BIRTH), **changes), 422)
    assert len(view.errors) == 1
    assert said in view.errors[0]
    assert view.form("/identitas")[1]["sex"] == "P"
    assert count(world, EnrollmentDraft) == 0


def test_a_birth_date_that_differs_from_the_nik_only_warns(page, world):
    batch = world.batch()
    view = page.get(f"/angkatan/{batch}/daftar/identitas")
    view = page.follow(page.submit(view, identity(world.nik(date(1985, 3, 13)))))
    assert view.heading == "Koperasi Anda"
    assert "Tanggal lahir berbeda dari NIK" in view.words


def test_a_nik_on_record_answers_neutrally_with_the_same_status(page, new_page, world):
    batch, nik = world.batch(), world.nik(BIRTH)
    world.person("Orang Lain", nik)
    answers = []
    for visitor, number in ((page, nik), (new_page(), world.nik(BIRTH))):
        answers.append(visitor.submit(visitor.get(f"/angkatan/{batch}/daftar/identitas"), identity(number)))
    assert [answer.status for answer in answers] == [303, 303]
    view = page.follow(answers[0])
    assert view.heading == "Lanjutkan dengan kode Anda"
    assert view.links["Saya punya surat dengan kode"] == "/klaim"
    assert "Orang Lain" not in view.text
    assert nik not in view.text


def test_a_nik_on_record_never_passes_the_last_step_either(page, world):
    batch, cooperative, nik = world.batch(), world.cooperative(name="KDMP Ladang Uji"), world.nik(BIRTH)
    review = walk(page, world, batch, nik, cooperative)
    world.person("Lebih Cepat", nik)
    sent = page.submit(review, {"login": "sri.lagi", "password": PASSWORD})
    assert sent.location.endswith("/lanjutkan")
    assert count(world, User) == count(world, Enrollment) == 0


def test_the_draft_is_kept_encrypted_and_fills_the_step_again(page, new_page, world):
    batch, nik = world.batch(), world.nik(BIRTH)
    page.submit(page.get(f"/angkatan/{batch}/daftar/identitas"), identity(nik))
    with world.inside():
        stored = db.session.scalar(sa.select(EnrollmentDraft))
        assert nik not in stored.data_cipher
        assert "Sri" not in stored.data_cipher
    _target, fields = page.get(f"/angkatan/{batch}/daftar/identitas").form("/identitas")
    assert (fields["name"], fields["birth_date-year"]) == ("Sri Wahyuningsih", "1985")
    assert new_page().get(f"/angkatan/{batch}/daftar/identitas").form("/identitas")[1]["name"] == ""


def test_steps_cannot_be_skipped(page, world):
    batch = world.batch()
    for step in ("koperasi", "syarat", "periksa"):
        assert page.get(f"/angkatan/{batch}/daftar/{step}", 303).location.endswith("/identitas")
    assert "/masuk" in page.get(f"/angkatan/{batch}/daftar/selesai", 303).location


def test_search_finds_by_village_and_htmx_gets_the_choices_alone(page, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    page.submit(page.get(f"/angkatan/{batch}/daftar/identitas"), identity(world.nik(BIRTH)))
    with world.inside():
        from portal.regions.models import Region

        village = db.session.get(Region, world.villages[0]).name
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q={village}")
    assert f'value="{cooperative}"' in view.text
    piece = page.htmx_get(f"/angkatan/{batch}/daftar/koperasi?q={village}")
    assert piece.text.lstrip().startswith('<div id="pilihan"')
    assert "Koperasi belum berdiri" in page.get(f"/angkatan/{batch}/daftar/koperasi?q=xx").words


@pytest.mark.parametrize(
    ("choice", "post", "status"),
    [
        ("unlisted", "chair", 303),
        ("prospective", "founder", 303),
        ("prospective", "chair", 422),
        ("999999", "chair", 422),
        ("", "chair", 422),
    ],
)
def test_cooperatives_that_are_not_listed_are_answers_too(page, world, choice, post, status):
    batch = world.batch()
    page.submit(page.get(f"/angkatan/{batch}/daftar/identitas"), identity(world.nik(BIRTH)))
    with world.inside():
        from portal.regions.models import Region

        village = db.session.get(Region, world.villages[0]).name
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q={village}")
    fields = {"choice": choice or None, "stated": "Koperasi Baru", "village": world.villages[0], "post": post}
    page.submit(view, fields, status)


def test_not_eligible_is_an_explanation_with_other_batches(page, world):
    batch, cooperative = world.batch(posts=["treasurer"]), world.cooperative(name="KDMP Ladang Uji")
    other = world.batch(days=30)
    page.submit(page.get(f"/angkatan/{batch}/daftar/identitas"), identity(world.nik(BIRTH)))
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q=Ladang+Uji")
    view = page.follow(page.submit(view, {"choice": str(cooperative), "post": "chair"}))
    assert view.heading == "Angkatan ini belum bisa Anda ikuti"
    assert view.errors == []
    assert "Bendahara" in view.words
    assert f"/angkatan/{other}-" in view.text
    assert page.get(f"/angkatan/{batch}/daftar/periksa", 303).location.endswith("/syarat")


def test_a_closed_batch_explains_itself_at_once(page, world, now):
    batch = world.batch(closes_at=now)
    view = page.follow(page.get(f"/angkatan/{batch}/daftar/identitas", 303))
    assert view.heading == "Angkatan ini belum bisa Anda ikuti"
    assert "ditutup" in view.words


def test_a_full_batch_offers_the_waitlist_with_the_place(page, world):
    batch, cooperative = world.batch(quota=1), world.cooperative(name="KDMP Ladang Uji")
    world.placed(batch)
    world.enroll(batch, waitlist=True)
    review = walk(page, world, batch, world.nik(BIRTH), cooperative)
    assert "urutan ke-2" in review.words
    done = page.follow(page.submit(review, {"login": "sri.tunggu", "password": PASSWORD}))
    assert done.heading == "Anda di daftar tunggu"
    assert "ke-2" in done.words


def test_a_lost_seat_is_a_409_that_keeps_everything(page, world):
    batch, cooperative = world.batch(quota=1), world.cooperative(name="KDMP Ladang Uji")
    other = world.batch(days=30)
    review = walk(page, world, batch, world.nik(BIRTH), cooperative)
    world.enroll(batch)
    lost = page.submit(review, {"login": "sri.kalah", "password": PASSWORD}, 409)
    assert lost.heading == "Kursi terakhir baru saja terisi"
    assert f"/angkatan/{other}-" in lost.text
    assert PASSWORD not in lost.text
    assert count(world, User) == 0
    done = page.follow(page.submit(lost, {"password": ""}))
    assert done.heading == "Anda di daftar tunggu"
    with world.inside():
        assert db.session.scalar(sa.select(User.login)) == "sri.kalah"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"login": "", "password": PASSWORD}, "Nama masuk"),
        ({"login": "sri.w", "password": "pendek"}, "8 karakter"),
        ({"login": "sri.w", "password": "koperasi123"}, "kata"),
    ],
)
def test_account_errors_stand_beside_their_fields(page, world, fields, said):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    review = walk(page, world, batch, world.nik(BIRTH), cooperative)
    view = page.submit(review, fields, 422)
    assert said in view.errors[0]
    assert count(world, Enrollment) == 0


def test_a_taken_login_is_a_conflict_and_nothing_is_written(page, world):
    world.user("sri.sudah")
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    review = walk(page, world, batch, world.nik(BIRTH), cooperative)
    view = page.submit(review, {"login": "sri.sudah", "password": PASSWORD}, 409)
    assert "sudah dipakai" in view.errors[0]
    assert count(world, Person) == 0


def test_a_signed_in_person_needs_no_identity_again(page, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    person = world.person("Wati Sudah Ada", phone=None)
    page.sign_in(world.user("wati.ada", person_id=person))
    view = page.get(f"/angkatan/{batch}/daftar/identitas")
    assert "Wati Sudah Ada" in view.words
    page.submit(view, {"phone": "0813 1111 2222", "agree": "y"})
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q=Ladang+Uji")
    page.submit(view, {"choice": str(cooperative), "post": "chair"})
    done = page.follow(page.submit(page.get(f"/angkatan/{batch}/daftar/periksa")))
    assert done.heading == "Pendaftaran Anda sudah kami terima"
    with world.inside():
        assert db.session.get(Person, person).phone == "+6281311112222"
    assert "/saya/angkatan/" in page.get(f"/angkatan/{batch}/daftar/identitas", 303).location


def test_an_account_without_a_person_is_linked(page, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    page.sign_in(world.user("belum.orang"))
    review = walk(page, world, batch, world.nik(BIRTH), cooperative)
    assert "Kata sandi" not in review.words
    page.submit(review)
    with world.inside():
        assert db.session.scalar(sa.select(User.person_id).where(User.login == "belum.orang")) is not None


def test_the_nik_is_in_no_url_page_audit_row_or_draft(page, world):
    batch, cooperative, nik = world.batch(), world.cooperative(name="KDMP Ladang Uji"), world.nik(BIRTH)
    seen = []
    original = page._send
    page._send = lambda *a, **k: seen.append(original(*a, **k)) or seen[-1]
    review = walk(page, world, batch, nik, cooperative)
    page.follow(page.submit(review, {"login": "sri.nik", "password": PASSWORD}))
    pieces = [nik, nik[:12], " ".join(nik[i : i + 4] for i in range(0, 16, 4))]
    for view in seen:
        assert not any(piece in view.url + view.location + view.text for piece in pieces), view.url
    with world.inside():
        rows = " ".join(
            str(dict(r)) for r in db.session.execute(sa.select(*AuditEvent.__table__.columns)).mappings()
        )
        rows += " ".join(
            str(dict(r)) for r in db.session.execute(sa.select(*Person.__table__.columns)).mappings()
        )
    assert not any(piece in rows for piece in pieces)
    assert re.search(r"draft\.saved", rows)


def test_a_draft_batch_and_a_missing_one_are_the_same_404(page, world):
    draft = world.batch(state="draft")
    for batch in (draft, 999_999):
        page.get(f"/angkatan/{batch}/daftar/identitas", 404)


def test_english_pages_keep_their_prefix(page, world):
    batch = world.batch()
    view = page.submit(page.get(f"/en/angkatan/{batch}/daftar/identitas"), identity(world.nik(BIRTH)))
    assert view.location.startswith("/en/")
