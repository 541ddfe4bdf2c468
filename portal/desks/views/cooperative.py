"""Cooperatives for their chairs and companions, and for the office that keeps their registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

from portal.cooperatives.labels import kind_label, post_label
from portal.cooperatives.queries import list_own_cooperatives
from portal.core import clock, htmx
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import language
from portal.desks.links import link
from portal.desks.queries.cooperative import CooperativePage, cooperative_page
from portal.desks.views.blueprint import blueprint
from portal.enrollment.labels import state_tag
from portal.readiness import labels_page as pages
from portal.readiness.labels_missing import Ways, known

NO_CODE = "BA0000000000"


@blueprint.get("/koperasi")
@requires(Permission.COOPERATIVE_VIEW)
def cooperatives() -> Any:
    """The cooperatives of the actor; a single one opens at once."""
    number = page_number(request.args.get("hal"))
    page = list_own_cooperatives(current_actor(), number)
    if number == 1 and len(page.items) == 1 and not page.has_next:
        return htmx.redirect(url_for("desks.cooperative", cooperative_id=page.items[0].id))
    return htmx.render("desks/cooperatives.html", listing=page, kind_label=kind_label)


@blueprint.get("/koperasi/<int:cooperative_id>")
@requires(Permission.COOPERATIVE_VIEW, Permission.REGISTRY_EDIT)
def cooperative(cooperative_id: int) -> Any:
    """What the cooperative can run, what is missing, what ends soon; posts and certificates."""
    return htmx.render("desks/cooperative.html", **_context(cooperative_id))


@blueprint.get("/koperasi/<int:cooperative_id>/cetak")
@requires(Permission.COOPERATIVE_VIEW, Permission.REGISTRY_EDIT)
def cooperative_print(cooperative_id: int) -> Any:
    """The same on one sheet of paper."""
    back = url_for("desks.cooperative", cooperative_id=cooperative_id)
    return htmx.render("desks/cooperative_print.html", back_url=back, **_context(cooperative_id))


def _context(cooperative_id: int) -> dict[str, Any]:
    actor, now = current_actor(), clock.now()
    page = cooperative_page(actor, cooperative_id, now)
    ways = _ways(page, actor.may(Permission.NOMINATE))
    about = known(page.board, page.courses, ways, language())
    cards, ends = pages.line_cards(page.board, about), pages.forecast(page.board, about)
    return {
        "hall_page": page,
        "c": page.head,
        "now": now,
        "cards": cards,
        "summary": pages.summary(cards),
        "ends": ends,
        "axis": pages.axis(page.board.on, ends) if ends else "",
        "ways": ways,
        "kind_label": kind_label,
        "post_label": post_label,
        "state_tag": state_tag,
        "nominate_url": link("enrollment.nominate", cooperative_id=cooperative_id)
        if actor.may(Permission.NOMINATE)
        else None,
        "guide_url": link("readiness.guide", koperasi=cooperative_id),
        "verify_url": _verify(),
    }


def _ways(page: CooperativePage, may_nominate: bool) -> Ways:
    """The addresses; those with an object in them are made once and filled in."""
    number = page.head.id
    form = link("enrollment.nominate", cooperative_id=number) if may_nominate else None
    batch = link("batches.show", batch_id=0, slug="x")

    def nominate(program: str, batch_id: int | None, people: Sequence[int]) -> str | None:
        asked = [("program", program), ("angkatan", batch_id), *(("orang", one) for one in people)]
        return f"{form}?{urlencode([(k, v) for k, v in asked if v is not None])}" if form else None

    return Ways(
        nominate=nominate,
        batch=lambda to: f"{batch[: -len('0-x')]}{to.id}-{to.slug}" if batch else None,
        board=link("cooperatives.board", cooperative_id=number),
        institution=link("cooperatives.institution", cooperative_id=number),
    )


def _verify() -> Callable[[str], str | None]:
    """The address of a certificate's check, by its code."""
    one = link("verification.show", code=NO_CODE)
    return lambda code: one.replace(NO_CODE, code) if one else None
