"""What a certificate says, frozen at issue: the words as printed, and the document that is signed.

The document repeats every printed fact, so that whoever holds the signed bytes can print the same sheet
again and whoever verifies can show all of it.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from . import jcs
from .codes import is_stored_code

KIND = "certificate"


@dataclass(frozen=True)
class CooperativeFacts:
    """The cooperative at issue: its `name` and one `place` line ("Kecamatan Juwana, Kabupaten Pati, ...")."""

    name: str
    place: str


@dataclass(frozen=True)
class ProgramFacts:
    """The program: `code` as in the number, full `name`, and the `short` name that fits the QR."""

    code: str
    name: str
    short: str


@dataclass(frozen=True)
class UnitFacts:
    """One unit that the person mastered. `code` is None where no official one is confirmed; `hours` in JP."""

    code: str | None
    name: str
    hours: int


@dataclass(frozen=True)
class CenterFacts:
    """The issuing center. `zone` is an IANA name such as Asia/Jakarta: printed days and times are in it."""

    code: str
    name: str
    short: str
    city: str
    zone: str


@dataclass(frozen=True)
class SignatoryFacts:
    """Who approved, as printed: `name` and `title` ("Kepala BPVP Surakarta")."""

    name: str
    title: str


@dataclass(frozen=True)
class Facts:
    """All facts of one certificate.

    `post` is the printed post at the time of training, `cooperative` None for people without one yet,
    `hours` the program's lesson hours, `start` and `end` the first and last class day, `issued` an aware
    time (kept to the second), `expires` the last valid day, inclusive, or None, `kid` the signing key's
    fragment.
    """

    code: str
    number: str
    name: str
    post: str
    cooperative: CooperativeFacts | None
    program: ProgramFacts
    units: tuple[UnitFacts, ...]
    hours: int
    start: date
    end: date
    center: CenterFacts
    signatory: SignatoryFacts
    issued: datetime
    expires: date | None
    kid: str

    @property
    def issued_on(self) -> date:
        """The day of issue in the center's zone: what is printed and what the QR carries."""
        return self.issued.astimezone(ZoneInfo(self.center.zone)).date()


def facts_document(facts: Facts) -> dict[str, Any]:
    """Return the dict that is signed: NFC text, whole numbers, ISO dates, `issued` as 2026-10-19T02:41:00Z.

    {v: 1, kind: "certificate", code, number, name, post, cooperative: {name, place} | null,
    program: {code, name, short}, units: [{code | null, name, hours, result: "competent"}], hours,
    start, end, center: {code, name, short, city, zone}, signatory: {name, title}, issued,
    expires: date | null, kid}. Only mastered units are listed: a "belum kompeten" is never public.
    """
    if not is_stored_code(facts.code):
        raise ValueError("a certificate needs a valid code")
    if facts.issued.tzinfo is None:
        raise ValueError("the time of issue needs a zone")
    return {
        "v": 1,
        "kind": KIND,
        "code": facts.code,
        "number": _text(facts.number),
        "name": _text(facts.name),
        "post": _text(facts.post),
        "cooperative": _texts(facts.cooperative) if facts.cooperative else None,
        "program": _texts(facts.program),
        "units": [
            {"code": unit.code, "name": _text(unit.name), "hours": unit.hours, "result": "competent"}
            for unit in facts.units
        ],
        "hours": facts.hours,
        "start": facts.start.isoformat(),
        "end": facts.end.isoformat(),
        "center": _texts(facts.center),
        "signatory": _texts(facts.signatory),
        "issued": facts.issued.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "expires": facts.expires.isoformat() if facts.expires else None,
        "kid": facts.kid,
    }


def signed_bytes(facts: Facts) -> bytes:
    """Return the canonical bytes of `facts_document(facts)`: what is stored and what the key signs."""
    return jcs.canonical(facts_document(facts))


def facts_from_bytes(data: bytes) -> Facts:
    """Read signed bytes back; raises ValueError unless they are canonical and of this version and kind.

    Check the signature first: this says what the bytes mean, never that they are true.
    """
    try:
        facts = _facts(json.loads(data))
        same = signed_bytes(facts)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("the signed document lacks a fact") from error
    # So other spellings of the same facts, and documents that say more, are refused as well.
    if same != data:
        raise ValueError("the signed document is of another kind or version")
    return facts


def _facts(document: dict[str, Any]) -> Facts:
    cooperative = document["cooperative"]
    return Facts(
        code=document["code"],
        number=document["number"],
        name=document["name"],
        post=document["post"],
        cooperative=CooperativeFacts(**cooperative) if cooperative else None,
        program=ProgramFacts(**document["program"]),
        units=tuple(UnitFacts(unit["code"], unit["name"], unit["hours"]) for unit in document["units"]),
        hours=document["hours"],
        start=date.fromisoformat(document["start"]),
        end=date.fromisoformat(document["end"]),
        center=CenterFacts(**document["center"]),
        signatory=SignatoryFacts(**document["signatory"]),
        issued=datetime.fromisoformat(document["issued"]),
        expires=date.fromisoformat(document["expires"]) if document["expires"] else None,
        kid=document["kid"],
    )


def _text(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _texts(part: Any) -> dict[str, str]:
    return {name: _text(value) for name, value in vars(part).items()}
