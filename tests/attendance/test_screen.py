"""What the projector shows and what a phone gets for it: tokens, tickets, typed codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.attendance import queries
from portal.attendance.models import CheckIn
from portal.attendance.rules import tokens
from portal.attendance.services import checkin, screen
from portal.attendance.services.keys import projector_key
from portal.batches.models import ClassSession
from portal.centers.models import Room
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import ANONYMOUS
from tests.support.checkin import (
    DEVICE,
    START,
    arrive,
    count,
    give_card,
    shown,
    stored,
    trainee,
    two_parts,
)
from tests.support.classroom import Classroom, build


@pytest.fixture
def room(db_session: Any) -> Classroom:
    """Four people; the first session begins now and lasts six hours."""
    return build(start=START)


# ---- the projector's token ----


def scan(token: str, now: datetime, **more: Any) -> screen.Scan:
    return screen.exchange(**{"token": token, "device": DEVICE, "now": now, **more})


def test_a_scan_becomes_a_ticket_without_a_write(
    room: Classroom, now: datetime, query_count: Callable[..., Any]
) -> None:
    token = shown(room, now).token
    with query_count(at_most=2) as seen:
        made = scan(token, now + timedelta(seconds=39))
    assert seen.writes == []
    ticket = screen.open_ticket(ticket=made.ticket, device=DEVICE, now=now + timedelta(minutes=10))
    assert (ticket.session_id, ticket.position) == (room.sessions[0], 1)
    assert ticket.scanned_at == int((now + timedelta(seconds=39)).timestamp())


def test_twenty_four_people_may_use_one_token(room: Classroom, now: datetime) -> None:
    token = shown(room, now).token
    assert len({scan(token, now, device=f"{n:032x}").ticket for n in range(24)}) == 24


def test_a_stale_token_is_refused_unless_the_device_scanned_it_in_time(
    room: Classroom, now: datetime
) -> None:
    token, later = shown(room, now).token, now + timedelta(seconds=40)
    with pytest.raises(screen.Stale) as refused:
        scan(token, later)
    assert (refused.value.code, refused.value.status) == ("token_stale", 410)
    assert refused.value.message == "Kode ini sudah berganti. Pindai lagi yang ada di layar."
    ticket = scan(token, now).ticket
    assert scan(token, now + timedelta(minutes=9), ticket=ticket).ticket == ticket
    for changes in ({"device": "e" * 32}, {"now": now + timedelta(minutes=11)}):
        with pytest.raises(screen.Stale):
            scan(**{"token": token, "now": later, "ticket": ticket, **changes})


def test_a_token_is_bound_to_its_room(room: Classroom, now: datetime) -> None:
    token = shown(room, now).token
    with transaction() as session:
        hall = Room(center_id=room.center_id, name="Ruang 2", capacity=20)
        session.add(hall)
        session.flush()
        session.execute(
            sa.update(ClassSession).where(ClassSession.id == room.sessions[0])
            .values(mode="in_person", room_id=hall.id)
        )  # fmt: skip
    with pytest.raises(NotFound) as refused:
        scan(token, now)
    assert refused.value.code == "token_unknown"
    assert scan(shown(room, now).token, now).hall.room == "Ruang 2"


def test_a_token_is_bound_to_its_checkpoint(room: Classroom, now: datetime) -> None:
    two_parts(room)
    hall = queries.find_hall(room.sessions[0])
    assert hall is not None
    place = tokens.Place(hall.session_id, hall.room_id, 2)
    token = tokens.make_token(projector_key(), place, int(now.timestamp()))
    with pytest.raises(screen.Stale):
        scan(token, now)
    noon = now + timedelta(hours=4)
    assert shown(room, noon).part.position == 2
    assert scan(shown(room, noon).token, noon).position == 2


@pytest.mark.parametrize("token", ["", "TIDAKADA", "A" * 32, "7" * 32, "x" * 500])
def test_a_forged_token_is_unknown(room: Classroom, now: datetime, token: str) -> None:
    with pytest.raises(NotFound):
        scan(token, now)


def test_a_token_of_a_session_that_is_over_or_signed_says_so(room: Classroom, now: datetime) -> None:
    end = now + timedelta(hours=6)
    token = shown(room, end).token
    with pytest.raises(Conflict) as refused:
        scan(token, end + timedelta(seconds=5))
    assert refused.value.code == "session_over"
    with transaction() as session:
        session.execute(sa.text("update batch set state = 'finalized'"))
    with pytest.raises(Conflict) as refused:
        scan(shown(room, now).token, now)
    assert refused.value.code == "sheet_final"


# ---- the typed code ----


def type_code(room: Classroom, typed: str, now: datetime, **more: Any) -> checkin.CheckedIn:
    with transaction():
        return checkin.check_in_by_code(
            **{"typed": typed, "device": DEVICE, "actor": trainee(room), "now": now, **more}
        )


def test_a_typed_code_checks_in_for_two_minutes_at_most(room: Classroom, now: datetime) -> None:
    code = shown(room, now).code
    with pytest.raises(DomainError) as refused:
        type_code(room, code, now + timedelta(seconds=120))
    assert (refused.value.code, refused.value.field) == ("code_unknown", "code")
    done = type_code(room, f" {code[:3].lower()}-{code[3:]} ", now + timedelta(seconds=100))
    assert (done.is_new, stored(room)) == (True, ("present", 0, 0, "code", 1))


def test_the_code_of_another_class_is_none(room: Classroom, now: datetime) -> None:
    other = build(start=START, like=room)
    for code in (shown(other, now).code, shown(room, now, session=1).code, "AAAAAA"):
        with pytest.raises(DomainError) as refused:
            type_code(room, code, now)
        assert refused.value.code == "code_unknown"
    assert count(CheckIn) == 0


def test_a_code_with_a_card_needs_no_account(room: Classroom, now: datetime) -> None:
    card = give_card(room, 2)
    done = type_code(room, shown(room, now).code, now, actor=ANONYMOUS, card=card)
    assert done.enrollment_id == room.enrollments[2]


@pytest.mark.parametrize(("card", "code"), [("", "nothing_open"), ("0" * 16, "card_unknown")])
def test_a_code_without_a_class_of_now_says_so(room: Classroom, now: datetime, card: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        type_code(room, "AAAAAA", now + timedelta(days=9), card=card)
    assert refused.value.code == code


def test_too_many_wrong_codes_stop_that_person_alone_and_not_for_long(room: Classroom, now: datetime) -> None:
    code = shown(room, now).code
    for _ in range(10):
        with transaction():
            checkin.count_code_miss(person_id=room.people[0], now=now)
    with pytest.raises(TooMany) as refused:
        type_code(room, code, now)
    assert 0 < refused.value.details["retry_after"] <= 600
    assert type_code(room, code, now, actor=trainee(room, 1)).is_new
    assert arrive(room, now).is_new  # their QR goes on working
    later = now + timedelta(minutes=11)
    assert not type_code(room, shown(room, later).code, later).is_new
