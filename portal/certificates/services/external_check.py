"""Judging a list of outside records before anything is kept: one reason for each bad row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import Program
from portal.certificates import external_rules as rules
from portal.certificates.external_rules import RecordText
from portal.certificates.external_sealed import Row
from portal.certificates.external_table import ExternalTable, day_of, read_table
from portal.certificates.external_words import sentence
from portal.certificates.queries.external_people import Found, Who, find_people
from portal.certificates.services.external import today
from portal.core.db import db
from portal.core.permissions import Actor, Permission
from portal.enrollment.services.roster_rows import (
    RawRow,
    RosterPreview,
    RowIssue,
    bad_rows_file,
    check_roster,
    explain,
    is_numeric,
    text_of,
    without_numbers,
)
from portal.enrollment.services.roster_rows import Row as NewPerson
from portal.people.rules import clean_nik, name_problem, nik_problem
from portal.regions.queries import load_index
from portal.regions.rules import RegionIndex

FAR = date(9999, 12, 31)


@dataclass(frozen=True)
class CheckedFile:
    """A list that was read and judged. `workbook`: the bad rows as .xlsx, b"" without any."""

    rows: tuple[Row, ...]
    bad_rows: tuple[RowIssue, ...]
    workbook: bytes
    file_hash: str
    file_name: str


class _Refused(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason)
        self.reason, self.message = reason, message


def check_external_file(
    content: bytes, *, file_name: str, actor: Actor, now: datetime, index: RegionIndex | None = None
) -> CheckedFile:
    """Read and judge a file; writes nothing and is called outside a transaction, because it takes a while.

    `index`: the regions by name; from the database, and only when a row brings a person along, when left
    out. Raises SheetError (field `file`).
    """
    table = read_table(content)
    check = _Check(table, actor, today(now))
    check.read_texts()
    check.find_people(index)
    check.drop_duplicates()
    rows = [raw for raw in table.rows if raw.number in check.texts]
    found = tuple(Row(check.texts[raw.number], *check.people[raw.number]) for raw in rows)
    bad = tuple(sorted(check.bad, key=lambda issue: issue.row))
    name = re.split(r"[\\/]", file_name)[-1]
    shown = without_numbers("".join(char for char in name if char.isprintable()).strip())[:120]
    return CheckedFile(found, bad, check.workbook(bad), hashlib.sha256(content).hexdigest(), shown)


class _Check:
    """One pass over the rows of one file."""

    def __init__(self, table: ExternalTable, actor: Actor, day: date) -> None:
        self.table, self.actor, self.day = table, actor, day
        self.texts: dict[int, RecordText] = {}
        self.people: dict[int, tuple[int | None, NewPerson | None]] = {}
        self.bad: list[RowIssue] = []
        codes = db.session.execute(sa.select(Program.code, Program.id))
        self.programs: Mapping[str, int] = {str(code).casefold(): number for code, number in codes}

    def refuse(self, number: int, reason: str, message: str) -> None:
        """A row that does not come in."""
        self.texts.pop(number, None)
        self.bad.append(RowIssue(number, reason, without_numbers(message)))

    def read_texts(self) -> None:
        """What each row says of its paper."""
        for raw in self.table.rows:
            try:
                self.texts[raw.number] = self._text(raw)
            except _Refused as refused:
                self.refuse(raw.number, refused.reason, refused.message)

    def _text(self, raw: RawRow) -> RecordText:
        self._check_name_and_nik(raw)
        typed = raw.text("kind")
        kind = rules.parse_kind(typed)
        if kind is None:
            reason = "kind_unknown" if typed else "kind_missing"
            raise _Refused(reason, sentence(reason, typed))
        issued = self._day(raw, "issued", needed=True)
        said = RecordText(
            kind=kind,
            title=raw.text("title"),
            issuer=raw.text("issuer"),
            issued_on=issued or FAR,
            number=raw.text("cert_number"),
            scheme=raw.text("scheme"),
            expires_on=self._day(raw, "expires"),
            source=raw.text("source"),
            program_id=self._program(raw.text("program")),
        )
        for reason, _field in rules.problems(said, self.day):
            raise _Refused(reason, sentence(reason))
        return rules.with_expiry(said)

    def _check_name_and_nik(self, raw: RawRow) -> None:
        name, cell = raw.text("name"), raw.cells.get("nik", "")
        if problem := name_problem(name):
            raise _Refused(problem, explain(problem, name))
        if is_numeric(cell):
            raise _Refused("nik_not_text", explain("nik_not_text", ""))
        if text_of(cell) and (problem := nik_problem(text_of(cell))):
            raise _Refused(problem, explain(problem, text_of(cell)))

    def _day(self, raw: RawRow, field: str, *, needed: bool = False) -> date | None:
        cell = raw.cells.get(field, "")
        if not text_of(cell) or text_of(cell) in ("-", "–"):
            if needed:
                raise _Refused("issued_missing", sentence("issued_missing"))
            return None
        found = day_of(cell, self.day)
        if found is None:
            raise _Refused(f"{field}_date", sentence(f"{field}_date", text_of(cell)))
        return found

    def _program(self, typed: str) -> int | None:
        if not typed:
            return None
        found = self.programs.get(typed.casefold())
        if found is None:
            raise _Refused("program_unknown", sentence("program_unknown", typed))
        return found

    def find_people(self, index: RegionIndex | None) -> None:
        """Whom each good row is about: somebody known, or somebody whom it brings along."""
        rows = [raw for raw in self.table.rows if raw.number in self.texts]
        found = find_people(self.actor, [_who(raw) for raw in rows], self.day)
        brought: list[RawRow] = []
        for raw, answer in zip(rows, found, strict=True):
            if answer.person_id is not None:
                self.people[raw.number] = (answer.person_id, None)
            elif answer.is_new_nik and self._brings_person(raw):
                brought.append(raw)
            else:
                self._refuse_person(raw, answer)
        if brought:
            self._bring(brought, index or load_index(db.session()))

    def _brings_person(self, raw: RawRow) -> bool:
        can = self.actor.may(Permission.ROSTER_IMPORT)
        return can and bool(raw.text("post") and (raw.text("village") or raw.text("cooperative")))

    def _refuse_person(self, raw: RawRow, answer: Found) -> None:
        self.refuse(raw.number, answer.reason, sentence(answer.reason))

    def _bring(self, rows: Sequence[RawRow], index: RegionIndex) -> None:
        """The roster's own checks, on the first row of each NIK; the others are of the same person."""
        first: dict[str, RawRow] = {}
        for raw in rows:
            first.setdefault(clean_nik(raw.text("nik")), raw)
        preview = check_roster(self.table.as_roster(list(first.values())), index, today=self.day)
        scope = self.actor.scope(Permission.ROSTER_IMPORT)
        by_nik: dict[str, Any] = {person.nik: person for person in preview.people}
        reasons = {issue.row: issue for issue in preview.bad_rows}
        for raw in rows:
            nik = clean_nik(raw.text("nik"))
            person = by_nik.get(nik)
            if person is None:
                issue = reasons[first[nik].number]
                self.refuse(raw.number, issue.reason, issue.message)
            elif not (scope.centers or scope.covers_region(person.village_code)):
                self.refuse(raw.number, "person_unknown", sentence("person_unknown"))
            elif rules.name_key(raw.text("name")) != rules.name_key(person.name):
                self.refuse(raw.number, "name_differs", sentence("name_differs"))
            else:
                self.people[raw.number] = (None, _new(person))

    def drop_duplicates(self) -> None:
        """One paper of one person comes in once: the first row wins."""
        seen: dict[tuple[Any, ...], int] = {}
        for number in sorted(self.texts):
            text, (person_id, person) = self.texts[number], self.people[number]
            paper = rules.paper_key(text.kind, text.issuer, text.number, text.title, text.issued_on)
            key = (person_id or (person and person.nik), *paper)
            if key in seen:
                self.refuse(number, "duplicate_in_file", sentence("duplicate_in_file", str(seen[key])))
            else:
                seen[key] = number

    def workbook(self, bad: tuple[RowIssue, ...]) -> bytes:
        """The bad rows as they were, with an "Alasan" column."""
        if not bad:
            return b""
        return bad_rows_file(RosterPreview(None, "", (), bad, (), self.table.as_roster(())))


def _who(raw: RawRow) -> Who:
    return Who(
        raw.text("name"), clean_nik(raw.text("nik")), raw.text("cooperative"), raw.text("post"),
        raw.text("village"),
    )  # fmt: skip


def _new(person: Any) -> NewPerson:
    return NewPerson(
        person.name, person.nik, person.birth_date, person.sex, person.post, person.phone, person.kind,
        person.cooperative_name, person.village_code,
    )  # fmt: skip
