"""The village or district that a row of a register names, by codes or by names. Pure, on the region index."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from portal.regions.rules import RegionIndex, loose_key, says_rural, says_urban

_KIND = re.compile(
    r"^\s*(provinsi|prov|propinsi|kabupaten|kab|kota\s+administrasi|kota\s+adm|kota|kodya)\b[\s.:]*", re.I
)
_CITY = re.compile(r"^\s*(kota|kodya)\b", re.I)
_REGENCY = re.compile(r"^\s*(kabupaten|kab)\b", re.I)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row lies, or why that is not known: exactly one of both is set."""

    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TypedPlace:
    """What a row says of its place."""

    code: str = ""
    province: str = ""
    regency: str = ""
    district: str = ""
    village: str = ""


class Places:
    """Finds typed places; what was found once is remembered, for a register repeats its names."""

    def __init__(self, index: RegionIndex) -> None:
        self.index = index
        self._wide: dict[str, list[str]] = defaultdict(list)
        for code, name in index.names.items():
            if code.count(".") <= 1:
                self._wide[self._key(name, code)].append(code)
        self._memo: dict[tuple[str, str, str], list[str] | str] = {}

    @staticmethod
    def _key(name: str, code: str) -> str:
        level = "r" if "." in code else "p"
        return level + loose_key(_KIND.sub("", name))

    def find(self, typed: TypedPlace, *, hints: tuple[str, ...] = (), needs_village: bool = True) -> Place:
        """The village of a row; without a village, and where none is needed, its district.

        reasons: village_missing, unknown_code, unknown_province, unknown_regency, unknown_district,
        unknown_village, ambiguous_village.
        """
        if typed.code:
            return self._by_code(typed.code, needs_village)
        if not typed.village and (needs_village or not typed.district):
            return Place(reason="village_missing")
        districts = self._districts(typed)
        if isinstance(districts, str):
            return Place(reason=districts)
        if not typed.village:
            return Place(districts[0]) if len(districts) == 1 else Place(reason="ambiguous_village")
        found = [(d, self.index.find_villages(typed.village, d)) for d in districts]
        found = [(district, villages) for district, villages in found if villages]
        if not found:
            return Place(reason="unknown_village")
        if len(found) > 1:
            return Place(reason="ambiguous_village")
        return self._one_of(found[0][1], (typed.village, *hints))

    def _one_of(self, codes: list[str], hints: tuple[str, ...]) -> Place:
        """The one of several villages of a name in one district that "Desa" or "Kelurahan" tells apart."""
        if len(codes) > 1:
            chosen = self.index.choose_village(codes, *hints)
            twins = [code for code in codes if self.index.kinds[code] == self.index.kinds[chosen or codes[0]]]
            if len(twins) > 1 or not any(says_urban(hint) != says_rural(hint) for hint in hints):
                return Place(reason="ambiguous_village")
            return Place(chosen or "")
        return Place(codes[0])

    def further(self, typed: str, seat: str) -> str | None:
        """The code of another village, by code or by its name in the same district, then the same regency."""
        if re.fullmatch(r"[\d.\s]+", typed):
            return self._by_code(typed, True).code or None
        near = self.index.find_villages(typed, seat[:8])
        if not near:
            near = self.index.find_villages_in_regency(typed, seat[:5])
        return near[0] if len(near) == 1 else None

    def _by_code(self, typed: str, needs_village: bool) -> Place:
        digits = "".join(_DIGITS.findall(typed))
        if len(digits) == 10:
            code = f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"
        elif len(digits) == 6 and not needs_village:
            code = f"{digits[:2]}.{digits[2:4]}.{digits[4:]}"
        else:
            return Place(reason="unknown_code")
        return Place(code) if code in self.index.names else Place(reason="unknown_code")

    def _districts(self, typed: TypedPlace) -> list[str] | str:
        """The districts meant, or the reason why there is none."""
        key = (typed.province, typed.regency, typed.district)
        if key not in self._memo:
            self._memo[key] = self._find_districts(typed)
        return self._memo[key]

    def _find_districts(self, typed: TypedPlace) -> list[str] | str:
        province = ""
        if typed.province:
            provinces = self._wide.get("p" + loose_key(_KIND.sub("", typed.province)), [])
            if not provinces:
                return "unknown_province"
            province = provinces[0]
        if typed.regency:
            regencies = self._regencies(typed.regency, province)
            if not regencies:
                return "unknown_regency"
            if not typed.district:
                return [d for r in regencies for d in self._districts_of(r)]
            found = [d for regency in regencies for d in self.index.find_districts(typed.district, regency)]
        elif typed.district:
            found = [d for d in self.index.find_districts(typed.district) if d.startswith(province)]
        else:
            return "unknown_district"
        return found or "unknown_district"

    def _districts_of(self, regency: str) -> list[str]:
        return sorted({village[:8] for village in self.index.villages_of_regency(regency)})

    def _regencies(self, typed: str, province: str) -> list[str]:
        found = [
            code for code in self._wide.get("r" + loose_key(_KIND.sub("", typed)), ())
            if code.startswith(province)
        ]  # fmt: skip
        wanted = "city" if _CITY.match(typed) else "regency" if _REGENCY.match(typed) else ""
        fitting = [code for code in found if self.index.kinds[code] == wanted]
        return fitting or found
