"""The nominations of a cooperative: the list, a person's link, taking back, swapping, letters."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from portal.cooperatives.queries.claims import hides_names
from portal.core import browser, clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.mail.content import link
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.enrollment import letters, papers_letters
from portal.enrollment import pages_nominating as pages
from portal.enrollment.forms_nominating import SwapForm
from portal.enrollment.queries import choosing, nominations, ranks
from portal.enrollment.services import keeping, nominating, nominee, swapping
from portal.enrollment.services.printing import count_letter, refuse_empty
from portal.enrollment.views.blueprint import blueprint
from portal.enrollment.views.nominating import own_cooperative
from portal.enrollment.views.papers import pdf_answer

P = Permission
# The handle of the link that this browser may show (services/keeping.py)
HELD = "nominee"


@blueprint.get("/koperasi/<int:cooperative_id>/usulan", endpoint="nominations")
@requires(P.NOMINATE)
def list_nominations(cooperative_id: int) -> Any:
    """The groups with the state of every person."""
    actor, now = current_actor(), clock.now()
    cooperative = own_cooperative(cooperative_id)
    only_own = hides_names(actor, cooperative_id)
    page = nominations.list_groups(
        actor, cooperative_id, page_number(request.args.get("hal")), only_own=only_own
    )
    waiting = {row.enrollment.batch_id for group in page.items for row in group.people
               if row.enrollment is not None and row.enrollment.state == "waitlisted"}  # fmt: skip
    return htmx.render(
        "enrollment/nominations.html", "enrollment/_nominations.html", cooperative=cooperative,
        listed=page, groups=pages.groups(page.items, ranks.ranks_in(waiting, now), now), form=TokenForm(),
    )  # fmt: skip


@blueprint.get("/koperasi/<int:cooperative_id>/usulan/<int:nomination_id>/tautan")
@requires(P.NOMINATE)
def nominee_link_shown(cooperative_id: int, nomination_id: int) -> Any:
    """The link that was just made, for ten minutes in this browser."""
    actor, now = current_actor(), clock.now()
    nominations.get_nomination(actor, cooperative_id, nomination_id)
    token = keeping.kept(f"link {nomination_id}", browser.held(HELD), actor=actor, now=now)
    own = nominations.own_of(nomination_id)
    return htmx.render(
        "enrollment/nominate_link.html", cooperative=own_cooperative(cooperative_id), own=own,
        address=link("enrollment.nominee", token=token) if token else "", form=TokenForm(),
        facts=pages.own_facts(own, now),
    )  # fmt: skip


@blueprint.post("/koperasi/<int:cooperative_id>/usulan/<int:nomination_id>/tautan")
@requires(P.NOMINATE)
def nominee_link(cooperative_id: int, nomination_id: int) -> Any:
    """A fresh link; the old one ends."""
    actor, now = current_actor(), clock.now()
    nominations.get_nomination(actor, cooperative_id, nomination_id)
    target = url_for(
        "enrollment.nominee_link_shown", cooperative_id=cooperative_id, nomination_id=nomination_id
    )
    with transaction():
        op, handle = claim(TokenForm.parse().op.data, actor=actor, now=now), ""
        if op.is_new:
            token = nominee.renew_link(
                cooperative_id=cooperative_id, nomination_id=nomination_id, actor=actor, now=now
            )
            handle = keeping.keep(
                f"link {nomination_id}", token, life=keeping.LINK_LIFE, actor=actor, now=now
            )
            op.finish(target)
    if handle:
        browser.keep(HELD, handle)
    return htmx.redirect(op.outcome)


@blueprint.post("/koperasi/<int:cooperative_id>/usulan/<int:nomination_id>/tarik")
@requires(P.NOMINATE)
def nominee_withdraw(cooperative_id: int, nomination_id: int) -> Any:
    """Take one nomination back."""
    target = url_for("enrollment.nominations", cooperative_id=cooperative_id)
    nominations.get_nomination(current_actor(), cooperative_id, nomination_id)
    with transaction():
        swapping.withdraw_nominee(
            cooperative_id=cooperative_id, nomination_id=nomination_id, actor=current_actor(), now=clock.now()
        )
    flash(_("Usulan ditarik."), "ok")
    return htmx.redirect(target)


# ---- swapping ----


def _swap_page(cooperative_id: int, nomination_id: int, form: SwapForm, status: int = 200) -> Any:
    cooperative, people = own_cooperative(cooperative_id), _others(cooperative_id, nomination_id)
    form.offer([(one.person_id, one.name) for one in people])
    notes, closed = pages.people_notes(people)
    own = nominations.own_of(nomination_id)
    return htmx.render(
        "enrollment/nominate_swap.html", None, status, cooperative=cooperative, own=own, form=form,
        notes=notes, closed=closed, facts=pages.own_facts(own, clock.now())[1:],
    )  # fmt: skip


def _others(cooperative_id: int, nomination_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    nomination = nominations.get_nomination(actor, cooperative_id, nomination_id)
    people = choosing.people_to_choose(
        cooperative_id, nomination.program_id, actor=actor,
        sees_names=not hides_names(actor, cooperative_id), on=local_date(now, pages.ZONE),
    )  # fmt: skip
    return [one for one in people if one.person_id != nomination.person_id]


@blueprint.get("/koperasi/<int:cooperative_id>/usulan/<int:nomination_id>/ganti")
@requires(P.NOMINATE)
def nominee_swap(cooperative_id: int, nomination_id: int) -> Any:
    """Who goes instead."""
    nominations.get_nomination(current_actor(), cooperative_id, nomination_id)
    return _swap_page(cooperative_id, nomination_id, SwapForm())


@blueprint.post("/koperasi/<int:cooperative_id>/usulan/<int:nomination_id>/ganti")
@requires(P.NOMINATE)
def nominee_swap_post(cooperative_id: int, nomination_id: int) -> Any:
    """Swap, and send the new one their link."""
    actor, now, form = current_actor(), clock.now(), SwapForm(request.form)
    form.offer([(one.person_id, one.name) for one in _others(cooperative_id, nomination_id)])
    if not form.validate():
        return _swap_page(cooperative_id, nomination_id, form, 422)
    try:
        with transaction():
            nominating.count_act(actor=actor, now=now)
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                swapping.swap_nominee(
                    cooperative_id=cooperative_id, nomination_id=nomination_id,
                    replacement=form.proposed(), actor=actor, now=now,
                )  # fmt: skip
                nominee.invite_group(group_id=_group_of(nomination_id), actor=actor, now=now)
                op.finish(url_for("enrollment.nominations", cooperative_id=cooperative_id))
    except DomainError as error:
        form.add_error(error)
        return _swap_page(cooperative_id, nomination_id, form, error.status)
    return htmx.redirect(op.outcome)


def _group_of(nomination_id: int) -> int:
    return int(nominations.own_of(nomination_id).nomination.group_id or 0)


# ---- letters ----


def _letter(cooperative_id: int, group_id: int, kind: str) -> Any:
    actor, now = current_actor(), clock.now()
    cooperative = own_cooperative(cooperative_id)
    group = nominations.get_group(
        actor, cooperative_id, group_id, only_own=hides_names(actor, cooperative_id)
    )
    letter = letters.letter_of(kind, cooperative, group)
    refuse_empty(letter.people)
    with transaction():
        count_letter(actor=actor, now=now)
    return pdf_answer(papers_letters.letter_pdf(letter, now=now), f"surat-{kind}-{group_id}.pdf")


@blueprint.get("/koperasi/<int:cooperative_id>/usulan/kelompok/<int:group_id>/surat-usulan.pdf")
@requires(P.NOMINATE)
def nomination_letter(cooperative_id: int, group_id: int) -> Any:
    """Whom the cooperative proposes, to sign."""
    return _letter(cooperative_id, group_id, "usulan")


@blueprint.get("/koperasi/<int:cooperative_id>/usulan/kelompok/<int:group_id>/surat-tugas.pdf")
@requires(P.NOMINATE)
def assignment_letter(cooperative_id: int, group_id: int) -> Any:
    """Whom the cooperative sends: those with a certain seat."""
    return _letter(cooperative_id, group_id, "tugas")
