"""How the pages of the question bank run one act whose outcome is an address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.permissions import Actor, current_actor

Work = Callable[[Actor, datetime], str]
Put = Callable[[DomainError], None]


def act_to(form: BaseForm, work: Work, page: Callable[[int], Any], put: Put | None = None) -> Any:
    """Do `work` once in a transaction and go to the address that it returns. A refusal is put into the form
    (`put`, else its own way) and `page(status)` shows it; 403 and 404 are pages of their own."""
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                op.finish(work(actor, now))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        (put or form.add_error)(error)
        return page(error.status)
    return htmx.redirect(op.outcome)
