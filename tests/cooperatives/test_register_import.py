"""Registers on their way in: judged row by row, written once, gone on with after a kill."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.cooperatives import export
from portal.cooperatives.models import (
    Cooperative,
    CooperativeVillage,
    MemberGroup,
    RegistryBlock,
    RegistryImport,
    RegistryRow,
)
from portal.cooperatives.queries.registry import Filters
from portal.cooperatives.register import applying, reading
from portal.cooperatives.register import file as files
from portal.cooperatives.services import registry as services
from portal.core import audit, jobs
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM
from tests.support.nominations import officer
from tests.support.sheets import xlsx
from tests.support.world_registry import register, villages

WIDE = "Nama koperasi;Jenis;Kode desa;Nomor Induk Koperasi;ID SIMKOPDES;Percontohan;Desa lain;Kelompok pihak"


@pytest.fixture
def codes(db_session: Any) -> list[str]:
    """The codes of twelve villages of Sintang."""
    return villages(12)


def send(content: bytes, now: Any, actor: Any = SYSTEM) -> RegistryImport:
    """Read a register and judge its rows."""
    read = files.read_register_file(content, "registri.csv")
    with transaction():
        number = services.keep_register(read=read, actor=actor, now=now).id
    jobs.run_pending()
    return db.session.get_one(RegistryImport, number)


def save(found: RegistryImport, now: Any, only_good: bool = True, actor: Any = SYSTEM) -> dict[str, int]:
    """Write the good rows; what came of them."""
    with transaction():
        services.start_registry_import(import_id=found.id, only_good=only_good, actor=actor, now=now)
    jobs.run_pending()
    db.session.expire_all()
    summary = db.session.get_one(RegistryImport, found.id).summary
    return dict(summary["result"])


def bring_in(content: bytes, now: Any, actor: Any = SYSTEM) -> dict[str, int]:
    return save(send(content, now, actor), now, actor=actor)


def counts(found: RegistryImport) -> tuple[int, ...]:
    return tuple(found.summary[name] for name in ("new", "changed", "same", "bad"))


def reasons(found: RegistryImport) -> dict[int, str]:
    """Row -> reason of the bad rows."""
    statement = sa.select(RegistryRow.row, RegistryRow.reason).where(
        RegistryRow.import_id == found.id, RegistryRow.outcome == "bad"
    )
    return {row: reason for row, reason in db.session.execute(statement)}  # noqa: C416


def count(model: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def test_a_register_is_judged_before_anything_changes(codes: Any, now: Any) -> None:
    found = send(register(f"KDMP Satu;;{codes[0]};N-1;ya", f"KDMP Dua;;{codes[1]};;", "Tanpa;;;;"), now)
    assert (found.state, counts(found)) == ("preview", (2, 0, 0, 1))
    assert reasons(found) == {4: "village_missing"}
    assert count(Cooperative) == 0
    assert count(RegistryBlock) == 0


def test_what_is_saved_is_all_that_the_file_says(codes: Any, now: Any) -> None:
    line = f"Koperasi Angkut;multipihak;{codes[0]};N-1;SK-1;ya;{codes[1]};Toko (pengguna)"
    assert bring_in(register(line, header=WIDE), now)["new"] == 1
    made = db.session.scalars(sa.select(Cooperative)).one()
    assert (made.kind, made.name, made.region_code) == ("multi_stakeholder", "Koperasi Angkut", codes[0])
    assert (made.cooperative_number, made.simkopdes_id, made.is_pilot) == ("N-1", "SK-1", True)
    assert (made.source, made.version) == ("registry", 1)
    assert db.session.scalars(sa.select(CooperativeVillage.village_code)).all() == [codes[1]]
    assert [group.role for group in db.session.scalars(sa.select(MemberGroup))] == ["service_user"]


def test_the_same_file_again_changes_nothing(codes: Any, now: Any) -> None:
    content = register(*(f"KDMP Desa {n};;{code};N-{n};tidak" for n, code in enumerate(codes)))
    assert bring_in(content, now) == {"new": 12, "changed": 0, "same": 0, "bad": 0}
    before = db.session.execute(sa.select(Cooperative.id, Cooperative.version)).all()
    again = send(content, now)
    assert counts(again) == (0, 0, 12, 0)
    with pytest.raises(DomainError, match="nothing_to_do"), transaction():
        services.start_registry_import(import_id=again.id, only_good=True, actor=SYSTEM, now=now)
    assert db.session.execute(sa.select(Cooperative.id, Cooperative.version)).all() == before


WAYS = {
    "by number": ("Nama Lain;;{1};N-1;;", "name"),
    "by simkopdes": ("Nama Lain;;{0};;SK-1;", "name"),
    "by name and place": ("Koperasi Desa Merah Putih SATU;;{0};;;ya", "is_pilot"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_cooperative_is_known_again(codes: Any, now: Any, way: str) -> None:
    header = "Nama koperasi;Jenis;Kode desa;Nomor Induk Koperasi;ID SIMKOPDES;Percontohan"
    bring_in(register(f"KDMP Satu;desa;{codes[0]};N-1;SK-1;tidak", header=header), now)
    line, changed = WAYS[way]
    found = send(register(line.format(*codes), header=header), now)
    assert counts(found) == (0, 1, 0, 0)
    save(found, now)
    one = db.session.scalars(sa.select(Cooperative)).one()
    assert (one.cooperative_number, one.simkopdes_id, one.version) == ("N-1", "SK-1", 2)
    assert getattr(one, changed) in ("Nama Lain", True)


def test_blank_cells_keep_what_is_known(codes: Any, now: Any) -> None:
    bring_in(register(f"Angkut;multipihak;{codes[0]};N-1;SK-1;ya;{codes[1]};Sopir", header=WIDE), now)
    assert counts(send(register(f"Angkut;multipihak;{codes[0]};;;;;", header=WIDE), now)) == (0, 0, 1, 0)
    change = send(register(f"Angkut;multipihak;{codes[0]};;;;{codes[2]};Toko", header=WIDE), now)
    assert save(change, now)["changed"] == 1
    assert db.session.scalars(sa.select(CooperativeVillage.village_code)).all() == [codes[2]]
    assert db.session.scalars(sa.select(MemberGroup.name)).all() == ["Toko"]


TAKEN = {
    "number_taken": "KDMP Dua;;{1};N-1;SK-2",
    "simkopdes_taken": "KDMP Dua;;{1};;SK-1",
}


@pytest.mark.parametrize("reason", TAKEN)
def test_an_identity_of_another_is_refused(codes: Any, now: Any, reason: str) -> None:
    header = "Nama koperasi;Jenis;Kode desa;Nomor Induk Koperasi;ID SIMKOPDES"
    two = (f"KDMP Satu;;{codes[0]};N-1;SK-1", f"KDMP Dua;;{codes[1]};N-2;SK-2")
    bring_in(register(*two, header=header), now)
    found = send(register(TAKEN[reason].format(*codes), header=header), now)
    assert reasons(found) == {2: reason}


def test_a_number_from_another_regency_is_not_moved_here(codes: Any, now: Any) -> None:
    far = Cooperative(
        kind="village", name="Jauh", match_key="village|61.06|jauh", region_code="61.06",
        cooperative_number="N-9", created_at=now,
    )  # fmt: skip
    with transaction() as session:
        session.add(far)
    assert reasons(send(register(f"KDMP Satu;;{codes[0]};N-9;"), now)) == {2: "number_taken"}


def test_the_second_of_two_rows_for_one_cooperative_is_refused(
    codes: Any, now: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(files, "BLOCK", 2)
    lines = (
        f"KDMP Satu;;{codes[0]};N-1;", f"KDMP Dua;;{codes[1]};N-2;",
        f"Koperasi Desa Merah Putih Satu;;{codes[0]};;",
        f"KDMP Tiga;;{codes[2]};N-2;", f"KDMP Empat;;{codes[3]};;",
    )  # fmt: skip
    found = send(register(*lines), now)
    assert reasons(found) == {4: "duplicate_in_file", 5: "duplicate_in_file"}
    assert counts(found) == (3, 0, 0, 2)


def test_a_reading_that_was_killed_goes_on_and_still_sees_duplicates(
    codes: Any, now: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(files, "BLOCK", 2)
    lines = [f"KDMP {n};;{code};;" for n, code in enumerate(codes[:5])] + [f"KDMP 0;;{codes[0]};;"]
    read = files.read_register_file(register(*lines))
    with transaction():
        found = services.keep_register(read=read, actor=SYSTEM, now=now)
    job_id = jobs._take(now)
    assert jobs._run_chunk(job_id)
    reading._reading = None  # another process goes on
    with transaction() as session:
        session.execute(sa.update(jobs.Job).values(lease_until=now - timedelta(seconds=1)))
    jobs.run_pending()
    assert reasons(found) == {7: "duplicate_in_file"}


def test_an_import_killed_between_chunks_goes_on_where_it_stood(
    codes: Any, now: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 5)
    found = send(register(*(f"KDMP Desa {n};;{code};;" for n, code in enumerate(codes))), now)
    with transaction():
        services.start_registry_import(import_id=found.id, only_good=True, actor=SYSTEM, now=now)
    job_id = jobs._take(now)
    assert jobs._run_chunk(job_id)
    assert count(Cooperative) == 5
    with transaction() as session:  # the runner is gone: its lease runs out
        session.execute(sa.update(jobs.Job).values(lease_until=now - timedelta(seconds=1)))
    db.session.expire_all()
    assert services.is_stopped(db.session.get_one(jobs.Job, job_id), now)
    with transaction():
        services.resume_registry_import(import_id=found.id, actor=SYSTEM, now=now)
    jobs.run_pending()
    db.session.expire_all()
    done = db.session.get_one(RegistryImport, found.id)
    assert (done.state, done.summary["result"]["new"], count(Cooperative)) == ("imported", 12, 12)
    assert count(RegistryRow) == 0
    assert list(audit.check_chain(db.session())) == []


def test_what_changed_since_the_preview_is_matched_again(codes: Any, now: Any) -> None:
    first = send(register(f"KDMP Satu;;{codes[0]};N-1;"), now)
    second = send(register(f"KDMP Satu;;{codes[0]};N-1;"), now)
    assert save(first, now)["new"] == 1
    assert save(second, now) == {"new": 0, "changed": 0, "same": 1, "bad": 0}
    assert count(Cooperative) == 1


def test_with_bad_rows_the_whole_file_is_refused_unless_the_good_are_chosen(codes: Any, now: Any) -> None:
    found = send(register(f"KDMP Satu;;{codes[0]};;", "Tanpa Desa;;;;"), now)
    with pytest.raises(DomainError, match="bad_rows_left"), transaction():
        services.start_registry_import(import_id=found.id, only_good=False, actor=SYSTEM, now=now)
    assert save(found, now) == {"new": 1, "changed": 0, "same": 0, "bad": 1}
    with pytest.raises(Conflict, match="import_started"), transaction():
        services.start_registry_import(import_id=found.id, only_good=True, actor=SYSTEM, now=now)


def test_an_officer_brings_in_their_own_region_alone(codes: Any, now: Any) -> None:
    _user, actor = officer("61.05.01")
    inside = [code for code in codes if code.startswith("61.05.01.")]
    outside = villages(400)[-1]
    found = send(register(f"KDMP Satu;;{inside[0]};;", f"KDMP Jauh;;{outside};;"), now, actor)
    assert reasons(found) == {3: "other_region"}
    assert save(found, now, actor=actor)["new"] == 1
    stranger = officer("32.01")[1]
    for use_case in (services.discard_registry_import, services.resume_registry_import):
        with pytest.raises(NotFound), transaction():
            use_case(import_id=found.id, actor=stranger, now=now)


def test_a_role_that_ended_stops_the_import(codes: Any, now: Any) -> None:
    from portal.accounts.models import RoleGrant

    user, actor = officer()
    found = send(register(f"KDMP Satu;;{codes[0]};;"), now, actor)
    with transaction() as session:
        services.start_registry_import(import_id=found.id, only_good=True, actor=actor, now=now)
        session.execute(sa.update(RoleGrant).where(RoleGrant.user_id == user.id).values(ended_at=now))
    jobs.run_pending()
    assert count(Cooperative) == 0
    assert db.session.scalars(sa.select(jobs.Job.state).order_by(jobs.Job.id)).all() == ["done", "failed"]


def test_bad_rows_come_back_as_a_file_with_their_reason(codes: Any, now: Any) -> None:
    from portal.core.spreadsheets import read_book

    found = send(register("=1+1;;;N-1;", f"KDMP Satu;;{codes[0]};;"), now)
    with transaction():
        content = services.take_bad_registry_rows(import_id=found.id, actor=SYSTEM, now=now)
    rows = read_book(content).sheets[0].rows
    assert rows[0][:3] == ["Baris", "Alasan", "Nama koperasi"]
    assert rows[1][0] == 2
    assert rows[1][1] == "Nama koperasi kosong."
    assert rows[1][2] == "'=1+1"


def test_an_export_is_the_same_file_again(codes: Any, now: Any) -> None:
    bring_in(
        register(f"Angkut;multipihak;{codes[0]};N-1;SK-1;ya;{codes[1]};Sopir (pekerja)", header=WIDE), now
    )
    bring_in(register(f"=HYPERLINK Satu;desa;{codes[2]};;"), now)
    for content in (
        b"".join(export.export_pieces(SYSTEM, Filters())),
        export.export_workbook(SYSTEM, Filters()),
    ):
        found = send(content, now)
        assert (counts(found), reasons(found)) == ((0, 0, 2, 0), {})


def test_an_export_is_bound_to_the_region_and_neutral(codes: Any, now: Any) -> None:
    bring_in(register(f"=HYPERLINK Satu;desa;{codes[2]};;"), now)
    mine = b"".join(export.export_pieces(officer()[1], Filters())).decode()
    assert "'=HYPERLINK Satu" in mine
    assert "HYPERLINK" not in b"".join(export.export_pieces(officer("32.01")[1], Filters())).decode()


def test_a_workbook_is_read_with_dates_and_a_title_above(codes: Any, now: Any) -> None:
    rows: list[list[Any]] = [
        ["REGISTRI KOPERASI"], [], ["No", "Kode Desa", "Tgl Badan Hukum", "Nama Koperasi"],
        [1, codes[0], date(2025, 7, 1), "KDMP Satu"], [], [2, codes[1], "", "KDMP Dua"],
    ]  # fmt: skip
    assert bring_in(xlsx(rows), now)["new"] == 2
    days = db.session.scalars(sa.select(Cooperative.legal_on).order_by(Cooperative.id)).all()
    assert days == [date(2025, 7, 1), None]


def bomb() -> bytes:
    """A workbook with more parts than any real one."""
    target = io.BytesIO(xlsx([["Nama koperasi", "Kode desa"]]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(600):
            archive.writestr(f"xl/media/{number}.xml", b"0" * 100)
    return target.getvalue()


REFUSED = {
    "no_header": b"apa;saja\n1;2\n",
    "no_rows": b"Nama koperasi;Kode desa\n",
    "empty_file": b"",
    "not_a_spreadsheet": b"%PDF-1.7",
    "too_many_entries": bomb(),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_file_that_is_no_register_says_why(code: str) -> None:
    with pytest.raises(DomainError, match=code):
        files.read_register_file(REFUSED[code])


def test_a_longer_file_than_the_country_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "MAX_ROWS", 3)
    with pytest.raises(DomainError, match="too_many_rows"):
        files.read_register_file(register(*["KDMP;;1;;"] * 3))


def test_rows_of_old_imports_are_forgotten(codes: Any, now: Any, clock: Any) -> None:
    old = send(register(f"KDMP Satu;;{codes[0]};;"), now)
    clock.move(days=31)
    send(register(f"KDMP Satu;;{codes[0]};;"), clock.now)
    db.session.expire_all()
    assert db.session.get_one(RegistryImport, old.id).state == "discarded"
    assert count(RegistryRow) == 1


def test_a_flood_of_files_is_slowed_down(codes: Any, now: Any) -> None:
    _user, actor = officer()
    read = files.read_register_file(register(f"KDMP Satu;;{codes[0]};;"))
    for _file in range(services.UPLOADS_MOST):
        with transaction():
            services.keep_register(read=read, actor=actor, now=now)
    with pytest.raises(DomainError, match="too_many_files"), transaction():
        services.keep_register(read=read, actor=actor, now=now)


@pytest.mark.parametrize("rows", [40, 400])
def test_writing_costs_the_same_statements_for_any_number_of_rows(
    db_session: Any, now: Any, query_count: Any, rows: int
) -> None:
    codes = villages(rows)
    found = send(register(*(f"KDMP Desa {n};;{code};;" for n, code in enumerate(codes))), now)
    with transaction():
        services.start_registry_import(import_id=found.id, only_good=True, actor=SYSTEM, now=now)
    job_id = jobs._take(now)
    with query_count(at_most=16):
        jobs._run_chunk(job_id)
    assert count(Cooperative) == len(codes)
