"""The field keys: how much is closed with which, and the change to the current ones."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.core import clock, htmx, jobs, rotation
from portal.core.crypto import cipher
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.views.blueprint import blueprint

MANAGE = Permission.PRIVACY_MANAGE


def _page(error: DomainError | None = None) -> Any:
    status, known = rotation.key_status(), cipher()
    return htmx.render(
        "desks/data_keys.html",
        "desks/_data_keys.html",
        error.status if error else 200,
        columns=status,
        rows=sum(one["rows"] for one in status),
        stale=sum(one["stale"] for one in status),
        field_keys=list(known.field_keys),
        index_keys=list(known.index_keys),
        job=rotation.latest_rotation(),
        form=TokenForm(),
        error=error,
    )


@blueprint.get("/admin/kunci-data")
@requires(MANAGE)
def data_keys() -> Any:
    """The state of the keys; its fragment is asked for again while a change is at work."""
    return _page()


@blueprint.post("/admin/kunci-data")
@requires(MANAGE)
def data_keys_rotate() -> Any:
    """Begin to move everything to the current keys, or go on after a failure."""
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            op = claim(TokenForm.parse().op.data, actor=actor, now=now)
            if op.is_new:
                failed = rotation.latest_rotation()
                if failed is not None and failed.state == "failed":
                    jobs.retry_job(job_id=failed.id, actor=actor, now=now)
                else:
                    rotation.start_rotation(actor=actor, now=now)
                op.finish(url_for("desks.data_keys"))
    except DomainError as error:
        return _page(error)
    return htmx.redirect(url_for("desks.data_keys"))
