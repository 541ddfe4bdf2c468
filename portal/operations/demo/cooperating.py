"""What cooperatives do themselves: nominate, keep papers, claim, found; and what people bring along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO

import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.queries import actor_of, find_user
from portal.batches.models import Batch
from portal.catalog.queries import find_program_by_code
from portal.cooperatives.models import Cooperative, Founding, Kind
from portal.cooperatives.services.claims import claim_by_decree
from portal.cooperatives.services.founding import FoundingNote, note_founding
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Actor, Role
from portal.enrollment.queries.nominating import Proposed
from portal.enrollment.services.nominating import nominate_group
from portal.operations.demo.cast import appoint
from portal.operations.demo.country.boards import Founded
from portal.operations.demo.country.records import competences_elsewhere, papers_everywhere
from portal.operations.demo.people import Member
from portal.operations.seeds import seeded

NOMINATED = "KOP-KEU"
#: A decree needs a paper; this one is a page without words.
PAPER = b"\n".join(
    (
        b"%PDF-1.4",
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj",
        b"trailer<</Root 1 0 R>>",
        b"%%EOF",
    )
)


def bring_papers(members: Sequence[Member], now: datetime) -> None:
    """Checklist entries of most cooperatives, and trainings elsewhere of every twentieth person."""
    halls: dict[int, list[Member]] = {}
    for member in members:
        halls.setdefault(member.cooperative_id, []).append(member)
    founded = [
        Founded(
            number,
            people[0].cooperative,
            people[0].kind,
            people[0].region_code,
            people[0].is_pilot,
            tuple((one.person_id, one.post) for one in people),
        )
        for number, people in halls.items()
        if people[0].kind != Kind.PROSPECTIVE
    ]
    rng = seeded("papers", len(founded))
    papers_everywhere(founded, rng, now, _untold)
    competences_elsewhere(founded, sum(len(one.holders) for one in founded) // 20, rng, now, _untold)


def _untold(_done: int) -> None:
    """The ordinary demo is too small for a progress bar."""


def act_for_themselves(members: Sequence[Member], now: datetime) -> None:
    """A chair's nominations, a claim that waits for the regency, and a founding half-way."""
    chair = find_user("ketua.pati")
    if chair is not None:
        _nominate(actor_of(chair.id, now), members, now)
    _claim(members, now)
    _found(members, now)


def _nominate(chair: Actor, members: Sequence[Member], now: datetime) -> None:
    """Three of the board and somebody new, to the next open class of a program."""
    program = find_program_by_code(NOMINATED)
    own = [member for member in members if member.person_id == chair.person_id]
    if program is None or not own:
        return
    batch_id = db.session.scalar(
        sa.select(Batch.id)
        .where(
            Batch.program_id == program.id,
            Batch.state == "published",
            Batch.opens_at <= now,
            Batch.closes_at > now,
        )
        .order_by(Batch.starts_on)
        .limit(1)
    )
    board = [m for m in members if m.cooperative_id == own[0].cooperative_id and m.post in program.posts][:3]
    people = [Proposed(str(m.person_id), m.name, m.post, person_id=m.person_id) for m in board]
    people.append(Proposed("baru", "Sumiyati Rahayu", "treasurer", phone="+6281200009990"))
    with transaction():
        nominate_group(
            cooperative_id=own[0].cooperative_id, program_id=program.id, batch_id=batch_id, people=people,
            mode="fit", keep_together=False, letter_number="", form_key="demo", actor=chair, now=now,
        )  # fmt: skip


def _claim(members: Sequence[Member], now: datetime) -> None:
    """Somebody on a board of Pati, not yet known as its chair, shows a decree."""
    taken = set(db.session.scalars(sa.select(User.person_id).where(User.person_id.is_not(None))))
    free = (m for m in members if m.regency == "33.18" and m.post == "secretary" and m.person_id not in taken)
    new = next(free, None)
    if new is None:
        return
    with transaction():
        since = local_date(now, "Asia/Jakarta")
        grants = [(Role.TRAINEE, "self", "")]
        actor = appoint("ketua.baru", new.name, grants, person_id=new.person_id, since=since, now=now)
        claim_by_decree(
            cooperative_id=new.cooperative_id, file=BytesIO(PAPER), actor=actor, now=now - timedelta(hours=5)
        )


def _found(members: Sequence[Member], now: datetime) -> None:
    """The founders of each cooperative to be have met and chosen a name."""
    places = dict.fromkeys(m.cooperative_id for m in members if m.kind == Kind.PROSPECTIVE)
    today = local_date(now, "Asia/Jakarta")
    note = FoundingNote(
        meeting_on=today - timedelta(days=24), meeting_place="Balai desa (contoh)",
        name_approved_on=today - timedelta(days=9),
    )  # fmt: skip
    for cooperative_id in places:
        with transaction() as session:
            session.add(
                Founding(cooperative_id=cooperative_id, intended_kind=Kind.DRIVER_COURIER, updated_at=now)
            )
            session.flush()
            name = session.get_one(Cooperative, cooperative_id).name
            note_founding(
                cooperative_id=cooperative_id, version=1, name=name, note=note, actor=SYSTEM, now=now
            )
