"""Development shows messages at the terminal; the demo reaches nobody, whatever the settings name."""

from __future__ import annotations

from portal.core.mail import drain
from portal.core.mail.outbox import Address
from portal.core.mail.senders import mail_host, mail_sender, make_senders, missing_senders
from tests.core.mail.conftest import content

PHONE = Address("sms", "+6281234560042")
CODE = content(subject="Kode Anda", text="Kode: 123456\n", sms="Kode 123456")


def test_demo_sends_nothing_and_shows_codes_at_the_terminal(put, row, settings, mailbox, gateway, capsys):
    settings(demo=True, smtp_url=mailbox.url, gateway_url=gateway.url)
    plain, phone = put("a"), put("b", to=PHONE)
    code = put("c", to=PHONE, kind="code.sign_in", content=CODE)
    drain.run()
    assert {(row(m).state, row(m).reason) for m in (plain, phone, code)} == {("skipped", "demo")}
    assert mailbox.peers == set()
    assert gateway.requests == []
    shown = capsys.readouterr().err
    assert "Kode 123456" in shown
    assert "Kursi Anda ada." not in shown
    assert row(code).content_cipher == ""


def test_development_shows_messages_at_the_terminal(put, row, capsys):
    message = put("a", to=PHONE)
    drain.run()
    assert row(message).state == "sent"
    assert "Kursi Anda ada." in capsys.readouterr().err


def test_production_without_senders_sends_nothing_and_says_so(put, row, settings):
    found = settings(env="production")
    message = put("a")
    assert drain.run() == 0
    assert (row(message).state, row(message).reason) == ("skipped", "no_sender")
    assert missing_senders(found) == ["SMTP_URL", "GATEWAY_URL"]
    assert make_senders(found) == {}


def test_sender_is_made_of_the_base_url_unless_given(settings):
    found = settings(base_url="https://latih.contoh.id")
    assert mail_sender(found) == "Balai <noreply@latih.contoh.id>"
    found = settings(mail_from="Balai <surat@kirim.contoh.id>")
    assert (mail_sender(found), mail_host(found)) == ("Balai <surat@kirim.contoh.id>", "kirim.contoh.id")
    assert mail_host(settings(mail_from="", base_url="http://127.0.0.1:8000")) == "localhost"
