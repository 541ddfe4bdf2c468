"""E-mails that every mailbox reads, and into which nobody smuggles a header or a second recipient."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from portal.core.mail.content import Attachment
from portal.core.mail.mime import as_data, compose, wire_address
from portal.core.mail.senders import Outcome, Outgoing, SendError
from tests.core.mail.conftest import content

FROM = "Balai Pelatihan <noreply@contoh.id>"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nSUMMARY:Kelas é\r\nEND:VCALENDAR\r\n"


def outgoing(**more):
    given = {
        "token": "ab" * 16,
        "kind": "seat.offered",
        "channel": "email",
        "to": "siti@contoh.id",
        "language": "id",
        "content": content(),
        "written_at": datetime(2026, 11, 22, 2, 0, 0, 123, tzinfo=UTC),
    }
    return Outgoing(**(given | more))


def parsed(message, **more):
    data = compose(message, sender=FROM, host="contoh.id", **more)
    return data, message_from_bytes(data, policy=policy.default)


def test_mail_has_both_forms_and_the_headers_of_a_machine():
    _data, mail = parsed(outgoing())
    assert mail["From"] == FROM
    assert mail["To"] == "siti@contoh.id"
    assert mail["Message-ID"] == f"<{'ab' * 16}@contoh.id>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "id"
    assert mail["Date"].datetime == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert mail.get_body(["plain"]).get_content().strip() == "Kursi Anda sudah ada."
    assert "<p>" in mail.get_body(["html"]).get_content()
    assert mail["List-Unsubscribe"] is None


def test_same_message_has_the_same_id_at_every_try():
    assert parsed(outgoing())[1]["Message-ID"] == parsed(outgoing())[1]["Message-ID"]


def test_preferences_page_is_named_but_not_for_codes():
    page = "https://contoh.id/saya/pesan"
    assert parsed(outgoing(), list_page=page)[1]["List-Unsubscribe"] == f"<{page}>"
    assert parsed(outgoing(kind="code.sign_in"), list_page=page)[1]["List-Unsubscribe"] is None


def test_letters_beyond_ascii_and_long_lines_survive():
    words = "Pelatihan “Kopdes” — " + "é" * 3000
    data, mail = parsed(outgoing(content=content(subject="Kursi di Balai Gizi é", text=words, html=words)))
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert data.isascii()
    assert mail["Subject"] == "Kursi di Balai Gizi é"
    assert mail.get_body(["plain"]).get_content().strip() == words


def test_lines_end_with_crlf_and_dots_are_doubled():
    data, _mail = parsed(outgoing(content=content(text=".\n..a\n.b\n")))
    assert b"\n" not in data.replace(b"\r\n", b"")
    sent = as_data(data)
    assert b"\r\n.\r\n" not in sent
    assert sent.endswith(b"\r\n")
    assert message_from_bytes(sent.replace(b"\r\n..", b"\r\n."), policy=policy.default).get_body(
        ["plain"]
    ).get_content().splitlines()[:3] == [".", "..a", ".b"]


def test_calendar_goes_along_byte_for_byte():
    files = [Attachment("jadwal kelas.ics", "text/calendar", CALENDAR)]
    _data, mail = parsed(outgoing(content=content(attachments=files)))
    (part,) = mail.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part.get_filename() == "jadwal-kelas.ics"
    assert (part.get_param("charset"), part.get_param("method")) == ("utf-8", "PUBLISH")
    assert part.get_payload(decode=True) == CALENDAR.encode()


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.id", "a\nb", "a\rb", "a\x00b", "a\u2028b", "", "  "])
def test_subject_that_could_end_its_header_is_refused(subject):
    with pytest.raises(SendError) as refused:
        parsed(outgoing(content=content(subject=subject)))
    assert (refused.value.code, refused.value.outcome) == ("subject invalid", Outcome.NEVER)


@pytest.mark.parametrize(
    "address",
    [
        "a@b.id, c@d.id", "a@b.id\r\nRCPT TO:<c@d.id>", "<a@b.id>", "a b@c.id", "a@@b.id", "@b.id", "a@", "a",
        '"a b"@c.id', "a@b..id", "a@.id", "a;b@c.id", "é@contoh.id", "a@b.id\n", "a@[127.0.0.1]",
        "a\x00@b.id",         "a@" + "b" * 64 + ".id",
    ],
)  # fmt: skip
def test_address_that_is_more_than_one_address_is_refused(address):
    if address == "a@b.id\n":
        assert wire_address(address) == "a@b.id"
        return
    with pytest.raises(SendError) as refused:
        parsed(outgoing(to=address))
    assert refused.value.code == "address invalid"


def test_domain_beyond_ascii_is_written_in_ascii():
    assert wire_address("siti@bücher.example") == "siti@xn--bcher-kva.example"
    assert parsed(outgoing(to="siti@bücher.example"))[1]["To"] == "siti@xn--bcher-kva.example"


@pytest.mark.parametrize("media_type", ["text/calendar\r\nX: y", "calendar", "", "text/"])
def test_attachment_of_an_odd_type_is_refused(media_type):
    files = [Attachment("a.ics", media_type, "x")]
    with pytest.raises(SendError):
        parsed(outgoing(content=content(attachments=files)))
