"""E-mail against a real SMTP server: accepted, refused, away, or silent at the worst moment."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.core.mail import drain, mime, smtp
from portal.core.mail.outbox import Address
from tests.support.mail_servers import scripted_server, smtp_body, smtp_server, smtp_until_data


@pytest.fixture
def mail(settings, mailbox):
    """The portal sends to this test's mailbox."""
    settings(smtp_url=mailbox.url)
    return mailbox


def test_message_arrives_once_and_is_noted_as_sent(put, row, mail, now):
    message = put("a")
    assert drain.run() == 1
    found = row(message)
    assert (found.state, found.sent_at, found.attempts, found.error) == ("sent", now, 1, "")
    assert [str(one["To"]) for one in mail.mails] == ["siti@contoh.id"]
    assert str(mail.mails[0]["Message-ID"]) == f"<{found.token}@localhost>"
    assert drain.run() == 0
    assert len(mail.mails) == 1


def test_many_messages_share_one_connection(put, mail):
    for number in range(5):
        put(f"m{number}")
    assert drain.run() == 5
    assert len(mail.mails) == 5
    assert len(mail.peers) == 1


def test_code_goes_first_and_its_words_are_wiped_once_sent(put, row, mail):
    put("a")
    code, other = put("b", kind="code.sign_in"), put("c")
    drain.run()
    assert str(mail.mails[0]["Message-ID"]).startswith(f"<{row(code).token}@")
    assert row(code).content_cipher == ""
    assert row(other).content_cipher != ""


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_temporary_refusal_is_tried_again_later(put, row, mail, clock, step):
    message = put("a")
    mail.answers[step] = ["451 4.3.0 siti@contoh.id nanti"]
    drain.run()
    found = row(message)
    assert (found.state, found.attempts) == ("waiting", 1)
    assert found.error == f"smtp.{ {'MAIL': 'mail', 'RCPT': 'rcpt', 'DATA': 'dot'}[step] } 451 4.3.0"
    assert (found.not_before - clock.now).total_seconds() == 60
    assert drain.run() == 0
    clock.move(minutes=1)
    assert drain.run() == 1
    assert row(message).state == "sent"
    assert len(mail.mails) == 1


@pytest.mark.parametrize(("step", "code"), [("RCPT", "rcpt"), ("DATA", "dot")])
def test_permanent_refusal_fails_at_once_and_says_nothing_of_the_address(put, row, mail, step, code):
    first, second = put("a"), put("b", to=Address("email", "budi@contoh.id"))
    mail.answers[step] = ["550 5.1.1 <siti@contoh.id> no such user"]
    drain.run()
    assert (row(first).state, row(first).error) == ("failed", f"smtp.{code} 550 5.1.1")
    assert row(second).state == "sent"
    assert mail.recipients == ["budi@contoh.id"]


def test_own_address_refused_is_no_fault_of_the_message(put, row, mail):
    message = put("a")
    mail.answers["MAIL"] = ["550 5.7.1 sender not allowed"] * 2
    drain.run()
    assert (row(message).state, row(message).error) == ("waiting", "smtp.mail 550 5.7.1")


def test_server_away_leaves_the_other_messages_untouched(put, row, settings, clock):
    settings(smtp_url="smtp://127.0.0.1:9")
    first, second = put("a"), put("b")
    assert drain.run() == 1
    assert (row(first).state, row(first).error) == ("waiting", "smtp.connect ConnectionRefusedError")
    assert row(second).attempts == 0
    assert row(second).not_before <= clock.now


def test_every_pause_is_taken_and_then_it_fails(put, row, mail, clock):
    message = put("a")
    mail.answers["RCPT"] = ["451 later"] * 20
    pauses = []
    while drain.run():
        found = row(message)
        if found.state != "waiting":
            break
        pauses.append(int((found.not_before - clock.now).total_seconds() // 60))
        clock.set(found.not_before)
    assert pauses == [1, 5, 30, 120, 360, 720]
    assert (row(message).state, row(message).attempts) == ("failed", 7)


def test_connection_lost_in_the_middle_is_sent_again(put, row, settings, clock, mailbox, monkeypatch):
    seen = []
    in_order = mime.as_data
    monkeypatch.setattr(mime, "as_data", lambda mail: in_order(mail) + b"more than any buffer\r\n" * 600_000)

    def hang_up_before_the_dot(sock, lines):
        smtp_until_data(sock, lines)
        seen.append(lines.readline())

    with scripted_server(hang_up_before_the_dot) as port:
        settings(smtp_url=f"smtp://127.0.0.1:{port}")
        message = put("a")
        drain.run()
    assert seen
    assert row(message).state == "waiting"
    monkeypatch.setattr(mime, "as_data", in_order)
    settings(smtp_url=mailbox.url)
    clock.move(minutes=1)
    drain.run()
    assert row(message).state == "sent"
    assert len(mailbox.mails) == 1


def test_no_answer_to_the_dot_is_unsure_and_never_sent_again(put, row, settings, clock, mailbox):
    bodies = []

    def hang_up_after_the_dot(sock, lines):
        smtp_until_data(sock, lines)
        bodies.append(smtp_body(lines))

    with scripted_server(hang_up_after_the_dot) as port:
        settings(smtp_url=f"smtp://127.0.0.1:{port}")
        message = put("a")
        drain.run()
    assert bodies[0].endswith(b"\r\n.\r\n")
    assert row(message).state == "unsure"
    assert row(message).error.startswith("smtp.dot ")
    settings(smtp_url=mailbox.url)
    clock.move(days=2)
    assert drain.run() == 0
    assert mailbox.mails == []


def test_server_that_drips_is_cut_off(put, row, settings, monkeypatch):
    monkeypatch.setattr(smtp, "TALK", 0.3)

    def drip(sock, lines):
        while True:
            sock.sendall(b"2")
            if lines.read(1) == b"":
                return

    with scripted_server(lambda sock, lines: (sock.sendall(b"220-wait\r\n"), lines.readline())) as port:
        settings(smtp_url=f"smtp://127.0.0.1:{port}")
        message = put("a")
        drain.run()
    assert row(message).state == "waiting"
    assert row(message).error.startswith("smtp.connect ")


def test_silence_after_the_dot_is_cut_off_and_unsure(put, row, settings, monkeypatch):
    monkeypatch.setattr(smtp, "ANSWER", 0.3)

    def silent(sock, lines):
        smtp_until_data(sock, lines)
        smtp_body(lines)
        lines.readline()

    with scripted_server(silent) as port:
        settings(smtp_url=f"smtp://127.0.0.1:{port}")
        message = put("a")
        drain.run()
    assert row(message).state == "unsure"


def test_lease_lost_before_the_dot_hangs_up_without_it(put, row, settings, monkeypatch):
    bodies = []

    def listen(sock, lines):
        smtp_until_data(sock, lines)
        bodies.append(smtp_body(lines))

    def lost(_taken, _now):
        raise drain.states.LeaseLost()

    with scripted_server(listen) as port:
        settings(smtp_url=f"smtp://127.0.0.1:{port}")
        message = put("a")
        monkeypatch.setattr(drain.states, "hand_over", lost)
        drain.run()
    assert len(bodies) == 1
    assert bodies[0]
    assert not bodies[0].endswith(b"\r\n.\r\n")
    assert row(message).state == "sending"


def test_sign_in_with_a_password(put, row, settings):
    with smtp_server(password="p@ss:kata/sandi") as box:
        settings(smtp_url=box.url.replace("//", "//portal:p%40ss%3Akata%2Fsandi@"))
        message = put("a")
        drain.run()
        assert row(message).state == "sent"
        assert len(box.mails) == 1


def test_wrong_password_waits_and_never_tells_it(put, row, settings, capsys):
    with smtp_server(password="benar") as box:
        settings(smtp_url=box.url.replace("//", "//portal:salah-sekali@"))
        message = put("a")
        drain.run()
    assert (row(message).state, row(message).error) == ("waiting", "smtp.login 535")
    assert "salah-sekali" not in capsys.readouterr().err


def test_starttls_asked_for_and_not_offered_sends_nothing(put, row, settings, mailbox):
    settings(smtp_url=mailbox.url + "?starttls")
    message = put("a")
    drain.run()
    assert row(message).state == "waiting"
    assert row(message).error.startswith("smtp.connect ")
    assert mailbox.peers == set()


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate of 127.0.0.1 that this process trusts: (its server context, nothing else)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


def test_starttls_covers_password_and_message(put, row, settings, certificate):
    with smtp_server(password="sandi", tls_context=certificate, require_starttls=True) as box:
        settings(smtp_url=box.url.replace("//", "//portal:sandi@") + "?starttls")
        first, second = put("a"), put("b")
        drain.run()
        assert {row(first).state, row(second).state} == {"sent"}
        assert len(box.mails) == 2


def test_smtps_is_covered_from_the_first_byte(put, row, settings, certificate):
    with smtp_server(ssl_context=certificate) as box:
        settings(smtp_url=box.url.replace("smtp:", "smtps:"))
        message = put("a")
        drain.run()
        assert row(message).state == "sent"


def test_certificate_of_somebody_else_is_not_trusted(put, row, settings, certificate, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with smtp_server(ssl_context=certificate) as box:
        settings(smtp_url=box.url.replace("smtp:", "smtps:"))
        message = put("a")
        drain.run()
        assert (row(message).state, row(message).error) == (
            "waiting",
            "smtp.connect SSLCertVerificationError",
        )
        assert box.mails == []
