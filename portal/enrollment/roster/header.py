"""Finding the header row of a roster by its words, in any column order, in one row or two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.spreadsheets import Cell, Sheet

# What a column may hold. A header needs name and nik and one more to be one.
FIELDS = (
    *("number", "cooperative", "village", "district", "regency", "name", "nik", "sex", "birth"),
    *("post", "phone", "note"),
)
_SEARCHED_ROWS = 200
_COOPERATIVE = {"koperasi", "koprasi", "kop", "kopdes", "kopkel", "kopdeskel", "kdmp", "kkmp", "kdkmp", "kmp"}
_PEOPLE = {"pengurus", "peserta", "pengawas", "pengelola", "anggota", "calon", "ketua", "pendaftar", "warga"}
_NAME_COMPANY = _PEOPLE | {
    *("nama", "name", "full", "lengkap", "orang", "sesuai", "ktp", "gelar", "dan", "dengan", "tanpa", "dgn"),
    *(
        "usulan",
        "yang",
        "yg",
        "diusulkan",
        "utusan",
        "pelatihan",
        "personil",
        "personel",
        "individu",
        "beserta",
    ),
    *("e", "el", "di", "pada", "kk", "sdm"),
}
_PHONE = {
    *("hp", "wa", "whatsapp", "telepon", "telp", "tlp", "telpon", "tel", "handphone", "hape", "ponsel"),
    *("kontak", "phone", "seluler", "contact", "nohp", "nowa", "notelp", "hpwa", "telephone", "telefon"),
}
_VILLAGE = {
    *("desa", "kelurahan", "kel", "ds", "kampung", "gampong", "nagari", "pekon", "kalurahan", "desakel"),
    *("desakelurahan", "village", "lembang", "tiyuh", "ohoi", "nagori"),
}
_DISTRICT = {"kecamatan", "kec", "distrik", "kapanewon", "kemantren", "district"}
_NOT_OURS = {
    "email",
    "surel",
    "pendidikan",
    "agama",
    "npwp",
    "rekening",
    "bank",
    "usia",
    "umur",
    "kode",
    "rt",
    "rw",
}
# "NIK Istri", "HP Kepala Desa", "Masa Jabatan": a column of somebody or something else.
_NOT_THEIRS = {
    *("suami", "istri", "isteri", "anak", "ayah", "ibu", "kandung", "pasangan"),
    *("kantor", "kepala", "camat", "masa", "sk"),
}
_NOT_OF_COOPERATIVE = {
    *("nik", "nomor", "no", "induk", "alamat", "jenis", "bentuk", "badan", "hukum", "tanggal", "tgl", "akta"),
    *("sk", "ahu", "status", "npak", "jumlah"),
}


def _words(text: str) -> list[str]:
    """Lower-case words; letters set apart ("N I K", "L/P") become one word."""
    words: list[str] = []
    was_single = False
    for word in re.findall(r"[^\W_]+", text.casefold()):
        is_single = len(word) == 1 and word.isalpha()
        if is_single and was_single:
            words[-1] += word
        else:
            words.append(word)
        was_single = is_single
    return words


def classify(text: str) -> str | None:
    """The field a header cell names, or None. What stands in brackets counts only when nothing else does."""
    if not text or len(text) > 90:
        return None
    outside = re.sub(r"\([^)]*\)", " ", text)
    return _classify_words(_words(outside)) or (_classify_words(_words(text)) if outside != text else None)


def _classify_words(words: Sequence[str]) -> str | None:
    have, joined = set(words), "".join(words)
    if not have or have & _NOT_OURS:
        return None
    if have & _COOPERATIVE and not have & {"jabatan", "posisi", "kedudukan"}:
        if have & _NOT_OF_COOPERATIVE:
            return None
        return "name" if have & _PEOPLE else "cooperative"
    if have & _NOT_THEIRS:
        return None
    if "alamat" in have:  # "Alamat (Desa/Kelurahan)" is a place, "Alamat sesuai KTP" no NIK
        return next(
            (f for f, words in (("village", _VILLAGE), ("district", _DISTRICT)) if have & words), None
        )
    if (
        "nik" in have
        or "kependudukan" in have
        or "identitas" in have
        or ("ktp" in have and "nama" not in have)
    ):
        return "nik"
    if have & {"ttl", "lahir", "lhr", "kelahiran", "birth", "birthdate"}:
        return "birth" if not have & {"tempat", "tahun", "thn"} or have & {"tgl", "tanggal", "tg"} else None
    if have & {"jabatan", "posisi", "kedudukan", "jab", "jbt", "position"}:
        return "post"
    if have & _PHONE:
        return "phone"
    if have & {"kelamin", "gender", "sex"} or joined in (
        "lp",
        "jk",
        "lkpr",
        "jnskel",
        "jeniskel",
        "jenkel",
        "pl",
    ):
        return "sex"
    if have & _DISTRICT:
        return None if have & _VILLAGE else "district"
    if have & _VILLAGE and "jumlah" not in have:
        return "village"
    if have & {"kabupaten", "kab", "kota", "regency"}:
        return "regency"
    if have & {"nama", "name"}:
        return "name" if have <= _NAME_COMPANY else None
    if have <= {"no", "nomor", "nomer", "urut", "nr", "num", "nourut"}:
        return "number"
    if have & {"ket", "keterangan", "catatan"} and len(words) <= 2:
        return "note"
    return None


@dataclass(frozen=True)
class Header:
    """Where the header stands (rows from 1; `last` below `first` when it has two) and what columns hold."""

    first: int
    last: int
    columns: dict[str, tuple[int, ...]]

    def column(self, field: str) -> int | None:
        """The first column of a field, counted from 0."""
        found = self.columns.get(field)
        return found[0] if found else None


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else ""


def _collect(fields: Sequence[str | None]) -> dict[str, tuple[int, ...]]:
    columns: dict[str, tuple[int, ...]] = {}
    for column, field in enumerate(fields):
        if field and (field == "phone" or field not in columns):
            columns[field] = (*columns.get(field, ()), column)
    return columns


def is_header(columns: dict[str, tuple[int, ...]]) -> bool:
    """Whether these columns make a roster."""
    return "name" in columns and "nik" in columns and len(columns) >= 3


def _spread(sheet: Sheet, row: int) -> list[str]:
    """The texts of a row with horizontally merged cells repeated over their width."""
    texts = [_text(cell) for cell in sheet.rows[row]]
    for (top, left), (bottom, right) in sheet.merged:
        if top <= row <= bottom and right > left and left < len(texts) and top == row:
            for column in range(left, min(right, len(texts) - 1) + 1):
                texts[column] = texts[left]
    return texts


def _two_rows(sheet: Sheet, row: int) -> list[str | None]:
    """The fields of a header whose cells stand in a group row and a row below it."""
    upper, lower = _spread(sheet, row), [_text(cell) for cell in sheet.rows[row + 1]]
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    fields: list[str | None] = []
    group = ""
    for over, under in zip(upper, lower, strict=True):
        if over.strip():
            group = over
        elif not under.strip():
            group = ""
        # Without merge marks (.csv, .ods) a group's name stands over its first column alone.
        above = over if over.strip() else group
        if not under.strip():
            fields.append(classify(over))
            continue
        field = classify(under)
        if field in (None, "name", "number"):
            whole = classify(f"{above} {under}")
            field = whole if field is None or whole in ("cooperative", "village", "district") else field
        elif field == "birth" and over.strip():  # "Tempat" and "Tanggal" above, "Lahir" below each
            field = classify(f"{over} {under}")
        fields.append(field)
    return fields


def _looks_like_labels(row: Sequence[Cell]) -> bool:
    """Whether a row may be the lower half of a header: short words, no numbers, mostly known ones."""
    filled = [cell for cell in row if cell != "" and _text(cell).strip() != ""]
    if not filled or any(
        not isinstance(cell, str) or re.search(r"\d{3}", cell) for cell in row if cell != ""
    ):
        return False
    known = [
        cell for cell in filled if len(_text(cell)) <= 50 and (classify(_text(cell)) or _is_part(_text(cell)))
    ]
    return len(known) * 2 > len(filled)


def _is_part(text: str) -> bool:
    return set(_words(text)) <= {"l", "p", "lp", "tempat", "tanggal", "tgl", "lahir", "hp", "wa", "telp"}


def header_at(sheet: Sheet, row: int) -> Header | None:
    """The header that starts in a row (counted from 0), of one row or two, or None."""
    single = _collect([classify(text) for text in _spread(sheet, row)])
    best = Header(row + 1, row + 1, single)
    if row + 1 < len(sheet.rows) and _looks_like_labels(sheet.rows[row + 1]):
        double = _collect(_two_rows(sheet, row))
        # A title ("Kabupaten Sintang") right above a whole header is no group name.
        below = _collect([classify(text) for text in _spread(sheet, row + 1)])
        if len(double) > max(len(single), len(below) if is_header(below) else 0) and is_header(double):
            best = Header(row + 1, row + 2, double)
    return best if is_header(best.columns) else None


def find_header(sheet: Sheet) -> Header | None:
    """The first header within the first 200 rows; of two neighboring rows the one that names more columns."""
    for row in range(min(len(sheet.rows), _SEARCHED_ROWS)):
        if sum(1 for cell in sheet.rows[row] if cell != "") < 1:
            continue
        found = header_at(sheet, row)
        if found:
            return found
    return None
