"""Founding a cooperative: beginning it, its people, its steps, and the day it stands."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from portal.cooperatives.forms.board import BoardForm, rows_for
from portal.cooperatives.forms.founding import FoundingForm, FoundingNewForm, FoundingPersonForm
from portal.cooperatives.founding_words import step_lines
from portal.cooperatives.labels import kind_label, post_label
from portal.cooperatives.links import cooperative_tabs
from portal.cooperatives.queries import founding as queries
from portal.cooperatives.queries.board import board_seen
from portal.cooperatives.queries.claims import claim_state, hides_names
from portal.cooperatives.queries.cooperatives import may_edit
from portal.cooperatives.rules.founding import founding_blockers, founding_steps
from portal.cooperatives.services import founding as services
from portal.cooperatives.services.standing_up import stand_up
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.idempotency import claim as spend
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.core.words import gettext as _
from portal.regions.queries import path_of

P = Permission
ZONE = "Asia/Jakarta"
#: The pillar of a step in the drawing of the hall.
PILLARS = {"done": "up", "now": "soon", "next": "down"}


def _refused(form: Any, error: DomainError) -> None:
    """Every reason beside its field."""
    if error.status in (403, 404):
        raise error
    for field, message in error.details.get("problems", [(error.field, error.message)]):
        form.add_error(DomainError(error.code, message, field))


# ---- beginning ----


def _new_page(form: FoundingNewForm, status: int = 200) -> Any:
    text = (request.args.get("q") or request.form.get("q") or "").strip()[:80]
    villages = queries.villages_named(text)
    form.offer(villages)
    return htmx.render(
        "cooperatives/founding_new.html", None, status, form=form, q=text, villages=villages,
        notes={code: where for code, _name, where in villages},
    )  # fmt: skip


@blueprint.get("/koperasi/pendirian/baru")
@signed_in
def founding_new() -> Any:
    """Where the cooperative will be, then its name and kind."""
    return _new_page(FoundingNewForm())


@blueprint.post("/koperasi/pendirian/baru")
@signed_in
def founding_new_post() -> Any:
    """Begin a founding."""
    form, actor, now = FoundingNewForm.parse(), current_actor(), clock.now()
    if not form.validate():
        return _new_page(form, 422)
    try:
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                number = services.register_founding(
                    name=form.name.data or "", kind=form.kind.data or "",
                    village_code=form.village_code.data or "", actor=actor, now=now,
                )  # fmt: skip
                op.finish(url_for("cooperatives.founding", cooperative_id=number))
    except DomainError as error:
        _refused(form, error)
        return _new_page(form, error.status)
    return htmx.redirect(op.outcome)


# ---- people and steps ----


def _page(cooperative_id: int, form: FoundingPersonForm, status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    cooperative, founding = queries.get_founding(actor, cooperative_id)
    people = queries.founding_people(cooperative_id, local_date(now, ZONE))
    founders = sum(one.post == "founder" for one in people)
    facts, hides = queries.founding_facts(founding, founders), hides_names(actor, cooperative_id)
    steps = founding_steps(facts)
    pillars = [PILLARS[step.state] for step in steps]
    return htmx.render(
        "cooperatives/founding.html", None, status, cooperative=cooperative, founding=founding, form=form,
        people=people, founders=founders, steps=steps, pillars=pillars,
        lines=step_lines(steps, facts), hides=hides,
        blockers=founding_blockers(facts), place=", ".join(reversed(path_of(cooperative.region_code))),
        kind_label=kind_label, token_form=TokenForm(),
        tabs=cooperative_tabs(cooperative_id, "pendirian", "prospective", actor),
        is_pending=claim_state(actor, cooperative_id) == "pending_code",
        may_edit=may_edit(actor, cooperative) and not hides and founding.founded_at is None,
    )  # fmt: skip


@blueprint.get("/koperasi/<int:cooperative_id>/pendirian")
@requires(P.COOPERATIVE_VIEW, P.REGISTRY_EDIT)
def founding(cooperative_id: int) -> Any:
    """How far the founding is, who takes part, and what each step lacks."""
    return _page(cooperative_id, FoundingPersonForm())


@blueprint.post("/koperasi/<int:cooperative_id>/pendirian/orang")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def founding_person(cooperative_id: int) -> Any:
    """Add a founder or a member."""
    form, actor, now = FoundingPersonForm.parse(), current_actor(), clock.now()
    queries.get_founding(actor, cooperative_id)
    if not form.validate():
        return _page(cooperative_id, form, 422)
    try:
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.add_founding_person(
                    cooperative_id=cooperative_id, name=form.name.data or "", phone=form.phone.data or "",
                    post=form.post.data or "", actor=actor, now=now,
                )  # fmt: skip
                op.finish(url_for("cooperatives.founding", cooperative_id=cooperative_id) + "#orang")
    except DomainError as error:
        _refused(form, error)
        return _page(cooperative_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/koperasi/<int:cooperative_id>/pendirian/orang/<int:term_id>/lepas")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def founding_person_remove(cooperative_id: int, term_id: int) -> Any:
    """Somebody no longer takes part."""
    actor, now = current_actor(), clock.now()
    with transaction():
        op = spend(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            services.remove_founding_person(
                cooperative_id=cooperative_id, term_id=term_id, actor=actor, now=now
            )
            op.finish(url_for("cooperatives.founding", cooperative_id=cooperative_id) + "#orang")
    return htmx.redirect(op.outcome)


def _editable(cooperative_id: int) -> tuple[Any, Any]:
    """The cooperative and its founding, for somebody who may write; NotFound otherwise."""
    actor = current_actor()
    cooperative, row = queries.get_founding(actor, cooperative_id)
    if not may_edit(actor, cooperative) or hides_names(actor, cooperative_id) or row.founded_at:
        raise NotFound()
    return cooperative, row


def _note_page(cooperative_id: int, form: FoundingForm | None, status: int = 200) -> Any:
    cooperative, row = _editable(cooperative_id)
    form = form or FoundingForm(obj=row, name=cooperative.name)
    return htmx.render(
        "cooperatives/founding_note.html", None, status, cooperative=cooperative, founding=row, form=form
    )


@blueprint.get("/koperasi/<int:cooperative_id>/pendirian/catat")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def founding_note(cooperative_id: int) -> Any:
    """The form of the steps."""
    return _note_page(cooperative_id, None)


@blueprint.post("/koperasi/<int:cooperative_id>/pendirian/catat")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def founding_note_post(cooperative_id: int) -> Any:
    """Record the steps."""
    form, actor, now = FoundingForm.posted(), current_actor(), clock.now()
    _editable(cooperative_id)
    if not form.validate():
        return _note_page(cooperative_id, form, 422)
    try:
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.note_founding(
                    cooperative_id=cooperative_id, version=form.version_seen(), name=form.name.data or "",
                    note=form.note(), file=form.upload(), actor=actor, now=now,
                )  # fmt: skip
                flash(_("Langkah pendirian tersimpan."), "ok")
                op.finish(url_for("cooperatives.founding", cooperative_id=cooperative_id))
    except DomainError as error:
        _refused(form, error)
        if error.code == "founding_changed":
            form.version.data = str(queries.get_founding(actor, cooperative_id)[1].version)
        return _note_page(cooperative_id, form, error.status)
    return htmx.redirect(op.outcome)


# ---- the day it stands ----


def _stand_form(cooperative_id: int, row: Any, *, is_posted: bool = False) -> BoardForm:
    today = local_date(clock.now(), ZONE)
    rows = rows_for(row.intended_kind, queries.empty_board(row.intended_kind))
    people = [(one.person_id, one.name) for one in queries.founding_people(cooperative_id, today)]
    return BoardForm.build(
        rows, people, is_posted=is_posted, seen=board_seen(cooperative_id), effective_on=row.legal_on
    )


def _stand_page(cooperative: Any, row: Any, form: BoardForm, status: int = 200) -> Any:
    return htmx.render(
        "cooperatives/founding_stand.html", None, status, cooperative=cooperative, founding=row, form=form,
        rows=form.rows, post_label=post_label, kind_label=kind_label,
    )  # fmt: skip


@blueprint.get("/koperasi/<int:cooperative_id>/pendirian/berdiri")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def founding_stand(cooperative_id: int) -> Any:
    """Which founder takes which post."""
    cooperative, row = _editable(cooperative_id)
    return _stand_page(cooperative, row, _stand_form(cooperative_id, row))


@blueprint.post("/koperasi/<int:cooperative_id>/pendirian/berdiri")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def founding_stand_post(cooperative_id: int) -> Any:
    """Make it a cooperative that stands."""
    actor, now = current_actor(), clock.now()
    cooperative, row = _editable(cooperative_id)
    form = _stand_form(cooperative_id, row, is_posted=True)
    if not form.validate():
        return _stand_page(cooperative, row, form, 422)
    day = form.effective_on.data
    assert day is not None
    try:
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                stand_up(
                    cooperative_id=cooperative_id, effective_on=day, seen=form.seen.data or "",
                    beginnings=form.beginnings(), actor=actor, now=now,
                )  # fmt: skip
                flash(_("Koperasi sudah berdiri. Jabatan dan masa pendiri tercatat."), "ok")
                op.finish(url_for("cooperatives.board", cooperative_id=cooperative_id))
    except DomainError as error:
        _refused(form, error)
        if error.code == "board_changed":
            form.seen.data = board_seen(cooperative_id)
        return _stand_page(cooperative, row, form, error.status)
    return htmx.redirect(op.outcome)
