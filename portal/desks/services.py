"""What the helpdesk does for somebody: seeing their data with a reason, which they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.accounts.models import User
from portal.accounts.services.throttle import clear_locks
from portal.accounts.services.users import sign_out_account
from portal.core.errors import DomainError, NotFound
from portal.core.formatting import moment
from portal.core.mail.content import link
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.desks.queries.helpdesk import limits_of
from portal.people.labels import field_list, reason_label
from portal.people.services import reveal


def help_account(*, user: User, action: str, reason: str, actor: Actor, now: datetime) -> int:
    """Sign somebody out everywhere (`sign_out`) or let them try again (`clear_locks`); how many sessions or
    counters went. Raises DomainError on `reason`, NotFound for another action."""
    require(actor, Permission.HELPDESK)
    if len(reason.strip()) < 5:
        raise DomainError("reason_missing", _("Tulis alasannya, paling sedikit 5 huruf."), "reason")
    if action == "sign_out":
        return sign_out_account(user_id=user.id, reason=reason, actor=actor, now=now)
    if action == "clear_locks":
        return clear_locks(limits_of(user), user_id=user.id, reason=reason, actor=actor, now=now)
    raise NotFound()


def see_data(
    *, person_id: int, fields: Sequence[str], reason: str, op_id: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    """`people.services.reveal` for the helpdesk; the owner gets a message about it. `op_id` makes it one."""
    require(actor, Permission.HELPDESK)
    found = reveal(person_id=person_id, fields=fields, reason=reason, actor=actor, now=now)
    names = ",".join(found)

    def facts() -> dict[str, Any]:
        url = link("desks.my_reads")
        return {
            "fields": field_list(names), "reason": reason_label(reason), "when": moment(now), "url": url,
            "action": (_("Lihat catatannya"), url),
        }  # fmt: skip

    ports().notify(
        person_id=person_id, kind="privacy.read", facts=facts, key=f"privacy.read:{op_id}", now=now
    )
    return found
