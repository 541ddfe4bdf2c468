"""A center looks at its messages on a phone and a laptop, finds what did not arrive and sends it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.db import transaction
from portal.core.mail.content import Attachment, Content
from portal.core.mail.outbox import Address, OutboxMessage, put
from tests.support.browser import look

TEXT = "Ada kursi untuk Anda di Pengurus Koperasi, angkatan 3.\n\nJawab sebelum Rabu, 25 November 2026."
ROWS = [
    {"state": "sent"},
    {"state": "sent", "kind": "certificate.issued"},
    {"state": "skipped", "reason": "no_consent", "kind": "class.reminder"},
    {"state": "skipped", "reason": "no_address"},
    {"state": "waiting", "not_before": timedelta(hours=30)},
    {"state": "waiting", "attempts": 2, "error": "smtp.connect timeout", "not_before": timedelta(hours=30)},
    {"state": "unsure", "error": "smtp.dot timeout"},
    {"state": "failed", "error": "gateway 422", "channel": "whatsapp", "address_hint": "•••• 0042"},
    {"state": "failed", "error": "smtp.rcpt 550 5.1.1"},
]


@pytest.fixture
def messages(served):
    """ROWS in the world's center; their ids in the same order."""
    found = []
    room = served.world.rooms["running"]
    with served.app.app_context():
        now = clock.now()
        for number, values in enumerate(ROWS):
            files = [Attachment("jadwal.ics", "text/calendar", "x")]
            with transaction() as session:
                put(
                    kind=values.get("kind", "seat.offered"), to=Address("email", "dewi@contoh.id"), now=now,
                    content=Content("Ada kursi untuk Anda", TEXT, "<p></p>", "", files), key=f"desk{number}",
                    person_id=room.people[number % 3], center_id=room.center_id,
                )  # fmt: skip
                row = session.query(OutboxMessage).filter_by(key=f"desk{number}").one()
                for name, value in values.items():
                    setattr(row, name, now + value if isinstance(value, timedelta) else value)
                found.append(row.id)
    return found


def test_center_finds_what_did_not_arrive_and_sends_it_again(served, messages):
    wrong = []
    with served.visitor("center_admin") as page:
        page.goto("/balai/pesan")
        wrong += look(served, page, "pesan balai")
        page.locator('a[href$="keadaan=gagal"]').click()
        page.wait_for_url("**/balai/pesan?keadaan=gagal")
        assert page.get_by_text("Alamat ditolak server surel tujuan (550 5.1.1).").first.is_visible()
        page.goto(f"/balai/pesan/{messages[6]}")
        wrong += look(served, page, "pesan belum pasti")
        page.goto(f"/balai/pesan/{messages[8]}")
        assert page.get_by_text("Ada kursi untuk Anda di Pengurus Koperasi").is_visible()
        wrong += look(served, page, "pesan gagal")
        page.get_by_role("button", name="Kirim ulang").click()
        page.get_by_text("Pesan masuk antrean lagi").wait_for()
    with served.visitor("platform_admin", javascript=False) as page:
        page.goto("/admin/pesan")
        wrong += [] if page.get_by_text("dewi@").count() == 0 else ["an address is shown"]
        page.goto(f"/admin/pesan/{messages[8]}")
        assert page.get_by_text("Ada kursi untuk Anda di Pengurus Koperasi").count() == 0
    with served.visitor("platform_admin") as page:
        page.goto("/admin/pesan")
        wrong += look(served, page, "pesan semua")
    assert wrong == []
