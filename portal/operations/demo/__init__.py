"""A demo of made-up people in real villages: every state of a batch, an enrollment and a certificate."""

from __future__ import annotations

from portal.operations.demo.accounts import demo_accounts
from portal.operations.demo.codes import demo_codes
from portal.operations.demo.making import DemoRefused, demo_state, make_demo, refuse_demo, refuse_half_demo

__all__ = [
    "DemoRefused",
    "demo_accounts",
    "demo_codes",
    "demo_state",
    "make_demo",
    "refuse_demo",
    "refuse_half_demo",
]
