"""What was sent, what waits and what failed: for a center its own messages, for the administrator all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import Conflict
from portal.core.forms import TokenForm, row_number
from portal.core.idempotency import claim
from portal.core.mail import resending
from portal.core.mail.senders import missing_senders
from portal.core.paging import page_number
from portal.core.permissions import Actor, Permission, current_actor, requires
from portal.desks.helpdesk_labels import message_label, message_tag
from portal.desks.message_labels import CHANNEL_LABELS, GROUP_LABELS, message_note
from portal.desks.queries import messages as queries
from portal.desks.views.blueprint import blueprint
from portal.people.labels import mask_name

P = Permission


def _named(actor: Actor) -> Callable[[Any], str]:
    """How the person of a row is named: in full for the center that serves them, masked for others."""
    own = actor.scope(P.MESSAGES_READ).centers
    return lambda row: row.name if row.center_id in own else mask_name(row.name)


WORDS: dict[str, Any] = {
    "group_labels": GROUP_LABELS,
    "channel_labels": CHANNEL_LABELS,
    "message_label": message_label,
    "message_tag": message_tag,
    "message_note": message_note,
}


def _list(desk: str) -> Any:
    actor, counts = current_actor(), queries.count_messages(current_actor())
    group, topic = request.args.get("keadaan") or "", (request.args.get("jenis") or "")[:20]
    page = queries.list_messages(actor, page_number(request.args.get("hal")), group=group, topic=topic)
    topics = [(key, message_label(key)) for key in counts.topics]
    return htmx.render(
        "desks/messages.html", "desks/_message_list.html", desk=desk, listing=page, group=group, topic=topic,
        counts=counts, topics=topics, again=request.args.get("diulang", type=row_number), form=TokenForm(),
        missing=missing_senders(current_app.extensions["portal_settings"]) if desk == "admin" else [],
        now=clock.now(), named=_named(actor), **WORDS,
    )  # fmt: skip


def _detail(desk: str, message_id: int, problem: str = "", status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    row = queries.get_message(actor, message_id)
    return htmx.render(
        "desks/message.html", None, status, desk=desk, row=row, words=queries.words_of(actor, row), now=now,
        can_retry=resending.can_retry(row, now), problem=problem, form=TokenForm(),
        named=_named(actor), **WORDS,
    )  # fmt: skip


def _retry_all(desk: str) -> Any:
    actor, now = current_actor(), clock.now()
    with transaction():
        op = claim(request.form.get("op"), actor=actor, now=now)
        if op.is_new:
            count = resending.retry_failed(actor=actor, now=now)
            op.finish(url_for(f"desks.{desk}_messages", diulang=count))
    return htmx.redirect(op.outcome)


def _act(desk: str, message_id: int) -> Any:
    """Send again, or take as arrived: the two buttons of a message."""
    actor, now = current_actor(), clock.now()
    is_settled = request.form.get("tindakan") == "terkirim"
    act = resending.settle_message if is_settled else resending.retry_message
    here = url_for(
        f"desks.{desk}_message", message_id=message_id, tersimpan="pasti" if is_settled else "ulang"
    )
    try:
        with transaction():
            op = claim(request.form.get("op"), actor=actor, now=now)
            if op.is_new:
                act(message_id=message_id, actor=actor, now=now)
                op.finish(here)
    except Conflict as error:
        return _detail(desk, message_id, error.message, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/balai/pesan")
@requires(P.MESSAGES_READ)
def center_messages() -> Any:
    """The messages of the actor's centers."""
    return _list("center")


@blueprint.post("/balai/pesan")
@requires(P.MESSAGES_READ)
def center_messages_retry() -> Any:
    """Send all failed ones again."""
    return _retry_all("center")


@blueprint.get("/balai/pesan/<int:message_id>")
@requires(P.MESSAGES_READ)
def center_message(message_id: int) -> Any:
    """One message, with its words."""
    return _detail("center", message_id)


@blueprint.post("/balai/pesan/<int:message_id>")
@requires(P.MESSAGES_READ)
def center_message_act(message_id: int) -> Any:
    """Send it again, or take it as arrived."""
    return _act("center", message_id)


# The administrator's, who sees all messages and none of their words.


@blueprint.get("/admin/pesan")
@requires(P.HELPDESK)
def admin_messages() -> Any:
    """All messages."""
    return _list("admin")


@blueprint.post("/admin/pesan")
@requires(P.HELPDESK)
def admin_messages_retry() -> Any:
    """Send all failed ones again."""
    return _retry_all("admin")


@blueprint.get("/admin/pesan/<int:message_id>")
@requires(P.HELPDESK)
def admin_message(message_id: int) -> Any:
    """One message."""
    return _detail("admin", message_id)


@blueprint.post("/admin/pesan/<int:message_id>")
@requires(P.HELPDESK)
def admin_message_act(message_id: int) -> Any:
    """Send it again, or take it as arrived."""
    return _act("admin", message_id)
