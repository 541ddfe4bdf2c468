"""Staff send failed messages again, within their center, once for each click, and leave a trace."""

from __future__ import annotations

import pytest

from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import Conflict, Forbidden, NotFound
from portal.core.mail import resending
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import ANONYMOUS, Grant, GrantedActor, Role

ADMIN = GrantedActor(1, None, "Wati", (Grant(Role.CENTER_ADMIN, "center", "7"),))
OTHER = GrantedActor(2, None, "Budi", (Grant(Role.CENTER_ADMIN, "center", "8"),))
PLATFORM = GrantedActor(3, None, "Indah", (Grant(Role.PLATFORM_ADMIN, "all", ""),))


@pytest.fixture
def message(put, db_session, now):
    """`message(state=..., ...)`: a message of center 7; returns its id."""
    made = []

    def add(**values):
        made.append(put(f"r{len(made)}", center_id=7, kind=values.pop("kind", "seat.offered")))
        with transaction():
            row = db_session.get(OutboxMessage, made[-1])
            for name, value in values.items():
                setattr(row, name, value)
        return made[-1]

    return add


def _retry(message_id, actor, now):
    with transaction():
        resending.retry_message(message_id=message_id, actor=actor, now=now)


@pytest.mark.parametrize(
    "values", [{"state": "failed"}, {"state": "unsure"}, {"state": "skipped", "reason": "no_sender"}]
)
@pytest.mark.parametrize("actor", [ADMIN, PLATFORM])
def test_message_goes_back_in_line_with_all_its_tries(message, row, db_session, now, values, actor):
    one = message(attempts=7, error="smtp.rcpt 550", **values)
    _retry(one, actor, now)
    found = row(one)
    assert (found.state, found.attempts, found.error, found.reason) == ("waiting", 0, "", "")
    event = db_session.query(AuditEvent).filter_by(action="message.retried").one()
    assert (event.object_id, event.scope, event.data["was"]) == (str(one), "center:7", values["state"])


@pytest.mark.parametrize(
    "values",
    [
        {"state": "sent"},
        {"state": "waiting"},
        {"state": "handed"},
        {"state": "skipped", "reason": "no_consent"},
        {"state": "skipped", "reason": "demo"},
        {"state": "failed", "content_cipher": ""},
    ],
    ids=lambda values: "-".join(values.values()),
)
def test_what_arrived_waits_or_was_not_meant_to_leave_is_not_sent_again(message, row, now, values):
    one = message(**values)
    with pytest.raises(Conflict):
        _retry(one, ADMIN, now)
    assert row(one).state == values["state"]


def test_message_that_is_too_late_is_not_sent_again(message, now):
    one = message(state="failed", expires_at=now)
    with pytest.raises(Conflict):
        _retry(one, ADMIN, now)


def test_foreign_and_missing_messages_are_the_same(message, now):
    one = message(state="failed")
    for number, actor in ((one, OTHER), (one + 999, ADMIN)):
        with pytest.raises(NotFound):
            _retry(number, actor, now)
    with pytest.raises(Forbidden):
        _retry(one, ANONYMOUS, now)


def test_all_failed_of_the_center_go_back_and_no_others(message, put, row, db_session, now):
    mine = [message(state="failed") for _ in range(3)]
    unsure, gone = message(state="unsure"), message(state="failed", content_cipher="")
    theirs = put("theirs", center_id=8)
    with transaction():
        db_session.get(OutboxMessage, theirs).state = "failed"
    with transaction():
        assert resending.retry_failed(actor=ADMIN, now=now) == 3
    assert {row(one).state for one in mine} == {"waiting"}
    assert [row(one).state for one in (unsure, gone, theirs)] == ["unsure", "failed", "failed"]
    assert db_session.query(AuditEvent).filter_by(action="message.retried").count() == 3
    with transaction():
        assert resending.retry_failed(actor=ADMIN, now=now) == 0


def test_unsure_message_may_be_taken_as_arrived(message, row, db_session, now):
    one = message(state="unsure")
    with transaction():
        resending.settle_message(message_id=one, actor=ADMIN, now=now)
    assert row(one).state == "sent"
    assert db_session.query(AuditEvent).filter_by(action="message.settled").count() == 1
    with pytest.raises(Conflict), transaction():
        resending.settle_message(message_id=one, actor=ADMIN, now=now)
    with pytest.raises(NotFound), transaction():
        resending.settle_message(message_id=one, actor=OTHER, now=now)
