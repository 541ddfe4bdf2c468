"""What the pages about planning and watching written tests show, prepared."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from wtforms import SelectChoice

from portal.assessment.models import AttemptEvent, WrittenTest
from portal.assessment.queries import sittings
from portal.assessment.queries import tests as queries
from portal.assessment.queries.tests import PlanHead, Seat, WatchHead
from portal.assessment.rules import clock as rules
from portal.assessment.rules.blueprint import needs_of
from portal.assessment.services import tests as services
from portal.assessment.services.outsiders import without_own
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _


def batch_url(head: PlanHead, actor: Actor) -> str | None:
    """The workspace of the batch, for whoever may open it."""
    return url_for("batches.workspace", batch_id=head.id) if actor.may(Permission.BATCH_VIEW) else None


def list_page(head: PlanHead, actor: Actor, now: datetime) -> dict[str, Any]:
    """The context of `tests/list.html`."""
    return {
        "batch": head,
        "now": now,
        "tests": queries.tests_of_batch(head.id),
        "batch_url": batch_url(head, actor),
        "may_watch": actor.scope(Permission.TEST_INVIGILATE).own and not head.is_center,
    }


def form_page(head: PlanHead, form: Any) -> dict[str, Any]:
    """What the plan form needs: each unit with how many active questions there are."""
    titles = services.unit_titles(head)
    supply = queries.supply_of(list(titles), head.center_id)
    beside = getattr(form, "beside", {})
    units = [
        {
            "id": unit_id,
            "title": title,
            "supply": supply.get(unit_id, 0),
            "count": form.numbers.get(unit_id, ("", ""))[0],
            "pct": form.numbers.get(unit_id, ("", ""))[1],
            "errors": [beside[name] for name in (f"count-{unit_id}", f"pct-{unit_id}") if name in beside],
        }
        for unit_id, title in titles.items()
    ]
    return {"batch": head, "form": form, "units": units}


def test_page(head: PlanHead, test: WrittenTest, actor: Actor, now: datetime) -> dict[str, Any]:
    """The context of `tests/test.html` but for its forms."""
    titles = services.unit_titles(head)
    seats = queries.seats_of(test.id, head.id)
    return {
        "batch": head,
        "test": test,
        "now": now,
        "batch_url": batch_url(head, actor),
        "needs": [(titles.get(need.unit_id, ""), need) for need in needs_of(test.blueprint)],
        "blockers": services.publish_blockers(head, test, now) if test.state == "draft" else [],
        "seats": seats,
        "started": sum(seat.attempt_id is not None for seat in seats),
        "extra": [seat for seat in seats if seat.extra],
        "people": people_choices(seats, actor, now),
    }


def people_choices(seats: list[Seat], actor: Actor, now: datetime) -> list[tuple[int, str]]:
    """[(enrollment id, name)] of whom the actor may decide about."""
    allowed = without_own(actor, [(seat.person_id, seat.cooperative_id) for seat in seats], now)
    return [(seat.enrollment_id, seat.name) for seat, may in zip(seats, allowed, strict=True) if may]


def with_people(form: Any, people: list[tuple[int, str]], everybody: bool = False) -> Any:
    """The form with its people to choose from."""
    first = ("all", _("Semua yang sedang mengerjakan")) if everybody else ("", _("Pilih peserta"))
    options = [first, *((str(number), name) for number, name in people)]
    form.enrollment_id.choices = [SelectChoice(value=value, label=label) for value, label in options]
    return form


def watch_page(head: WatchHead, actor: Actor, now: datetime) -> dict[str, Any]:
    """The context of `tests/watch.html` and its polled piece; a fixed number of statements."""
    seats = queries.seats_of(head.id, head.batch_id)
    events: dict[int, list[AttemptEvent]] = {}
    for event in sittings.events_of([seat.attempt_id for seat in seats if seat.attempt_id]):
        events.setdefault(event.attempt_id, []).append(event)
    rows = [
        {
            "seat": seat,
            "state": _state(seat, now),
            "left": rules.left_ms(seat.deadline_at, now) // 60_000 if seat.deadline_at else 0,
            "notes": _notes(events.get(seat.attempt_id or 0, [])),
        }
        for seat in seats
    ]
    states = [row["state"] for row in rows]
    return {
        "head": head,
        "now": now,
        "rows": rows,
        "counts": {name: states.count(name) for name in ("running", "done", "absent")},
        "is_live": head.state == "published" and now < head.closes_at + timedelta(minutes=rules.MOST_EXTRA),
        "running": people_choices([seat for seat in seats if seat.state == "running"], actor, now),
        "sat": people_choices([s for s in seats if s.attempt_id and s.state != "void"], actor, now),
    }


def _state(seat: Seat, now: datetime) -> str:
    if seat.attempt_id is None:
        return "absent"
    if seat.state == "void":
        return "void"
    if seat.state == "running" and seat.deadline_at is not None and now <= seat.deadline_at:
        return "running"
    return "counting" if seat.state == "running" else "done"


def _notes(events: list[AttemptEvent]) -> list[str]:
    """What a watcher should know of a sitting, in words."""
    outages = [event.detail for event in events if event.kind == "offline"]
    devices = {event.detail.get("device") for event in events if event.kind in ("started", "resumed")} - {""}
    found = []
    if outages:
        minutes = -(-sum(one.get("seconds", 0) for one in outages) // 60)
        found.append(
            _("Tanpa sinyal %(times)s kali, %(minutes)s menit.", times=len(outages), minutes=minutes)
        )
    if len(devices) > 1:
        found.append(_("Memakai %(num)s perangkat.", num=len(devices)))
    if any(event.kind == "file" for event in events):
        found.append(_("Berkas jawaban diterima."))
    return found
