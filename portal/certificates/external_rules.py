"""What somebody learned elsewhere, as it may be recorded: pure rules on plain values.

An earlier training is one thing, a competency certificate of an LSP another; nothing here makes a number.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date

TRAINING = "training"
COMPETENCY = "competency"
KINDS = (TRAINING, COMPETENCY)
STATES = ("unverified", "verified", "rejected")
#: A competency certificate holds for three years when the paper does not say otherwise.
COMPETENCY_MONTHS = 36
FIRST_YEAR = 1970
LENGTHS = {"title": 160, "scheme": 160, "issuer": 160, "number": 80, "source": 160}
#: Why a record may not come in, in the order in which the first is told.
REASONS = (
    *("kind_missing", "kind_unknown", "title_missing", "issuer_missing", "number_missing"),
    *("title_long", "scheme_long", "issuer_long", "number_long", "source_long"),
    *("issued_missing", "issued_date", "issued_future", "issued_early"),
    *("expires_date", "expires_before", "program_unknown"),
)
_TRAINING_WORDS = {"pelatihan", "diklat", "training", "bimtek", "kursus", "pendidikan"}
_COMPETENCY_WORDS = {"kompetensi", "competency", "bnsp", "lsp"}


@dataclass(frozen=True, slots=True)
class RecordText:
    """What a paper says. expires_on: its last valid day, None for no end; is_expiry_assumed: nobody read it
    there. program_id: the program of the catalog whose place it takes, None for none."""

    kind: str
    title: str
    issuer: str
    issued_on: date
    number: str = ""
    scheme: str = ""
    expires_on: date | None = None
    source: str = ""
    program_id: int | None = None
    is_expiry_assumed: bool = False


@dataclass(frozen=True, slots=True)
class ExternalRow:
    """An outside record of a person as coverage counts it: from `since` to `until` (the last valid day, None
    for no end). state: unverified or verified."""

    program_id: int | None
    since: date
    until: date | None
    state: str
    kind: str
    title: str
    issuer: str


def parse_kind(text: str) -> str | None:
    """training or competency, None when the words name neither, or both: the two are never blurred."""
    words = set(re.findall(r"[a-z]+", text.casefold()))
    is_training, is_competency = bool(words & _TRAINING_WORDS), bool(words & _COMPETENCY_WORDS)
    if is_training == is_competency:
        return text if text in KINDS else None
    return TRAINING if is_training else COMPETENCY


def problems(text: RecordText, today: date) -> list[tuple[str, str]]:
    """(reason, field) of everything that keeps a record from being kept; [] for a good one."""
    found = []
    if text.kind not in KINDS:
        found.append(("kind_unknown" if text.kind else "kind_missing", "kind"))
    if not text.title:
        found.append(("title_missing", "title"))
    if not text.issuer:
        found.append(("issuer_missing", "issuer"))
    if text.kind == COMPETENCY and not text.number:
        found.append(("number_missing", "number"))
    found += [(f"{name}_long", name) for name, most in LENGTHS.items() if len(getattr(text, name)) > most]
    if text.issued_on > today:
        found.append(("issued_future", "issued_on"))
    elif text.issued_on.year < FIRST_YEAR:
        found.append(("issued_early", "issued_on"))
    if text.expires_on is not None and text.expires_on < text.issued_on:
        found.append(("expires_before", "expires_on"))
    return sorted(found, key=lambda one: REASONS.index(one[0]))


def assumed_expiry(kind: str, issued_on: date) -> date | None:
    """The last valid day to propose when the paper's is not known: three years for a competency
    certificate, no end for a training."""
    if kind != COMPETENCY:
        return None
    year, month = divmod(issued_on.year * 12 + issued_on.month - 1 + COMPETENCY_MONTHS, 12)
    return date(year, month + 1, min(issued_on.day, monthrange(year, month + 1)[1]))


def with_expiry(text: RecordText) -> RecordText:
    """The record with the proposed end, marked as assumed, where a competency certificate has none."""
    if text.expires_on is not None or text.kind != COMPETENCY or text.issued_on.year > 9000:
        return text
    return replace(text, expires_on=assumed_expiry(text.kind, text.issued_on), is_expiry_assumed=True)


def paper_key(kind: str, issuer: str, number: str, title: str, issued_on: date) -> tuple[str, ...]:
    """By what two records of a person are one paper: its number, or without one its title."""
    return (kind, _bare(issuer), _bare(number) or f"~{_bare(title)}", issued_on.isoformat())


def _bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def name_key(name: str) -> str:
    """A name without academic titles behind a comma, case, marks and spaces."""
    return _bare(name.partition(",")[0]) or _bare(name)


def counts_on(row: ExternalRow, day: date) -> bool:
    """Whether a record is in force on a day."""
    return row.since <= day and (row.until is None or day <= row.until)
