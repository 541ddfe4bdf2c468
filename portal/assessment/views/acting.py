"""How the pages of this room run one act: a double click is one effect, a refusal lands in its form."""

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


def act(
    form: BaseForm,
    work: Callable[[Actor, datetime], object],
    target: str,
    page: Callable[[BaseForm, int], Any],
) -> Any:
    """Do `work` once in a transaction and go to `target`; when it is refused, `page(form, status)` shows the
    form with the reason. 403 and 404 are pages of their own."""
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                work(actor, now)
                op.finish(target)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return page(form, error.status)
    return htmx.redirect(op.outcome)
