"""Changing the field keys: everything moves while people write, and opens without the old keys afterwards."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal.core import jobs, rotation
from portal.core.audit import AuditEvent
from portal.core.crypto import CryptoError, FieldCipher
from portal.core.db import Base, db, transaction
from portal.core.errors import Conflict, Forbidden
from portal.core.mail import outbox
from portal.core.mail.content import Content
from portal.core.permissions import SYSTEM, GrantedActor
from portal.enrollment.queries import load_draft
from portal.enrollment.services import save_draft
from portal.people.models import Person
from portal.people.queries import find_by_nik, people_by_nik
from portal.people.services import PersonRow, save_people
from tests.enrollment.world import World
from tests.support.races import at_once

KEY = {name: base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n, name in enumerate(("f1", "x1"), 1)}
KEY |= {
    "f2": base64.urlsafe_b64encode(b"\x07" * 32).decode(),
    "x2": base64.urlsafe_b64encode(b"\x08" * 32).decode(),
}
OLD, BOTH, NEW = ("f1", "x1"), ("f2", "f1", "x2", "x1"), ("f2", "x2")


def cipher_of(names: tuple[str, ...]) -> FieldCipher:
    return FieldCipher.parse(",".join(f"{name}:{KEY[name]}" for name in names))


def nik(number: int) -> str:
    return f"610501{1 + number % 28:02d}0185{number + 1:04d}"


@pytest.fixture
def use(app: Any) -> Iterator[Callable[[tuple[str, ...]], None]]:
    """Give the app these keys, the first of a kind as current; the tests' own come back afterwards."""
    before = app.extensions["field_cipher"]

    def give(names: tuple[str, ...]) -> None:
        app.extensions["field_cipher"] = cipher_of(names)

    give(OLD)
    yield give
    app.extensions["field_cipher"] = before


def save(numbers: range, now: Any) -> list[int]:
    rows = [PersonRow(f"Orang {chr(65 + n % 26)}", nik(n), date(1985, 1, 1 + n % 28)) for n in numbers]
    with transaction():
        return [person_id for person_id, _new in save_people(rows=rows, actor=SYSTEM, now=now)]


def rotate(now: Any) -> jobs.Job:
    with transaction():
        job = rotation.start_rotation(actor=SYSTEM, now=now)
    jobs.run_pending()
    return db.session.get(jobs.Job, job.id, populate_existing=True)


def stale() -> int:
    db.session.expire_all()
    return sum(status["stale"] for status in rotation.key_status())


def status_of(name: str) -> dict[str, Any]:
    return next(status for status in rotation.key_status() if status["column"] == name)


def all_kinds(now: Any, world: World) -> None:
    """A value in every kind of column that this test can write itself."""
    batch = world.batch()
    with transaction():
        save_draft(
            key="k" * 64, batch_id=batch, step="identitas", data={"nik": nik(9)}, actor=SYSTEM, now=now
        )
        for number in range(3):
            outbox.put(
                kind="seat.offered", to=outbox.Address("email", "a@contoh.id"), key=f"uji:{number}", now=now,
                content=Content("Kursi", "Ada kursi.\n", "<p>Ada kursi.</p>", "Ada kursi."),
            )  # fmt: skip


def test_every_protected_column_is_declared(portal: Any) -> None:
    with portal[0].app_context():
        declared = {column.name for column in rotation.protected_columns()}
    there = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_cipher")
    }
    assert declared == there


def test_everything_moves_to_the_new_keys_and_opens_without_the_old_ones(db_session, app, use, now) -> None:
    world = World(app)
    people = save(range(450), now)
    all_kinds(now, world)
    use(BOTH)
    assert stale() == 450 + 1 + 6
    assert status_of("person.nik_cipher")["by_index_key"] == {"x1": 450}

    job = rotate(now)

    assert (job.state, job.done, job.total, job.result["moved"]) == ("done", 457, 457, 457)
    assert job.result["fault_count"] == 0
    use(NEW)
    assert stale() == 0
    assert status_of("person.nik_cipher") == {
        "column": "person.nik_cipher", "rows": 450, "by_key": {"f2": 450}, "by_index_key": {"x2": 450},
        "bound": 450, "stale": 0,
    }  # fmt: skip
    assert list(rotation.check_values()) == []
    assert find_by_nik(nik(7)).id == people[7]
    assert find_by_nik(nik(7)).open_nik() == nik(7)
    assert load_draft("k" * 64, world.batch() - 1, now)["identitas"] == {"nik": nik(9)}
    assert "fields.rotated" in set(db.session.scalars(sa.select(AuditEvent.action)))


def test_rotating_again_moves_nothing(db_session, use, now) -> None:
    save(range(5), now)
    use(BOTH)
    assert rotate(now).result["moved"] == 5
    before = db.session.scalars(sa.select(Person.nik_cipher).order_by(Person.id)).all()
    assert rotate(now).result["moved"] == 0
    assert db.session.scalars(sa.select(Person.nik_cipher).order_by(Person.id)).all() == before


def test_a_rotation_killed_between_chunks_goes_on_where_it_stood(db_session, use, now, clock) -> None:
    save(range(450), now)
    use(BOTH)
    with transaction():
        job_id = rotation.start_rotation(actor=SYSTEM, now=now).id
    assert jobs._take(now) == job_id
    assert jobs._run_chunk(job_id) is True  # and here the process dies
    assert (db.session.get(jobs.Job, job_id).done, stale()) == (200, 250)
    clock.move(minutes=5)
    assert jobs.run_pending() == 1
    assert (db.session.get(jobs.Job, job_id).result["moved"], stale()) == (450, 0)


def test_only_one_rotation_at_a_time_and_only_by_the_administrator(db_session, use, now) -> None:
    save(range(3), now)
    use(BOTH)
    with pytest.raises(Forbidden), transaction():
        rotation.start_rotation(actor=GrantedActor(1, None, "Siapa"), now=now)
    with transaction():
        rotation.start_rotation(actor=SYSTEM, now=now)
    with pytest.raises(Conflict), transaction():
        rotation.start_rotation(actor=SYSTEM, now=now)


def test_a_worker_that_still_has_the_old_order_moves_nothing_back(db_session, use, now) -> None:
    save(range(3), now)
    use(BOTH)
    with transaction():
        job_id = rotation.start_rotation(actor=SYSTEM, now=now).id
    use(("f1", "f2", "x1", "x2"))
    jobs.run_pending()
    job = db.session.get(jobs.Job, job_id, populate_existing=True)
    assert (job.state, "Mulai ulang" in job.error) == ("failed", True)
    use(BOTH)
    with transaction():
        jobs.retry_job(job_id=job_id, actor=SYSTEM, now=now)
    jobs.run_pending()
    assert stale() == 0


def test_tampered_and_foreign_values_are_named_and_left_alone(db_session, use, now) -> None:
    people = save(range(6), now)
    strange = FieldCipher.parse(f"f9:{KEY['f2']},x1:{KEY['x1']}").encrypt(nik(2), "person.nik")
    sealed = db.session.scalar(sa.select(Person.nik_cipher).where(Person.id == people[3]))
    broken = {
        people[2]: {"nik_cipher": strange},
        people[3]: {"nik_cipher": sealed[:-3] + ("A" if sealed[-3] != "A" else "B") + sealed[-2:]},
        people[4]: {"nik_cipher": cipher_of(OLD).encrypt(nik(5), "person.nik")},  # of somebody else
    }
    with transaction() as session:
        for person_id, values in broken.items():
            session.execute(sa.update(Person).where(Person.id == person_id).values(**values))
    use(BOTH)
    job = rotate(now)
    assert job.result["faults"] == [
        ["person.nik_cipher", str(people[2]), "unreadable"],
        ["person.nik_cipher", str(people[3]), "unreadable"],
        ["person.nik_cipher", str(people[4]), "index_differs"],
    ]
    assert (job.result["moved"], job.result["fault_count"], stale()) == (3, 3, 3)
    assert status_of("person.nik_cipher")["by_key"] == {"f2": 3, "f1": 2, "?": 1}
    assert db.session.scalar(sa.select(Person.nik_cipher).where(Person.id == people[2])) == strange
    assert [fault.row for fault in rotation.check_values()] == [str(people[n]) for n in (2, 3, 4)]


def test_a_value_moved_to_another_row_does_not_open(db_session, use, now) -> None:
    first, second = save(range(2), now)
    use(BOTH)
    rotate(now)
    one = db.session.get(Person, first)
    with pytest.raises(CryptoError):
        cipher_of(BOTH).decrypt(one.nik_cipher, "person.nik", second)
    with pytest.raises(CryptoError):
        cipher_of(BOTH).decrypt(one.nik_cipher, "person.nik")


def test_known_people_stay_known_while_two_keys_are_used(db_session, use, now) -> None:
    people = save(range(4), now)
    use(BOTH)
    assert save(range(6), now)[:4] == people
    assert {n: found[0] for n, found in people_by_nik([nik(1), nik(5)]).items()} == {
        nik(1): people[1], nik(5): find_by_nik(nik(5)).id,
    }  # fmt: skip
    assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 6


def test_two_people_of_one_nik_are_named_and_not_forced_together(db_session, use, now) -> None:
    [first] = save(range(1), now)
    use(NEW)  # a process that no longer knows the old key: against the operator's steps
    [second] = save(range(1), now)
    assert first != second
    use(BOTH)
    job = rotate(now)
    assert job.result["faults"] == [["person.nik_cipher", str(first), "duplicate"]]


def test_writes_and_look_ups_go_on_while_everything_moves(app, db_session, use, now) -> None:
    """Savers, a corrector and the rotation at once: nobody is doubled, and no write is overwritten."""
    people = save(range(600), now)
    use(BOTH)
    with transaction():
        rotation.start_rotation(actor=SYSTEM, now=now)
    corrected = {people[n]: nik(2000 + n) for n in range(0, 600, 60)}
    missing: list[int] = []
    over = threading.Event()

    def turn() -> None:
        try:
            jobs.run_pending()
        finally:
            over.set()

    def save_again(start: int) -> None:
        for number in range(start, 640, 7):
            save(range(number, number + 1), now)

    def correct() -> None:
        for person_id, value in corrected.items():
            with transaction() as session:
                session.get(Person, person_id, with_for_update=True).set_nik(value)

    def look_up() -> None:
        while not over.is_set():
            missing.extend(n for n in (1, 121, 301, 599) if find_by_nik(nik(n)) is None)
            db.session.rollback()

    steady = [lambda: save_again(1), lambda: save_again(3)]
    assert at_once(app, [turn, correct, look_up, *steady]) == ["ok"] * 5

    assert missing == []
    rotate(now)
    use(NEW)
    assert (stale(), list(rotation.check_values())) == (0, [])
    found = [person.open_nik() for person in db.session.scalars(sa.select(Person))]
    assert len(found) == len(set(found))
    for person_id, value in corrected.items():
        assert db.session.get(Person, person_id, populate_existing=True).open_nik() == value


@pytest.mark.parametrize("rounds", range(3))
def test_processes_with_the_keys_in_either_order_never_double_a_person(
    app, db_session, use, now, rounds
) -> None:
    """A rolling restart: half of the writers index by the old key first, half by the new."""
    orders = [cipher_of(BOTH), cipher_of(("f1", "f2", "x1", "x2"))]
    local = threading.local()

    class EitherOrder:
        """The cipher of the thread that asks, as two processes would have their own."""

        def __getattr__(self, name: str) -> Any:
            return getattr(getattr(local, "cipher", orders[0]), name)

    app.extensions["field_cipher"] = EitherOrder()

    def writer(number: int) -> Callable[[], None]:
        def write() -> None:
            local.cipher = orders[number % 2]
            for n in range(12):
                save(range(n, n + 1), now)

        return write

    assert at_once(app, [writer(number) for number in range(6)]) == ["ok"] * 6
    assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 12
