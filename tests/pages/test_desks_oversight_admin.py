"""Pages of those who watch and administer: aggregates, roles, audit; and the public help."""

from datetime import date, timedelta

import pytest

from portal.accounts import services as accounts
from portal.core.db import transaction
from portal.core.permissions import SYSTEM, Role
from tests.support import classroom, issuing

DAY = date(2026, 11, 22)


def someone(role, kind="self", scope="", person_id=None):
    with transaction():
        return classroom.account("Wati Contoh", role, kind, str(scope), person_id)


@pytest.fixture
def room(db_session):
    return classroom.build(people=3)


# -- the funnel ------------------------------------------------------------------------------------


def test_a_regulator_reads_the_funnel_of_their_region(page, db_session, now):
    signed = issuing.sign_class(now, people=7)
    issuing.issue(signed, now)
    page.sign_in(someone(Role.REGULATOR, "region", "61"))
    view = page.get("/pemantauan/corong")
    assert "Kalimantan Barat" in view.words
    assert "Data per" in view.words
    inside = page.get("/pemantauan/corong?wilayah=61")
    assert "100%" in inside.words
    assert "Sintang" in inside.words
    page.get("/pemantauan/corong?wilayah=61.05")


def test_small_counts_are_closed(page, room):
    page.sign_in(someone(Role.REGULATOR, "region", "61"))
    assert "ditutup" in page.get("/pemantauan/corong?wilayah=61").words


@pytest.mark.parametrize("code", ["62", "62.01", "61.06", "61.05.01", "61.05.01.2001", "99", "%", "6"])
def test_regions_outside_the_scope_or_too_deep_are_404(page, db_session, code):
    page.sign_in(someone(Role.REGULATOR, "region", "61.05")).get(f"/pemantauan/corong?wilayah={code}", 404)


def test_the_whole_country_lists_all_provinces(page, db_session):
    view = page.sign_in(someone(Role.REGULATOR, "region", "")).get("/pemantauan/corong")
    assert view.text.count("?wilayah=") == 38


def test_a_facilitator_counts_the_region(page, room):
    words = page.sign_in(someone(Role.FACILITATOR, "region", "61.05")).get("/fasilitator").words
    assert "3 koperasi seluruhnya" in words


def test_a_partner_reads_totals_of_the_public_schedule_only(page, db_session, clock):
    classroom.build(people=3, start=clock.now + timedelta(days=10))
    view = page.sign_in(someone(Role.PARTNER, "organization", 1)).get("/mitra")
    assert "13" in view.words
    assert "Peserta 0" not in view.words


# -- administration --------------------------------------------------------------------------------


@pytest.fixture
def admin(page, db_session):
    return page.sign_in(someone(Role.PLATFORM_ADMIN, "all"))


def grant(admin, status=303, **changes):
    fields = {"role": "center_admin", "login": "budi", "reason": "ST-12/2026", "starts_on": "2026-11-22"}
    return admin.post("/admin/peran/beri", fields | changes, status)


@pytest.fixture
def budi(db_session, now):
    with transaction():
        return accounts.create_user(
            login="budi", name="Budi Hartono", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )


def test_a_role_is_granted_works_and_ends_on_the_next_request(admin, new_page, room, budi):
    budi_page = new_page().sign_in(budi)
    budi_page.get("/balai", 403)
    done = grant(admin, center_id=str(room.center_id))
    listing = admin.follow(done)
    assert "Peran diberikan" in listing.words
    assert "Budi Hartono" in listing.words
    budi_page.get("/balai")
    end = next(url for text, url in listing.links.items() if "Budi Hartono" in text)
    assert admin.submit(admin.get(end), {"reason": ""}, 422).errors
    admin.submit(admin.get(end), {"reason": "pindah tugas"})
    budi_page.get("/balai", 403)
    admin.get(end, 404)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"login": "siapa"}, "Tidak ada akun"),
        ({"center_id": "999999"}, "Pilih balai"),
        ({"role": "regency_officer"}, "Tulis kode wilayahnya"),
        ({"role": "regulator", "region_code": "99"}, "Kode wilayah ini tidak ada"),
        ({"role": "companion", "cooperative": "tak ada ini"}, "Tidak ada koperasi"),
        ({"role": "companion", "cooperative": "KDMP Desa"}, "Beberapa koperasi cocok"),
        ({"role": "partner", "organization_id": "x"}, "Pilih tempat"),
        ({"starts_on": "2026-02-31"}, "Tanggal ini tidak ada"),
        ({"reason": ""}, "dasar penunjukannya"),
    ],
)
def test_a_bad_grant_is_refused_beside_its_cause(admin, room, budi, changes, said):
    view = grant(admin, 422, **({"center_id": str(room.center_id)} | changes))
    assert said in " ".join(view.errors)


def test_a_role_that_is_not_granted_here_is_refused(admin, budi):
    grant(admin, 422, role="trainee")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.TRAINEE])
def test_every_role_has_a_form_with_its_place(admin, role):
    assert admin.get(f"/admin/peran/beri?peran={role}").heading.startswith("Beri peran:")


def test_the_last_administrator_stays(admin):
    listing = admin.get("/admin/peran")
    end = next(url for text, url in listing.links.items() if "Wati Contoh" in text)
    view = admin.submit(admin.get(end), {"reason": "pindah tugas"}, 409)
    assert "terakhir" in " ".join(view.errors)


def test_roles_are_searched_and_narrowed(admin, room):
    assert "Ratna Puspita" not in admin.get("/admin/peran?peran=center_admin").words
    assert "Wulan Admin" in admin.get("/admin/peran?q=wulan").words
    assert "Tidak ada peran" in admin.get("/admin/peran?q=%25").words


def test_the_audit_trail_says_when_a_seal_does_not_match(admin, budi, room):
    grant(admin, center_id=str(room.center_id))
    view = admin.get("/admin/audit")
    assert "Segel semua peristiwa di halaman ini cocok" in view.words
    assert "role.granted" in view.words
    assert "role.granted" not in admin.get("/admin/audit?tindakan=session").words
    assert admin.get("/admin").words.count("cocok") >= 1


# -- public ----------------------------------------------------------------------------------------


def test_help_and_privacy_are_public_and_set_no_cookie(page, room):
    for path in ("/bantuan", "/data-pribadi"):
        view = page.get(path)
        assert "Set-Cookie" not in view.headers
    assert "BPVP Contoh" in page.get("/bantuan").words
