"""Pages of decrees: draft, preview, two people, progress, undoing; who may see them at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.certificates.models import Decree
from portal.certificates.queries import decrees as queries
from portal.core import jobs
from portal.core.db import db
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.decrees import adopt, as_actor, class_with_end, draft, platform_admin

FORM = {
    "number": "KEP-7/2026", "title": "Perpanjangan karena banjir", "legal_basis": "Keputusan contoh",
    "signed_on": "2026-11-20", "last_day_from": "2027-01-01", "last_day_to": "2027-12-31",
    "extend_to": "2028-06-30",
}  # fmt: skip


@pytest.fixture
def people(db_session: Any) -> tuple[Any, Any]:
    """Two platform administrators."""
    return platform_admin(), platform_admin("Joko Platform")


@pytest.fixture
def pages(people: Any, new_page: Any) -> tuple[Any, Any]:
    """Both, signed in."""
    found = new_page(), new_page()
    for page, user in zip(found, people, strict=True):
        page.sign_in(user)
    return found


def only() -> Decree:
    db.session.expire_all()
    return db.session.scalars(sa.select(Decree)).one()


def test_from_draft_to_done_by_two_people(pages: Any, app: Any, now: Any) -> None:
    _signed, made = class_with_end(now)
    first, second = pages
    sent = first.submit(first.get("/admin/keputusan/baru"), FORM, action="/baru")
    shown = first.get(sent.location)
    assert "4 sertifikat dijangkau" in shown.words
    assert "Menunggu orang kedua" in shown.words
    assert "Berlakukan untuk" not in shown.words
    assert made[0].number in shown.words
    there = second.get(sent.location)
    second.submit(there, {}, action="/berlakukan")
    assert "Pelaksanaan" in second.get(sent.location).words
    with app.app_context():
        jobs.run_pending()
    done = second.get(sent.location)
    assert "Selesai: 4 sertifikat diperpanjang" in done.words
    assert "hx-trigger" not in second.htmx_get(sent.location).text
    listed = second.get(f"{sent.location}/sertifikat")
    assert listed.words.count("30 Juni 2028") == 4
    public = first.get(f"/V/{made[0].code}")
    assert "Masa berlaku diperpanjang sampai 30 Juni 2028 berdasarkan Keputusan contoh" in public.words
    assert "BERLAKU" in public.words


def test_undo_takes_two_people(pages: Any, people: Any, now: Any) -> None:
    class_with_end(now)
    first, second = pages
    decree = adopt(as_actor(people[0]), as_actor(people[1]), now)
    url = f"/admin/keputusan/{decree.id}"
    first.submit(first.get(url), {"reason": "Terbit keliru"}, action="/batalkan")
    assert "Menunggu orang kedua" in first.get(url).words
    there = second.get(url)
    assert "Terbit keliru" in there.words
    second.submit(there, {"keputusan": "setuju"}, action="/pembatalan")
    assert only().state == "undone"
    assert "4 sertifikat kembali ke hari terakhir yang tercetak" in second.get(url).words


def test_second_person_may_refuse_the_undoing(pages: Any, people: Any, now: Any) -> None:
    class_with_end(now)
    first, second = pages
    decree = adopt(as_actor(people[0]), as_actor(people[1]), now)
    url = f"/admin/keputusan/{decree.id}"
    first.submit(first.get(url), {"reason": "Terbit keliru"}, action="/batalkan")
    second.submit(second.get(url), {"keputusan": "tolak"}, action="/pembatalan")
    assert (only().state, only().undo_asked_by) == ("adopted", None)
    nothing = second.post(f"{url}/pembatalan", {"op": "ef" * 16, "keputusan": "mungkin"}, 422)
    assert "Pilih Setujui atau Tolak." in nothing.words


def test_author_alone_gets_no_further(pages: Any, people: Any, now: Any) -> None:
    class_with_end(now)
    made = draft(as_actor(people[0]), now)
    form = {"op": "ab" * 16, "mark": queries.preview(made).mark}
    view = pages[0].post(f"/admin/keputusan/{made.id}/berlakukan", form, 422)
    assert "dua orang berbeda" in view.words
    assert only().state == "draft"


def test_what_changed_since_it_was_shown_is_shown_again(pages: Any, people: Any, now: Any) -> None:
    class_with_end(now, people=2)
    made = draft(as_actor(people[0]), now)
    shown = pages[1].get(f"/admin/keputusan/{made.id}")
    class_with_end(now, people=1)
    view = pages[1].submit(shown, {}, action="/berlakukan", status=409)
    assert "3 sertifikat dijangkau" in view.words
    again = pages[1].submit(view, {}, action="/berlakukan")
    assert again.status == 303
    assert only().state == "adopted"


def test_double_click_makes_one_decree(pages: Any) -> None:
    form = {**FORM, "op": "cd" * 16}
    first, second = (pages[0].post("/admin/keputusan/baru", form) for _ in range(2))
    assert first.location == second.location
    assert only().number == "KEP-7/2026"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"number": ""}, "Tulis nomornya."),
        ({"last_day_to": "2026-01-01"}, "Hari terakhir harus sesudah hari pertama."),
        ({"extend_to": ""}, "Isi salah satu: tanggal baru, atau jumlah bulan."),
        ({"extend_months": "6"}, "Isi salah satu: tanggal baru, atau jumlah bulan."),
        ({"extend_months": "0", "extend_to": ""}, "Isi antara 1 dan 120 bulan."),
        ({"extend_to": "2027-06-01"}, "Tanggal baru harus sesudah hari terakhir"),
        ({"extend_to": "9999-12-31"}, "Tahun ini tidak mungkin."),
        ({"regions": "Atlantis"}, "Wilayah “Atlantis” tidak dikenal."),
        ({"centers": "TIDAK-ADA"}, "Kode balai “TIDAK-ADA” tidak dikenal."),
    ],
)
def test_mistakes_are_said_beside_their_fields(pages: Any, values: Any, said: str) -> None:
    page = pages[0]
    view = page.submit(page.get("/admin/keputusan/baru"), {**FORM, **values}, action="/baru", status=422)
    assert said in view.words
    assert view.title.startswith("Perlu diperbaiki:")


def test_scope_by_words_is_kept_and_shown(pages: Any, now: Any) -> None:
    signed, _made = class_with_end(now)
    page = pages[0]
    code = f"B{signed.room.center_id}"
    program = signed.room.extra["program_id"]
    values = {**FORM, "regions": "Kabupaten Sintang, 33", "centers": code.lower(), "programs": [str(program)]}
    with_code = db.session.scalar(sa.text("SELECT code FROM training_center LIMIT 1"))
    values["centers"] = with_code.lower()
    sent = page.submit(page.get("/admin/keputusan/baru"), values, action="/baru")
    shown = page.get(sent.location)
    assert "Kabupaten Sintang, Jawa Tengah" in shown.words
    assert "Pembukuan harian koperasi" in shown.words
    assert only().regions == ["61.05", "33"]
    edited = page.get(f"{sent.location}/ubah")
    assert 'value="61.05, 33"' in edited.text
    page.submit(edited, {"title": "Judul lain"}, action="/ubah")
    assert only().title == "Judul lain"


def test_draft_is_thrown_away(pages: Any, people: Any, now: Any) -> None:
    made = draft(as_actor(people[0]), now)
    page = pages[0]
    view = page.submit(page.get(f"/admin/keputusan/{made.id}"), {}, action="/buang")
    assert view.location == "/admin/keputusan"
    assert "Belum ada keputusan" in page.get("/admin/keputusan").words


def test_adopted_decree_has_no_form(pages: Any, people: Any, now: Any) -> None:
    class_with_end(now)
    decree = adopt(as_actor(people[0]), as_actor(people[1]), now)
    view = pages[0].get(f"/admin/keputusan/{decree.id}/ubah", 303, htmx=False)
    assert view.location == f"/admin/keputusan/{decree.id}"


@pytest.mark.parametrize("role", [Role.CENTER_ADMIN, Role.CENTER_HEAD, Role.REGULATOR])
def test_nobody_else_sees_decrees(db_session: Any, page: Any, now: Any, role: Role) -> None:
    from portal.core.db import transaction

    signed, _made = class_with_end(now, people=1)
    with transaction():
        kind, scope = ("region", "61") if role is Role.REGULATOR else ("center", str(signed.room.center_id))
        user = classroom.account("Orang Lain", role, kind, scope)
    page.sign_in(user)
    assert "bukan untuk akun Anda" in page.get("/admin/keputusan", 403, htmx=False).words


def test_list_takes_bounded_statements(pages: Any, people: Any, now: Any, query_count: Any) -> None:
    counts = []
    for number in range(6):
        draft(as_actor(people[0]), now, f"KEP-{number}")
        if number in (0, 5):
            with query_count() as seen:
                pages[0].get("/admin/keputusan", htmx=False)
            counts.append(len(seen))
    assert counts[0] == counts[1]
