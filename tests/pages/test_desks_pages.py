"""The role home pages: who sees what, foreign things, and the number of reads whatever the rows."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import services as accounts
from portal.batches.models import Batch
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.permissions import SYSTEM, Role
from portal.enrollment.models import Enrollment, MoveChoice, Nomination
from tests.support import classroom, issuing

DAY = date(2026, 11, 22)


def someone(role, kind="self", scope="", person_id=None):
    with transaction():
        return classroom.account("Wati Contoh", role, kind, str(scope), person_id)


@pytest.fixture
def room(db_session):
    return classroom.build(people=3)


@pytest.mark.parametrize(
    ("role", "kind", "scope", "path"),
    [
        (Role.TRAINEE, "self", "", "/saya"),
        (Role.INSTRUCTOR, "self", "", "/instruktur"),
        (Role.ASSESSOR, "self", "", "/instruktur"),
        (Role.CENTER_ADMIN, "center", "1", "/balai"),
        (Role.CENTER_HEAD, "center", "1", "/balai"),
        (Role.REGULATOR, "region", "61", "/pemantauan"),
        (Role.FACILITATOR, "region", "61.05", "/fasilitator"),
        (Role.PARTNER, "organization", "1", "/mitra"),
        (Role.COMPANION, "cooperative", "1", "/koperasi"),
        (Role.PLATFORM_ADMIN, "all", "", "/admin"),
    ],
)
def test_each_role_has_a_sound_empty_desk(db_session, page, role, kind, scope, path):
    page.sign_in(someone(role, kind, scope))
    assert page.get("/beranda", 303, htmx=False).location == path
    assert page.get(path).heading
    assert page.get("/en" + path).heading


@pytest.mark.parametrize(
    "path",
    [
        "/instruktur",
        "/balai",
        "/balai/akses",
        "/pemantauan",
        "/fasilitator",
        "/mitra",
        "/koperasi",
        "/admin",
        "/admin/peran",
        "/admin/audit",
    ],
)
def test_a_trainee_opens_no_other_desk(db_session, page, path):
    page.sign_in(someone(Role.TRAINEE)).get(path, 403)


# -- trainee ---------------------------------------------------------------------------------------


def own_user(room, index=0):
    return someone(Role.TRAINEE, person_id=room.people[index])


def set_enrollment(room, index=0, **values):
    with transaction() as session:
        session.execute(
            sa.update(Enrollment).where(Enrollment.id == room.enrollments[index]).values(**values)
        )


def test_a_trainee_sees_the_next_class_and_the_enrollment(page, db_session, clock):
    room = classroom.build(start=clock.now + timedelta(days=2))
    view = page.sign_in(own_user(room)).get("/saya")
    assert "Kelas berikutnya" in view.words
    assert "Terkonfirmasi" in view.words
    assert f"/saya/angkatan/{room.enrollments[0]}" in view.text


def test_an_offer_has_no_countdown_before_contact(page, room, now):
    set_enrollment(room, state="offered")
    user = own_user(room)
    view = page.sign_in(user).get("/saya")
    assert "Waktu menjawab baru berjalan setelah" in view.words
    assert "data-until" not in view.text
    set_enrollment(room, contact_at=now, offer_until=now + timedelta(hours=47))
    view = page.get("/saya")
    assert "1 hari 23 jam" in view.words
    assert "data-until" in view.text


def test_a_moved_batch_asks_for_a_choice(page, room, now):
    with transaction() as session:
        session.add(
            MoveChoice(
                enrollment_id=room.enrollments[0], cause="postponed", old_starts_on=DAY, created_at=now
            )
        )
    assert "Jadwal berubah" in page.sign_in(own_user(room)).get("/saya").words


def test_a_nominated_person_reads_that_the_cooperative_proposed_them(page, room, now):
    someone_new = classroom.newcomer()
    with transaction() as session:
        program_id = session.scalar(sa.select(Batch.program_id).where(Batch.id == room.batch_id))
        session.add(
            Nomination(
                person_id=someone_new, cooperative_id=room.cooperatives[0], program_id=program_id,
                post="chair", created_at=now, updated_at=now,
            )
        )  # fmt: skip
    assert "Diusulkan" in page.sign_in(someone(Role.TRAINEE, person_id=someone_new)).get("/saya").words


def test_certificates_are_listed_with_their_state(page, db_session, now):
    signed = issuing.sign_class(now, people=2)
    certificates = issuing.issue(signed, now)
    user = someone(Role.TRAINEE, person_id=signed.room.people[0])
    view = page.sign_in(user).get("/saya/sertifikat")
    assert certificates[0].number in view.words
    assert certificates[1].number not in view.words
    assert "Berlaku" in view.words
    assert "Berlaku" in page.get("/saya").words


# -- profile ---------------------------------------------------------------------------------------


def test_contact_is_saved_and_a_bad_number_is_refused(page, room):
    page.sign_in(own_user(room))
    bad = page.submit(page.get("/saya/profil"), {"phone": "12", "email": "x"}, 422, "/kontak")
    assert len(bad.errors) == 2
    assert 'value="12"' in bad.text
    done = page.submit(page.get("/saya/profil"), {"phone": "0812 3456 7890"}, 303, "/kontak")
    assert "Kontak tersimpan" in page.follow(done).words
    assert "+6281234567890" in page.get("/saya/profil").text


def test_consents_are_given_and_withdrawn(page, room):
    page.sign_in(own_user(room))
    page.post("/saya/profil/persetujuan", {"purpose": "contact", "answer": "ya"})
    assert "Cabut persetujuan" in page.get("/saya/profil").words
    page.post("/saya/profil/persetujuan", {"purpose": "contact", "answer": "cabut"})
    page.post("/saya/profil/persetujuan", {"purpose": "training", "answer": "cabut"}, 303)
    page.post("/saya/profil/persetujuan", {"purpose": "iklan", "answer": "ya"}, 404)


def test_sign_out_elsewhere_and_everywhere(page, new_page, room):
    user = own_user(room)
    here, there = page.sign_in(user), new_page().sign_in(user)
    here.submit(here.get("/akun/keamanan"), {}, 303, "/keluar-lain")
    there.get("/saya", 303, htmx=False)
    here.submit(here.get("/akun/keamanan"), {}, 303, "/keluar-semua")
    here.get("/saya", 303, htmx=False)


def test_the_copy_of_ones_data_is_json_and_recorded(page, room, db_session):
    page.sign_in(own_user(room))
    view = page.post("/saya/data/unduh", {}, 200)
    data = json.loads(view.text)["data"]
    assert data["person"]["name"] == "Peserta 001"
    assert {"person", "account"} <= set(data)
    assert "attachment" in view.headers["Content-Disposition"]
    assert db_session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "person.exported")) == 1


def test_staff_without_a_person_have_a_profile_and_no_copy(page, db_session):
    page.sign_in(someone(Role.PARTNER, "organization", 1))
    assert "Mitra" in page.get("/saya/profil").words
    page.post("/saya/data/unduh", {}, 404)
    page.post("/saya/profil/kontak", {}, 404)


# -- teaching and center ---------------------------------------------------------------------------


def test_an_instructor_sees_today_first_and_nothing_of_others(page, db_session, clock):
    mine = classroom.build(start=clock.now.replace(hour=1), sessions=3)
    other = classroom.build(start=clock.now.replace(hour=1), sessions=1)
    view = page.sign_in(mine.instructor).get("/instruktur")
    assert f"/instruktur/presensi/{mine.sessions[0]}" in view.text
    assert view.words.index("Hari ini") < view.words.index("Berikutnya")
    assert f"/instruktur/presensi/{other.sessions[0]}" not in view.text


def test_a_batch_that_is_over_waits_for_its_verdicts(page, db_session, clock):
    room = classroom.build(start=clock.now - timedelta(days=9))
    view = page.sign_in(room.assessor).get("/instruktur")
    assert "Menunggu penilaian Anda" in view.words
    assert f"/instruktur/hasil/{room.batch_id}" in view.text


def test_a_center_reads_what_waits_today(page, db_session, clock):
    room = classroom.build(people=4, start=clock.now + timedelta(days=3))
    set_enrollment(room, 0, state="applied")
    set_enrollment(room, 1, state="offered")
    set_enrollment(room, 2, state="waitlisted")
    other = classroom.build(people=1, start=clock.now + timedelta(days=3))
    view = page.sign_in(room.admin).get("/balai")
    for words in ("Seleksi berkas", "Perlu dihubungi", "4 dari 16 kursi terisi"):
        assert words in view.words
    assert f"/balai/angkatan/{other.batch_id}" not in view.text
    assert "2026" in view.words


def test_a_signed_batch_is_ready_to_prepare_and_a_request_waits_for_the_head(page, new_page, db_session, now):
    signed = issuing.sign_class(now, people=2)
    admin = page.sign_in(signed.admin_user)
    assert "Siap disiapkan sertifikatnya" in admin.get("/balai").words
    from portal.certificates.services import prepare_issue

    with transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now)
    view = admin.get("/balai")
    assert "Siap disiapkan sertifikatnya" not in view.words
    assert "Anda yang menyiapkan" in view.words
    assert "Perlu keputusan Anda" in new_page().sign_in(signed.head_user).get("/balai").words


# -- access at the counter -------------------------------------------------------------------------


@pytest.fixture
def known(room):
    with transaction() as session:
        from portal.people.models import Person

        session.execute(sa.update(Person).values(birth_date=date(1980, 3, 9)))
    return room


def test_only_people_of_the_own_batches_are_found(page, known):
    other = classroom.build(people=1)
    page.sign_in(known.admin)
    view = page.get("/balai/akses?q=peserta 001")
    assert f"/balai/akses/{known.enrollments[0]}" in view.text
    assert f"/balai/akses/{other.enrollments[0]}" not in view.text
    for wrong in (other.enrollments[0], 10**6):
        page.get(f"/balai/akses/{wrong}", 404)
        page.post(f"/balai/akses/{wrong}", {"reason": "KTP asli dicocokkan"}, 404)


def test_a_reference_finds_its_person_and_wildcards_find_nobody(page, known, db_session):
    reference = db_session.scalar(
        sa.select(Enrollment.reference).where(Enrollment.id == known.enrollments[1])
    )
    page.sign_in(known.admin)
    assert "Peserta 002" in page.get(f"/balai/akses?q={reference.lower()}").words
    assert "Tidak ada yang cocok" in page.get("/balai/akses?q=%25").words


def test_the_code_is_shown_once_and_works(page, new_page, known):
    page.sign_in(known.admin)
    address = f"/balai/akses/{known.enrollments[0]}"
    form = page.get(address)
    assert page.submit(form, {"reason": ""}, 422, address).errors
    shown = page.submit(form, {"reason": "KTP asli dicocokkan di loket"}, 201, address)
    code = shown.text.split('class="copy-code">')[1].split("<")[0].strip()
    again = page.submit(form, {"reason": "KTP asli dicocokkan di loket"}, 303, address)
    assert again.location == "/balai/akses"
    fields = {
        "code": code,
        "birth_date": "1980-03-09",
        "login": "peserta.satu",
        "password": "ijuk rumbia nibung",
    }
    visitor = new_page()
    visitor.post("/klaim", fields)
    assert "Peserta 001" in visitor.get("/saya/profil").words


# -- cooperative -----------------------------------------------------------------------------------


def test_the_hall_stands_on_what_is_certified(page, db_session, now):
    signed = issuing.sign_class(now, people=2)
    certificate = issuing.issue(signed, now)[0]
    home = signed.room.cooperatives[0]
    classroom.hold_post(signed.room.people[0], home)
    view = page.sign_in(someone(Role.CHAIR, "cooperative", home)).get(f"/koperasi/{home}")
    assert "1 dari 9 tiang sudah berdiri" in view.words
    assert certificate.number in view.words
    assert "Jabatan kosong" in view.words
    assert (
        'aria-label="Balai dengan 9 tiang: 1 jabatan bersertifikat, 0 sedang berlatih, 8 belum"' in view.text
    )


def test_a_person_in_training_is_a_gold_pillar(page, room):
    home = room.cooperatives[0]
    classroom.hold_post(room.people[0], home)
    view = page.sign_in(someone(Role.COMPANION, "cooperative", home)).get(f"/koperasi/{home}")
    assert "1 sedang berlatih" in view.words
    assert 'class="soon"' in view.text


def test_a_foreign_cooperative_is_the_same_404_as_a_missing_one(page, room):
    page.sign_in(someone(Role.CHAIR, "cooperative", room.cooperatives[0]))
    answers = {page.get(f"/koperasi/{i}", 404).words for i in (room.cooperatives[1], 10**6)}
    assert len(answers) == 1
    assert page.get("/koperasi", 303, htmx=False).location == f"/koperasi/{room.cooperatives[0]}"


def test_a_companion_lists_only_the_named_cooperatives(page, room):
    user = someone(Role.COMPANION, "cooperative", room.cooperatives[0])
    with transaction():
        accounts.grant_role(
            user_id=user.id, role=Role.COMPANION, scope_kind="cooperative", scope_id=room.cooperatives[1],
            starts_on=DAY, actor=SYSTEM, now=classroom.START,
        )  # fmt: skip
    view = page.sign_in(user).get("/koperasi")
    assert "KDMP Desa 1" in view.words
    assert "KDMP Desa 2" in view.words
    assert "KDMP Desa 3" not in view.words


# -- reads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 30])
def test_desks_read_at_most_eight_times_whatever_the_rows(new_page, db_session, query_count, clock, size):
    rooms = [classroom.build(people=3, start=clock.now + timedelta(days=1)) for _turn in range(size)]
    person, home, center = rooms[0].people[0], rooms[0].cooperatives[0], rooms[0].center_id
    with transaction() as session:
        for room in rooms[1:]:
            session.execute(
                sa.update(Enrollment).where(Enrollment.id == room.enrollments[0]).values(person_id=person)
            )
        session.execute(sa.update(Batch).values(center_id=center, number=Batch.id))
        session.execute(sa.update(Enrollment).values(cooperative_id=home))
    for room in rooms:
        classroom.hold_post(room.people[1], home)
    users = {
        "/saya": someone(Role.TRAINEE, person_id=person),
        "/instruktur": rooms[0].instructor,
        "/balai": rooms[0].admin,
        f"/koperasi/{home}": someone(Role.CHAIR, "cooperative", home),
        "/pemantauan?wilayah=61": someone(Role.REGULATOR, "region", "61"),
        "/admin": someone(Role.PLATFORM_ADMIN, "all"),
    }
    users["/saya/profil"], users["/saya/sertifikat"] = users["/saya"], users["/saya"]
    users["/admin/peran"], users["/admin/audit"] = users["/admin"], users["/admin"]
    users["/balai/akses?q=peserta"] = users["/balai"]
    for path, user in users.items():
        visitor = new_page().sign_in(user)
        with query_count(at_most=8):
            visitor.get(path, htmx=False)
