"""Settings of what carries messages and jobs: refused in one sentence when they cannot work, or leak."""

from __future__ import annotations

import pytest

from portal.settings import SettingsError, load_settings

GOOD = {
    "SECRET_KEY": "a secret key that only tests use, 32+",
    "FIELD_KEYS": "f1:AAAA,x1:AAAA",
    "KEYSTORE_PASSPHRASE_FILE": "/nowhere",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "smtps://portal:p%40ss@mail.contoh.id"),
        ("SMTP_URL", "smtp://portal:sandi@mail.contoh.id:587?starttls"),
        ("SMTP_URL", "smtp://mail.contoh.id"),
        ("SMTP_URL", "smtp://portal:sandi@127.0.0.1"),
        ("MAIL_FROM", "Balai Pelatihan <surat@contoh.id>"),
        ("MAIL_FROM", "surat@contoh.id"),
        ("GATEWAY_URL", "https://gerbang.contoh.id/kirim?akun=1"),
        ("GATEWAY_URL", "http://127.0.0.1:9000/"),
        ("GATEWAY_CHANNEL", "sms"),
        ("QUEUE_URL", "postgresql://balai@db.contoh.id/balai"),
    ],
)
def test_address_that_can_work_is_taken(name, value):
    assert getattr(load_settings({**GOOD, name: value}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SMTP_URL", "mail.contoh.id:25", "smtp:// or smtps://"),
        ("SMTP_URL", "http://mail.contoh.id", "smtp:// or smtps://"),
        ("SMTP_URL", "smtp://", "name a host"),
        ("SMTP_URL", "smtp://mail.contoh.id:abc", "name a host"),
        ("SMTP_URL", "smtp://portal:sandi@mail.contoh.id", "?starttls"),
        ("MAIL_FROM", "Balai", "MAIL_FROM"),
        ("MAIL_FROM", "Balai <a@b.id>\r\nBcc: c@d.id", "MAIL_FROM"),
        ("GATEWAY_URL", "http://gerbang.contoh.id/", "https://"),
        ("GATEWAY_URL", "ftp://gerbang.contoh.id/", "https://"),
        ("GATEWAY_CHANNEL", "fax", "whatsapp or sms"),
        ("QUEUE_URL", "amqp://contoh.id", "redis://"),
        ("REDIS_URL", "contoh.id:6379", "redis://"),
    ],
)
def test_address_that_cannot_work_or_would_leak_is_refused(name, value, says):
    with pytest.raises(SettingsError) as refused:
        load_settings({**GOOD, name: value})
    assert says in str(refused.value)
    assert "sandi" not in str(refused.value)
