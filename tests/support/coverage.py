"""Figures as they are kept, straight into the summary tables: cooperatives of a district with counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import count

from sqlalchemy.orm import Session

from portal.cooperatives.models import Cooperative
from portal.core.db import transaction
from portal.readiness.models import CooperativeStanding, CoverageTarget, LineStanding
from portal.readiness.rules_coverage import Counts, Share, Tally, region_path
from portal.readiness.services.refresh import add_cells, hold_current
from portal.regions.models import Region, RegionKind

_number = count(1)


def some(
    district: str,
    cooperatives: int = 1,
    holders: int = 8,
    certified: int = 0,
    external: int = 0,
    kind: str = "village",
    women: int = 0,
    lines: dict[int, str] | None = None,
) -> list[Share]:
    """Equal cooperatives of a district; every count is of each of them."""  # fmt: skip
    counts = Counts(holders, certified, external, 0, women, min(women, certified), 0)
    chair = Counts(1, min(certified, 1), 0, 0, 0, 0, 0)
    posts = {"": counts, "chair": chair, "member": counts._replace(holders=max(holders - 1, 0))}
    states = lines or {}
    ready = list(states.values()).count("ready")
    return [Share(district, kind, False, posts, states, ready) for _ in range(cooperatives)]


def fill(now: datetime, *shares: Iterable[Share], goal: int | None = 2) -> None:
    """Write today's figures, with a national target by cooperative."""
    tally = Tally()
    with transaction() as session:
        edition = hold_current(now)
        for share in (one for some_of in shares for one in some_of):
            tally.add(share)
            path = region_path(share.region_code)
            number = next(_number)
            row = Cooperative(
                name=f"Koperasi Contoh {number:03}", kind=share.kind, region_code=share.region_code,
                match_key=f"contoh {number}", created_at=now,
            )  # fmt: skip
            _stand_there(session, share.region_code)
            session.add(row)
            session.flush()
            counts = share.posts[""]
            session.add(
                CooperativeStanding(
                    cooperative_id=row.id, region_code=share.region_code, district_code=path[3],
                    kind=share.kind, is_pilot=False, holders=counts.holders, certified=counts.certified,
                    external=counts.external, reported=0,
                    ready_lines=sum(state == "ready" for state in share.lines.values()),
                    facts=[[post, *one] for post, one in share.posts.items()], made_at=now,
                )
            )  # fmt: skip
            session.flush()
            for line_id, state in share.lines.items():
                session.add(LineStanding(cooperative_id=row.id, line_id=line_id, state=state, missing=0))
        session.flush()
        add_cells(edition.id, tally.cells, tally.lines)
        if goal is not None:
            session.add(
                CoverageTarget(
                    region_code="", year=2026, per_cooperative=goal, source="Sumber contoh", set_at=now
                )
            )


def _stand_there(session: Session, code: str) -> None:
    """The regions of a code, where the small register of the tests lacks them."""
    kinds = (RegionKind.PROVINCE, RegionKind.REGENCY, RegionKind.DISTRICT)
    parts = code.split(".")[:3]
    for depth, kind in enumerate(kinds[: len(parts)], 1):
        step = ".".join(parts[:depth])
        if session.get(Region, step) is None:
            parent = ".".join(parts[: depth - 1]) or None
            session.add(Region(code=step, name=f"Wilayah {step}", kind=kind.value, parent_code=parent))
            session.flush()


def target(
    now: datetime, code: str, year: int, *, each: int | None = None, people: int | None = None
) -> None:
    """One more target."""
    with transaction() as session:
        session.add(
            CoverageTarget(
                region_code=code, year=year, per_cooperative=each, people=people, source="Sumber daerah",
                set_at=now,
            )
        )  # fmt: skip


DAY = date(2026, 11, 22)
