"""The stages of the scenario, each through the services that people use. `World` carries what they know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.accounts.services import HashedPassword, create_user, grant_role
from portal.batches.rules import next_teaching_day
from portal.batches.services import BatchPlan, SessionPlan, create_batch, publish_batch
from portal.catalog.queries import current_curriculum, find_program_by_code, units_of
from portal.centers.queries import get_center, holidays_between
from portal.centers.services import add_room, add_staff
from portal.certificates.queries import certificates_of_batch, dry_run
from portal.core import jobs
from portal.core.clock import at, local_date
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Actor, GrantedActor, Role
from portal.enrollment.models import Nomination, RosterImport
from portal.enrollment.queries import roll
from portal.enrollment.services.roster import check_roster_file, keep_preview, start_import
from portal.enrollment.services.spread import confirm_import_spread, propose_spread
from portal.operations import classwork

CENTER = "uptd-blk-sintang"
PROGRAM = "KOP-DSR"
REGENCY = "61.05"
SEATS, RESERVES, WAVES = 16, 2, 8
HOURS_A_DAY = 8
VENUES = ("Dedai", "Sepauk", "Tempunak", "Kayan Hilir", "Ketungau Hilir", "Serawai")
NO_PASSWORD = HashedPassword("!")  # these accounts act here and can never sign in
Progress = Callable[[int, int], None]


@dataclass
class World:
    """What the stages hand on. `now` is the real moment, at which everything is over."""

    now: datetime
    rng: Random
    center_id: int = 0
    zone: str = "Asia/Pontianak"
    program_id: int = 0
    admin: Actor = SYSTEM
    head: Actor = SYSTEM
    officer: Actor = SYSTEM
    teams: list[tuple[int, int, Actor, int, Actor]] = field(default_factory=list)
    import_id: int = 0
    previewed: int = 0
    bad_rows: int = 0
    cooperatives: int = 0
    imported: dict[str, int] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    team_of: dict[int, int] = field(default_factory=dict)
    placed: int = 0
    reserves: int = 0
    unplaced: int = 0
    attended: int = 0
    ready: int = 0
    not_yet: Counter[str] = field(default_factory=Counter)
    certified: int = 0
    codes: list[tuple[str, str]] = field(default_factory=list)
    works: dict[int, classwork.Classwork] = field(default_factory=dict)

    @property
    def begin(self) -> datetime:
        """When the story begins: the classes and all that follows end before today."""
        return self.now - timedelta(days=100)


def open_house(world: World, tell: Progress) -> None:
    """One center with a room of its own and six venues, a team of two for each, and those who decide."""
    now, since = world.begin, local_date(world.begin, world.zone)
    program = find_program_by_code(PROGRAM)
    assert program is not None
    world.program_id = program.id
    center = get_center(CENTER)
    world.center_id, world.zone = center.id, center.zone

    def employ(login: str, name: str, role: Role, kind: str, scope: str) -> GrantedActor:
        user = create_user(login=login, name=name, password=NO_PASSWORD, actor=SYSTEM, now=now)
        grant_role(
            user_id=user.id, role=role, scope_kind=kind, scope_id=scope, starts_on=since, reason="skenario",
            actor=SYSTEM, now=now,
        )  # fmt: skip
        return actor_of(user.id, now)

    place = str(center.id)
    with transaction():
        world.admin = employ("admin.sintang", "Dayang Nuraini", Role.CENTER_ADMIN, "center", place)
        world.head = employ("kepala.sintang", "Yohanes Sengkuang", Role.CENTER_HEAD, "center", place)
        world.officer = employ("dinas.sintang", "Rusdi Hamdan", Role.REGENCY_OFFICER, "region", REGENCY)
        rooms = [add_room(center_id=center.id, name="Ruang Teori", actor=world.admin, now=now).id]
        for name in VENUES:
            room = add_room(
                center_id=center.id, name=f"Balai Desa di {name}", is_offsite=True,
                address=f"Kecamatan {name}, Kabupaten Sintang", actor=world.admin, now=now,
            )  # fmt: skip
            rooms.append(room.id)
        for number, room_id in enumerate(rooms, 1):
            teacher = employ(
                f"instruktur{number}", f"Instruktur {_LETTERS[number]}", Role.INSTRUCTOR, "center", place
            )
            judge = employ(f"asesor{number}", f"Asesor {_LETTERS[number]}", Role.ASSESSOR, "center", place)
            ids = [
                add_staff(
                    center_id=center.id, name=actor.name, user_id=actor.user_id, can_instruct=is_teacher,
                    can_assess=not is_teacher, actor=world.admin, now=now,
                ).id
                for actor, is_teacher in ((teacher, True), (judge, False))
            ]  # fmt: skip
            world.teams.append((room_id, ids[0], teacher, ids[1], judge))
            tell(number, len(rooms))


_LETTERS = ("", "Satu", "Dua", "Tiga", "Empat", "Lima", "Enam", "Tujuh")


def bring_in(world: World, name: str, content: bytes, tell: Progress) -> None:
    """Preview the roster and save its good rows as nominations, as the regency's officer does."""
    now = world.begin + timedelta(days=1)
    checked = check_roster_file(content, file_name=name, now=now)
    world.previewed, world.bad_rows = len(checked.preview.people), len(checked.preview.bad_rows)
    world.cooperatives = len(checked.preview.cooperatives)
    with transaction():
        kept = keep_preview(checked=checked, program_id=world.program_id, actor=world.officer, now=now)
        job = start_import(import_id=kept.id, only_good=True, actor=world.officer, now=now)
        world.import_id, job_id = kept.id, job.id
    classwork.run_jobs_at(now)
    job = db.session.get_one(jobs.Job, job_id, populate_existing=True)
    if job.state != "done":
        raise RuntimeError(f"the import ended as {job.state}: {job.error}")
    found = db.session.get_one(RosterImport, world.import_id, populate_existing=True)
    world.imported = dict(found.summary["result"])
    db.session.rollback()
    tell(world.previewed, world.previewed)


def wave_days(world: World, waves: int, length: int) -> list[list[date]]:
    """The days of each wave, one wave after the other, without Sundays and holidays."""
    day = local_date(world.begin, world.zone) + timedelta(days=30)
    holidays = holidays_between(world.center_id, day, day + timedelta(days=200))
    found = []
    for _wave in range(waves):
        days = []
        for _place in range(length):
            day = next_teaching_day(day, holidays)
            days.append(day)
            day += timedelta(days=1)
        found.append(days)
    return found


def schedule(world: World, tell: Progress) -> None:
    """Enough classes for everybody over the waves, each in a place and with a team of its own."""
    curriculum = current_curriculum(world.program_id)
    topics = [unit.title for unit in units_of(curriculum.id)]
    length = -(-curriculum.hours // HOURS_A_DAY)
    classes = -(-world.previewed // SEATS)
    waves = wave_days(world, WAVES, length)
    sizes = [classes // WAVES + (wave < classes % WAVES) for wave in range(WAVES)]
    if max(sizes) > len(world.teams):
        raise RuntimeError(f"{classes} classes do not fit into {WAVES} waves of {len(world.teams)} places")
    db.session.rollback()
    for days, size in zip(waves, sizes, strict=True):
        for place in range(size):
            plan = _plan(world, days, place, curriculum.hours, topics)
            now = world.begin + timedelta(days=2)
            with transaction():
                batch_id = create_batch(plan=plan, actor=world.admin, now=now).id
                publish_batch(batch_id=batch_id, actor=world.admin, now=now)
            world.batches.append(batch_id)
            world.team_of[batch_id] = place
            tell(len(world.batches), classes)


def _plan(world: World, days: Sequence[date], place: int, hours: int, topics: Sequence[str]) -> BatchPlan:
    room_id, teacher_id, _teacher, judge_id, _judge = world.teams[place]
    sessions = [
        SessionPlan(
            day=day,
            start="08:00",
            end="15:30",
            hours=min(HOURS_A_DAY, hours - number * HOURS_A_DAY),
            room_id=room_id,
            topic=topics[min(number, len(topics) - 1)],
            instructor_ids=(teacher_id,),
            assessor_ids=(judge_id,),
        )
        for number, day in enumerate(days)
    ]
    return BatchPlan(
        program_id=world.program_id,
        center_id=world.center_id,
        opens_at=world.begin + timedelta(days=3),
        closes_at=at(days[0] - timedelta(days=2), 16, 0, world.zone),
        quota=SEATS,
        reserve_seats=RESERVES,
        sessions=sessions,
        regions=(REGENCY,),
        series="Sintang",
    )


def teach(world: World, tell: Progress) -> None:
    """Every class from its first morning to the signed sheet."""
    for done, batch_id in enumerate(world.batches, 1):
        _room, _tid, teacher, _jid, judge = world.teams[world.team_of[batch_id]]
        work = classwork.load_classwork(
            batch_id, admin=world.admin, head=world.head, instructor=teacher, assessor=judge
        )
        classwork.draw_fates(work, world.rng)
        db.session.rollback()
        world.works[batch_id] = work
        if work.fates:
            for place, (_id, begins, _ends) in enumerate(work.sessions):
                classwork.mark_session(work, place, now=begins + timedelta(minutes=20))
            classwork.judge(work, now=work.sessions[-1][2], rng=world.rng)
            classwork.sign_sheet(work, now=work.sessions[-1][2] + timedelta(hours=1))
        world.attended += sum(fate.came for fate in work.fates.values())
        tell(done, len(world.batches))


def certify(world: World, tell: Progress) -> None:
    """Forecast, prepare and approve by two people, issue; class by class in the order of their days."""
    for done, batch_id in enumerate(world.batches, 1):
        work = world.works[batch_id]
        forecast = dry_run(batch_id)
        db.session.rollback()
        world.ready += len(forecast.ready)
        for row in forecast.blocked:
            world.not_yet[reason_of([blocker.code for blocker in row.blockers])] += 1
        if forecast.ready:
            over = work.sessions[-1][2]
            request_id = classwork.prepare(work, now=over + timedelta(days=1))
            classwork.approve(work, request_id, now=over + timedelta(days=1, hours=3))
        issued = certificates_of_batch(batch_id, local_date(world.now, world.zone))
        db.session.rollback()
        world.certified += len(issued)
        world.codes += [(row.code, row.number) for row in issued]
        tell(done, len(world.batches))


def reason_of(codes: Sequence[str]) -> str:
    """One reason for one person: too little attendance outweighs units."""
    for prefix, words in (("attendance", "kehadiran kurang"), ("unit", "unit belum kompeten")):
        if any(code.startswith(prefix) for code in codes):
            return words
    return codes[0] if codes else "tanpa alasan"


def seat_everybody(world: World, tell: Progress) -> None:
    """The proposal by district, post and seats ("Bagi ke angkatan"), confirmed by the regency's officer."""
    now = world.begin + timedelta(days=5)
    proposal = propose_spread(
        import_id=world.import_id, batch_ids=world.batches, actor=world.officer, now=now
    )
    with transaction():
        result = confirm_import_spread(
            import_id=world.import_id,
            fingerprint=proposal.fingerprint,
            batch_ids=world.batches,
            actor=world.officer,
            now=now,
        )
    world.placed = sum(len(roll(batch_id)) for batch_id in world.batches)
    db.session.rollback()
    world.reserves = result.reserves
    world.unplaced = count_waiting(world)
    tell(world.placed, world.previewed)


def count_waiting(world: World) -> int:
    """Nominations of this roster that have no class yet."""
    statement = sa.select(sa.func.count()).where(
        Nomination.import_id == world.import_id, Nomination.state.in_(("proposed", "consented"))
    )
    waiting = int(db.session.scalar(statement) or 0)
    db.session.rollback()
    return waiting
