"""What holds of a person's data, as pure rules on plain text: names, NIK, phones, sex, posts, kinds.

Reasons are codes (FLOWS: Roster preview); whoever shows them writes the sentence. No function raises on
any text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

NAME_LENGTH = 100
#: What stands in place of an erased name: a name is never empty, and the record stays in one language.
ERASED_NAME = "Nama dihapus"
_NAME_MARKS = frozenset(" .,'’-/()`")
_PLACEHOLDER = re.compile(r"[\s\-–—_.]*")


def collapse(text: str) -> str:
    """Text with every run of white space as one space, none at the ends, composed (NFC)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_blank_text(text: str) -> bool:
    """Whether a cell says nothing: white space, or the dashes and dots people put for "none"."""
    return _PLACEHOLDER.fullmatch(text) is not None


def name_problem(name: str) -> str | None:
    """Why a collapsed name cannot stand: name_missing, name_too_long, name_invalid, or None."""
    if is_blank_text(name):
        return "name_missing"
    if len(name) > NAME_LENGTH:
        return "name_too_long"
    if any(c not in _NAME_MARKS and unicodedata.category(c)[0] not in "LM" for c in name):
        return "name_invalid"
    if not any(unicodedata.category(c)[0] == "L" for c in name):
        return "name_invalid"
    return None


# --- NIK: PPKKCC DDMMYY (day + 40 for women) SSSS; no check digit ---

_NIK_FILLING = re.compile(r"[\s.\-–—'’`\u200b\u200c\u200d\u2060\ufeff]")
# What is left of a number that a spreadsheet kept as a number: 6,10501E+15 or 6105011203850000.0
_WAS_NUMBER = re.compile(r"\d([.,]\d+)?[eE]\+?\d+|\d{10,}[.,]0")


def clean_nik(text: str) -> str:
    """A typed NIK without the spaces, dots, dashes and leading apostrophe people put in."""
    return _NIK_FILLING.sub("", text)


def nik_problem(text: str) -> str | None:
    """Why a typed NIK cannot stand, or None.

    The first of: nik_missing, nik_not_text (an exponent), nik_digits, nik_length, nik_date, nik_serial.
    """
    nik = clean_nik(text)
    if not nik:
        return "nik_missing"
    if _WAS_NUMBER.fullmatch(text.strip().lstrip("'")):
        return "nik_not_text"
    if not (nik.isascii() and nik.isdigit()):
        return "nik_digits"
    if len(nik) != 16:
        return "nik_length"
    if not any(_nik_date(nik, century) for century in (1900, 2000)):
        return "nik_date"
    if nik[12:] == "0000":
        return "nik_serial"
    return None


def _nik_date(nik: str, century: int) -> date | None:
    day = int(nik[6:8])
    try:
        return date(century + int(nik[10:12]), int(nik[8:10]), day - 40 if day > 40 else day)
    except ValueError:
        return None


def birth_from_nik(nik: str, today: date) -> date | None:
    """The likeliest birth date in a valid NIK: the latest that makes the person at least 15 years old.

    A guess about the century, for cross-checks and suggestions; the record keeps what the person states.
    """
    born = [_nik_date(nik, century) for century in (2000, 1900)]
    possible = [d for d in born if d and d <= today]
    grown = [d for d in possible if today.year - d.year >= 15]
    return next(iter(grown or possible), None)


def nik_agrees_with_birth(nik: str, birth: date) -> bool:
    """Whether day, month and the two year digits of a valid NIK are those of a birth date."""
    day = int(nik[6:8])
    return (day - 40 if day > 40 else day, int(nik[8:10]), int(nik[10:12])) == (
        birth.day,
        birth.month,
        birth.year % 100,
    )


def sex_from_nik(nik: str) -> str:
    """ "P" when the day carries + 40, else "L"."""
    return "P" if int(nik[6:8]) > 40 else "L"


def nik_district(nik: str) -> str:
    """The dotted district code in a valid NIK, as it was when the NIK was given: "61.05.01"."""
    return f"{nik[:2]}.{nik[2:4]}.{nik[4:6]}"


def mask_nik(nik: str) -> str:
    """At most the last four digits."""
    return "•••• " + nik[-4:] if len(nik) == 16 else "••••"


# --- Phone ---

_PHONE_FILLING = re.compile(r"[\s.\-–—()'’\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_PHONE = re.compile(r"(?:\+?(?:00)?620?|0)?(8[1-9]\d{7,10})")
# "HP: 0812..."; any other letter before a number ("O812...") is a slip to look at.
_PHONE_LABEL = re.compile(r"^(?:(?:no|nomor|hp|wa|telp?|tlp|telepon|whatsapp|handphone)\b[\s.:/]*)+", re.I)


def parse_phone(text: str) -> str | None:
    """The first valid Indonesian mobile number in a cell, as E.164 ("+628..."), or None.

    Accepts 08, 62, +62 and an 8 that lost its zero, with spaces, dots, dashes and brackets in it; several
    numbers may stand behind one another with / , ; | & or "atau" between.
    """
    for part in re.split(r"[/,;|&\n]|\batau\b|\bdan\b", text, flags=re.I):
        plain = re.sub(r"(?<=\d)\.0$", "", part.strip())
        plain = _PHONE_FILLING.sub("", _PHONE_LABEL.sub("", plain).lstrip("'’`\""))
        match = _PHONE.fullmatch(plain) if plain.isascii() else None
        if match:
            return "+62" + match[1]
    return None


# --- Sex ---

_SEX = {
    "L": {
        "l",
        "lk",
        "laki",
        "lakilaki",
        "laki2",
        "lelaki",
        "pria",
        "m",
        "male",
        "cowok",
        "lakilakil",
        "laki1",
    },
    "P": {"p", "pr", "perempuan", "wanita", "w", "f", "female", "cewek", "prp", "perempun", "permpuan"},
}


def parse_sex(text: str) -> str:
    """ "L", "P", or "" when a cell says neither."""
    word = re.sub(r"[\W_]+", "", text.casefold())
    return next((sex for sex, words in _SEX.items() if word in words), "")


# --- Posts ---

_WORDS: dict[str, tuple[str, ...]] = {
    "ketua": ("ketua", "ket", "kt", "ketu", "kteua", "chair", "chairman", "chairperson", "ketum"),
    "wakil": ("wakil", "wkl", "wk", "wkil", "vice", "wa"),
    "wakil bidang": ("wakabid",),
    "wakil ketua": ("waket", "wakket", "wakatua", "wkt", "waketum", "waka"),
    "bidang": ("bidang", "bid", "bdg", "bd", "urusan", "bag", "bagian"),
    "usaha": ("usaha", "ush", "bisnis", "business"),
    "anggota": ("anggota", "agt", "angg", "anggt", "angota", "member"),
    "keanggotaan": (
        "keanggotaan",
        "anggotaan",
        "keanggotan",
        "keangotaan",
        "keanggotaann",
        "kenggotaan",
        "membership",
    ),
    "sekretaris": (
        "sekretaris",
        "sekertaris",
        "sekretarris",
        "sekr",
        "sek",
        "sekret",
        "sekre",
        "sekt",
        "secretary",
    ),
    "bendahara": ("bendahara", "bdh", "bdhr", "bend", "bendara", "bendahra", "bendahari", "treasurer"),
    "pengawas": ("pengawas", "pgws", "pengws", "peng", "pengawasan", "supervisor"),
    "manajer": ("manajer", "manager", "menejer", "manejer", "menager", "mgr", "gm", "pengelola"),
    "pendiri": ("pendiri", "founder", "inisiator", "pemrakarsa"),
    "pengurus": ("pengurus", "pgrs"),
    "calon": ("calon", "cln"),
    "": (
        *("koperasi", "kop", "kopdes", "kopkel", "kdmp", "kkmp", "kdkmp", "kmp", "merah", "putih", "desa"),
        *("kelurahan", "kel", "umum", "dewan", "badan", "general", "merangkap", "dan", "ke", "di", "unit"),
        *("operasional", "i", "ii", "iii", "iv", "1", "2", "3", "4", "5"),
    ),
}
_TAG = {word: tag for tag, words in _WORDS.items() for word in words}
# Long words whose misspelling by one letter is still plain; "pengawal" (a guard) is a word of its own.
_FUZZY = tuple(
    word
    for tag, words in _WORDS.items()
    if tag
    for word in words
    if len(word) >= 5 and word in (tag, "manager", "pengelola")
)
_NOT_FUZZY = frozenset({"pengawal", "usahawan"})
_FIXED: dict[frozenset[str], str] = {
    frozenset(tags.split()): post
    for post, spellings in {
        "chair": ("ketua", "ketua pengurus"),
        "vice_chair_business": ("wakil ketua usaha", "wakil ketua bidang usaha", "wakil bidang usaha"),
        "vice_chair_membership": (
            *("wakil ketua keanggotaan", "wakil ketua bidang keanggotaan"),
            *("wakil ketua anggota", "wakil ketua bidang anggota", "wakil bidang keanggotaan"),
        ),
        "secretary": ("sekretaris", "sekretaris pengurus"),
        "treasurer": ("bendahara", "bendahara pengurus"),
        "supervisor_chair": ("ketua pengawas", "ketua anggota pengawas"),
        "supervisor_member": (
            *("pengawas", "anggota pengawas", "sekretaris pengawas", "wakil ketua pengawas"),
            "wakil ketua anggota pengawas",
        ),
        "manager": ("manajer", "manajer usaha", "manajer bidang usaha", "manajer pengurus"),
        "founder": ("pendiri", "anggota pendiri", "calon pengurus", "ketua pendiri"),
        "member": ("anggota", "calon anggota"),
    }.items()
    for tags in spellings
}


def _one_apart(left: str, right: str) -> bool:
    """Whether one letter dropped, added, changed or swapped with its neighbor makes one word the other."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    at = next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
    rest_left, rest_right = left[at:], right[at:]
    return (
        rest_left[1:] == rest_right
        or rest_left == rest_right[1:]
        or rest_left[1:] == rest_right[1:]
        or (rest_left[:2] == rest_right[:2][::-1] and rest_left[2:] == rest_right[2:])
    )


def _tags(word: str) -> str | None:
    """What a word of a post means ("" for filling), or None. Knows joined and once-misspelt words."""
    if word in _TAG:
        return _TAG[word]
    if len(word) > 40:
        return None
    for cut in range(4, len(word) - 3):
        if len(word[:cut]) >= 4 and word[:cut] in _TAG and word[cut:] in _TAG:
            return f"{_TAG[word[:cut]]} {_TAG[word[cut:]]}"
    if len(word) >= 5 and word not in _NOT_FUZZY:
        near = {_TAG[known] for known in _FUZZY if _one_apart(word, known)}
        if len(near) == 1:
            return near.pop()
    return None


# "Sekretaris Desa" serves the village office; "Sekretaris Koperasi Desa" a cooperative.
_OFFICE = frozenset({"desa", "kelurahan", "kel"})
_OF_COOPERATIVE = frozenset({"koperasi", "kop", "kopdes", "kopkel", "kdmp", "kkmp", "kdkmp", "kmp", "merah"})


def parse_post(text: str) -> str | None:
    """The post in a cell of a roster (a code of FLOWS: Posts), or None when it is not clear.

    Every word must be understood: "Ketua RT" is nobody's chair. A bare "Wakil Ketua" is not clear either: the
    two vice chairs have different duties and curricula, and a guess would put a person in the wrong class.
    """
    words = re.findall(r"[^\W_]+", text.casefold())
    if not words or len(words) > 12 or (_OFFICE & set(words) and not _OF_COOPERATIVE & set(words)):
        return None
    found: set[str] = set()
    for word in words:
        tags = _tags(word)
        if tags is None:
            return None
        found.update(tags.split())
    return _FIXED.get(frozenset(found))


def is_bare_vice_chair(text: str) -> bool:
    """Whether a post says vice chair without the field, for a message that says what is missing."""
    tags = [_tags(word) for word in re.findall(r"[^\W_]+", text.casefold())]
    return None not in tags and {t for tag in tags if tag for t in tag.split()} == {"wakil", "ketua"}


# --- Cooperatives by name ---

_OTHER_KINDS = (
    ("multi_stakeholder", r"multi\s*-?\s*pihak"),
    ("union", r"serikat"),
    ("worker", r"pekerja|buruh|karyawan"),
    ("driver_courier", r"pengemudi|kurir|ojol|ojek|driver|sopir"),
    ("partnership", r"kemitraan"),
    ("prospective", r"belum\s+berdiri|calon\s+koperasi|pra\s*-?\s*koperasi|rintisan"),
)
_OF_VILLAGE = re.compile(
    r"merah\s*-?\s*putih|\b(?:k[dk]k?mp|kmp|kopdes|kopkel|kopdeskel)\b|^\W*(?:koperasi|kop)\W+"
    r"(?:desa|kelurahan|kel|ds|gampong|nagari|kampung|kalurahan|pekon|lembang)\b",
    re.I,
)
_KIND_WORDS = re.compile(
    r"\b(?:koperasi|koprasi|kop|kopdes|kopkel|kopdeskel|k[dk]k?mp|kmp|merah|putih|mp)\b|"
    r"(?<!\w)(?:desa|kelurahan|kel|ds)\b(?=\W*(?:/|merah|putih|kelurahan|kel\b))",
    re.I,
)


@dataclass(frozen=True, slots=True)
class CooperativeName:
    """What a cooperative's name says: its kind ("" = that of its village) and the part that names it."""

    kind: str
    own_part: str


def read_cooperative_name(name: str, village_name: str = "") -> CooperativeName:
    """The kind in a name as rosters write it ("KDMP Ladang", "Koperasi Multi Pihak Tani Jaya").

    A Merah Putih name, a blank one, and one that merely repeats the village are of the village's own kind,
    because people mix up desa and kelurahan and the register does not. Anything else is "other".
    """
    own = collapse(re.sub(r"[^\w'’/.()-]+", " ", _KIND_WORDS.sub(" ", name))).strip(" -.,:/")
    if not own or _OF_VILLAGE.search(name):
        return CooperativeName("", own)
    for kind, pattern in _OTHER_KINDS:
        if re.search(pattern, name, re.I):
            return CooperativeName(kind, own)

    def letters(text: str) -> str:
        return re.sub(r"^(?:desa|kelurahan|kel|ds)(?=\W)|[\W_]+", "", text.casefold())

    if village_name and letters(own) == letters(village_name):
        return CooperativeName("", own)
    return CooperativeName("other", own)
