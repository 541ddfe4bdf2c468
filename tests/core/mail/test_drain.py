"""The outbox: a row only with its transaction, each sent once, and an honest end for every row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core.db import transaction
from portal.core.mail import drain, outbox, states
from portal.core.mail.outbox import Address, OutboxMessage
from portal.core.mail.senders import Outcome, SendError
from tests.core.mail.conftest import SITI, content
from tests.support.races import at_once

PHONE = Address("sms", "+6281234560042")


class Recorder:
    """A sender that takes everything; `trouble` is raised before or after the mark."""

    def __init__(self, is_idempotent=False):
        self.is_idempotent = is_idempotent
        self.seen = []
        self.trouble = []
        self.is_closed = False

    def send(self, message, mark):
        kind, error = self.trouble.pop(0) if self.trouble else (None, None)
        if kind == "before":
            raise error
        mark()
        if kind == "lost":
            raise error
        self.seen.append(message)
        if error:
            raise error

    def close(self):
        self.is_closed = True


@pytest.fixture
def recorder():
    return Recorder()


def _drain(recorder):
    return drain.run({"email": recorder})


def test_rolled_back_change_tells_nobody(db_session, now, recorder):
    with pytest.raises(ZeroDivisionError), transaction():
        outbox.put(kind="seat.offered", to=SITI, content=content(), key="a", now=now)
        raise ZeroDivisionError
    assert _drain(recorder) == 0
    assert db_session.query(OutboxMessage).count() == 0


def test_same_thing_told_again_is_the_same_message(put, db_session, recorder):
    assert put("a") == put("a")
    assert _drain(recorder) == 1
    put("a")
    assert _drain(recorder) == 0


def test_queue_is_woken_once_after_the_commit(app, db_session, now, monkeypatch):
    woken = []
    monkeypatch.setitem(
        app.extensions, "mail_waker", lambda: woken.append(db_session.query(OutboxMessage).count())
    )
    with transaction():
        for number in range(3):
            outbox.put(kind="seat.offered", to=SITI, content=content(), key=f"m{number}", now=now)
        assert woken == []
    assert woken == [3]


def test_message_of_later_waits(put, row, recorder, clock):
    message = put("a", not_before=clock.now + timedelta(hours=1))
    assert _drain(recorder) == 0
    clock.move(hours=1)
    assert _drain(recorder) == 1
    assert row(message).state == "sent"
    assert recorder.is_closed


def test_message_too_late_is_not_sent(put, row, recorder, clock):
    message = put("a", expires_at=clock.now + timedelta(minutes=10))
    clock.move(minutes=10)
    assert _drain(recorder) == 0
    assert (row(message).state, row(message).reason) == ("skipped", "expired")


def test_channel_without_a_sender_is_not_sent(put, row, recorder):
    message = put("a", to=PHONE)
    assert _drain(recorder) == 0
    assert (row(message).state, row(message).reason) == ("skipped", "no_sender")


def test_message_without_an_address_is_kept_as_not_sent(put, row, recorder):
    message = put("a", to=None)
    assert _drain(recorder) == 0
    assert (row(message).state, row(message).reason) == ("skipped", "no_address")


def test_row_of_a_killed_worker_is_sent_after_its_lease(put, row, recorder, clock):
    message = put("a")
    assert states.take(message, clock.now, ())
    assert _drain(recorder) == 0
    clock.move(minutes=3, seconds=1)
    assert _drain(recorder) == 1
    assert (row(message).state, row(message).attempts) == ("sent", 2)


def test_row_handed_over_by_a_killed_worker_is_unsure(put, row, recorder, clock):
    message = put("a")
    states.hand_over(states.take(message, clock.now, ()), clock.now)
    clock.move(minutes=3, seconds=1)
    assert _drain(recorder) == 0
    assert row(message).state == "unsure"


def test_row_handed_over_is_sent_again_where_it_is_recognized(put, row, clock):
    recorder = Recorder(is_idempotent=True)
    message = put("a")
    states.hand_over(states.take(message, clock.now, ()), clock.now)
    clock.move(minutes=3, seconds=1)
    assert _drain(recorder) == 1
    assert row(message).state == "sent"


def test_worker_whose_lease_ran_out_hands_nothing_over(put, row, clock):
    message = put("a")
    slow = states.take(message, clock.now, ())
    clock.move(minutes=3, seconds=1)
    quick = states.take(message, clock.now, ())
    with pytest.raises(states.LeaseLost):
        states.hand_over(slow, clock.now)
    assert not states.set_sent(slow, clock.now)
    assert row(message).state == "sending"
    assert states.set_sent(states.hand_over(quick, clock.now), clock.now)
    assert row(message).state == "sent"


def test_worker_that_wakes_up_too_late_hands_nothing_over_though_nobody_took_the_row(put, clock):
    slow = states.take(put("a"), clock.now, ())
    clock.move(minutes=3)
    with pytest.raises(states.LeaseLost):
        states.hand_over(slow, clock.now)


def test_answer_after_all_settles_an_unsure_row(put, row, recorder, clock):
    message = put("a")
    slow = states.hand_over(states.take(message, clock.now, ()), clock.now)
    clock.move(minutes=4)
    _drain(recorder)
    assert row(message).state == "unsure"
    assert states.set_sent(slow, clock.now)
    assert row(message).state == "sent"


def test_message_that_ends_every_worker_is_given_up(put, row, recorder, clock):
    message = put("a")
    for _ in range(states.LAST_TRY):
        assert states.take(message, clock.now, ())
        clock.move(minutes=3, seconds=1)
    assert _drain(recorder) == 1
    assert (row(message).state, row(message).error) == ("failed", "tries")
    assert recorder.seen == []


def test_surprise_in_a_sender_does_not_stop_the_others(put, row, recorder, capsys):
    first, second = put("a"), put("b")
    recorder.trouble = [("before", ZeroDivisionError("siti@contoh.id"))]
    assert _drain(recorder) == 2
    assert (row(first).state, row(second).state) == ("sending", "sent")
    assert "mail.broken" in capsys.readouterr().err


def test_lines_of_the_log_name_neither_address_nor_words(put, recorder, capsys):
    put("a", content=content(subject="Kode 123456"))
    put("b")
    recorder.trouble = [("lost", SendError("smtp.dot timeout", Outcome.UNKNOWN))]
    _drain(recorder)
    lines = capsys.readouterr().err
    assert "mail.refused" in lines
    assert "mail.sent" in lines
    for secret in ("siti", "contoh.id", "123456", "Kursi"):
        assert secret not in lines


def test_message_that_does_not_open_fails(put, row, db_session, recorder):
    message = put("a")
    with transaction():
        db_session.get(OutboxMessage, message).content_cipher = "f1.AAAA"
    assert _drain(recorder) == 1
    assert (row(message).state, row(message).error) == ("failed", "content unreadable")


def test_worker_asked_to_end_begins_no_other_message(put, app, recorder, monkeypatch):
    for number in range(3):
        put(f"m{number}")
    monkeypatch.setitem(app.extensions, "stopping", lambda: bool(recorder.seen))
    assert _drain(recorder) == 1
    assert len(recorder.seen) == 1


def test_what_must_not_leave_any_more_is_not_sent(put, row, app, recorder, monkeypatch):
    first, second = put("a"), put("b")
    monkeypatch.setitem(app.extensions, "mail_gate", lambda id: "no_consent" if id == first else "")
    assert _drain(recorder) == 2
    assert (row(first).state, row(first).reason) == ("skipped", "no_consent")
    assert row(second).state == "sent"
    assert len(recorder.seen) == 1


def test_two_drains_at_once_send_each_message_once(put, app, row):
    messages = [put(f"m{number}") for number in range(40)]
    recorders = [Recorder(), Recorder(), Recorder()]
    at_once(app, [lambda one=one: drain.run({"email": one}) for one in recorders])
    tokens = [message.token for recorder in recorders for message in recorder.seen]
    assert len(tokens) == 40
    assert len(set(tokens)) == 40
    assert {row(message).state for message in messages} == {"sent"}


def test_drain_asks_the_database_a_bounded_number_of_times(put, recorder, query_count):
    for number in range(10):
        put(f"m{number}")
    with query_count(at_most=8 + 10 * 4):
        assert _drain(recorder) == 10
