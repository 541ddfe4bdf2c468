"""An outside provider is configured whole, over https, or not at all."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from portal import settings
from portal.settings import Settings, SettingsError, is_loopback_url, load_settings
from tests.support.apps import make_settings

WHOLE = {
    "OIDC_ISSUER": "https://sso.example.go.id/realms/kop",
    "OIDC_CLIENT_ID": "balai",
    "OIDC_CLIENT_SECRET": "a secret",
}


@pytest.fixture
def load(tmp_path: Any) -> Any:
    """load_settings() with these variables, secrets included."""
    base = make_settings("sqlite://", tmp_path)

    def made(mode: str = "development", **named: str) -> Settings:
        environment = {
            "PORTAL_ENV": mode, "SECRET_KEY": base.secret_key, "FIELD_KEYS": base.field_keys, "DEMO": "0",
            "KEYSTORE_PASSPHRASE_FILE": str(base.keystore_passphrase_file), "DATABASE_URL": "sqlite://",
            "BASE_URL": "https://balai.example", "SMTP_URL": "smtps://user:secret@mail.example",
            "MAIL_FROM": "Balai <balai@balai.example>", "GATEWAY_URL": "https://gateway.example/send",
            "GATEWAY_TOKEN": "a token that only tests use, long enough",
        }  # fmt: skip
        return load_settings({**environment, **named})

    return made


def test_nothing_is_needed_without_a_provider(load: Any) -> None:
    assert load().oidc_issuer is None


@pytest.mark.parametrize("mode", ["development", "production"])
def test_all_three_are_taken(load: Any, mode: str) -> None:
    made = load(mode, **WHOLE, OIDC_LABEL="SSO")
    assert (made.oidc_issuer, made.oidc_label) == (WHOLE["OIDC_ISSUER"], "SSO")


@pytest.mark.parametrize("missing", WHOLE)
def test_a_part_alone_is_refused(load: Any, missing: str) -> None:
    with pytest.raises(SettingsError, match="all three"):
        load(**{**WHOLE, missing: ""})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://sso.example", "sso.example", "https://", "https://sso.example/?tenant=1", "ftp://sso.example",
        "https://sso.example/#x",
    ],
)  # fmt: skip
def test_an_issuer_in_the_clear_or_of_no_shape_is_refused(load: Any, issuer: str) -> None:
    with pytest.raises(SettingsError, match="OIDC_ISSUER"):
        load(**{**WHOLE, "OIDC_ISSUER": issuer})


def test_http_is_for_loopback_in_development_alone(load: Any) -> None:
    named = {**WHOLE, "OIDC_ISSUER": "http://127.0.0.1:9000"}
    assert load(**named).oidc_issuer == "http://127.0.0.1:9000"
    with pytest.raises(SettingsError, match="https"):
        load("production", **named)
    assert not is_loopback_url("http://127.0.0.1.example/")


def test_without_the_extra_the_portal_says_what_to_install(load: Any, monkeypatch: Any) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(settings, "find_spec", lambda name: None if name == "authlib" else real(name))
    with pytest.raises(SettingsError, match=r"balai\[oidc\]"):
        load(**WHOLE)
