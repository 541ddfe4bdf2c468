"""Finding a region by a name that a person typed: pure look-ups over the Kemendagri register.

A register name is compared without case, spaces and punctuation ("Ma'u", "MA’U" and "mau" are one). Words
such as "Kec." or "Desa" before a name are taken off only when the name as it stands is unknown: "Baning
Kota", "Kota Baru" and "Desa Baru" are real names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_QUOTES = str.maketrans(dict.fromkeys("'\"`´‘’‛“”ʼʻ′\u200b\u200c\u200d\ufeff"))
_SPACES = re.compile(r"\s+")
_LOOSE = re.compile(r"[\W_]+")

_DISTRICT_PREFIX = re.compile(
    r"^\s*(kecamatan|kec|kcm|kcmt|distrik|dist|kapanewon|kemantren)\b[\s.:\-]*", re.I
)
_VILLAGE_PREFIX = re.compile(
    r"^\s*(desa\s*/\s*kelurahan|desa\s*/\s*kel|desa\s+adat|desa|ds|kelurahan|kel|klurahan|kampung|kampong|kp|kamp"
    r"|gampong|gp|nagari|pekon|lembang|nagori|kalurahan|negeri|tiyuh|ohoi|huta|kute|dusun)\b[\s.:\-]*",
    re.I,
)
_REGENCY_PREFIX = re.compile(
    r"^\s*(kabupaten|kab|kota\s+administrasi|kota\s+adm|kota|kodya)\b[\s.:\-]*", re.I
)
_URBAN = re.compile(r"^\s*(kelurahan|kel|klurahan)\b", re.I)
_RURAL = re.compile(r"^\s*(desa|ds|kampung|gampong|nagari|pekon)\b", re.I)


def strict_key(name: str) -> str:
    """A name without case, spaces and quotation marks; other punctuation still tells names apart."""
    return _SPACES.sub("", name.translate(_QUOTES).casefold())


def loose_key(name: str) -> str:
    """A name reduced to its letters and digits."""
    return _LOOSE.sub("", name.casefold())


def _both_keys(name: str) -> tuple[str, ...]:
    """The strict key, then the loose one, marked so that the two never meet: "I,II" is not "III"."""
    strict, loose = strict_key(name), loose_key(name)
    return ("=" + strict, "~" + loose) if loose else ()


def _bare(name: str, prefix: re.Pattern[str]) -> str:
    """The name without its leading word, or "" when nothing was taken off."""
    rest = prefix.sub("", name, count=1)
    return rest if rest != name and loose_key(rest) else ""


def _spellings(name: str, prefix: re.Pattern[str]) -> list[str]:
    """What may be meant, most literal first: as typed, without a leading word, without "(...)" behind."""
    found = [name]
    for candidate in (_bare(name, prefix), re.sub(r"\s*\([^()]*\)\s*$", "", name)):
        if candidate and candidate not in found:
            found.append(candidate)
            again = _bare(candidate, prefix)
            if again and again not in found:
                found.append(again)
    return found


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One row of the register: a dotted Kemendagri code, the name and the kind (see `RegionKind`)."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class RegencyMatch:
    """The regency of a file: its code and how many distinct (district, village) pairs it explains."""

    code: str
    pairs: int


class RegionIndex:
    """The register by name. Built once from rows (the whole country in about 0.1 s), then only read."""

    def __init__(self, rows: Iterable[RegionRow]) -> None:
        self.names: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self._regencies: list[str] = []
        self._districts: dict[str, list[str]] = defaultdict(list)
        self._villages: dict[str, list[str]] = defaultdict(list)
        # name key -> districts of the whole country
        self._district_names: dict[str, list[str]] = defaultdict(list)
        self._village_keys: dict[str, dict[str, list[str]]] = {}
        for row in rows:
            self.names[row.code] = row.name
            self.kinds[row.code] = row.kind
            depth = row.code.count(".")
            if depth == 1:
                self._regencies.append(row.code)
            elif depth == 2:
                self._districts[row.code[:5]].append(row.code)
                for key in _both_keys(row.name):
                    self._district_names[key].append(row.code)
            elif depth == 3:
                self._villages[row.code[:8]].append(row.code)

    def knows_district_code(self, code: str) -> bool:
        """Whether PP.KK.CC exists today; in a regency loaded without districts, whether that does."""
        return code in self.names if code[:5] in self._districts else code[:5] in self.names

    def regency_name(self, code: str) -> str:
        """The regency's name ("Kabupaten Sintang"); "" when unknown."""
        return self.names.get(code, "")

    def find_districts(self, typed: str, regency: str | None = None) -> list[str]:
        """District codes that a typed name may mean, in one regency or in the whole country."""
        for spelling in _spellings(typed, _DISTRICT_PREFIX):
            for key in _both_keys(spelling):
                found = self._district_names.get(key, ())
                inside = [code for code in found if regency is None or code[:5] == regency]
                if inside:
                    return inside
        if regency is None:
            return []
        target = {loose_key(s) for s in _spellings(typed, _DISTRICT_PREFIX)}
        return [
            c for c in self._districts.get(regency, ()) if target & _aliases(self.names[c], _DISTRICT_PREFIX)
        ]

    def _keys_of(self, district: str) -> dict[str, list[str]]:
        """The villages of one district by both keys, made when first asked for."""
        keys = self._village_keys.get(district)
        if keys is None:
            keys = defaultdict(list)
            for code in self._villages.get(district, ()):
                for key in _both_keys(self.names[code]):
                    keys[key].append(code)
            self._village_keys[district] = keys
        return keys

    def find_villages(self, typed: str, district: str) -> list[str]:
        """Village codes of one district that a typed name may mean: usually one.

        More than one when a desa and a kelurahan there share the name (14 such pairs in the country, and two
        of desa alone). A register name of two parts ("Waskey/Tanjung Batu", "Cemaga Utara (Singgang Bulan)")
        or with a leading word ("Kampung Baru") is also found by a part, when just one village has it.
        """
        keys = self._keys_of(district)
        spellings = _spellings(typed, _VILLAGE_PREFIX)
        for spelling in spellings:
            for key in _both_keys(spelling):
                if key in keys:
                    return list(keys[key])
        target = {loose_key(spelling) for spelling in spellings} - {""}
        found = [
            c for c in self._villages.get(district, ()) if target & _aliases(self.names[c], _VILLAGE_PREFIX)
        ]
        return found if len(found) == 1 else []

    def find_villages_in_regency(self, typed: str, regency: str) -> list[str]:
        """Village codes of a whole regency that a typed name may mean: for files without districts."""
        return [
            code
            for district in self._districts.get(regency, ())
            for code in self.find_villages(typed, district)
        ]

    def choose_village(self, codes: Sequence[str], *hints: str) -> str | None:
        """One of several villages of one name: by "Desa" or "Kelurahan" in the hints, else the first code."""
        if len(codes) <= 1:
            return codes[0] if codes else None
        for hint in hints:
            wants_urban, wants_rural = says_urban(hint), says_rural(hint)
            if wants_urban != wants_rural:
                fitting = [c for c in codes if (self.kinds[c] == "urban_village") == wants_urban]
                if fitting:
                    return fitting[0]
        return codes[0]

    def villages_of_regency(self, regency: str) -> list[str]:
        """All village codes of a regency."""
        return [v for d in self._districts.get(regency, ()) for v in self._villages.get(d, ())]

    def match_regency(
        self,
        pairs: Collection[tuple[str, str]],
        *,
        titles: Sequence[str] = (),
        nik_prefixes: Sequence[str] = (),
    ) -> RegencyMatch | None:
        """The regency that explains most distinct (district, village) pairs; "" for an unknown half.

        Ties, and a file without one known pair, are settled by the regency's name in the titles, then by the
        first four digits of the NIKs ("6105"), then by the lowest code. None when nothing points anywhere.
        """
        votes: Counter[str] = Counter()
        weak: Counter[str] = Counter()
        by_district: dict[str, set[str]] = defaultdict(set)
        for district, village in set(pairs):
            by_district[district].add(village)
        for district_name, villages in by_district.items():
            if not district_name:
                continue
            for district in self.find_districts(district_name):
                weak[district[:5]] += 1
                votes[district[:5]] += sum(1 for v in villages if v and self.find_villages(v, district))
        if not by_district.keys() - {""} and by_district.get(""):
            votes = self._votes_by_village(by_district[""])
        best = max(votes.values(), default=0)
        tied = [code for code, count in votes.items() if count == best] if best else []
        if len(tied) == 1:
            return RegencyMatch(tied[0], best)
        named = self.regencies_named_in(titles)
        niks = Counter(f"{p[:2]}.{p[2:4]}" for p in nik_prefixes)
        if tied:
            tied.sort(key=lambda c: (c not in named, -niks[c], c))
            return RegencyMatch(tied[0], best)
        if named:
            return RegencyMatch(min(named, key=lambda c: (-weak[c], -niks[c], c)), 0)
        if weak:
            return RegencyMatch(min(weak, key=lambda c: (-weak[c], -niks[c], c)), 0)
        known = [c for c, _ in niks.most_common() if c in self.names]
        return RegencyMatch(known[0], 0) if known else None

    def _votes_by_village(self, villages: Collection[str]) -> Counter[str]:
        """For a file without districts: how many of its village names each regency has."""
        wanted = {loose_key(s) for v in villages for s in _spellings(v, _VILLAGE_PREFIX)} - {""}
        votes: Counter[str] = Counter()
        for district, codes in self._villages.items():
            votes[district[:5]] += sum(1 for code in codes if loose_key(self.names[code]) in wanted)
        return votes

    def regencies_named_in(self, titles: Sequence[str]) -> list[str]:
        """Regencies whose full name ("Kabupaten X", "Kab. X", "Kota X") stands in a title."""
        text = " ".join(titles).casefold()
        text = re.sub(r"\bkab\b\.?", "kabupaten", text)
        text = " " + re.sub(r"[\W_]+", " ", text) + " "
        found = []
        for code in self._regencies:
            name = re.sub(r"[\W_]+", " ", self.names[code].casefold()).strip()
            if f" {name} " in text:
                found.append(code)
        longest = max((len(self.names[c]) for c in found), default=0)
        return [c for c in found if len(self.names[c]) == longest]


def _aliases(name: str, prefix: re.Pattern[str]) -> set[str]:
    """Shorter keys of a register name: its parts around / and ( ), and itself without a leading word."""
    parts = [part for part in re.split(r"[/()]", name) if loose_key(part)]
    found = {loose_key(part) for part in parts} if len(parts) > 1 else set()
    bare = _bare(name, prefix)
    if bare:
        found.add(loose_key(bare))
    return found


def says_urban(text: str) -> bool:
    """Whether a village cell or a cooperative's name says kelurahan."""
    return bool(_URBAN.match(text) or re.search(r"\b(kkmp|koperasi\s+kel|kop\W+kel|kopkel)", text, re.I))


def says_rural(text: str) -> bool:
    """Whether a village cell or a cooperative's name says desa."""
    return bool(_RURAL.match(text) or re.search(r"\b(kdmp|koperasi\s+desa|kop\W+desa|kopdes)", text, re.I))


def parent_code(code: str) -> str | None:
    """The code one level up: "61.05.01.1001" -> "61.05.01"; a province has none."""
    return code.rpartition(".")[0] or None


def kind_of(code: str, name: str) -> str:
    """The kind of a region from its code: 1xxx kelurahan, 3xxx desa adat, other villages desa."""
    depth = code.count(".")
    if depth == 3:
        return {"1": "urban_village", "3": "customary_village"}.get(code[9], "village")
    if depth == 1:
        return "city" if re.match(r"kota\b", name, re.I) else "regency"
    return ("province", "", "district")[depth]
