"""A cooperative in nearly every village, and the people on its board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, Kind, Post, PostTerm
from portal.cooperatives.rules import match_key
from portal.core import audit
from portal.core.db import db, insert_many, transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo.country.ids import Ids
from portal.operations.demo.names import Identities, full_name
from portal.operations.demo.people import BOARD, SUPERVISORS
from portal.people.models import Person, nik_values
from portal.regions.models import Region, RegionKind

CHUNK = 500
SOURCE = "demo"
#: Beside the villages' own: a few of each kind, spread over the country.
OTHERS = (Kind.DRIVER_COURIER, Kind.WORKER, Kind.MULTI_STAKEHOLDER, Kind.UNION, Kind.PARTNERSHIP, Kind.OTHER)
_OTHER_NAMES = {
    Kind.DRIVER_COURIER: "Koperasi Pengemudi dan Kurir",
    Kind.WORKER: "Koperasi Pekerja",
    Kind.MULTI_STAKEHOLDER: "Koperasi Multipihak",
    Kind.UNION: "Koperasi Serikat Pekerja",
    Kind.PARTNERSHIP: "Koperasi Kemitraan",
    Kind.OTHER: "Koperasi Serba Usaha",
}
TERM = timedelta(days=5 * 365)
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Founded:
    """A cooperative that stands. `holders` are (person id, post)."""

    id: int
    name: str
    kind: str
    region_code: str
    is_pilot: bool
    holders: tuple[tuple[int, str], ...] = ()


def found_everywhere(count: int, rng: Random, now: datetime, told: Told) -> list[Founded]:
    """`count` cooperatives: one a village, in the order of codes, some villages without, some with two."""
    villages = db.session.execute(
        sa.select(Region.code, Region.name, Region.kind)
        .where(sa.func.length(Region.code) == 13)
        .order_by(Region.code)
    ).all()
    extra = min(len(OTHERS) * 40, count // 20)
    wanted = min(count - extra, len(villages))
    places = sorted(rng.sample(range(len(villages)), wanted)) if wanted < len(villages) else range(wanted)
    plan = [_village_row(*villages[place]) for place in places]
    spots = [villages[rng.randrange(len(villages))] for _ in range(count - len(plan))]
    plan += [
        (OTHERS[n % len(OTHERS)], _other_name(n, name), code) for n, (code, name, _k) in enumerate(spots)
    ]
    ids = Ids(Cooperative)
    founded: list[Founded] = []
    for start in range(0, len(plan), CHUNK * 4):
        part = [
            Founded(ids.take(), name, str(kind), code, rng.random() < 0.012)
            for kind, name, code in plan[start : start + CHUNK * 4]
        ]
        with transaction() as session:
            insert_many(session, sa.inspect(Cooperative).local_table, [_row(one, now) for one in part])
            audit.record("demo.cooperatives", "demo", part[0].id, actor=SYSTEM, now=now, count=len(part))
            ids.close()
        founded += part
        told(len(part))
    return founded


def _village_row(code: str, name: str, kind: str) -> tuple[Kind, str, str]:
    if kind == RegionKind.URBAN_VILLAGE:
        return Kind.URBAN_VILLAGE, f"Koperasi Kelurahan Merah Putih {name}", code
    return Kind.VILLAGE, f"Koperasi Desa Merah Putih {name}", code


def _other_name(number: int, village: str) -> str:
    return f"{_OTHER_NAMES[OTHERS[number % len(OTHERS)]]} {village} {number + 1}"


def _row(one: Founded, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "match_key": match_key(one.kind, one.name, one.region_code),
        "region_code": one.region_code,
        "is_pilot": one.is_pilot,
        "sectors": [],
        "source": SOURCE,
        "created_at": now,
        "updated_at": now,
    }


def halls(count: int, holders: int, rng: Random) -> list[list[Post]]:
    """Who sits in each of `count` cooperatives, `holders` in all: full boards, every third with a manager,
    and as many empty seats as the sum asks for."""
    made: list[list[Post]] = [
        [*BOARD, *SUPERVISORS, *([Post.MANAGER] if number % 3 == 0 else [])] for number in range(count)
    ]
    spare = sum(len(hall) for hall in made) - holders
    while spare > 0:
        hall = made[rng.randrange(count)]
        if len(hall) > 5:
            hall.pop(rng.randrange(1, len(hall)))
            spare -= 1
    for number in range(-spare):
        made[number % count].append(Post.SUPERVISOR_MEMBER)
    return made


def people_everywhere(
    founded: Sequence[Founded], holders: int, rng: Random, now: datetime, told: Told
) -> Iterator[Founded]:
    """Give every cooperative its people; yields each with its holders once they are stored."""
    identities, people, terms = Identities(now.date()), Ids(Person), Ids(PostTerm)
    seats = halls(len(founded), holders, rng)
    for start in range(0, len(founded), CHUNK):
        rows: list[dict[str, Any]] = []
        posts: list[dict[str, Any]] = []
        done: list[Founded] = []
        for place, one in enumerate(founded[start : start + CHUNK], start):
            began = date(2025, 3, 1) + timedelta(days=rng.randrange(150))
            held = []
            for post in seats[place]:
                person = _person(people.take(), one.region_code, identities, rng, now)
                rows.append(person)
                posts.append(_term(terms.take(), one, person["id"], post, began))
                held.append((person["id"], str(post)))
            done.append(Founded(one.id, one.name, one.kind, one.region_code, one.is_pilot, tuple(held)))
        with transaction() as session:
            insert_many(session, sa.inspect(Person).local_table, rows)
            insert_many(session, sa.inspect(PostTerm).local_table, posts)
            audit.record("demo.people", "demo", rows[0]["id"], actor=SYSTEM, now=now, count=len(rows))
            people.close()
            terms.close()
        told(len(rows))
        yield from done


def _person(number: int, village: str, identities: Identities, rng: Random, now: datetime) -> dict[str, Any]:
    sex = "P" if rng.random() < 0.42 else "L"
    birth = identities.birth(rng)
    nik = identities.nik(village[:8], birth, sex)
    return {
        "id": number,
        "name": full_name(rng, _style(village), sex),
        "birth_date": birth,
        "sex": sex,
        "village_code": village,
        "created_at": now,
        "updated_at": now,
        **nik_values(nik, number),
    }


def _style(village: str) -> str:
    island = village[0]
    return "papua" if island == "9" else "borneo" if island == "6" else "java"


def _term(number: int, one: Founded, person_id: int, post: Post, began: date) -> dict[str, Any]:
    return {
        "id": number,
        "cooperative_id": one.id,
        "person_id": person_id,
        "post": str(post),
        "starts_on": began,
        "ends_on": began + TERM,
        "source": SOURCE,
        "is_ex_officio": post == Post.SUPERVISOR_CHAIR and one.kind in (Kind.VILLAGE, Kind.URBAN_VILLAGE),
    }
