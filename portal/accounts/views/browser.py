"""The handles of this browser, for the views that take them from here."""

from portal.accounts.browser import drop, held, keep

__all__ = ["drop", "held", "keep"]
