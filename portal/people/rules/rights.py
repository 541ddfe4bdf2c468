"""What holds of corrections, evidence and holds, as pure rules. Reasons are codes; services write the
sentence."""

from __future__ import annotations

from datetime import date

from portal.people.rules.identity import (
    clean_nik,
    collapse,
    name_problem,
    nik_agrees_with_birth,
    nik_problem,
    sex_from_nik,
)

#: What a person may ask to have corrected, in the order of the page: slug of the address -> column.
CORRECTABLE = {
    "nama": "name",
    "nik": "nik",
    "tanggal-lahir": "birth_date",
    "jenis-kelamin": "sex",
    "desa": "village_code",
}
#: Fields that nobody decides on without having seen a document.
NEEDS_EVIDENCE = frozenset({"name", "nik", "birth_date"})
EVIDENCE_LIMIT = 1_500_000
EARLIEST_BIRTH = 1920
YOUNGEST = 15

_PNG = b"\x89PNG\r\n\x1a\n"
_ACTIVE_PDF = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")


def birth_problem(born: date, today: date) -> str | None:
    """Why a birth date cannot be a trainee's: birth_future, birth_year, or None."""
    if born > today:
        return "birth_future"
    if born.year < EARLIEST_BIRTH or today.year - born.year < YOUNGEST:
        return "birth_year"
    return None


def correction_value(field: str, text: str, today: date) -> tuple[str, str | None]:
    """The stored form of a new value, and why it cannot stand (a code of rules, or None).

    Dates come and stay as ISO text; a village is its Kemendagri code, looked up by the service.
    """
    if field == "name":
        name = collapse(text)
        return name, name_problem(name)
    if field == "nik":
        return clean_nik(text), nik_problem(text)
    if field == "birth_date":
        try:
            born = date.fromisoformat(text)
        except ValueError:
            return "", "birth_missing"
        return born.isoformat(), birth_problem(born, today)
    if field == "sex":
        return text, None if text in ("L", "P") else "sex_missing"
    return text.strip(), None if len(text.strip()) == 13 else "village_missing"


def correction_warnings(field: str, value: str, *, nik: str, birth_date: date | None, sex: str) -> list[str]:
    """What a decider should look at twice: nik_birth_differs, nik_sex_differs. Never a refusal: identity
    cards have such mistakes too. `nik` is "" when none is known."""
    new_nik = value if field == "nik" else nik
    born = date.fromisoformat(value) if field == "birth_date" else birth_date
    new_sex = value if field == "sex" else sex
    if field not in ("nik", "birth_date", "sex") or not new_nik:
        return []
    found = []
    if field != "sex" and born is not None and not nik_agrees_with_birth(new_nik, born):
        found.append("nik_birth_differs")
    if field != "birth_date" and new_sex and sex_from_nik(new_nik) != new_sex:
        found.append("nik_sex_differs")
    return found


def evidence_type(content: bytes) -> str | None:
    """The media type that the bytes themselves show: image/jpeg, image/png, application/pdf, or None.

    Both ends are looked at, so that a cut-off or a disguised file is refused; a PDF that runs or carries
    something is none of ours.
    """
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\0\r\n ").endswith(b"\xff\xd9"):
        return "image/jpeg"
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and b"IEND" in content[-16:]:
        return "image/png"
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]:
        return None if any(word in content for word in _ACTIVE_PDF) else "application/pdf"
    return None


def file_suffix(media_type: str) -> str:
    """The ending of the name under which evidence is handed back; its own name was never kept."""
    return {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}.get(media_type, "bin")
