"""The pages of accounts, one module a topic, on one blueprint."""

from portal.accounts.views import account, claim, password, sign_in
from portal.accounts.views.blueprint import blueprint

__all__ = ["account", "blueprint", "claim", "password", "sign_in"]
