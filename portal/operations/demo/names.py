"""Made-up people: names as they sound in each regency, and identities that cannot be anybody's.

Identity numbers carry a real district and the birth date, and serials from 9001 on, which no district reaches
on one birthday. Phone numbers lie in one block, 0812-0000-xxxx; the demo sends nothing.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

_POOLS: dict[str, dict[str, list[str]]] = {
    style: {kind: text.split() for kind, text in pools.items()}
    for style, pools in tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8")).items()
}
_JAVA_TITLES = ("", "", "", "", "", "", "", "", "", ", S.E.", ", S.Pd.", "H. ", "Hj. ")
PASSWORD = "lumbung padi 2026"  # noqa: S105  shown to everybody by `make run`
PHONE_BLOCK = "+628120000"


def full_name(rng: Random, style: str, sex: str) -> str:
    """A name as people of `style` (java, borneo, papua) carry it; in Java some have one name only."""
    pool = _POOLS[style]
    first = rng.choice(pool[sex])
    lasts = pool.get("last_p", pool["last"]) if sex == "P" else pool["last"]
    last = rng.choice(lasts)
    if style == "java" and rng.random() < 0.12:
        return f"{first}{rng.choice(('', 'an', 'to')) if sex == 'L' else ''}"
    name = f"{first} {last}" if last.lower() != first.lower() else first
    if style != "java":
        return name
    title = rng.choice(_JAVA_TITLES)
    if title in ("H. ", "Hj. "):
        return ("H. " if sex == "L" else "Hj. ") + name
    return name + title


@dataclass
class Identities:
    """Gives out identities, none twice."""

    today: date
    _serials: Counter[str] = field(default_factory=Counter)
    _phones: int = 0

    def nik(self, district: str, birth: date, sex: str) -> str:
        """A NIK of a dotted district code ("33.18.05"), unlike any given before."""
        day = birth.day + (40 if sex == "P" else 0)
        start = f"{district.replace('.', '')}{day:02d}{birth:%m%y}"
        self._serials[start] += 1
        return f"{start}{9000 + self._serials[start]}"

    def birth(self, rng: Random) -> date:
        """The birth date of a grown-up, 21 to 64 years old."""
        return self.today - timedelta(days=rng.randrange(21 * 365, 64 * 365))

    def phone(self) -> str:
        """The next number of the made-up block, E.164."""
        self._phones += 1
        return f"{PHONE_BLOCK}{self._phones:04d}"
