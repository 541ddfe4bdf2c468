"""Lists of outside records: every bad row with its reason, the good ones saved once, people with them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from portal.certificates.models import ExternalImport, ExternalRecord
from portal.certificates.services import external_import as services
from portal.certificates.services.external_check import check_external_file
from portal.cooperatives.models import PostTerm
from portal.core import jobs, rotation
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import GrantedActor
from portal.people.models import Person
from tests.support import nominations
from tests.support.external import import_list, list_of, people, preview, row


def _reasons(content: bytes, actor: Any, now: Any) -> dict[int, str]:
    found = check_external_file(content, file_name="a.xlsx", actor=actor, now=now)
    return {issue.row: issue.reason for issue in found.bad_rows}


def _full(number: int, **cells: Any) -> list[Any]:
    """A row that brings its person along."""
    line = nominations.line(number)
    place = {"Koperasi": line[1], "Desa/Kelurahan": line[2], "Kecamatan": line[3], "Jabatan": line[7]}
    return row(number, **(place | cells))


def test_good_rows_are_saved_once_and_the_same_file_changes_nothing(db_session, now):
    _user, officer = people(2, now)
    line = nominations.line(1)
    content = list_of(
        row(0),
        row(0, Jenis="Kompetensi", Judul="Pengurus", Penerbit="LSP Contoh", Nomor_sertifikat="C-1"),
        row(None, Nama=line[4], Jabatan=line[7], Koperasi=line[1]),
    )
    assert import_list(content, officer, now) == {"new": 3, "known": 0, "people": 0, "left": 0}
    assert import_list(content, officer, now) == {"new": 0, "known": 3, "people": 0, "left": 0}
    records = db.session.scalars(sa.select(ExternalRecord).order_by(ExternalRecord.id)).all()
    assert [(one.kind, one.is_expiry_assumed) for one in records] == [
        ("training", False), ("competency", True), ("training", False),
    ]  # fmt: skip
    assert {one.state for one in records} == {"unverified"}


def test_somebody_unknown_comes_along_with_a_post(db_session, now):
    _user, officer = people(0, now)
    content = list_of(_full(3), _full(3, Judul="Pemasaran"), _full(4))
    assert import_list(content, officer, now) == {"new": 3, "known": 0, "people": 2, "left": 0}
    names = db.session.scalars(sa.select(Person.name).order_by(Person.id)).all()
    assert names == [nominations.line(3)[4], nominations.line(4)[4]]
    posts = db.session.scalars(sa.select(PostTerm.post).order_by(PostTerm.id)).all()
    assert sorted(posts) == ["chair", "treasurer"]
    assert import_list(content, officer, now)["known"] == 3


def test_each_bad_row_has_its_first_reason(db_session, now):
    _user, officer = people(2, now)
    nominations.officer("32.01")
    rows = {
        "name_missing": row(0, Nama=""),
        "name_invalid": row(0, Nama="Budi 99"),
        "nik_not_text": row(0, NIK=6105010203850001),
        "nik_length": row(0, NIK="610501020385"),
        "kind_missing": row(0, Jenis=""),
        "kind_unknown": row(0, Jenis="Piagam"),
        "title_missing": row(0, Judul=""),
        "issuer_missing": row(0, Penerbit=""),
        "number_missing": row(0, Jenis="Kompetensi"),
        "title_long": row(0, Judul="x" * 161),
        "issued_missing": row(0, Tanggal_terbit=""),
        "issued_date": row(0, Tanggal_terbit="31/02/2023"),
        "issued_future": row(0, Tanggal_terbit="01/01/2100"),
        "expires_date": row(0, Berlaku_sampai="nanti"),
        "expires_before": row(0, Berlaku_sampai="01/01/2020"),
        "program_unknown": row(0, Kode_program="TIDAK-ADA"),
        "name_differs": row(0, Nama="Orang Lain"),
        "person_unknown": row(7),
        "post_unknown": _full(8, Jabatan="Juru Masak"),
        "unknown_village": _full(9, **{"Desa/Kelurahan": "Atlantis"}),
    }
    found = _reasons(list_of(*rows.values()), officer, now)
    assert list(found.values()) == list(rows)


def test_a_paper_twice_in_a_file_is_told_with_the_row_of_the_first(db_session, now):
    _user, officer = people(1, now)
    content = list_of(row(0), row(0, Penerbit="blk contoh"))
    found = check_external_file(content, file_name="a.xlsx", actor=officer, now=now)
    assert [(issue.row, issue.reason) for issue in found.bad_rows] == [(3, "duplicate_in_file")]
    assert "baris 2" in found.bad_rows[0].message


def test_an_officer_brings_nobody_of_another_regency_along(db_session, now):
    people(0, now)
    _user, foreign = nominations.officer("32.01")
    assert _reasons(list_of(_full(3)), foreign, now) == {2: "person_unknown"}


def test_who_is_known_elsewhere_looks_like_somebody_unknown(db_session, now):
    people(1, now)
    _user, foreign = nominations.officer("32.01")
    answers = [
        check_external_file(list_of(row(number)), file_name="a", actor=foreign, now=now).bad_rows[0].message
        for number in (0, 7)
    ]
    assert answers[0] == answers[1]


def test_a_nik_of_another_name_is_left_out_when_saved(db_session, now):
    """The row brought somebody along whom another office registered meanwhile, under another name."""
    _user, officer = people(0, now)
    made = preview(list_of(_full(3), _full(4)), officer, now)
    nominations.bring_in(
        nominations.roster(1, start=3, name="Nama Yang Lain"), nominations_program(), officer, now
    )
    with transaction():
        services.start_external_import(import_id=made.id, only_good=True, actor=officer, now=now)
    jobs.run_pending()
    db.session.expire_all()
    assert made.summary["result"] == {"new": 1, "known": 0, "people": 1, "left": 1}
    assert "Nama Yang Lain" in db.session.scalars(sa.select(Person.name)).all()


def nominations_program() -> int:
    """The program that `people` made."""
    from portal.catalog.models import Program

    return db.session.scalars(sa.select(Program.id)).one()


def test_the_bad_rows_come_back_with_their_reason_to_who_sent_them(db_session, now):
    _user, officer = people(1, now)
    made = preview(list_of(row(0), row(0, Judul="")), officer, now)
    with transaction():
        content = services.take_bad_external_rows(import_id=made.id, actor=officer, now=now)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "Baris"
    assert rows[0][-1] == "Alasan"
    assert "kosong" in rows[1][-1]
    stranger = GrantedActor(9999, None, "Lain", officer.grants)
    with pytest.raises(NotFound), transaction():
        services.take_bad_external_rows(import_id=made.id, actor=stranger, now=now)


def test_rows_are_sealed_until_saved_and_gone_after(db_session, app, now):
    _user, officer = people(1, now)
    content = list_of(row(0))
    made = preview(content, officer, now)
    assert made.file_cipher
    assert nominations.line(0)[5] not in made.file_cipher
    assert "external_import.file_cipher" in [one.name for one in rotation.protected_columns()]
    assert list(rotation.check_values()) == []
    assert preview(content, officer, now).id == made.id
    with transaction():
        services.start_external_import(import_id=made.id, only_good=False, actor=officer, now=now)
    jobs.run_pending()
    db.session.expire_all()
    assert (made.state, made.file_cipher) == ("imported", None)
    with pytest.raises(Conflict), transaction():
        services.discard_external_import(import_id=made.id, actor=officer, now=now)


def test_nothing_is_saved_half(db_session, now):
    _user, officer = people(1, now)
    made = preview(list_of(row(0), row(0, Judul="")), officer, now)
    with pytest.raises(DomainError) as refused, transaction():
        services.start_external_import(import_id=made.id, only_good=False, actor=officer, now=now)
    assert refused.value.code == "bad_rows_left"
    with transaction():
        services.discard_external_import(import_id=made.id, actor=officer, now=now)
    assert made.file_cipher is None
    empty = preview(list_of(row(0, Judul="")), officer, now)
    with pytest.raises(DomainError) as refused, transaction():
        services.start_external_import(import_id=empty.id, only_good=True, actor=officer, now=now)
    assert refused.value.code == "nothing_good"


def test_a_role_that_ended_stops_the_saving(db_session, now):
    from portal.accounts.models import RoleGrant

    user, officer = people(1, now)
    made = preview(list_of(row(0)), officer, now)
    with transaction() as session:
        services.start_external_import(import_id=made.id, only_good=True, actor=officer, now=now)
        session.execute(
            sa.update(RoleGrant).where(RoleGrant.user_id == user.id).values(ended_at=now - timedelta(days=1))
        )
    jobs.run_pending()
    job = jobs.find_job(made.job_id)
    db.session.refresh(job)
    assert (job.state, job.error) == ("failed", "Peran yang mengunggah berkas ini sudah berakhir.")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ExternalRecord)) == 0


def test_a_flood_of_files_is_stopped(db_session, now):
    _user, officer = people(0, now)
    with transaction() as session:
        for number in range(services.UPLOADS_MOST):
            session.add(
                ExternalImport(
                    file_hash=f"{number:064d}", created_by=officer.user_id, created_at=now, summary={}
                )
            )
    with pytest.raises(TooMany):
        preview(list_of(row(0)), officer, now)


def test_a_chunk_takes_as_many_statements_for_forty_as_for_four(db_session, now, query_count):
    _user, officer = people(40, now)
    for count in (4, 40):
        made = preview(list_of(*(row(n, Judul=f"Diklat {count}") for n in range(count))), officer, now)
        with transaction():
            services.start_external_import(import_id=made.id, only_good=True, actor=officer, now=now)
        with query_count(at_most=26):
            jobs.run_pending()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ExternalRecord)) == 44


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"Nama;NIK\nBudi;1\n", b"%PDF-1.4"])
def test_a_file_that_is_no_such_list_is_refused_in_words(db_session, now, content):
    _user, officer = people(0, now)
    with pytest.raises(DomainError) as refused:
        check_external_file(content, file_name="a.csv", actor=officer, now=now)
    assert refused.value.field == "file"
    assert refused.value.message
