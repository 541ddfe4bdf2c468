"""The pages of accounts, one module a topic, on one blueprint."""

from portal.accounts.views import (
    account,
    activate,
    claim,
    code,
    contacts,
    messages,
    oidc,
    passkeys,
    password,
    recovery,
    reset,
    second_step,
    security,
    sign_in,
    totp,
)
from portal.accounts.views.blueprint import blueprint
from portal.accounts.views.oidc import install

__all__ = [
    "account",
    "activate",
    "blueprint",
    "claim",
    "code",
    "contacts",
    "install",
    "messages",
    "oidc",
    "passkeys",
    "password",
    "recovery",
    "reset",
    "second_step",
    "security",
    "sign_in",
    "totp",
]
