"""Proposing people of a cooperative: choose, check person by person, send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from werkzeug.datastructures import MultiDict

from portal.batches.queries import batches_by_ids, get_batch
from portal.core import browser, clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import row_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.enrollment import pages_nominating as pages
from portal.enrollment.forms_nominating import NominateForm
from portal.enrollment.queries import choosing, nominations
from portal.enrollment.queries.nominating import Act, Ground, load_act
from portal.enrollment.services import keeping, nominating, nominee
from portal.enrollment.views.blueprint import blueprint

P = Permission
# The handle of what this browser typed (services/keeping.py)
HELD = "nominate"


def own_cooperative(cooperative_id: int) -> Any:
    """The cooperative for somebody who may propose its people. Raises NotFound."""
    nominations.check_scope(current_actor(), cooperative_id)
    found = choosing.find_cooperative(cooperative_id)
    if found is None:
        raise NotFound()
    return found


# ---- choose, check, send ----


@blueprint.get("/angkatan/<int:batch_id>/usulkan")
@requires(P.NOMINATE)
def nominate_to(batch_id: int) -> Any:
    """From a batch to the form of the one cooperative, or to the list of several."""
    batch = get_batch(batch_id)
    own = sorted(current_actor().scope(P.NOMINATE).cooperatives)
    if len(own) != 1:
        return htmx.redirect(url_for("desks.cooperatives"))
    target = url_for(
        "enrollment.nominate", cooperative_id=own[0], program=batch.program.code, angkatan=batch_id
    )
    return htmx.redirect(target)


def _load(cooperative_id: int, program: str | None) -> tuple[Any, Ground | None]:
    """The cooperative and, once a program is named, where to propose to."""
    cooperative = own_cooperative(cooperative_id)
    chosen = next((p for p in choosing.programs_for(cooperative) if program in (p.code, str(p.id))), None)
    if chosen is None:
        return cooperative, None
    return cooperative, Ground(cooperative, chosen, None, pages.ZONE)


@dataclass(frozen=True)
class _Choices:
    """What the form offers: people, batches, and whether the one who asks is not verified yet."""

    act: Act
    people: list[Any]
    batches: list[Any]


def _choices(ground: Ground) -> _Choices:
    """Six statements, however many people the cooperative has."""
    actor, now = current_actor(), clock.now()
    act = load_act(ground, actor)
    people = choosing.people_to_choose(
        ground.cooperative.id, ground.program.id, actor=actor, sees_names=act.sees_names,
        on=local_date(now, ground.zone),
    )  # fmt: skip
    return _Choices(act, people, choosing.batches_for(ground.program.id, ground.cooperative.region_code, now))


def _offer(form: NominateForm, choices: _Choices) -> dict[str, str]:
    """Fill the form's choices; answers the notes of the batches."""
    batches, notes = pages.batch_choices(choices.batches, clock.now())
    form.offer(batches, [(one.person_id, one.name) for one in choices.people])
    return notes


def _form_page(ground: Ground, form: NominateForm, choices: _Choices, status: int = 200) -> Any:
    batch_notes = _offer(form, choices)
    notes, closed = pages.people_notes(choices.people)
    return htmx.render(
        "enrollment/nominate.html", None, status, cooperative=ground.cooperative, program=ground.program,
        form=form, people_notes=notes, closed=closed, is_unverified=choices.act.claim_id is not None,
        sees_names=choices.act.sees_names, batch_notes=batch_notes,
    )  # fmt: skip


def _draft(cooperative_id: int, program_id: int) -> MultiDict[str, str] | None:
    """What this browser typed for this program so far, or None."""
    actor, now = current_actor(), clock.now()
    found = keeping.kept(f"form {cooperative_id} {program_id}", browser.held(HELD), actor=actor, now=now)
    return MultiDict([(name, text) for name, text in found]) if found else None


def _keep_draft(ground: Ground, form: NominateForm) -> None:
    """Keep what was typed for the next page: names and numbers of people stand in no address."""
    what, pairs = f"form {ground.cooperative.id} {ground.program.id}", form.pairs()
    with transaction():
        handle = keeping.keep(what, pairs, life=keeping.FORM_LIFE, actor=current_actor(), now=clock.now())
    browser.keep(HELD, handle)


@blueprint.get("/koperasi/<int:cooperative_id>/usulkan")
@requires(P.NOMINATE)
def nominate(cooperative_id: int) -> Any:
    """Choose a program, then people and a batch; links choose for one (program, angkatan, orang)."""
    cooperative, ground = _load(cooperative_id, request.args.get("program"))
    if ground is None:
        return htmx.render(
            "enrollment/nominate_program.html", cooperative=cooperative,
            programs=choosing.programs_for(cooperative),
        )  # fmt: skip
    draft = _draft(cooperative_id, ground.program.id) if request.args.get("lanjut") else None
    chosen = request.args.getlist("orang", type=row_number)
    form = NominateForm(draft, data={"batch": request.args.get("angkatan"), "people": chosen[:60]})
    return _form_page(ground, form, _choices(ground))


@blueprint.post("/koperasi/<int:cooperative_id>/usulkan")
@requires(P.NOMINATE)
def nominate_post(cooperative_id: int) -> Any:
    """Keep what was typed: for more rows, or for the answer person by person. Nothing is sent."""
    _cooperative, ground = _load(cooperative_id, request.args.get("program"))
    if ground is None:
        return htmx.redirect(url_for("enrollment.nominate", cooperative_id=cooperative_id))
    form, program = NominateForm(request.form), ground.program.code
    if request.form.get("langkah") == "tambah":
        form.grow()
        _keep_draft(ground, form)
        return htmx.redirect(
            url_for(
                "enrollment.nominate",
                cooperative_id=cooperative_id,
                program=program,
                lanjut=1,
                _anchor="baru",
            )
        )
    choices = _choices(ground)
    _offer(form, choices)
    if not form.validate() or not _is_possible(ground, form):
        return _form_page(ground, form, choices, 422)
    _keep_draft(ground, form)
    return htmx.redirect(
        url_for("enrollment.nominate_review", cooperative_id=cooperative_id, program=program)
    )


def _is_possible(ground: Ground, form: NominateForm) -> bool:
    """Whether there is an answer at all; people who are not the cooperative's are named on the form."""
    try:
        nominating.preview_group(**_wish(ground, form))
    except DomainError as refusal:
        form.add_error(refusal)
        return False
    return True


def _wish(ground: Ground, form: NominateForm) -> dict[str, Any]:
    return {
        "cooperative_id": ground.cooperative.id, "program_id": ground.program.id, "batch_id": form.batch_id,
        "people": form.proposed(), "mode": form.mode.data, "keep_together": bool(form.keep_together.data),
        "actor": current_actor(), "now": clock.now(),
    }  # fmt: skip


def _typed(cooperative_id: int) -> tuple[Ground | None, NominateForm | None]:
    _cooperative, ground = _load(cooperative_id, request.args.get("program"))
    draft = _draft(cooperative_id, ground.program.id) if ground is not None else None
    return ground, NominateForm(draft) if draft is not None else None


def _back(cooperative_id: int) -> Any:
    """To the form: what was typed is over, or was never there."""
    program = request.args.get("program")
    return htmx.redirect(url_for("enrollment.nominate", cooperative_id=cooperative_id, program=program))


@blueprint.get("/koperasi/<int:cooperative_id>/usulkan/periksa")
@requires(P.NOMINATE)
def nominate_review(cooperative_id: int) -> Any:
    """What sending would do, person by person; nothing has changed yet."""
    ground, form = _typed(cooperative_id)
    return _review(ground, form) if ground is not None and form is not None else _back(cooperative_id)


def _review(ground: Ground, form: NominateForm, error: DomainError | None = None) -> Any:
    try:
        judged = nominating.preview_group(**_wish(ground, form))
    except DomainError as refusal:
        form.add_error(refusal)
        return _form_page(ground, form, _choices(ground), refusal.status)
    chosen = batches_by_ids([form.batch_id]).get(form.batch_id) if form.batch_id else None
    return htmx.render(
        "enrollment/nominate_review.html", None, error.status if error else 200, form=form, error=error,
        cooperative=ground.cooperative, program=ground.program, answers=pages.answers(judged),
        stops=judged.decision.stops, summary=pages.summary(judged), where=pages.batch_words(chosen),
        is_unverified=judged.act.claim_id is not None,
    )  # fmt: skip


@blueprint.post("/koperasi/<int:cooperative_id>/usulkan/kirim")
@requires(P.NOMINATE)
def nominate_send(cooperative_id: int) -> Any:
    """Send what was checked, once; then everybody gets their link."""
    ground, form = _typed(cooperative_id)
    if ground is None or form is None:
        return _back(cooperative_id)
    try:
        with transaction():
            nominating.count_act(actor=current_actor(), now=clock.now())
        with transaction():
            made = nominating.nominate_group(
                **_wish(ground, form),
                letter_number=form.letter_number.data or "",
                form_key=form.op.data or "",
            )
    except DomainError as error:
        return _review(ground, form, error)
    with transaction():
        nominee.invite_group(group_id=made.group_id, actor=current_actor(), now=clock.now())
    if made.is_new:
        flash(_("Usulan terkirim. Setiap orang menjawab sendiri lewat tautannya."), "ok")
    target = url_for(
        "enrollment.nominations", cooperative_id=cooperative_id, _anchor=f"usulan-{made.group_id}"
    )
    return htmx.redirect(target)
