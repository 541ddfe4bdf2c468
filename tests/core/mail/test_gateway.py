"""SMS and WhatsApp against a real HTTP gateway that refuses, waits, answers garbage, and knows its keys."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from portal.core.mail import drain
from portal.core.mail import gateway as carrier
from portal.core.mail.outbox import Address
from tests.support.mail_servers import Answer, scripted_server

PHONE = Address("whatsapp", "+6281234560042")


@pytest.fixture
def sms(settings, gateway):
    """The portal sends through this test's gateway."""
    settings(gateway_url=gateway.url, gateway_token="rahasia-gateway")
    return gateway


def test_request_keeps_the_contract(put, row, sms):
    message = put("a", to=PHONE)
    assert drain.run() == 1
    found = row(message)
    assert found.state == "sent"
    headers, body = sms.requests[0]
    assert body == {"id": found.token, "channel": "whatsapp", "to": PHONE.value, "text": "Kursi Anda ada."}
    assert headers["Idempotency-Key"] == found.token
    assert headers["Authorization"] == "Bearer rahasia-gateway"
    assert headers["Content-Type"] == "application/json; charset=utf-8"


def test_known_already_counts_as_sent(put, row, sms):
    sms.answers = [Answer(409)]
    message = put("a", to=PHONE)
    drain.run()
    assert row(message).state == "sent"


@pytest.mark.parametrize("status", [400, 404, 410, 413, 422])
def test_refusal_of_the_message_is_final(put, row, sms, status):
    sms.answers = [Answer(status, body=b'{"error": "+6281234560042 unknown"}')]
    first, second = put("a", to=PHONE), put("b", to=PHONE)
    drain.run()
    assert (row(first).state, row(first).error) == ("failed", f"gateway {status}")
    assert row(second).state == "sent"


@pytest.mark.parametrize("status", [302, 401, 403, 408, 425, 429, 500, 502, 503])
def test_trouble_of_the_gateway_is_tried_again(put, row, sms, clock, status):
    sms.answers = [Answer(status, {"Location": "http://127.0.0.1:9/x"})]
    message = put("a", to=PHONE)
    drain.run()
    assert (row(message).state, row(message).error) == ("waiting", f"gateway {status}")
    clock.move(minutes=1)
    drain.run()
    assert row(message).state == "sent"
    assert len(sms.requests) == 2


@pytest.mark.parametrize(
    ("header", "minutes"),
    [("300", 5), ("Sun, 22 Nov 2026 02:10:00 GMT", 10), ("5", 1), ("bald", 1), ("-3", 1), ("999999999", 720)],
)
def test_retry_after_is_kept_within_reason(put, row, sms, clock, header, minutes):
    sms.answers = [Answer(429, {"Retry-After": header})]
    message = put("a", to=PHONE)
    other = put("b", to=PHONE)
    drain.run()
    assert row(message).not_before - clock.now == timedelta(minutes=minutes)
    assert row(other).attempts == 0  # told to slow down, it does


def test_gateway_that_times_out_gets_the_same_key_again(put, row, sms, clock, monkeypatch):
    monkeypatch.setattr(carrier, "READ", 0.2)
    waiting = threading.Event()
    sms.answers = [Answer(202, before=lambda _request: waiting.wait(5))]
    message = put("a", to=PHONE)
    drain.run()
    assert (row(message).state, row(message).error) == ("waiting", "gateway timeout")
    assert row(message).reason == "unanswered"
    waiting.set()
    clock.move(minutes=1)
    drain.run()
    assert row(message).state == "sent"
    assert sms.deliveries == {row(message).token: 1}
    assert len(sms.requests) == 2


def test_unanswered_message_that_expires_is_unsure_not_unsent(put, row, sms, clock):
    sms.answers = [Answer(502, accepts=True)]
    message = put("a", to=PHONE, kind="code.sign_in", expires_at=clock.now + timedelta(seconds=50))
    drain.run()
    clock.move(minutes=1)
    assert drain.run() == 0
    assert row(message).state == "unsure"
    assert row(message).content_cipher == ""


GARBAGE = [
    b"",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"\x00\xff" * 40_000,
    b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n",
]


@pytest.mark.parametrize("answer", GARBAGE, ids=["nothing", "ssh", "no status", "noise", "headers"])
def test_garbage_is_tried_again(put, row, settings, answer):
    def talk(sock, lines):
        for line in lines:
            if line == b"\r\n":
                break
        sock.sendall(answer)

    with scripted_server(talk) as port:
        settings(gateway_url=f"http://127.0.0.1:{port}/")
        message = put("a", to=PHONE)
        drain.run()
    assert row(message).state == "waiting"
    assert row(message).error.startswith("gateway ")


def test_endless_answer_is_not_read(put, row, settings):
    sent = []

    def talk(sock, lines):
        for line in lines:
            if line == b"\r\n":
                break
        sock.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65_536)
            sent.append(65_536)

    with scripted_server(talk) as port:
        settings(gateway_url=f"http://127.0.0.1:{port}/")
        message = put("a", to=PHONE)
        drain.run()
    assert row(message).state == "sent"
    assert sum(sent) < 50_000_000


def test_answer_that_drips_is_cut_off(put, row, settings, monkeypatch):
    monkeypatch.setattr(carrier, "TALK", 0.3)

    def talk(sock, lines):
        sock.sendall(b"HTTP/1.1 ")
        lines.read()

    with scripted_server(talk) as port:
        settings(gateway_url=f"http://127.0.0.1:{port}/")
        message = put("a", to=PHONE)
        drain.run()
    assert row(message).state == "waiting"


def test_kept_connection_that_was_closed_costs_no_try(put, row, sms):
    sms.answers = [Answer(202, {"Content-Length": "2"}), Answer(202)]

    def close_silently(request):
        request.close_connection = True

    sms.answers[0].before = close_silently
    first, second = put("a", to=PHONE), put("b", to=PHONE)
    assert drain.run() == 2
    assert {row(first).state, row(second).state} == {"sent"}
    assert [row(first).attempts, row(second).attempts] == [1, 1]


@pytest.mark.parametrize("phone", ["081234560042", "+62812\r\nX", "+", "siti@contoh.id"])
def test_what_is_no_phone_number_never_leaves(put, row, sms, phone):
    message = put("a", to=Address("sms", phone))
    drain.run()
    assert (row(message).state, row(message).error) == ("failed", "address invalid")
    assert sms.requests == []
