"""Outside records: the list, one of them, adding, correcting and deciding; the holder's own word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request, url_for

from portal.catalog.queries import program_names
from portal.certificates.external_rules import KINDS, STATES
from portal.certificates.forms_external import (
    DecisionForm,
    DisputeForm,
    MapForm,
    OpForm,
    PaperForm,
    RecordForm,
    filled,
)
from portal.certificates.pages_external import list_context, mapping_context, record_context
from portal.certificates.queries import external as queries
from portal.certificates.services import external as services
from portal.certificates.views import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.forms import row_number
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.core.words import gettext as _

RECORD = Permission.EXTERNAL_RECORD
VERIFY = Permission.EXTERNAL_VERIFY


@blueprint.get("/catatan-luar")
@requires(RECORD, VERIFY)
def external() -> Any:
    """The records in the account's reach, disputed and unchecked ones first."""
    kind, state = request.args.get("jenis", ""), request.args.get("keadaan", "")
    context = list_context(
        current_actor(), clock.now(), page_number(request.args.get("hal")),
        kind if kind in KINDS else "", state if state in (*STATES, "disputed") else "",
    )  # fmt: skip
    return htmx.render("certificates/external.html", "certificates/_external_list.html", **context)


@blueprint.get("/catatan-luar/baru")
@requires(RECORD)
def external_new() -> Any:
    """A form for one record."""
    return _new_page(RecordForm())


def _new_page(form: RecordForm, status: int = 200) -> Any:
    form.offer(program_names())
    return htmx.render("certificates/external_new.html", None, status, form=form)


@blueprint.post("/catatan-luar/baru")
@requires(RECORD)
def external_new_post() -> Any:
    """Note it."""
    form = RecordForm.parse().offer(program_names())
    if not form.validate():
        return _new_page(form, 422)

    def save(**who: Any) -> str:
        made = services.record_external(who=form.who(), text=form.as_text(), **who)
        return url_for("certificates.external_record", record_id=made.id)

    return _act(form, save, lambda status: _new_page(form, status))


def _act(form: Any, use_case: Callable[..., str], again: Callable[[int], Any]) -> Any:
    """One effect a click: on to where the use case leads, or the page again with its reason."""
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                op.finish(use_case(actor=actor, now=now))
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return again(error.status)
    return htmx.redirect(op.outcome)


def _page(record_id: int, form: Any, status: int = 200) -> Any:
    context = record_context(current_actor(), record_id, clock.now())
    return htmx.render("certificates/external_record.html", None, status, form=form, **context)


@blueprint.get("/catatan-luar/<int:record_id>")
@requires(RECORD, VERIFY)
def external_record(record_id: int) -> Any:
    """One record, and the decision for whoever may make it."""
    return _page(record_id, DecisionForm())


@blueprint.post("/catatan-luar/<int:record_id>/periksa")
@requires(VERIFY)
def external_decide(record_id: int) -> Any:
    """Say that it holds, or that it does not."""
    form = DecisionForm.parse()
    queries.get_external(current_actor(), record_id, services.today(clock.now()))
    if not form.validate():
        return _page(record_id, form, 422)

    def decide(**who: Any) -> str:
        services.verify_external(
            record_id=record_id, is_good=form.answer.data == "ya", note=form.note.data, **who
        )
        return url_for("certificates.external_record", record_id=record_id)

    return _act(form, decide, lambda status: _page(record_id, form, status))


@blueprint.get("/catatan-luar/<int:record_id>/ubah")
@requires(RECORD)
def external_edit(record_id: int) -> Any:
    """The form that corrects a record."""
    view = queries.get_external(current_actor(), record_id, services.today(clock.now()), (RECORD,))
    return _edit_page(record_id, PaperForm(data=filled(view.record)))


def _edit_page(record_id: int, form: PaperForm, status: int = 200) -> Any:
    form.offer(program_names())
    context = record_context(current_actor(), record_id, clock.now())
    return htmx.render("certificates/external_edit.html", None, status, form=form, **context)


@blueprint.post("/catatan-luar/<int:record_id>/ubah")
@requires(RECORD)
def external_edit_post(record_id: int) -> Any:
    """Correct it; somebody else checks it again."""
    queries.get_external(current_actor(), record_id, services.today(clock.now()), (RECORD,))
    form = PaperForm.parse().offer(program_names())
    if not form.validate():
        return _edit_page(record_id, form, 422)

    def change(**who: Any) -> str:
        services.change_external(record_id=record_id, text=form.as_text(), **who)
        return url_for("certificates.external_record", record_id=record_id)

    return _act(form, change, lambda status: _edit_page(record_id, form, status))


@blueprint.post("/catatan-luar/<int:record_id>/hapus")
@requires(RECORD)
def external_remove(record_id: int) -> Any:
    """Take out a record that nobody has confirmed."""
    form = OpForm.parse()

    def remove(**who: Any) -> str:
        services.remove_external(record_id=record_id, **who)
        return url_for("certificates.external")

    return _act(form, remove, lambda status: _page(record_id, form, status))


@blueprint.post("/catatan-luar/<int:record_id>/selesai")
@requires(RECORD, VERIFY)
def external_settle(record_id: int) -> Any:
    """The record is right: the holder's objection is answered."""
    form = OpForm.parse()

    def settle(**who: Any) -> str:
        services.settle_dispute(record_id=record_id, **who)
        return url_for("certificates.external_record", record_id=record_id)

    return _act(form, settle, lambda status: _page(record_id, form, status))


@blueprint.get("/catatan-luar/padanan")
@requires(RECORD)
def external_mapping() -> Any:
    """Titles that stand for no program yet."""
    return _mapping_page(MapForm())


def _mapping_page(form: MapForm, status: int = 200) -> Any:
    context = mapping_context(current_actor(), clock.now())
    return htmx.render("certificates/external_mapping.html", None, status, form=form, **context)


@blueprint.post("/catatan-luar/padanan")
@requires(RECORD)
def external_mapping_post() -> Any:
    """Say which program a title stands for."""
    form = MapForm.parse()
    chosen = request.form.get("program", type=row_number)
    if chosen is None:
        form.form_errors.append(_("Pilih program padanannya."))
        return _mapping_page(form, 422)

    def match(**who: Any) -> str:
        kind, title, scheme = (str(form[name].data or "") for name in ("kind", "title", "scheme"))
        if not services.map_external(kind=kind, title=title, scheme=scheme, program_id=chosen, **who):
            raise Conflict("nothing_to_map", _("Judul ini sudah dipadankan atau sudah diperiksa."))
        return url_for("certificates.external_mapping")

    return _act(form, match, lambda status: _mapping_page(form, status))


@blueprint.get("/saya/catatan-luar/<int:record_id>")
@signed_in
def external_own(record_id: int) -> Any:
    """A record of one's own: what is noted, and the way to object."""
    return _own_page(record_id, DisputeForm())


def _own_page(record_id: int, form: DisputeForm, status: int = 200) -> Any:
    person_id = current_actor().person_id
    rows = queries.external_of_person(person_id) if person_id else []
    found = next((row for row in rows if row[0].id == record_id), None)
    if found is None:
        abort(404)
    record, program = found
    return htmx.render(
        "certificates/external_own.html", None, status, record=record, program=program, form=form
    )


@blueprint.post("/saya/catatan-luar/<int:record_id>")
@signed_in
def external_own_post(record_id: int) -> Any:
    """Object to it."""
    form = DisputeForm.parse()
    if not form.validate():
        return _own_page(record_id, form, 422)

    def dispute(**who: Any) -> str:
        services.dispute_external(record_id=record_id, words=form.words.data, **who)
        return url_for("certificates.external_own", record_id=record_id)

    return _act(form, dispute, lambda status: _own_page(record_id, form, status))
