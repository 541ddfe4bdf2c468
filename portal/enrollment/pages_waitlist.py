"""What the page of a waitlist shows, prepared."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from flask import url_for

from portal.batches.labels_places import desk_facts
from portal.batches.models import Batch
from portal.catalog.labels import local_name
from portal.cooperatives.labels import post_label
from portal.core.formatting import date_range, moment
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.enrollment import queries, rules
from portal.enrollment.labels import CLASS_LABELS, PASSED_LABELS

PAGE = 50
#: How many changes of the order are listed, and how many people one may be placed before.
MOST_CHANGES = 20
MOST_CHOICES = 200


def waitlist_page(batch: Batch, number: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """The context of `enrollment/waitlist.html`: about twelve statements whatever the number of people."""
    line = queries.line_of(batch, actor_person_id=actor.person_id, now=now)
    whole = queries.whole_line(line)
    turn = {one.id for one in line.turn().chosen}
    first = (number - 1) * PAGE
    shown = whole[first : first + PAGE]
    changes = queries.changes_of(batch.id, MOST_CHANGES)
    known = queries.known_of({one.id for one, _reason in shown} | {c.enrollment_id for c in changes})
    sizes = Counter(one.group_id for one, _reason in whole if one.group_id is not None)
    scope = actor.scope(Permission.ENROLL_SCREEN)
    may_screen = actor.may(Permission.ENROLL_SCREEN) and scope.covers_center(batch.center_id)
    url = url_for("enrollment.waitlist", batch_id=batch.id)
    return {
        "batch": batch,
        "title": local_name(batch.program),
        "dates": date_range(batch.starts_on, batch.ends_on),
        "rows": [
            _row(first + place, one, reason, known, sizes, turn, batch, scope)
            for place, (one, reason) in enumerate(shown, 1)
        ],
        "total": len(whole),
        "left": line.room.left,
        "left_text": _seats_text(line.room),
        "facts": [row for row in desk_facts(batch) if row[1]],
        "shared": len(line.pool),
        "changes": [_change(one, known, batch) for one in changes],
        "may_screen": may_screen and batch.state == "published",
        "roll_url": url_for("enrollment.center_roll", batch_id=batch.id, keadaan="daftar-tunggu"),
        "next_url": f"{url}?hal={number + 1}" if len(whole) > first + PAGE else None,
        "previous_url": f"{url}?hal={number - 1}" if number > 1 else None,
        "first": first + 1,
    }


def _seats_text(room: rules.Room) -> str:
    kept = room.kept_pilots + room.kept_posts()
    if kept:
        return _("%(left)d kursi kosong, %(kept)d di antaranya dijaga", left=room.left, kept=kept)
    return _("%(left)d kursi kosong", left=room.left)


def _row(
    place: int,
    one: rules.Waiter,
    reason: str,
    known: dict[int, Any],
    sizes: Counter[int],
    turn: set[int],
    batch: Batch,
    scope: Any,
) -> dict[str, Any]:
    """One person. People of other centers stay nameless here: their own center calls them."""
    who = known[one.id]
    is_ours = scope.covers_center(who.center_id) or who.center_id == batch.center_id
    notes = [_("Golongan diberikan petugas")] if who.was_moved else []
    if one.group_id is not None:
        notes.append(_("Rombongan %(size)d orang, pindah bersama", size=sizes[one.group_id]))
    if one.batch_id != batch.id:
        notes.append(_("Menunggu di Angkatan %(num)d, %(center)s", num=who.batch_number, center=who.center))
    return {
        "id": one.id,
        "place": place,
        "name": who.name if is_ours else _("Peserta balai lain"),
        "who": f"{post_label(one.post)}, {who.cooperative or _('koperasi belum berdiri')}" if is_ours else "",
        "class_": _("Cadangan") if one.is_reserve else str(CLASS_LABELS[one.priority]),
        "since": moment(one.queued_at, batch.center.zone),
        "reason": str(PASSED_LABELS[reason]) if reason else "",
        "is_next": one.id in turn,
        "notes": notes,
        "can_move": is_ours and not one.is_reserve,
    }


def _change(one: Any, known: dict[int, Any], batch: Batch) -> dict[str, str]:
    who = known.get(one.enrollment_id)
    return {
        "name": who.name if who else "",
        "when": moment(one.moved_at, batch.center.zone),
        "from_to": _(
            "dari “%(old)s” ke “%(new)s”", old=CLASS_LABELS[one.old_class], new=CLASS_LABELS[one.new_class]
        )
        if one.old_class != one.new_class
        else "",
        "reason": one.reason,
        "by": one.moved_by,
    }


def move_choices(batch: Batch, enrollment_id: int, now: datetime) -> list[tuple[str, str]]:
    """(enrollment id, words) of those somebody may be placed before, in their order; people of other centers
    by their place alone. Their own group is not among them."""
    line = queries.queue_of(batch, now)
    mover = next((one for one in line if one.id == enrollment_id), None)
    if mover is None:
        return []
    own = {
        one.id
        for one in line
        if one.id == enrollment_id or (mover.group_id is not None and one.group_id == mover.group_id)
    }
    shown = [(place, one) for place, one in enumerate(line, 1) if one.id not in own][:MOST_CHOICES]
    known = queries.known_of({one.id for _place, one in shown})
    found = []
    for place, one in shown:
        who = known[one.id]
        name = who.name if who.center_id == batch.center_id else _("Peserta balai lain")
        label = _("%(place)d. %(name)s (%(group)s)", place=place, name=name, group=CLASS_LABELS[one.priority])
        found.append((str(one.id), label))
    return found
