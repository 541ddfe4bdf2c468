"""Sheets for the classroom and the village: attendance rolls, trainee cards, claim letters.

All text comes in as it is to be printed, in Indonesian. None of these sheets carries a NIK, a birth date
or a phone number. Each function raises `portal.core.typesetting.TypesettingError` when a sheet cannot be
set, among others for a character that no shipped font has (`missing_characters` tells beforehand).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.core.drawing import qr_matrix, qr_path
from portal.core.formatting import DEFAULT_ZONE, moment
from portal.core.typesetting import compile_pdf

_QUIET_MODULES = 4


@dataclass(frozen=True)
class RollSession:
    """One column of the roll: `day` such as "Sen 12 Okt", `hours` such as "08.00–11.00" (may be empty)."""

    day: str
    hours: str = ""


@dataclass(frozen=True)
class RollPerson:
    """One line of the roll: `detail` is small text below the name, such as post and cooperative."""

    name: str
    detail: str = ""


@dataclass(frozen=True)
class Roll:
    """An attendance roll. Up to four sessions print upright, more lying; about eight fit in width.

    `zone` is the center's zone for the time of printing in the footer.
    """

    center: str
    batch: str
    program: str
    dates: str
    place: str
    sessions: tuple[RollSession, ...]
    people: tuple[RollPerson, ...]
    zone: str = DEFAULT_ZONE


@dataclass(frozen=True)
class Card:
    """One trainee's card. `address` is what the QR opens (an opaque token), `code` its printed form or ""."""

    name: str
    detail: str
    batch: str
    dates: str
    place: str
    address: str
    code: str = ""


@dataclass(frozen=True)
class ClaimLetter:
    """One person's letter.

    `code` is the one-time code (grouped 4-4-4 here if it comes as 12 characters), `login` the name to sign
    in with afterwards, `expires` the printed end of validity, `program` what the person is enrolled for.
    """

    name: str
    detail: str
    place: str
    program: str
    login: str
    code: str
    expires: str


def roll_pdf(roll: Roll, *, now: datetime) -> bytes:
    """Return the attendance roll as A4 pages with a box to sign in for every person and session."""
    printed = f"Dicetak {moment(now, roll.zone, locale='id')}"
    return compile_pdf("daftar_hadir.typ", asdict(roll) | {"printed": printed}, at=now, is_lenient=True)


def cards_pdf(cards: list[Card], *, center: str, batch: str, now: datetime) -> bytes:
    """Return the cards, eight on an A4 page, in the order given. At least one card is needed."""
    if not cards:
        raise ValueError("there are no cards to print")
    drawn: list[dict[str, Any]] = [asdict(card) | {"qr": _qr_drawing(card.address)} for card in cards]
    return compile_pdf(
        "kartu_peserta.typ", {"center": center, "batch": batch, "cards": drawn}, at=now, is_lenient=True
    )


def claim_letters_pdf(
    letters: list[ClaimLetter], *, center: str, claim_url: str, login_url: str, help_line: str, now: datetime
) -> bytes:
    """Return one A4 page a person, in the order given. At least one letter is needed.

    `claim_url` and `login_url` are whole addresses; the QR opens `claim_url` and never holds the code, so
    that no code ends up in a log. `help_line` is one sentence: whom to ask.
    """
    if not letters:
        raise ValueError("there are no letters to print")
    sheet = {
        "center": center,
        "claim_at": _spoken(claim_url),
        "login_at": _spoken(login_url),
        "help": help_line,
        "qr": _qr_drawing(claim_url.upper()),
        "letters": [asdict(letter) | {"code": _grouped(letter.code)} for letter in letters],
    }
    return compile_pdf("surat_klaim.typ", sheet, at=now, is_lenient=True)


def _qr_drawing(text: str) -> str:
    """The QR as SVG on white with its quiet zone, for typst to place."""
    modules = qr_matrix(text)
    side, corner = len(modules) + 2 * _QUIET_MODULES, -_QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {corner} {side} {side}">'
        f'<path fill="#fff" d="M{corner} {corner}h{side}v{side}h-{side}z"/>'
        f'<path d="{qr_path(modules)}"/></svg>'
    )


def _spoken(url: str) -> str:
    """An address as it is read out: without the scheme and a closing slash."""
    return url.removeprefix("https://").removeprefix("http://").rstrip("/")


def _grouped(code: str) -> str:
    if len(code) != 12:
        return code
    return "-".join(code[start : start + 4] for start in range(0, 12, 4))
