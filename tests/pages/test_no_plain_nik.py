"""A whole journey, and then no NIK of it in any file, log line, address, message or export."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts import services as accounts
from portal.core import audit, jobs
from portal.core.crypto import cipher
from portal.core.db import db, transaction
from portal.core.mail import outbox
from portal.core.permissions import SYSTEM
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.enrollment.world import PASSWORD, World
from tests.pages.test_enrollment_stepper import identity
from tests.support import databases, nik_scan
from tests.support.nominations import line, officer, roster
from tests.support.nominations import program as make_program

HERS = "6105015203850077"  # born on 12 March 1985
ROSTER = [line(n)[5] for n in range(12)]
SEEDED = {HERS, *ROSTER}


class Watcher:
    """Keeps every address and body that a page client sees."""

    def __init__(self, page: Any) -> None:
        self.addresses: list[str] = []
        self.bodies: list[tuple[str, bytes]] = []
        send = page.client.open

        def open_(url: Any, *args: Any, **how: Any) -> Any:
            answer = send(url, *args, **how)
            self.addresses += [
                str(url),
                answer.headers.get("Location", ""),
                answer.headers.get("HX-Redirect", ""),
            ]
            self.bodies.append((str(url), answer.get_data()))
            return answer

        page.client.open = open_


def places() -> list[Path]:
    """Where the database of this run lies."""
    if databases.engine_name() == "sqlite":
        return [databases.run_folder()]
    databases.admin("CHECKPOINT")
    import os

    return [Path(path) for path in os.environ["PORTAL_TEST_PG_DATA"].split(":")]


def holds(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [str(found) for found in nik_scan.search_bytes("", data, nik_scan.WRITTEN, SEEDED)]


def enroll(page: Any, world: World, batch: int, cooperative: int) -> None:
    """The stepper, with the NIK as people write it, a wrong turn and the end."""
    url = f"/angkatan/{batch}/daftar/identitas"
    written = " ".join(HERS[i : i + 4] for i in range(0, 16, 4))
    page.submit(page.get(url), identity(written, name=""), 422)
    page.submit(page.get(url), identity(HERS[:15]), 422)
    page.follow(page.submit(page.get(url), identity(written)))
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q=KDMP+Ladang+Uji")
    page.follow(page.submit(view, {"choice": str(cooperative), "post": "chair"}))
    review = page.get(f"/angkatan/{batch}/daftar/periksa")
    page.follow(page.submit(review, {"login": "sri.wahyuni", "password": PASSWORD}))


def import_roster(desk: Any, app: Any) -> None:
    """A roster of twelve people and one bad row, previewed, saved, sent again."""
    import io

    make_program()
    content = roster(12)
    bad = roster(1, start=40, nik="61050102038500")
    for name, body in (("usulan.xlsx", content), ("lagi.xlsx", content), ("buruk.xlsx", bad)):
        answer = desk.post(
            "/pengusulan", {"program": "pengurus-pemula", "file": [(io.BytesIO(body), name)]}, 303
        )
        preview = desk.follow(answer)
        if name != "buruk.xlsx":
            desk.submit(preview, {"pilihan": "baik"}, action="/simpan")
            jobs.run_pending()


def claim(page: Any) -> None:
    """Somebody of the roster takes the record over with a printed code; one wrong birth date before."""
    person = db.session.scalars(sa.select(Person).where(Person.nik_last4 == ROSTER[3][-4:])).one()
    with transaction():
        code = accounts.issue_claim_codes(person_ids=[person.id], actor=SYSTEM, now=person.created_at)[
            person.id
        ]
    for day, status in (("9", 422), ("2", 303)):
        form = {"code": code, "birth_date-day": day, "birth_date-month": "3", "birth_date-year": "1985",
                "login": "orang.aaad", "password": PASSWORD}  # fmt: skip
        page.submit(page.get("/klaim"), form, status)


def test_a_whole_journey_leaves_no_nik_behind(
    app: Any,
    db_session: Any,
    new_page: Any,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(app)
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    watched = []

    def visitor() -> Any:
        page = new_page()
        watched.append(Watcher(page))
        return page

    desk = visitor()
    desk.sign_in(officer()[0])
    import_roster(desk, app)
    her = visitor()
    enroll(her, world, batch, cooperative)
    claim(visitor())

    center = visitor().sign_in(world.admin())
    number = db.session.scalar(sa.select(Enrollment.id).where(Enrollment.batch_id == batch))
    center.post(f"/balai/peserta/{number}/tawarkan", {"keadaan": "pelamar"})
    center.get(f"/balai/akses?q={ROSTER[0][-4:]}")
    center.submit(center.get("/balai/hubungi"), action="/balai/hubungi/nomor")
    for path in ("daftar-hadir.pdf", "kartu.pdf"):
        center.get(f"/balai/angkatan/{batch}/{path}")
    her.get("/saya")
    for url, status in (("/tidak/ada", 404), (f"/saya/angkatan/{number + 999}", 404), ("/admin", 403)):
        her.get(url, status)
    again = visitor()
    again.follow(again.submit(again.get(f"/angkatan/{batch}/daftar/identitas"), identity(HERS)))

    logs = "".join(capfd.readouterr()) + caplog.text
    assert len(watched) == 5
    bodies = [(url, body) for one in watched for url, body in one.bodies]
    assert [url for url, body in bodies if holds(body)] == typed_by_the_visitor(bodies)
    assert [url for one in watched for url in one.addresses if holds(url)] == []
    assert holds(logs) == []
    assert nik_scan.search_run(places(), SEEDED) == []

    events = db.session.execute(sa.select(audit.AuditEvent.data, audit.AuditEvent.object_id)).all()
    assert holds(json.dumps([[data, key] for data, key in events])) == []
    messages = db.session.scalars(sa.select(outbox.OutboxMessage)).all()
    assert messages, "nobody was told of anything"
    for message in messages:
        content = cipher().decrypt(message.content_cipher, outbox.CONTENT_AAD)
        assert holds(f"{message.key} {message.address_hint} {content}") == []


def typed_by_the_visitor(bodies: list[tuple[str, bytes]]) -> list[str]:
    """A refused form and one's own unfinished application give back what was typed; nothing else may."""
    return [url for url, body in bodies if holds(body) and "/daftar/identitas" in url]


def test_the_search_finds_a_nik_however_it_is_written(tmp_path: Path) -> None:
    import zipfile

    nik = "6105014503850099"
    for number, text in enumerate(
        (nik, f"x{nik}x", f"99{nik}12", "6105 0145 0385 0099", "6105.0145.0385.0099", "61-05-01-450385-0099",
         "?q=6105%200145%200385%200099", "?q=6105+0145+0385+0099", "6105\u00a00145\u00a00385\u00a00099")
    ):  # fmt: skip
        file = tmp_path / f"f{number}"
        file.write_bytes(b"\x00\x01" + text.encode() + b"\xff")
        [found] = nik_scan.search_run([file], {nik})
        assert (found.path, found.last4) == (str(file), "0099")
        assert nik not in str(found)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet1.xml", f"<c>{nik}</c>")
    assert [found.path for found in nik_scan.search_run([tmp_path / "b.xlsx"], {nik})] == [
        f"{tmp_path / 'b.xlsx'}!sheet1.xml"
    ]
    (tmp_path / "harmless").write_text("6105014503850098 6105014503850 61.05.01.2001 2026112210300000")
    assert nik_scan.search_run([tmp_path / "harmless"], {nik}) == []


# SQLite files are looked at between tests, PostgreSQL's folder at the end of the run.
@pytest.mark.engine("sqlite")
def test_a_nik_in_a_table_is_found_before_the_next_test(app: Any, db_session: Any, database: Any) -> None:
    """The search that runs between tests sees what a careless column would hold."""
    nik = "6105014503850098"
    with transaction() as session:
        session.add(Person(name=f"Salah {nik}", birth_date=date(1985, 3, 5), created_at=jobs.clock.now(),
                           updated_at=jobs.clock.now()))  # fmt: skip
    path = Path(database.url.removeprefix("sqlite:///"))
    wal = path.with_name(path.name + "-wal")
    assert nik_scan.search_run([path, wal], {nik})
    with transaction() as session:
        session.execute(sa.delete(Person))
