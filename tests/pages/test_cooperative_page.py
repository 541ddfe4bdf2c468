"""A cooperative's page: which services it can run, what is missing, who could close it, what ends soon."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import ChairClaim, CooperativeDocument, Founding, PostTerm
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.permissions import Role
from portal.readiness.models import ServiceLine
from portal.readiness.queries.page import find_head, load_board
from portal.readiness.queries.standing import live_standing
from tests.support import classroom, halls


def someone(role, kind="cooperative", scope=""):
    with transaction():
        return classroom.account("Wati Contoh", role, kind, str(scope))


def opened(page, hall, role=Role.CHAIR, path=""):
    user = someone(role, "cooperative", hall.cooperative_id)
    return page.sign_in(user).get(f"/koperasi/{hall.cooperative_id}{path}")


def card(view, code):
    """The words of one service's card."""
    found = re.search(rf'<li class="line" id="{code}">(.*?)</li>', view.text, re.DOTALL)
    assert found, code
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_the_page_says_what_is_ready_nearly_and_not(page, db_session, now):
    view = opened(page, halls.like_the_mock(now))
    assert "2 layanan siap dijalankan, 1 hampir." in view.words
    assert "Siap" in card(view, "platform_dialogue")
    assert "3 dari 3 orang bersertifikat, 2 dari 2 dokumen ada." in card(view, "platform_dialogue")
    assert "Tidak ada yang kurang." in card(view, "platform_dialogue")
    assert "Hampir siap" in card(view, "surplus_sharing")
    assert "Belum siap" in card(view, "internal_finance")
    assert view.text.index('id="social_protection"') < view.text.index('id="surplus_sharing"')


def test_who_is_in_class_is_told_with_the_day(page, db_session, now):
    hall = halls.like_the_mock(now)
    words = card(opened(page, hall), "surplus_sharing")
    last = hall.today + timedelta(days=11)
    assert "Bendahara (Tri Handoko) selesai pelatihan" in words
    assert f"{last.day} " in words


def test_who_is_missing_is_named_with_the_nearest_batch(page, db_session, now):
    hall = halls.like_the_mock(now)
    view = opened(page, hall)
    words = card(view, "internal_finance")
    assert "Bendahara (Tri Handoko)" in words
    assert "perlu pelatihan “Simpan Pinjam dan Pembiayaan Internal”." in words
    assert "Angkatan terdekat:" in words
    assert "BPVP Contoh, Sintang, sisa 5 kursi." in words
    assert "Anggaran dasar" in words
    assert "belum dicatat" in words
    assert re.search(r"/usulkan\?program=KOP-KEU&amp;angkatan=\d+&amp;orang=\d+&amp;orang=\d+\"", view.text)
    assert re.search(r"/angkatan/\d+-pembiayaan-internal-anggota", view.text)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kinds": ["village"]}, "Belum ada angkatan yang dibuka"),
        ({"kinds": ["village", "driver_courier"]}, "Angkatan terdekat"),
        ({"regions": ["33"]}, "Belum ada angkatan yang dibuka"),
        ({"regions": ["61"]}, "Angkatan terdekat"),
        ({"posts": ["secretary"]}, "Belum ada angkatan yang dibuka"),
        ({"state": "draft"}, "Belum ada angkatan yang dibuka"),
        ({"seats_taken": 16}, "Belum ada angkatan yang dibuka"),
    ],
)
def test_only_a_batch_that_takes_this_cooperative_is_offered(page, db_session, now, change, expected):
    hall = halls.build(now)
    with transaction():
        halls.hold(hall, "treasurer", "Tri Handoko")
        halls.plan(hall, halls.KEU, hall.today + timedelta(days=20), **change)
    assert expected in card(opened(page, hall), "internal_finance")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("applied", "sedang diseleksi"),
        ("waitlisted", "menunggu kursi"),
        ("offered", "tinggal menjawab"),
        ("confirmed", "selesai pelatihan"),
        ("completed", "sertifikatnya sedang diproses"),
    ],
)
def test_how_far_a_training_has_come_is_said(page, db_session, now, state, expected):
    hall = halls.build(now)
    with transaction():
        person = halls.hold(hall, "treasurer", "Tri Handoko")
        halls.enroll(hall, person, halls.plan(hall, halls.KEU, hall.today + timedelta(days=3)), state)
    words = card(opened(page, hall), "internal_finance")
    assert expected in words
    assert "Usulkan sekarang" not in words


def test_a_nomination_without_a_batch_is_said(page, db_session, now):
    hall = halls.build(now)
    with transaction():
        halls.propose(hall, halls.hold(hall, "treasurer", "Tri Handoko"), halls.KEU)
    assert "sudah diusulkan ke" in card(opened(page, hall), "internal_finance")


def test_vacant_posts_are_counted(page, db_session, now):
    hall = halls.build(now)
    with transaction():
        halls.hold(hall, "supervisor_member", "Lestari")
    words = card(opened(page, hall), "internal_finance")
    assert "Bendahara belum ada pemegangnya." in words
    assert "Ketua Pengawas atau Anggota Pengawas belum cukup; perlu 1 orang lagi." in words


def test_an_outside_record_is_marked_apart(page, db_session, now):
    hall = halls.like_the_mock(now)
    with transaction():
        halls.outside(hall, hall.people["manager"], halls.SRV, "unverified")
        halls.outside(hall, hall.people["manager"], halls.KEU, "rejected")
    view = opened(page, hall)
    assert "Di luar portal Sertifikat kompetensi LSP: Juru Buku Koperasi, LSP Contoh" in view.words
    assert "Sertifikat kompetensi LSP, belum diperiksa: Juru Buku Koperasi" in view.words
    assert view.words.count("Di luar portal") == 2
    assert "1 terbukti di luar portal" in view.words
    assert 'class="out"' in view.text


def test_what_ends_within_ninety_days_is_foretold_with_its_service(page, db_session, now):
    hall = halls.like_the_mock(now)
    view = opened(page, hall)
    assert "41 hari lagi" in view.words
    assert "Wakil Ketua Bidang Keanggotaan (Maria Yosefina) : sertifikat" in view.words
    assert "Meja pelindungan sosial" in view.words.split("Yang berakhir dalam 90 hari")[1]
    assert 'class="hall measure"' in view.text
    with transaction() as session:
        session.execute(sa.update(PostTerm).values(ends_on=hall.today + timedelta(days=10)))
    assert "masa jabatan berakhir" in page.get(f"/koperasi/{hall.cooperative_id}").words


def test_warnings_about_the_board_are_told_with_their_source(page, db_session, now):
    hall, other = halls.like_the_mock(now), halls.build(now, name="Koperasi Seberang")
    with transaction():
        halls.hold(other, "treasurer", person_id=hall.people["treasurer"])
    words = opened(page, hall).words
    assert "Peringatan, bukan larangan" in words
    assert "Pengawas baru 2 orang" in words
    assert "Tri Handoko juga tercatat di pengurus atau pengawas Koperasi Seberang." in words


def test_scores_and_attendance_are_nowhere(page, db_session, now):
    text = opened(page, halls.like_the_mock(now)).text
    assert not re.search(r"(?i)kehadiran \d|nilai \d|\d ?%", text)


def test_an_empty_cooperative_is_shown_where_to_begin(page, db_session, now):
    view = opened(page, halls.build(now))
    assert "Mulai dari sini" in view.words
    assert "Satu jabatan adalah satu tiang." in view.words
    assert "Yang berakhir dalam 90 hari" not in view.words


def test_one_that_is_being_founded_shows_its_way_and_no_services(page, db_session, now):
    hall = halls.build(now, kind="prospective", name="Koperasi Calon Pengemudi")
    with transaction():
        halls.hold(hall, "founder", "Sari Pendiri")
        halls.add(
            Founding(
                cooperative_id=hall.cooperative_id, intended_kind="driver_courier", meeting_on=hall.today,
                updated_at=now,
            )
        )  # fmt: skip
    view = opened(page, hall)
    assert "Menuju pendirian" in view.words
    assert "1 orang tercatat; perlu paling sedikit 9" in view.words
    assert "Kesiapan layanan" not in view.words


def test_a_claimant_by_decree_sees_no_names(page, db_session, now):
    hall = halls.like_the_mock(now)
    user = someone(Role.CHAIR, "cooperative", hall.cooperative_id)
    with transaction():
        proof = halls.add(
            CooperativeDocument(
                cooperative_id=hall.cooperative_id, kind="decree", media_type="application/pdf", size=1,
                content_cipher="x", uploaded_at=now,
            )
        )  # fmt: skip
        halls.add(
            ChairClaim(
                cooperative_id=hall.cooperative_id, user_id=user.id, method="decree", document_id=proof.id,
                asked_at=now,
            )
        )  # fmt: skip
    page.sign_in(user)
    for path in ("", "/cetak"):
        view = page.get(f"/koperasi/{hall.cooperative_id}{path}")
        assert not [name for _post, name in halls.BOARD if name in view.text]
        assert "/H/2026" not in view.text
        assert "nama belum ditampilkan" in view.words
    assert "Klaim Anda menunggu verifikasi" in page.get(f"/koperasi/{hall.cooperative_id}").words


@pytest.mark.parametrize(
    ("role", "kind", "scope", "status"),
    [
        (Role.REGENCY_OFFICER, "region", "61.05", 200),
        (Role.REGENCY_OFFICER, "region", "33.18", 404),
        (Role.REGENCY_OFFICER, "region", "61.0", 404),
        (Role.COMPANION, "cooperative", "", 200),
        (Role.REGULATOR, "region", "61", 403),
        (Role.TRAINEE, "self", "", 403),
    ],
)
@pytest.mark.parametrize("path", ["", "/cetak"])
def test_who_may_open_it(page, db_session, now, role, kind, scope, status, path):
    hall = halls.build(now)
    user = someone(role, kind, scope or (hall.cooperative_id if kind == "cooperative" else ""))
    page.sign_in(user).get(f"/koperasi/{hall.cooperative_id}{path}", status)


@pytest.mark.parametrize("size", [3, 60])
def test_the_page_reads_at_most_eight_times_whatever_the_rows(page, db_session, query_count, now, size):
    hall = halls.build(now)
    with transaction():
        for number in range(size):
            person = halls.hold(hall, ("manager", "supervisor_member")[number % 2], f"Orang {number}")
            halls.certify(hall, person, halls.TKL, hall.today + timedelta(days=number + 1))
            halls.outside(hall, person, halls.BUK)
    user = someone(Role.CHAIR, "cooperative", hall.cooperative_id)
    page.sign_in(user)
    with query_count(at_most=8) as seen:
        page.get(f"/koperasi/{hall.cooperative_id}", htmx=False)
    assert len(seen) == 8


def test_the_page_and_the_summary_judge_alike(db_session, now):
    hall = halls.like_the_mock(now)
    on = local_date(now, "Asia/Jakarta")
    with db.session.begin_nested():
        lines = {line.id for line in db.session.scalars(sa.select(ServiceLine))}
    head = find_head(chair_of(hall), hall.cooperative_id)
    board = load_board(head, on)
    live = live_standing([hall.cooperative_id], on)[hall.cooperative_id]
    assert {row.rule.line_id: verdict for row, verdict in board.lines} == dict(live.lines)
    assert set(live.lines) <= lines


def chair_of(hall):
    user = someone(Role.CHAIR, "cooperative", hall.cooperative_id)
    from portal.accounts.queries import actor_of

    return actor_of(user.id, hall.now)


def test_paper_says_the_same(page, db_session, now):
    view = opened(page, halls.like_the_mock(now), path="/cetak")
    assert "Hampir siap" in view.words
    assert "Endah Kusumaningtyas" in view.words
    assert "bukan izin dan bukan larangan" in view.words
