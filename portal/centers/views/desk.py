"""The desk of a center's administrator: rooms, people, leave, holidays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request, url_for

from portal.centers import queries, services
from portal.centers.forms import HolidayForm, LeaveForm, RemoveForm, RoomForm, StaffForm
from portal.centers.models import TrainingCenter
from portal.centers.views import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.permissions import Actor, Permission, current_actor, requires
from portal.core.words import gettext as _

EDIT = Permission.CENTER_EDIT


def _center() -> tuple[Actor, TrainingCenter, dict[str, Any]]:
    """The actor, the center of `?blk=` (else the first), and what every page of the desk shows."""
    actor = current_actor()
    center, centers = queries.choose_center(actor, EDIT, request.args.get("blk"))
    return actor, center, {"center": center, "centers": centers if len(centers) > 1 else []}


def _save(form: BaseForm, work: Callable[[], Any], done: str, url: str) -> Any:
    """Run a use case once; the redirect, or None with the form's errors filled in."""
    try:
        with transaction():
            op = claim(form.op.data, actor=current_actor(), now=clock.now())
            if op.is_new:
                work()
                op.finish(url)
    except DomainError as error:
        form.add_error(error)
        form.status = error.status
        return None
    flash(done, "ok")
    return htmx.redirect(url)


def _status(form: BaseForm) -> int:
    return getattr(form, "status", 422) if form.error_list else 200


# ---- rooms ----


def _rooms(form: RoomForm) -> Any:
    _actor, center, shared = _center()
    rooms = queries.rooms_of(center.id, active_only=False)
    return htmx.render("centers/rooms.html", None, _status(form), form=form, rooms=rooms, **shared)


@blueprint.get("/balai/ruang")
@requires(EDIT)
def rooms() -> Any:
    """Rooms and venues, with a form for one more."""
    return _rooms(RoomForm())


@blueprint.post("/balai/ruang")
@requires(EDIT)
def add_room() -> Any:
    """One more room."""
    actor, center, _shared = _center()
    form = RoomForm.parse()
    values = {key: form.data[key] for key in ("name", "capacity", "is_offsite", "address")}
    done = form.validate() and _save(
        form,
        lambda: services.add_room(center_id=center.id, actor=actor, now=clock.now(), **values),
        _("%(name)s ditambahkan.", name=form.name.data),
        url_for("centers.rooms", blk=center.slug),
    )
    return done or _rooms(form)


@blueprint.get("/balai/ruang/<int:room_id>")
@requires(EDIT)
def room(room_id: int) -> Any:
    """The form of one room."""
    found = queries.get_room(current_actor(), room_id)
    return htmx.render("centers/room.html", form=RoomForm(obj=found), room=found)


@blueprint.post("/balai/ruang/<int:room_id>")
@requires(EDIT)
def edit_room(room_id: int) -> Any:
    """Change one room."""
    actor, form = current_actor(), RoomForm.parse()
    found = queries.get_room(actor, room_id)
    values = {key: form.data[key] for key in ("name", "capacity", "is_offsite", "address", "is_active")}
    done = form.validate() and _save(
        form,
        lambda: services.edit_room(room_id=room_id, actor=actor, now=clock.now(), **values),
        _("%(name)s disimpan.", name=form.name.data),
        url_for("centers.rooms", blk=queries.center_by_id(found.center_id).slug),
    )
    return done or htmx.render("centers/room.html", None, _status(form), form=form, room=found)


# ---- people ----


def _staff(form: StaffForm) -> Any:
    _actor, center, shared = _center()
    people = queries.staff_of(center.id, active_only=False)
    return htmx.render(
        "centers/staff.html",
        None,
        _status(form),
        form=form,
        people=people,
        logins=queries.logins_of(people),
        **shared,
    )


def _staff_values(form: StaffForm) -> dict[str, Any] | None:
    """What the services take, or None with an error when nobody has that login name."""
    user_id = queries.find_user_id(form.login.data) if form.login.data else None
    if form.login.data and user_id is None:
        message = _("Tidak ada akun dengan nama masuk ini.")
        form.add_error(DomainError("login_unknown", message, "login"))
        return None
    tasks = form.tasks.data or []
    return {
        "name": form.name.data,
        "user_id": user_id,
        "can_instruct": "instructor" in tasks,
        "can_assess": "assessor" in tasks,
    }


@blueprint.get("/balai/petugas")
@requires(EDIT)
def staff() -> Any:
    """Instructors and assessors, with a form for one more."""
    return _staff(StaffForm())


@blueprint.post("/balai/petugas")
@requires(EDIT)
def add_staff() -> Any:
    """One more instructor or assessor."""
    actor, center, _shared = _center()
    form = StaffForm.parse()
    values = _staff_values(form) if form.validate() else None
    done = values and _save(
        form,
        lambda: services.add_staff(center_id=center.id, actor=actor, now=clock.now(), **values),
        _("%(name)s ditambahkan.", name=form.name.data),
        url_for("centers.staff", blk=center.slug),
    )
    return done or _staff(form)


@blueprint.get("/balai/petugas/<int:staff_id>")
@requires(EDIT)
def person(staff_id: int) -> Any:
    """The form of one instructor or assessor."""
    found = queries.get_staff(current_actor(), staff_id)
    tasks = [key for key, has in (("instructor", found.can_instruct), ("assessor", found.can_assess)) if has]
    form = StaffForm(
        data={
            "name": found.name,
            "tasks": tasks,
            "login": queries.logins_of([found]).get(found.id, ""),
            "is_active": found.is_active,
        }
    )
    return htmx.render("centers/person.html", form=form, person=found)


@blueprint.post("/balai/petugas/<int:staff_id>")
@requires(EDIT)
def edit_staff(staff_id: int) -> Any:
    """Change one instructor or assessor."""
    actor, form = current_actor(), StaffForm.parse()
    found = queries.get_staff(actor, staff_id)
    values = _staff_values(form) if form.validate() else None
    done = values and _save(
        form,
        lambda: services.edit_staff(
            staff_id=staff_id, is_active=form.is_active.data, actor=actor, now=clock.now(), **values
        ),
        _("%(name)s disimpan.", name=form.name.data),
        url_for("centers.staff", blk=queries.center_by_id(found.center_id).slug),
    )
    return done or htmx.render("centers/person.html", None, _status(form), form=form, person=found)


# ---- leave ----


def _leaves(form: LeaveForm) -> Any:
    _actor, center, shared = _center()
    form.offer(queries.staff_of(center.id))
    today = clock.local_date(clock.now(), center.zone)
    return htmx.render(
        "centers/leaves.html",
        None,
        _status(form),
        form=form,
        remove=RemoveForm(),
        leaves=queries.list_leaves(center.id, today),
        board_url=url_for("batches.board", blk=center.slug),
        **shared,
    )


@blueprint.get("/balai/cuti")
@requires(EDIT)
def leaves() -> Any:
    """Leave from today on, with a form for one more."""
    return _leaves(LeaveForm())


@blueprint.post("/balai/cuti")
@requires(EDIT)
def add_leave() -> Any:
    """One more leave."""
    actor, center, _shared = _center()
    form = LeaveForm.parse()
    form.offer(queries.staff_of(center.id))
    values = {key: form.data[key] for key in ("staff_id", "starts_on", "ends_on", "reason")}
    done = form.validate() and _save(
        form,
        lambda: services.add_leave(actor=actor, now=clock.now(), **values),
        _("Cuti dicatat. Periksa jadwal: pertemuan yang sudah ada tampil sebagai bentrok."),
        url_for("centers.leaves", blk=center.slug),
    )
    return done or _leaves(form)


@blueprint.post("/balai/cuti/<int:leave_id>/hapus")
@requires(EDIT)
def remove_leave(leave_id: int) -> Any:
    """Take a leave back."""
    actor = current_actor()
    _leave, person = queries.get_leave(actor, leave_id)
    slug = queries.center_by_id(person.center_id).slug
    with transaction():
        services.remove_leave(leave_id=leave_id, actor=actor, now=clock.now())
    flash(_("Cuti %(name)s dihapus.", name=person.name), "ok")
    return htmx.redirect(url_for("centers.leaves", blk=slug))


# ---- holidays ----


def _holidays(form: HolidayForm) -> Any:
    _actor, center, shared = _center()
    today = clock.local_date(clock.now(), center.zone)
    return htmx.render(
        "centers/holidays.html",
        None,
        _status(form),
        form=form,
        remove=RemoveForm(),
        holidays=queries.list_holidays(center.id, today),
        **shared,
    )


@blueprint.get("/balai/libur")
@requires(EDIT)
def holidays() -> Any:
    """National and own holidays from today on, with a form for one more."""
    return _holidays(HolidayForm())


@blueprint.post("/balai/libur")
@requires(EDIT)
def add_holiday() -> Any:
    """One more day without classes."""
    actor, center, _shared = _center()
    form = HolidayForm.parse()
    values = {"day": form.day.data, "name": form.name.data, "center_id": center.id}
    done = form.validate() and _save(
        form,
        lambda: services.add_holiday(actor=actor, now=clock.now(), **values),
        _("Hari libur dicatat."),
        url_for("centers.holidays", blk=center.slug),
    )
    return done or _holidays(form)


@blueprint.post("/balai/libur/<int:holiday_id>/hapus")
@requires(EDIT)
def remove_holiday(holiday_id: int) -> Any:
    """Take a center's own holiday back."""
    actor = current_actor()
    holiday = queries.get_holiday(actor, holiday_id)
    slug = queries.center_by_id(holiday.center_id or 0).slug
    with transaction():
        services.remove_holiday(holiday_id=holiday_id, actor=actor, now=clock.now())
    flash(_("Hari libur dihapus."), "ok")
    return htmx.redirect(url_for("centers.holidays", blk=slug))
