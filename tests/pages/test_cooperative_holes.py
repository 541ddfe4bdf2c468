"""Holes of the cooperative pages: what a decree alone shows, tries at a link, floods of files and days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.certificates.services import external_import
from portal.cooperatives.models import Cooperative
from portal.cooperatives.services import limits as searches
from portal.cooperatives.services import registry as registers
from portal.core.crypto import token_hash
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Nomination
from portal.enrollment.services import nominating, printing
from portal.enrollment.views import nominee
from portal.oversight.services import limits
from portal.people.models import Person
from portal.people.rules.inclusion import InclusionAnswers
from portal.people.services.inclusion import save_inclusion
from portal.readiness.models import CoverageEdition
from tests.pages.test_claim_pages import claim_by_paper
from tests.pages.test_coverage_pages import watcher
from tests.support.boards import NAMES, account, board, minutes, person
from tests.support.classroom import account as classroom_account
from tests.support.classroom import build
from tests.support.coverage import fill, some
from tests.support.kept import kept_world
from tests.support.world_nominations import LINK

# ---- a decree alone ----

PAGES = (
    "", "/cetak", "/pengurus", "/pengurus?per=2025-06-01", "/kelembagaan", "/usulan", "/usulkan",
)  # fmt: skip


def test_a_decree_alone_shows_no_name_number_or_paper_of_others(page: Any, db_session: Any, now: Any) -> None:
    found = board(now)
    with transaction() as session:
        session.execute(sa.update(Person).values(phone="+628111222333"))
    found.change(now, beginnings=(), endings=("manager",))
    with transaction():
        rudi = account(
            "Rudi Surat", now, Grant(Role.TRAINEE, "self", ""), person_id=person("Rudi Surat", now)
        )
    claim_by_paper(page, found, rudi.id)
    seen = [page.get(f"/koperasi/{found.cooperative_id}{end}") for end in PAGES]
    seen.append(page.get(f"/kesiapan/panduan?koperasi={found.cooperative_id}"))
    program = seen[PAGES.index("/usulkan")].links
    seen += [page.get(url) for url in program.values() if "program=" in url][:2]
    for view in seen:
        for name in (*NAMES, "8111222333", "111-222"):
            assert name not in view.words, (view.url, name)
    for number in range(1, 8):
        view = page.post(f"/koperasi/{found.cooperative_id}/berkas/{number}", status=None)
        is_own = view.status == 200
        assert view.status == 404 or (is_own and "decree" in view.headers["Content-Disposition"])


# Taking back has no page of its own.
@pytest.mark.parametrize(
    ("method", "end"),
    [("get", "tautan"), ("get", "ganti"), ("post", "tautan"), ("post", "ganti"), ("post", "tarik")],
)
def test_a_decree_alone_opens_no_nomination_of_others_by_its_number(
    page: Any, db_session: Any, database: Any, now: Any, method: str, end: str
) -> None:
    world = kept_world(database, now)
    number, cooperative = world.ids["nomination"], world.ids["cooperative"]
    with transaction():
        rudi = account(
            "Rudi Surat", now, Grant(Role.TRAINEE, "self", ""), person_id=person("Rudi Surat", now)
        )
    page.sign_in(rudi.id)
    chosen = page.get(f"/koperasi/klaim?koperasi={cooperative}")
    page.submit(chosen, {"file": (minutes(), "sk.pdf")})
    getattr(page, method)(f"/koperasi/{cooperative}/usulan/{number}/{end}", status=404)
    row = db.session.get(Nomination, number, populate_existing=True)
    assert (row.state, row.link_hash) == ("proposed", token_hash(LINK))


# ---- tries at a link ----


def test_a_new_link_gives_no_new_tries_at_a_birth_date(
    page: Any, db_session: Any, database: Any, now: Any, monkeypatch: Any
) -> None:
    world = kept_world(database, now)
    number = world.ids["nomination"]
    monkeypatch.setattr(nominee, "LINK_LIMIT", nominee.Limit("nominee.link", 3, timedelta(days=1)))
    with transaction() as session:
        row = session.get_one(Nomination, number)
        who = session.get_one(Person, row.person_id)
        who.birth_date = date(1980, 2, 3)
        who.set_nik("6105010302800001")
    answer = {"birth_date-day": "1", "birth_date-month": "1", "birth_date-year": "1990", "agree": "y"}
    statuses = []
    for turn in range(5):
        token = LINK if turn < 2 else f"{LINK[:-1]}{turn}"
        with transaction() as session:
            session.get_one(Nomination, number).link_hash = token_hash(token)
        statuses.append(page.post(f"/usulan/{token}", answer, None).status)
    assert statuses[:3] == [422, 422, 422]
    assert statuses[3:] == [429, 429]


def test_a_link_is_kept_by_no_cache(page: Any, db_session: Any, database: Any, now: Any) -> None:
    kept_world(database, now)
    view = page.get(f"/usulan/{LINK}")
    assert "no-store" in view.headers["Cache-Control"]
    assert view.headers["Referrer-Policy"] in (
        "strict-origin-when-cross-origin",
        "no-referrer",
        "same-origin",
    )


def test_a_person_number_of_any_length_is_no_failure(
    page: Any, db_session: Any, database: Any, now: Any
) -> None:
    world = kept_world(database, now)
    program = world.rooms["open"].extra["program_id"]
    page.sign_in(world.users["chair"])
    page.get(f"/koperasi/{world.ids['cooperative']}/usulkan?program={program}&orang={'9' * 5000}")


# ---- floods ----


def tight(monkeypatch: Any, name: str, module: Any = limits) -> None:
    limit = getattr(module, name)
    monkeypatch.setattr(module, name, type(limit)(limit.what, 2, limit.window))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files_of_coverage_run_out_for_an_account(page: Any, new_page: Any, db_session: Any, now: Any,
                                                  monkeypatch: Any, kind: str) -> None:  # fmt: skip
    fill(now, some("61.05.01", 6, certified=6))
    tight(monkeypatch, "FILES")
    page.sign_in(watcher())
    for _turn in range(2):
        page.get(f"/pemantauan/unduh.{kind}")
    answer = page.get(f"/pemantauan/unduh.{kind}", 429)
    assert int(answer.headers["Retry-After"]) > 0
    new_page().sign_in(watcher()).get(f"/pemantauan/unduh.{kind}")


def test_public_files_run_out_for_an_address(page: Any, db_session: Any, now: Any, monkeypatch: Any) -> None:
    fill(now, some("61.05.01", 6, certified=6))
    tight(monkeypatch, "PUBLIC_FILES")
    for _turn in range(2):
        assert "Set-Cookie" not in page.get("/cakupan.csv").headers
    page.get("/cakupan.csv", 429)
    page.get("/cakupan")


def test_days_that_are_worked_out_run_out(page: Any, db_session: Any, now: Any, monkeypatch: Any) -> None:
    fill(now, some("61.05.01", 6, certified=6))
    tight(monkeypatch, "DAYS")
    page.sign_in(watcher())
    days = [now.date() - timedelta(days=number) for number in (1, 2, 3)]
    for day in days:
        page.post("/pemantauan/hari", {"per": day.isoformat()}, 303)
    made = db.session.scalars(sa.select(CoverageEdition.on).where(CoverageEdition.state == "making")).all()
    assert len(made) <= 2


def test_files_of_the_registry_run_out(page: Any, db_session: Any, now: Any, monkeypatch: Any) -> None:
    found = board(now)
    tight(monkeypatch, "EXPORTS", registers)
    page.sign_in(found.officer_user)
    for _turn in range(2):
        page.get("/registri/ekspor.csv")
    page.get("/registri/ekspor.xlsx", 429)


def test_searches_for_cooperatives_run_out(
    page: Any, new_page: Any, db_session: Any, now: Any, monkeypatch: Any
) -> None:
    found = board(now)
    tight(monkeypatch, "SEARCHES", searches)
    page.sign_in(found.officer_user)
    # Two letters look for nothing, and a chosen cooperative is not sought.
    page.get("/registri/klaim?q=la")
    assert "KDMP Ladang" in page.get("/koperasi/klaim?q=ladang", htmx=False).links
    page.get("/registri/klaim?q=ladang", htmx=False)
    for address in ("/koperasi/klaim", "/registri/klaim"):
        answer = page.get(f"{address}?q=ladang", 429)
        assert int(answer.headers["Retry-After"]) > 0
        page.get(address)
    page.get(f"/koperasi/klaim?q=ladang&koperasi={found.cooperative_id}")
    new_page().sign_in(found.chair_user).get("/koperasi/klaim?q=ladang", htmx=False)


def test_searches_of_many_accounts_run_out_for_a_network(
    page: Any, new_page: Any, db_session: Any, now: Any, monkeypatch: Any
) -> None:
    found = board(now)
    tight(monkeypatch, "NETWORK_SEARCHES", searches)
    for who in (found.officer_user, found.chair_user):
        new_page().sign_in(who).get("/koperasi/klaim?q=ladang", htmx=False)
    page.sign_in(found.officer_user)
    page.get("/koperasi/klaim?q=ladang", 429)


@pytest.mark.parametrize("kind", ["usulan", "tugas"])
def test_letters_of_a_cooperative_run_out(
    page: Any, db_session: Any, database: Any, now: Any, monkeypatch: Any, kind: str
) -> None:
    world = kept_world(database, now)
    tight(monkeypatch, "LETTERS", printing)
    page.sign_in(world.users["chair"])
    group = f"/koperasi/{world.ids['cooperative']}/usulan/kelompok/{world.ids['nomination_group']}"
    answers = [page.client.get(f"{group}/surat-{kind}.pdf") for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_files_that_are_no_register_run_out_too(
    page: Any, db_session: Any, now: Any, monkeypatch: Any
) -> None:
    found = board(now)
    tight(monkeypatch, "READS", registers)
    tight(monkeypatch, "READS", external_import)
    page.sign_in(found.officer_user)
    for address in ("/registri/impor", "/catatan-luar/impor"):
        view = page.get(address)
        statuses = [
            page.submit(view, {"file": (minutes(b"bukan,tabel"), "x.csv")}, None, action=address).status
            for _turn in range(3)
        ]
        assert statuses == [422, 422, 429]


def test_two_people_swapped_to_and_fro_are_not_written_to_for_ever(
    page: Any, db_session: Any, database: Any, now: Any, monkeypatch: Any
) -> None:
    world = kept_world(database, now)
    tight(monkeypatch, "ACTS", nominating)
    page.sign_in(world.users["chair"])
    statuses = []
    for turn in ("Satu", "Dua", "Tiga"):
        number = db.session.scalar(
            sa.select(sa.func.max(Nomination.id)).where(
                Nomination.cooperative_id == world.ids["cooperative"],
                Nomination.state == "proposed", Nomination.group_id == world.ids["nomination_group"],
            )
        )  # fmt: skip
        answer = {"person": "baru", "baru-name": f"Orang {turn}", "baru-post": "member"}
        address = f"/koperasi/{world.ids['cooperative']}/usulan/{number}/ganti"
        statuses.append(page.post(address, answer, None).status)
    assert statuses == [303, 303, 429]


# ---- files ----


def test_names_that_are_formulas_leave_as_text(page: Any, db_session: Any, now: Any) -> None:
    found = board(now)
    with transaction() as session:
        session.get_one(Cooperative, found.cooperative_id).name = '=HYPERLINK("http://x")'
    page.sign_in(found.officer_user)
    lines = page.get("/registri/ekspor.csv").response.data.decode("utf-8-sig")
    assert "HYPERLINK" in lines
    assert not any(cell.strip('"').startswith("=") for line in lines.splitlines() for cell in line.split(";"))


# ---- what a class needs ----


def test_a_handful_with_seats_tells_no_needs(page: Any, db_session: Any, now: Any) -> None:
    room = build(people=4)
    with transaction():
        admin = classroom_account("Wulan Admin", Role.CENTER_ADMIN, "center", str(room.center_id))
        save_inclusion(
            answers=InclusionAnswers("yes", ("hearing",), "yes", ("sign_interpreter",)),
            actor=GrantedActor(901, room.people[0], "Peserta"), now=now,
        )  # fmt: skip
    view = page.sign_in(admin).get(f"/balai/angkatan/{room.batch_id}/persiapan")
    assert "isyarat" not in view.words
    assert "begitu lima orang memegang kursi" in view.words


# ---- a seat is no link's ----


def test_a_link_gives_back_no_seat(page: Any, db_session: Any, database: Any, now: Any) -> None:
    world = kept_world(database, now)
    with transaction() as session:
        row = session.get_one(Nomination, world.ids["nomination"])
        row.state = "placed"
    page.post(f"/usulan/{LINK}/tolak", {"reason": ""}, 303)
    assert db.session.get(Nomination, world.ids["nomination"], populate_existing=True).state == "placed"
