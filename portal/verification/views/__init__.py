"""Public verification: no session, no cookie, no write but a report."""

from . import api, bulk, check, lookup, offline, report
from ._common import blueprint, install

__all__ = ["api", "blueprint", "bulk", "check", "install", "lookup", "offline", "report"]
