"""What was sent, what waits and what failed, as a center and the administrator see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core.db import transaction
from portal.core.mail.content import Attachment, Content
from portal.core.mail.outbox import Address, OutboxMessage, put
from portal.core.permissions import Role
from tests.support import classroom

WORDS = Content(
    "Kursi untuk Anda",
    "Isi rahasia <b>kecil</b>\n\nSalam",
    "<p>x</p>",
    "s",
    [Attachment("a.ics", "text/calendar", "x")],
)


@pytest.fixture
def room(db_session):
    return classroom.build(people=3)


@pytest.fixture
def write(db_session, room, now):
    """`write(state, ...)`: one message of the room's center to its first person; returns its id."""
    count = iter(range(1000))

    def add(state="sent", to=Address("email", "siti@contoh.id"), **values):  # noqa: B008  a frozen value
        key = f"m{next(count)}"
        with transaction():
            put(
                kind=values.pop("kind", "seat.offered"), to=to, content=WORDS, key=key, now=now,
                person_id=room.people[0], center_id=values.pop("center_id", room.center_id),
            )  # fmt: skip
            row = db_session.query(OutboxMessage).filter_by(key=key).one()
            for name, value in {"state": state, **values}.items():
                setattr(row, name, value)
        return row.id

    return add


@pytest.fixture
def center(page, room):
    return page.sign_in(room.admin)


@pytest.fixture
def platform(page, db_session):
    with transaction():
        user = classroom.account("Indah Platform", Role.PLATFORM_ADMIN, "all")
    return page.sign_in(user)


def test_list_counts_each_outcome_and_says_why(center, write, now):
    write("sent", sent_at=now)
    write("waiting", not_before=now + timedelta(hours=10))
    write("waiting", attempts=1, error="smtp.rcpt 451 4.3.0", not_before=now + timedelta(minutes=5))
    write("failed", error="smtp.rcpt 550 5.1.1")
    write("unsure", error="smtp.dot timeout")
    for reason in ("no_address", "no_consent", "expired", "demo", "no_sender"):
        write("skipped", reason=reason)
    words = center.get("/balai/pesan").words
    for sentence in (
        "Terkirim 1", "Menunggu 2", "Gagal 1", "Mungkin terkirim 1", "Tidak dikirim 5",
        "Jam tenang: dikirim", "Dicoba lagi", "Alamat ditolak server surel tujuan (550 5.1.1).",
        "Tidak ada surel atau nomor telepon", "belum setuju dihubungi", "Waktunya sudah lewat",
        "Portal contoh tidak mengirim", "belum tersambung ke pengirim",
    ):  # fmt: skip
        assert sentence in words
    assert "s•••@contoh.id" in words
    assert "siti@" not in words


def test_list_is_narrowed_and_says_when_nothing_fits(center, write):
    write("sent")
    write("failed", kind="certificate.issued")
    assert "Sertifikat" in center.get("/balai/pesan?keadaan=gagal").words
    one = center.get("/balai/pesan?jenis=seat&keadaan=terkirim").words
    assert "s•••@contoh.id" in one
    assert "Tidak ada pesan yang cocok" in center.get("/balai/pesan?keadaan=mungkin").words
    assert "Tidak ada pesan yang cocok" in center.get("/balai/pesan?jenis=%25").words


def test_list_without_messages_says_where_they_come_from(center):
    assert "Belum ada pesan" in center.get("/balai/pesan").words


def test_page_asks_the_database_the_same_for_few_and_many(center, write, query_count):
    write("failed")
    center.get("/balai/pesan")
    with query_count() as few:
        center.get("/balai/pesan")
    for _ in range(34):
        write("failed")
    with query_count(at_most=len(few)) as many:
        view = center.get("/balai/pesan")
    assert len(many) == len(few)
    assert "Tampilkan 30 lagi" in view.words
    assert "Halaman 2" in center.get("/balai/pesan?hal=2").words


def test_center_reads_the_words_but_never_of_codes(center, write):
    view = center.get(f"/balai/pesan/{write('sent')}")
    assert "Isi rahasia <b>kecil</b>" in view.words
    assert "a.ics" in view.words
    assert "Percobaan" not in view.words
    code = center.get(f"/balai/pesan/{write('failed', kind='code.sign_in')}")
    assert "Isi rahasia" not in code.words
    assert "Kode sekali pakai tidak pernah ditampilkan" in code.words


def test_administrator_sees_all_messages_and_no_words(platform, write, room):
    one = write("failed", center_id=None)
    two = write("failed")
    words, name = platform.get("/admin/pesan").words, "Peserta 001"
    assert words.count("s•••@contoh.id") == 2
    assert name not in words
    assert "Peserta 0." in words
    for number in (one, two):
        assert name not in platform.get(f"/admin/pesan/{number}").words
        assert name not in platform.get(f"/balai/pesan/{number}").words
        assert "Isi rahasia" not in platform.get(f"/admin/pesan/{number}").words
        assert "Isi rahasia" not in platform.get(f"/balai/pesan/{number}").words


def test_other_center_and_nobodys_messages_are_not_there(center, write, room):
    for number in (write("failed", center_id=None), write("failed", center_id=room.center_id + 1), 987654):
        center.get(f"/balai/pesan/{number}", 404)
    assert "Belum ada pesan" in center.get("/balai/pesan").words
    center.get("/admin/pesan", 403)


def test_retry_is_one_effect_however_often_it_is_clicked(center, write, db_session):
    one = write("failed", attempts=7)
    view = center.get(f"/balai/pesan/{one}")
    for _ in range(2):
        done = center.submit(view, action=f"/balai/pesan/{one}")
        assert done.location.endswith(f"/balai/pesan/{one}?tersimpan=ulang")
    assert "Pesan masuk antrean lagi" in center.get(done.location).words
    db_session.expire_all()
    assert db_session.get(OutboxMessage, one).state == "waiting"


def test_all_failed_go_back_in_line(center, write, db_session):
    for _ in range(3):
        write("failed")
    done = center.submit(center.get("/balai/pesan"), action="/balai/pesan")
    assert "3 pesan dikirim ulang" in center.get(done.location).words
    db_session.expire_all()
    assert {state for (state,) in db_session.query(OutboxMessage.state)} == {"waiting"}


def test_unsure_message_is_settled_or_refused_when_settled_already(center, write, db_session):
    one = write("unsure")
    view = center.get(f"/balai/pesan/{one}")
    assert "Kirim ulang" in view.words
    assert "Anggap terkirim" in view.words
    done = center.post(f"/balai/pesan/{one}", {"tindakan": "terkirim"}, 303)
    assert "Pesan dicatat sebagai terkirim" in center.get(done.location).words
    again = center.post(f"/balai/pesan/{one}", {"tindakan": "terkirim"}, 409)
    assert "tidak sedang menunggu kepastian" in again.words
    assert "tidak dapat dikirim ulang" in center.post(f"/balai/pesan/{one}", {"tindakan": "ulang"}, 409).words


def test_production_without_a_sender_warns_the_administrator(app, platform, monkeypatch):
    settings = replace(app.extensions["portal_settings"], env="production", smtp_url="smtp://127.0.0.1")
    monkeypatch.setitem(app.extensions, "portal_settings", settings)
    words = platform.get("/admin/pesan").words
    assert "Ada saluran tanpa pengirim" in words
    assert "GATEWAY_URL" in words
    assert "SMTP_URL" not in words
