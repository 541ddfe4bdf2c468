"""The cooperatives of the demo, their boards, and every person on them: written through the bulk services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, CooperativeVillage, Kind, MemberGroup, Post
from portal.cooperatives.rules import match_key
from portal.cooperatives.services import CooperativeRow, ensure_cooperatives, hold_posts
from portal.core import audit
from portal.core.db import db, insert_many, transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo.names import Identities, full_name
from portal.operations.demo.places import REGENCIES, Regency, villages_of
from portal.people.services import PersonRow, save_people

BOARD = (
    Post.CHAIR,
    Post.SECRETARY,
    Post.TREASURER,
    Post.VICE_CHAIR_BUSINESS,
    Post.VICE_CHAIR_MEMBERSHIP,
)
SUPERVISORS = (Post.SUPERVISOR_CHAIR, Post.SUPERVISOR_MEMBER, Post.SUPERVISOR_MEMBER)
SECTORS = ("pertanian", "perikanan", "perkebunan", "peternakan", "perdagangan", "jasa", "energi")


@dataclass(frozen=True)
class Member:
    """Somebody with a post. `regency` is the dotted code; `kind` and `is_pilot` are the cooperative's."""

    person_id: int
    name: str
    post: str
    cooperative_id: int
    cooperative: str
    kind: str
    is_pilot: bool
    regency: str
    region_code: str
    nik: str = field(repr=False)
    birth: date = field(repr=False)


@dataclass(frozen=True)
class _Founded:
    """A cooperative to be."""

    row: CooperativeRow
    regency: Regency
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return match_key(self.row.kind, self.row.name, self.row.region_code)


def found_cooperatives(count: int, rng: Random, now: datetime) -> list[tuple[_Founded, int]]:
    """About `count` cooperatives of real villages, and their ids. One transaction."""
    founded: list[_Founded] = []
    for regency in REGENCIES:
        wanted = max(len(regency.others) + 2, round(count * regency.share))
        villages = villages_of(regency.code, wanted - len(regency.others), rng)
        if not villages:
            continue
        for index, (code, name, kind) in enumerate(villages):
            title = "Kelurahan" if kind == "urban_village" else "Desa"
            row = CooperativeRow(
                Kind.URBAN_VILLAGE if kind == "urban_village" else Kind.VILLAGE,
                f"Koperasi {title} Merah Putih {name}",
                code,
                is_pilot=index % 16 == 3,
            )
            founded.append(_Founded(row, regency))
        for other, (kind, name, groups) in enumerate(regency.others):
            place = villages[(other * 7) % len(villages)][0]
            founded.append(_Founded(CooperativeRow(kind, name, place, is_pilot=other == 0), regency, groups))
    with transaction():
        ids = ensure_cooperatives(rows=[entry.row for entry in founded], actor=SYSTEM, now=now)
        pairs = [(entry, ids[entry.key]) for entry in founded]
        _tell_more(pairs, rng, now)
    return pairs


def _tell_more(pairs: Sequence[tuple[_Founded, int]], rng: Random, now: datetime) -> None:
    """Member groups, sectors, and a second village where a small one shares its cooperative."""
    groups = [
        {"cooperative_id": cooperative_id, "name": name}
        for entry, cooperative_id in pairs
        for name in entry.groups
    ]
    insert_many(db.session(), sa.inspect(MemberGroup).local_table, groups)
    for cooperative_id in dict.fromkeys(c for entry, c in pairs if entry.groups):
        audit.record("cooperative.groups", "cooperative", cooperative_id, actor=SYSTEM, now=now)
    served = [
        {"cooperative_id": first_id, "village_code": second.row.region_code}
        for (first, first_id), (second, _id) in pairwise(pairs)
        if first.row.kind == second.row.kind == Kind.VILLAGE
        and first.row.region_code[:8] == second.row.region_code[:8]
        and rng.random() < 0.03
    ]
    insert_many(db.session(), sa.inspect(CooperativeVillage).local_table, served)
    for _entry, cooperative_id in pairs:
        cooperative = db.session.get_one(Cooperative, cooperative_id)
        cooperative.sectors = sorted(rng.sample(SECTORS, rng.randint(1, 2)))


def _posts(pairs: Sequence[tuple[_Founded, int]], people: int) -> list[list[Post]]:
    """Who sits in each cooperative: boards first, then supervisors and managers while people last."""
    halls: list[list[Post]] = [
        [Post.FOUNDER] * 9 if entry.row.kind == Kind.PROSPECTIVE else list(BOARD) for entry, _id in pairs
    ]
    left = people - sum(len(hall) for hall in halls)
    for step in ((Post.MANAGER,), SUPERVISORS):
        for hall in halls:
            if hall[0] == Post.FOUNDER or left < len(step):
                continue
            hall.extend(step)
            left -= len(step)
    return halls


def people_cooperatives(
    pairs: Sequence[tuple[_Founded, int]], people: int, rng: Random, now: datetime, *, chunk: int = 50
) -> Iterator[list[Member]]:
    """About `people` persons with posts, `chunk` cooperatives a transaction; yields what each one added."""
    identities = Identities(now.date())
    halls = _posts(pairs, people)
    for start in range(0, len(pairs), chunk):
        part = list(zip(pairs[start : start + chunk], halls[start : start + chunk], strict=True))
        rows, posts = [], []
        for (entry, cooperative_id), hall in part:
            shared = identities.phone()  # one phone in the house
            for post in hall:
                rows.append(_person(entry, post, identities, shared, rng))
                posts.append((entry, cooperative_id, post))
        with transaction():
            ids = [person_id for person_id, _new in save_people(rows=rows, actor=SYSTEM, now=now)]
            terms = [(c, person_id, p) for (_e, c, p), person_id in zip(posts, ids, strict=True)]
            starts_on = now.date() - timedelta(days=1)
            hold_posts(rows=terms, starts_on=starts_on, source="demo", actor=SYSTEM, now=now)
        yield [
            Member(
                person_id=person_id,
                name=row.name,
                post=str(post),
                cooperative_id=cooperative_id,
                cooperative=entry.row.name,
                kind=str(entry.row.kind),
                is_pilot=entry.row.is_pilot,
                regency=entry.regency.code,
                region_code=entry.row.region_code,
                nik=row.nik,
                birth=row.birth_date or now.date(),
            )
            for (entry, cooperative_id, post), person_id, row in zip(posts, ids, rows, strict=True)
        ]


def _person(entry: _Founded, post: Post, identities: Identities, shared: str, rng: Random) -> PersonRow:
    sex = "P" if rng.random() < (0.6 if post in (Post.SECRETARY, Post.TREASURER) else 0.35) else "L"
    birth = identities.birth(rng)
    village = entry.row.region_code
    chance = rng.random()
    phone = None if chance < 0.07 else shared if chance < 0.2 else identities.phone()
    return PersonRow(
        name=full_name(rng, entry.regency.style, sex),
        nik=identities.nik(village[:8], birth, sex),
        birth_date=birth,
        sex=sex,
        phone=phone,
        village_code=village,
    )
