"""The preview of a roster: who may come in, which rows may not and why, and what to look at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.core.spreadsheets import Cell, write_xlsx
from portal.enrollment.roster.cells import is_numeric, parse_date, text_of
from portal.enrollment.roster.reasons import explain, written
from portal.enrollment.roster.table import RawRow, RosterTable, read_roster
from portal.people import rules
from portal.regions.rules import RegionIndex

POSTS = (
    *("chair", "vice_chair_business", "vice_chair_membership", "secretary", "treasurer"),
    *("supervisor_chair", "supervisor_member", "manager", "founder", "member"),
)
REASONS = (
    *("name_missing", "name_too_long", "name_invalid", "post_missing", "post_unknown"),
    *("nik_missing", "nik_not_text", "nik_digits", "nik_length", "nik_date", "nik_serial"),
    *("birth_date", "birth_future", "unknown_district", "unknown_village", "duplicate_in_file"),
)
WARNINGS = ("phone_invalid", "birth_mismatch", "unknown_region_code", "two_chairs")


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """One row that may come in. `birth_date` is None only when the file has no such column.

    `sex` is "L" or "P" (from the NIK when the cell does not say). `cooperative_key` is one for all people of
    a cooperative: village code and kind, with the own name for kinds other than the village's.
    """

    row: int
    name: str
    nik: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: str
    post: str
    phone: str | None = field(repr=False)
    phone_raw: str = field(repr=False)
    cooperative_name: str
    cooperative_key: str
    kind: str
    village_code: str
    district_code: str
    note: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowIssue:
    """A row with its reason (REASONS or WARNINGS) and an Indonesian sentence that says it."""

    row: int
    reason: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """{"row", "reason", "message"}."""
        return {"row": self.row, "reason": self.reason, "message": self.message}


@dataclass(frozen=True)
class RosterPreview:
    """What a roster holds. `regency` is None when nothing in the file names one."""

    regency: str | None
    regency_name: str
    people: tuple[RosterPerson, ...]
    bad_rows: tuple[RowIssue, ...]
    warnings: tuple[RowIssue, ...]
    table: RosterTable = field(repr=False)

    @property
    def cooperatives(self) -> dict[str, str]:
        """The kind of each cooperative by its key."""
        return {person.cooperative_key: person.kind for person in self.people}

    def kinds(self) -> dict[str, int]:
        """Cooperatives by kind; the two kinds of villages always, others when there are any."""
        counted = Counter(self.cooperatives.values())
        return {"village": 0, "urban_village": 0} | dict(counted)

    def posts(self) -> dict[str, int]:
        """People by post, in the order of POSTS, without zeros."""
        counted = Counter(person.post for person in self.people)
        return {post: counted[post] for post in POSTS if counted[post]}

    def to_json(self) -> dict[str, Any]:
        """The answer of `roster preview --json` (FLOWS.md)."""
        return {
            "regency": self.regency,
            "cooperatives": len(self.cooperatives),
            "people": len(self.people),
            "kinds": self.kinds(),
            "posts": self.posts(),
            "bad_rows": [issue.to_json() for issue in self.bad_rows],
            "warnings": [issue.to_json() for issue in self.warnings],
        }


def preview_roster(content: bytes, index: RegionIndex, *, today: date) -> RosterPreview:
    """Read and check a roster from a file's bytes. Raises SheetError when it cannot be read."""
    return check_roster(read_roster(content), index, today=today)


def check_roster(table: RosterTable, index: RegionIndex, *, today: date) -> RosterPreview:
    """Check every row: one reason for a bad one, the first in the order of REASONS; warnings for the good."""
    check = _Check(table, index, today)
    for raw in table.rows:
        check.take(raw)
    return RosterPreview(
        regency=check.regency,
        regency_name=index.regency_name(check.regency or ""),
        people=tuple(check.people),
        bad_rows=tuple(check.bad_rows),
        warnings=tuple(check.warnings),
        table=table,
    )


class _Refused(Exception):
    def __init__(self, reason: str, value: str = "", **facts: str) -> None:
        super().__init__(reason)
        self.reason, self.message = reason, explain(reason, value, **facts)


class _Check:
    """One pass over the rows of one file."""

    def __init__(self, table: RosterTable, index: RegionIndex, today: date) -> None:
        self.table, self.index, self.today = table, index, today
        self.has_birth, self.has_district = table.has("birth"), table.has("district")
        self.has_village = table.has("village")
        self.regency = self._regency()
        self.people: list[RosterPerson] = []
        self.bad_rows: list[RowIssue] = []
        self.warnings: list[RowIssue] = []
        self.row_of_nik: dict[str, int] = {}
        self.chair_of: dict[str, int] = {}

    def _regency(self) -> str | None:
        pairs = {(raw.text("district"), self._village_text(raw)) for raw in self.table.rows}
        niks = [rules.clean_nik(raw.text("nik")) for raw in self.table.rows]
        prefixes = [nik[:4] for nik in niks if len(nik) == 16 and nik.isascii() and nik.isdigit()]
        named = {raw.text("regency") for raw in self.table.rows} - {""}
        titles = [*self.table.titles, *sorted(named)]
        match = self.index.match_regency(pairs, titles=titles, nik_prefixes=prefixes)
        return match.code if match else None

    def _village_text(self, raw: RawRow) -> str:
        if self.has_village:
            return raw.text("village")
        return rules.read_cooperative_name(raw.text("cooperative")).own_part

    def take(self, raw: RawRow) -> None:
        """Judge one row."""
        try:
            person, warnings = self._person(raw)
        except _Refused as refused:
            self.bad_rows.append(RowIssue(raw.number, refused.reason, refused.message))
            return
        self.people.append(person)
        self.warnings += warnings

    def _person(self, raw: RawRow) -> tuple[RosterPerson, list[RowIssue]]:
        name = raw.text("name")
        if problem := rules.name_problem(name):
            raise _Refused(problem, name)
        post = self._post(raw)
        nik = self._nik(raw)
        birth = self._birth(raw)
        village = self._village(raw)
        if nik in self.row_of_nik:
            raise _Refused("duplicate_in_file", nik[-4:], row=str(self.row_of_nik[nik]))
        self.row_of_nik[nik] = raw.number
        kind, key, cooperative = self._cooperative(raw, village)
        phone_raw = " / ".join(text for cell in raw.phones if (text := text_of(cell)))
        phone = next((found for cell in raw.phones if (found := rules.parse_phone(_lines(cell)))), None)
        issues: list[RowIssue] = []

        def warn(reason: str, value: str, **facts: str) -> None:
            issues.append(RowIssue(raw.number, reason, explain(reason, value, **facts)))

        if phone is None and phone_raw:
            warn("phone_invalid", phone_raw)
        if birth is not None and not rules.nik_agrees_with_birth(nik, birth):
            warn("birth_mismatch", written(birth))
        if not self.index.knows_district_code(rules.nik_district(nik)):
            warn("unknown_region_code", rules.nik_district(nik))
        if post == "chair" and self.chair_of.setdefault(key, raw.number) != raw.number:
            warn("two_chairs", cooperative, row=str(self.chair_of[key]))
        person = RosterPerson(
            row=raw.number,
            name=name,
            nik=nik,
            birth_date=birth,
            sex=rules.parse_sex(raw.text("sex")) or rules.sex_from_nik(nik),
            post=post,
            phone=phone,
            phone_raw=phone_raw,
            cooperative_name=cooperative,
            cooperative_key=key,
            kind=kind,
            village_code=village,
            district_code=village[:8],
            note=raw.text("note"),
            warnings=tuple(issue.reason for issue in issues),
        )
        return person, issues

    def _post(self, raw: RawRow) -> str:
        text = raw.text("post")
        if rules.is_blank_text(text):
            raise _Refused("post_missing")
        post = rules.parse_post(text)
        if post is None:
            raise _Refused("post_unknown", text)
        return post

    def _nik(self, raw: RawRow) -> str:
        cell = raw.cells.get("nik", "")
        if is_numeric(cell):
            raise _Refused("nik_not_text")
        text = text_of(cell)
        if problem := rules.nik_problem(text):
            raise _Refused(problem, text)
        return rules.clean_nik(text)

    def _birth(self, raw: RawRow) -> date | None:
        if not self.has_birth:
            return None
        cell = raw.cells.get("birth", "")
        birth = parse_date(cell, self.today)
        if birth is None:
            raise _Refused("birth_date", text_of(cell))
        if birth > self.today:
            raise _Refused("birth_future", written(birth))
        return birth

    def _village(self, raw: RawRow) -> str:
        """The village's code. Without a district column, a name that only one village of the regency has."""
        typed = self._village_text(raw)
        hints = (typed, raw.text("cooperative"))
        regency_name = self.index.regency_name(self.regency or "")
        if not self.has_district:
            found = self.index.find_villages_in_regency(typed, self.regency or "")
            if len({code[:8] for code in found}) != 1:
                several = "ya" if found else ""
                raise _Refused("unknown_village", typed, district=regency_name, several=several)
            return self.index.choose_village(found, *hints) or ""
        district_text = raw.text("district")
        districts = self.index.find_districts(district_text, self.regency or "-")
        if not districts:
            raise _Refused("unknown_district", district_text, regency=regency_name)
        for district in districts:
            code = self.index.choose_village(self.index.find_villages(typed, district), *hints)
            if code:
                return code
        raise _Refused("unknown_village", typed, district="Kecamatan " + self.index.names[districts[0]])

    def _cooperative(self, raw: RawRow, village: str) -> tuple[str, str, str]:
        """Kind, key and name; the village's own cooperative gets its full official name, however typed."""
        place = self.index.names[village]
        said = rules.read_cooperative_name(raw.text("cooperative"), place)
        if said.kind == "":
            kind = "urban_village" if self.index.kinds[village] == "urban_village" else "village"
            what = "Kelurahan" if kind == "urban_village" else "Desa"
            return kind, f"{village}:{kind}", f"Koperasi {what} Merah Putih {place}"
        own = "".join(c for c in said.own_part.casefold() if c.isalnum())
        return said.kind, f"{village}:{said.kind}:{own}"[:200], raw.text("cooperative")[:160]


def _lines(cell: Cell) -> str:
    """A phone cell with its line breaks kept: they part two numbers."""
    return cell if isinstance(cell, str) else text_of(cell)


def bad_rows_file(preview: RosterPreview) -> bytes:
    """The bad rows as an .xlsx: the columns of the file as they were, "Baris" before and "Alasan" behind."""
    table = preview.table
    width = max((len(row) for row in table.sheet.rows), default=0)
    titles = [text_of(cell) for cell in table.sheet.rows[table.header.last - 1]]
    upper = [text_of(cell) for cell in table.sheet.rows[table.header.first - 1]]
    titles += [""] * (width - len(titles))
    names = [title or (upper[n] if n < len(upper) else "") for n, title in enumerate(titles)]

    def line(issue: RowIssue) -> Sequence[Cell]:
        row = list(table.sheet.rows[issue.row - 1])
        return [issue.row, *row, *[""] * (width - len(row)), issue.message]

    return write_xlsx(["Baris", *names, "Alasan"], map(line, preview.bad_rows), sheet_name="Perlu diperbaiki")
