"""Pages of renewals: the center's list and one certificate, the head's decision, what the holder reads."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.certificates.models import Certificate, CertificateRequest, Renewal
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.decrees import adopt, two_admins
from tests.support.renewals import add_course, day_after, old_certificate, set_rule

LIST = "/balai/sertifikat/perpanjangan"


@pytest.fixture
def ready(db_session: Any, now: Any) -> Any:
    """Two certificates that end in a month; the holder of the first has 24 hours that count."""
    signed, made = old_certificate(now, people=2)
    course, _paper = add_course(made[0].person_id, now)
    set_rule(signed.room.extra["program_id"], now, counted=[course.room.extra["program_id"]])
    return signed, made


def count(table: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def test_list_says_who_is_ready_and_who_not_with_the_reason(ready: Any, page: Any) -> None:
    signed, made = ready
    page.sign_in(signed.admin_user)
    view = page.get(LIST)
    assert "Siap diperpanjang" in view.words
    assert "baru 0 JP dari 16 JP" in view.words
    assert "24 dari 16 JP" in view.words
    assert f'value="{made[0].id}"' in view.text
    assert f'value="{made[1].id}"' not in view.text


def test_two_people_renew_over_the_pages(ready: Any, new_page: Any, now: Any) -> None:
    signed, made = ready
    admin, head = new_page(), new_page()
    admin.sign_in(signed.admin_user)
    head.sign_in(signed.head_user)
    shown = admin.get(f"/balai/sertifikat/{made[0].code}/perpanjang")
    assert "Pelatihan yang dihitung" in shown.words
    asked = admin.submit(shown, {}, action="/perpanjang")
    waiting = admin.get(asked.location)
    assert "Menunggu kepala balai" in waiting.words
    assert "24 JP" in waiting.words
    head.submit(head.get(asked.location), {"keputusan": "setuju"}, action=asked.location)
    fresh = db.session.scalar(sa.select(Certificate).order_by(Certificate.id.desc()).limit(1))
    assert db.session.scalar(sa.select(Renewal.renews_id)) == made[0].id
    again = admin.get(f"/balai/sertifikat/{made[0].code}/perpanjang")
    assert "sertifikat ini sudah diperpanjang" in again.words
    public = new_page().get(f"/V/{made[0].code}")
    dashed = f"{fresh.code[:4]}-{fresh.code[4:8]}-{fresh.code[8:]}"
    assert dashed in public.words
    assert "BERLAKU" in public.words


def test_several_are_asked_for_at_once_or_none(ready: Any, page: Any) -> None:
    signed, made = ready
    page.sign_in(signed.admin_user)
    shown = page.get(LIST)
    none = page.submit(shown, {}, 422, action="/perpanjangan")
    assert "Pilih paling sedikit satu sertifikat." in none.words
    both = page.post(LIST, {"pilih": [str(one.id) for one in made]}, 409)
    assert "baru 0 JP dari 16 JP" in both.words
    assert count(CertificateRequest) == 2
    sent = page.post(LIST, {"pilih": [str(made[0].id)]})
    assert sent.location == "/balai/sertifikat"
    assert "Perpanjang" in page.get(sent.location).words
    assert count(CertificateRequest) == 3


def test_double_click_asks_once(ready: Any, page: Any) -> None:
    signed, made = ready
    page.sign_in(signed.admin_user)
    url, form = f"/balai/sertifikat/{made[0].code}/perpanjang", {"op": "ab" * 16}
    assert page.post(url, form).location == page.post(url, form).location


def test_another_center_finds_nothing(ready: Any, page: Any, now: Any) -> None:
    _signed, made = ready
    other, _made = old_certificate(now)
    page.sign_in(other.admin_user)
    page.get(f"/balai/sertifikat/{made[0].code}/perpanjang", 404, htmx=False)
    page.post(f"/balai/sertifikat/{made[0].code}/perpanjang", {}, 404)
    page.post(LIST, {"pilih": [str(made[0].id)]}, 404)
    assert "Peserta 002" not in page.get(LIST).words


def test_empty_list_says_when_something_comes(db_session: Any, page: Any, now: Any) -> None:
    signed, _made = old_certificate(now, ends_in=200)
    page.sign_in(signed.admin_user)
    assert "Tidak ada yang mendekati hari terakhirnya" in page.get(LIST).words


def holder(person_id: int) -> Any:
    with transaction():
        return classroom.account("Dewi Lestari", Role.TRAINEE, person_id=person_id)


def test_holder_reads_what_counts_what_is_needed_and_until_when(ready: Any, page: Any) -> None:
    _signed, made = ready
    page.sign_in(holder(made[0].person_id))
    words = page.get("/saya/sertifikat").words
    assert "Masa berlaku dan perpanjangan" in words
    assert "24 dari 16 JP yang dihitung." in words
    assert "Paling lambat 22 Juni 2027." in words
    assert "Anda tidak perlu mengirim berkas" in words


def test_holder_reads_how_many_hours_are_left(ready: Any, page: Any) -> None:
    _signed, made = ready
    page.sign_in(holder(made[1].person_id))
    assert "Ikuti pelatihan yang dihitung, 16 JP lagi." in page.get("/saya/sertifikat").words


def test_holder_reads_of_a_decree(ready: Any, page: Any, now: Any) -> None:
    _signed, made = ready
    until = day_after(made[0].expires_on, 60)
    adopt(*two_admins(), now, last_day_to=made[0].expires_on, extend_to=until)
    page.sign_in(holder(made[0].person_id))
    words = page.get("/saya/sertifikat").words
    assert "sebuah keputusan memperpanjangnya" in words
    assert "Berlaku sampai 20 Februari 2027." in words


def test_own_page_takes_the_same_statements_for_1_and_4(
    db_session: Any, page: Any, now: Any, query_count: Any
) -> None:
    _signed, (old,) = old_certificate(now)
    page.sign_in(holder(old.person_id))
    counts = []
    for more in (0, 3):
        for number in range(more):
            add_course(old.person_id, now, days_ago=20 + 9 * number)
        with query_count() as seen:
            page.get("/saya/sertifikat", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]
