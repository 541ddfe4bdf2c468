"""Letters of a cooperative as PDF: whom it proposes (surat usulan), whom it sends (surat tugas).

They are the cooperative's own papers: no emblem, no number but the one it typed, a line to sign on. Neither
carries a NIK, a birth date or a phone number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.core.formatting import DEFAULT_ZONE, moment
from portal.core.typesetting import compile_pdf


@dataclass(frozen=True)
class LetterPerson:
    """One line of the table."""

    name: str
    post: str


@dataclass(frozen=True)
class Letter:
    """A letter. kind: "usulan" or "tugas". number: as typed, "" for a line to write on. place: where the
    cooperative is. to: whom it addresses, "" for the assignment. batch, dates, venue: "" where none is named.
    mark: a sentence that nobody has verified who sent it, else ""."""

    kind: str
    cooperative: str
    place: str
    number: str
    to: str
    program: str
    batch: str
    dates: str
    venue: str
    people: Sequence[LetterPerson]
    mark: str = ""
    zone: str = DEFAULT_ZONE


def letter_pdf(letter: Letter, *, now: datetime) -> bytes:
    """Return the letter as A4. Raises ValueError without people, TypesettingError."""
    if not letter.people:
        raise ValueError("nobody to name in the letter")
    printed = f"Dicetak {moment(now, letter.zone, locale='id')}"
    data: dict[str, Any] = asdict(letter) | {"printed": printed}
    return compile_pdf("surat_koperasi.typ", data, at=now, is_lenient=True)
