"""`make_demo`: the whole demo in chunks, each its own transaction; marked when begun and when whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from portal.accounts.models import User
from portal.accounts.services.messages import muted
from portal.catalog.queries import list_programs
from portal.core import audit
from portal.core.audit import AuditEvent
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo import accounts, cast, cooperating, decrees, letters, phones, rosters, testing
from portal.operations.demo.batch import Batch
from portal.operations.demo.casting import Casting
from portal.operations.demo.people import Member, found_cooperatives, people_cooperatives
from portal.operations.demo.plan import Act, Spec, scaled, specs_for
from portal.operations.demo.schedule import Calendar, make_slot, read_program
from portal.operations.demo.stage import plan_steps
from portal.operations.demo.timeline import Timeline
from portal.operations.seeds import seeded
from portal.readiness.jobs import rebuild_all

Say = Callable[[str], None]
COOPERATIVES = 200
PEOPLE = 1500
HISTORY = timedelta(days=485)


class DemoRefused(RuntimeError):
    """The demo cannot be made here; the message is one sentence that says why and what to do."""


HALF_MADE = (
    "Data contoh belum lengkap karena pemuatannya terhenti. Kosongkan basis datanya "
    "(SQLite: hapus berkas instance/balai.db*; PostgreSQL: dropdb lalu createdb), lalu jalankan lagi."
)


def demo_state() -> str:
    """ "none", "begun" (an earlier start was interrupted) or "whole". One statement."""
    actions = set(
        db.session.scalars(
            sa.select(AuditEvent.action).where(AuditEvent.action.in_(("demo.begun", "demo.made")))
        )
    )
    return "whole" if "demo.made" in actions else "begun" if actions else "none"


def refuse_half_demo() -> None:
    """Raises DemoRefused after an interrupted start: half a demo is never shown as a whole."""
    if demo_state() == "begun":
        raise DemoRefused(HALF_MADE)


def make_demo(*, now: datetime, say: Say, seed: str = "balai", scale: float = 1.0) -> None:
    """Fill a migrated database with reference data with made-up people and everything that happens to them.

    The same seed and moment give the same story. `scale` below 1 leaves out batches and people. Nothing is
    sent to anybody. Raises DemoRefused in production, in a database with accounts, after an interrupted
    start.
    """
    refuse_demo()
    with transaction():
        audit.record("demo.begun", "demo", seed, actor=SYSTEM, now=now, scale=scale)
    waker = current_app.extensions.pop("job_waker", None)  # jobs of the past are run here, at their moment
    try:
        with muted():
            _make(now, say, seed, scale)
        letters.write_letters(now)
    finally:
        if waker is not None:
            current_app.extensions["job_waker"] = waker
    with transaction():
        audit.record("demo.made", "demo", seed, actor=SYSTEM, now=now, scale=scale)


def refuse_demo() -> None:
    """Raises DemoRefused in production, in a database with accounts, with a demo or half of one."""
    if current_app.extensions["portal_settings"].is_production:
        raise DemoRefused(
            "Data contoh ditolak: portal ini berjalan sebagai produksi (PORTAL_ENV=production)."
        )
    refuse_half_demo()
    if demo_state() == "whole":
        raise DemoRefused("Data contoh sudah ada.")
    if db.session.scalar(sa.select(User.id).limit(1)) is not None:
        raise DemoRefused("Data contoh hanya dapat dimuat ke basis data yang belum punya akun.")


def _make(now: datetime, say: Say, seed: str, scale: float) -> None:
    begin = now - HISTORY
    since = local_date(begin, "Asia/Jakarta")
    pairs = found_cooperatives(scaled(COOPERATIVES, scale, 24), seeded(seed, "cooperatives"), begin)
    members: list[Member] = []
    rng = seeded(seed, "people")
    for part in people_cooperatives(pairs, scaled(PEOPLE, scale, 180), rng, begin):
        members += part
    cooperating.bring_papers(members, begin)
    say(f"  {len(pairs)} koperasi, {len(members)} orang")
    houses = cast.hire(begin, since)
    accounts.open_offices(since, begin)
    testing.fill_bank(begin)
    cast.take_leave(houses, local_date(now, "Asia/Jakarta"), begin)
    say(f"  {len(houses)} balai dengan ruang dan petugas")
    batches = _cast_batches(members, houses, seed, scale, now)
    timeline = batches[0].timeline
    for batch in batches:
        plan_steps(batch)
    timeline.run(_teller(say))
    accounts.give_accounts(members, since, now)
    cooperating.act_for_themselves(members, now)
    phones.give_phones(accounts.demo_logins(), now)
    rosters.bring_rosters(members, now)
    decrees.draft_decree(local_date(now, "Asia/Jakarta"), now)
    rebuild_all(now=now)
    db.session.rollback()
    say(f"  {len(batches)} angkatan, {timeline.done} langkah")


def _teller(say: Say) -> Callable[[int, int], None]:
    shown = 0

    def tell(done: int, total: int) -> None:
        nonlocal shown
        percent = done * 100 // total
        if percent >= shown + 20 and percent < 100:
            shown = percent - percent % 20
            say(f"  pelatihan {shown} %")

    return tell


def _cast_batches(
    members: list[Member], houses: dict[str, cast.House], seed: str, scale: float, now: datetime
) -> list[Batch]:
    """Every batch with its slot and people."""
    courses = {program.code: read_program(program) for program in list_programs()}
    calendar, casting, timeline = Calendar(), Casting(members, seeded(seed, "casting")), Timeline(now)
    quota = scaled(16, scale, 8)
    batches = []
    for place, spec in sorted(enumerate(specs_for(scale, houses)), key=_first_to_place):
        house, course = houses[spec.center], courses[spec.program]
        today = local_date(now, house.center.zone)
        slot = make_slot(spec, course, house, calendar, quota=quota, today=today, now=now)
        days = [session.day for session in slot.plan.sessions]
        people = casting.choose(spec, course, house.cast.regency, days, quota)
        batches.append(Batch(spec, house, slot, people, seeded(seed, "batch", place), timeline))
    db.session.rollback()
    return batches


def _first_to_place(pair: tuple[int, Spec]) -> tuple[bool, int]:
    """Classes of today come first, because they cannot move; then in the order of days."""
    spec = pair[1]
    return spec.act != Act.RUNNING, spec.day
