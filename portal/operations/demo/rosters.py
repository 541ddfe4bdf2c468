"""Two rosters on their way: one that waits to be spread over classes, one still on its preview."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.accounts.queries import actor_of, find_user
from portal.batches.models import Batch
from portal.catalog.queries import find_program_by_code
from portal.cooperatives.labels import post_label
from portal.core.db import db, transaction
from portal.core.spreadsheets import write_xlsx
from portal.enrollment.models import Enrollment
from portal.enrollment.services.roster import check_roster_file, keep_preview, start_import
from portal.operations import classwork
from portal.operations.demo.people import Member
from portal.regions.queries import load_index, paths_of

PROGRAM = "KOP-DSR"
COLUMNS = (
    "No",
    "Nama Koperasi",
    "Kecamatan",
    "Desa/Kelurahan",
    "Nama Lengkap",
    "NIK",
    "Tanggal Lahir",
    "Jabatan",
)
PEOPLE = 24


def bring_rosters(members: list[Member], now: datetime) -> None:
    """Sintang's nominations are in and wait for classes; Pati's file has rows to correct first."""
    _bring("dinas.sintang", "61.05", members, now - timedelta(days=1), is_saved=True)
    _bring("dinas.pati", "33.18", members, now - timedelta(hours=3), is_saved=False)


def _bring(login: str, regency: str, members: list[Member], now: datetime, *, is_saved: bool) -> None:
    program, officer = find_program_by_code(PROGRAM), find_user(login)
    chosen = _without_class(members, regency)[:PEOPLE]
    if program is None or officer is None or not chosen:
        return
    actor, program_id = actor_of(officer.id, now), program.id
    content = _file(chosen, spoiled=() if is_saved else (3, 8))
    index = load_index(db.session(), [regency])
    checked = check_roster_file(content, file_name=f"usulan-{regency}.xlsx", now=now, index=index)
    with transaction():
        kept = keep_preview(checked=checked, program_id=program_id, actor=actor, now=now)
        if is_saved:
            start_import(import_id=kept.id, only_good=True, actor=actor, now=now)
    if is_saved:
        classwork.run_jobs_at(now)


def _without_class(members: list[Member], regency: str) -> list[Member]:
    """People of village cooperatives who have never been in a class of the program, neighbors together."""
    program = find_program_by_code(PROGRAM)
    statement = sa.select(Enrollment.person_id).join(Batch, Batch.id == Enrollment.batch_id)
    busy = set(db.session.scalars(statement.where(Batch.program_id == (program.id if program else 0))))
    fitting = [
        member
        for member in members
        if member.regency == regency
        and member.kind in ("village", "urban_village")
        and member.post in (program.posts if program else ())
        and member.person_id not in busy
    ]
    return sorted(fitting, key=lambda m: (m.kind, m.region_code, m.person_id), reverse=True)


def _file(members: list[Member], spoiled: Iterable[int]) -> bytes:
    """The roster as a regency would send it; the rows in `spoiled` (from 0) lost a digit of their NIK."""
    places = paths_of({member.region_code for member in members})
    rows = []
    for place, member in enumerate(members):
        path = places[member.region_code]
        nik = member.nik[:-1] if place in spoiled else member.nik
        rows.append(
            (
                place + 1,
                member.cooperative,
                path[2],
                path[3],
                member.name,
                nik,
                member.birth,
                post_label(member.post),
            )
        )
    return write_xlsx(COLUMNS, rows, sheet_name="Usulan")
