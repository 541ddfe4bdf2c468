"""The breach register: a clock of three days, notices, nothing erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import User
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.people.models import Breach
from portal.people.services import breaches
from tests.support.classroom import account

FORM = {
    "title": "Laptop loket hilang", "found_on-day": "21", "found_on-month": "11", "found_on-year": "2026",
    "found_time": "14.30", "description": "Tertinggal di angkot.\nSandi layar terpasang.",
    "data_kinds": "nama, nomor telepon", "people_count": "24", "measures": "Akses dicabut.",
}  # fmt: skip
TOLD = {
    "whom": "people",
    "told_on-day": "22",
    "told_on-month": "11",
    "told_on-year": "2026",
    "told_time": "8:15",
}


@pytest.fixture
def admin(page: Any, db_session: Any) -> Any:
    with transaction():
        user = account("Indah Platform", Role.PLATFORM_ADMIN, "all")
    return page.sign_in(user.id)


def only() -> Breach:
    db.session.rollback()
    return db.session.scalars(sa.select(Breach).execution_options(populate_existing=True)).one()


def record(admin: Any, **values: str) -> str:
    view = admin.follow(admin.submit(admin.get("/admin/insiden/baru"), {**FORM, **values}))
    return str(view.url)


def actions() -> list[str]:
    return list(
        db.session.scalars(
            sa.select(AuditEvent.action).where(AuditEvent.object_kind == "breach").order_by(AuditEvent.seq)
        )
    )


def test_an_incident_is_recorded_and_its_clock_runs(admin: Any, clock: Any) -> None:
    assert "Belum ada insiden" in admin.get("/admin/insiden").words
    url = record(admin)
    row = only()
    assert (row.title, row.people_count, row.closed_at) == ("Laptop loket hilang", 24, None)
    assert row.found_at == datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
    view = admin.get(url)
    for words in ("Sisa 2 hari 5 jam", "Selasa, 24 November 2026, pukul 14.30 WIB", "Sandi layar terpasang."):
        assert words in view.words, words
    assert '<svg class="bar"' in view.text
    clock.set(datetime(2026, 11, 24, 7, 30, 1, tzinfo=UTC))
    admin.sign_in(db.session.scalar(sa.select(User.id)))  # sessions end by themselves in three days
    assert "sudah lewat" in admin.get(url).words
    clock.move(hours=5)
    assert "Lewat 5 jam" in admin.get("/admin/insiden").words
    assert "1 insiden data melewati 3 x 24 jam" in admin.get("/admin").words
    assert actions() == ["breach.recorded"]


def test_the_desk_says_that_one_waits(admin: Any) -> None:
    assert "menunggu pemberitahuan" not in admin.get("/admin").words
    record(admin)
    assert "1 insiden data menunggu pemberitahuan" in admin.get("/admin").words


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"found_on-day": "23"}, "found_on-day"),
        ({"found_on-day": "31", "found_on-month": "2"}, "found_on-day"),
        ({"found_on-day": "", "found_on-month": "", "found_on-year": ""}, "found_on-day"),
        ({"found_time": "25.00"}, "found_time"),
        ({"found_time": ""}, "found_time"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 200}, "title"),
        ({"description": ""}, "description"),
        ({"data_kinds": ""}, "data_kinds"),
        ({"people_count": "-1"}, "people_count"),
        ({"people_count": "99999999999"}, "people_count"),
        ({"people_count": "banyak"}, "people_count"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(admin: Any, change: dict[str, str], field: str) -> None:
    view = admin.submit(admin.get("/admin/insiden/baru"), {**FORM, **change}, 422)
    assert f'href="#{field}"' in view.text
    assert db.session.scalar(sa.select(sa.func.count(Breach.id))) == 0


def test_notices_are_marked_once_and_only_then_it_closes(admin: Any, clock: Any) -> None:
    url = record(admin)
    early = {**TOLD, "told_on-day": "21", "told_time": "14.29"}
    admin.submit(admin.get(url), early, 422, action=f"{url}/diberitahu")
    late = {**TOLD, "told_on-day": "23"}
    admin.submit(admin.get(url), late, 422, action=f"{url}/diberitahu")
    admin.post(f"{url}/tutup", {"note": "Selesai ditangani."}, 409)
    admin.submit(admin.get(url), TOLD, action=f"{url}/diberitahu")
    admin.post(f"{url}/diberitahu", TOLD, 409)
    admin.post(f"{url}/diberitahu", {**TOLD, "whom": "press"}, 404)
    admin.submit(
        admin.get(url), {**TOLD, "whom": "authority", "told_time": "09.00"}, action=f"{url}/diberitahu"
    )
    assert "Diberi tahu tepat waktu" in admin.get(url).words
    admin.submit(admin.get(url), {"note": ""}, 422, action=f"{url}/tutup")
    admin.submit(admin.get(url), {"note": "Laptop ditemukan, tidak dibuka."}, action=f"{url}/tutup")
    row = only()
    assert row.people_told_at == datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
    assert row.closing_note == "Laptop ditemukan, tidak dibuka."
    for path, data in (
        ("tutup", {"note": "Sekali lagi."}),
        ("catatan", {"measure": "Sesudahnya"}),
        ("diberitahu", TOLD),
    ):
        admin.post(f"{url}/{path}", data, 409)
    assert actions() == ["breach.recorded", "breach.told", "breach.told", "breach.closed"]


def test_measures_are_added_and_nothing_is_taken_away(admin: Any) -> None:
    url = record(admin)
    for words, count in (("Sandi semua petugas diganti", ""), ("Ternyata lebih sedikit orang", "11")):
        admin.submit(admin.get(url), {"measure": words, "people_count": count}, action=f"{url}/catatan")
    row = only()
    assert [line.split(": ", 1)[-1] for line in row.measures.splitlines()] == [
        "Akses dicabut.", "Sandi semua petugas diganti", "Ternyata lebih sedikit orang",
    ]  # fmt: skip
    assert row.people_count == 11
    kept = db.session.scalars(
        sa.select(AuditEvent.data).where(AuditEvent.action == "breach.measure").order_by(AuditEvent.seq)
    ).all()
    assert [(data["people_before"], data["people"]) for data in kept] == [(24, 24), (24, 11)]


def test_the_notice_says_what_the_law_asks_for(admin: Any) -> None:
    view = admin.get(record(admin) + "/pemberitahuan")
    for words in ("pasal 46", "nama, nomor telepon", "Tertinggal di angkot.", "Akses dicabut.", "24"):
        assert words in view.words, words


def test_the_database_refuses_what_cannot_be(db_session: Any, now: Any) -> None:
    base = {"title": "a", "found_at": now, "description": "b", "data_kinds": "c", "measures": "",
            "recorded_at": now, "closing_note": ""}  # fmt: skip
    earlier = datetime(2026, 11, 1, tzinfo=UTC)
    for change in ({"recorded_at": earlier}, {"people_told_at": earlier}, {"authority_told_at": earlier},
                   {"closed_at": now}, {"closing_note": "selesai"}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(sa.insert(Breach).values(**{**base, **change}))


def test_the_register_takes_the_same_statements_for_2_and_20(admin: Any, now: Any, query_count: Any) -> None:
    actor = GrantedActor(1, None, "Indah", (Grant(Role.PLATFORM_ADMIN, "all", ""),))
    counts = []
    for more in (2, 18):
        with transaction():
            for number in range(more):
                breaches.record_breach(
                    title=f"Insiden {more}-{number}", found_at=now, description="uraian", data_kinds="nama",
                    people_count=None, measures="", actor=actor, now=now,
                )  # fmt: skip
        with query_count() as seen:
            admin.get("/admin/insiden", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 4
