"""The pages of accounts, one module a topic, on one blueprint."""

from portal.accounts.views import account, claim, oidc, password, sign_in
from portal.accounts.views.blueprint import blueprint
from portal.accounts.views.oidc import install

__all__ = ["account", "blueprint", "claim", "install", "oidc", "password", "sign_in"]
