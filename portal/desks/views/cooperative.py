"""Cooperatives for their chairs and companions, and for the office that keeps their registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from markupsafe import escape

from portal.cooperatives.labels import kind_label, post_label
from portal.cooperatives.queries import list_own_cooperatives
from portal.core import clock, htmx
from portal.core.formatting import moment
from portal.core.paging import page_number
from portal.core.permissions import Actor, Permission, current_actor, requires, term_ended_on
from portal.core.shelf import HOLE, kept
from portal.core.words import language
from portal.desks.links import link
from portal.desks.queries.cooperative import cooperative_page, find_board
from portal.desks.views.blueprint import blueprint
from portal.enrollment.labels import state_tag
from portal.readiness import labels_page as pages
from portal.readiness.labels_missing import Ways, known
from portal.readiness.queries.nearest import Course
from portal.readiness.queries.page import Board

NO_CODE = "BA0000000000"
_TOLD = (Permission.COOPERATIVE_VIEW, Permission.REGISTRY_EDIT, Permission.NOMINATE)


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
    actor, now = current_actor(), clock.now()
    board, courses = find_board(actor, cooperative_id, now)
    ways = _ways(cooperative_id, actor)
    # The tabs and the links depend on what the reader may do.
    may = tuple(actor.may(one) for one in _TOLD)
    key = (language(), may, ways.marks, board.facts(), tuple(courses.values()))

    def make() -> tuple[str, str, bool]:
        context = _context(board, courses, ways) | {"moment_hole": HOLE}
        return render_template("desks/cooperative_body.html", **context), board.head.name, True

    piece = kept("cooperative", key, make)
    # The minute is filled in: in the key it would keep nothing.
    body = piece.html.replace(HOLE, escape(moment(now)))
    return htmx.render("desks/cooperative.html", body=body, title=piece.name)


@blueprint.get("/koperasi/<int:cooperative_id>/cetak")
@requires(Permission.COOPERATIVE_VIEW, Permission.REGISTRY_EDIT)
def cooperative_print(cooperative_id: int) -> Any:
    """The same on one sheet of paper."""
    actor, now = current_actor(), clock.now()
    board, courses = find_board(actor, cooperative_id, now)
    context = _context(board, courses, _ways(cooperative_id, actor))
    back = url_for("desks.cooperative", cooperative_id=cooperative_id)
    return htmx.render("desks/cooperative_print.html", back_url=back, now=now, **context)


@dataclass(frozen=True)
class _PageWays:
    """Where the page leads, for its sentences and for itself; `marks`: what differs between its readers."""

    sentences: Ways
    nominate: str | None
    guide: str | None

    @property
    def marks(self) -> tuple[str | None, ...]:
        return self.sentences.board, self.sentences.institution, self.nominate, self.guide


def _context(board: Board, courses: Mapping[int, Course], ways: _PageWays) -> dict[str, Any]:
    page, about = cooperative_page(board, courses), known(board, courses, ways.sentences, language())
    cards, ends = pages.line_cards(board, about), pages.forecast(board, about)
    return {
        "hall_page": page,
        "c": page.head,
        "cards": cards,
        "summary": pages.summary(cards),
        "ends": ends,
        "axis": pages.axis(board.on, ends) if ends else "",
        "ways": ways.sentences,
        "kind_label": kind_label,
        "post_label": post_label,
        "state_tag": state_tag,
        "nominate_url": ways.nominate,
        "guide_url": ways.guide,
        "verify_url": _verify(),
    }


def _ways(number: int, actor: Actor) -> _PageWays:
    """The addresses; those with an object in them are made once and filled in."""
    may_nominate = actor.may(Permission.NOMINATE) and term_ended_on(actor, number) is None
    form = link("enrollment.nominate", cooperative_id=number) if may_nominate else None
    batch = link("batches.show", batch_id=0, slug="x")

    def nominate(program: str, batch_id: int | None, people: Sequence[int]) -> str | None:
        asked = [("program", program), ("angkatan", batch_id), *(("orang", one) for one in people)]
        return f"{form}?{urlencode([(k, v) for k, v in asked if v is not None])}" if form else None

    sentences = Ways(
        nominate=nominate,
        batch=lambda to: f"{batch[: -len('0-x')]}{to.id}-{to.slug}" if batch else None,
        board=link("cooperatives.board", cooperative_id=number),
        institution=link("cooperatives.institution", cooperative_id=number),
    )
    return _PageWays(sentences, form, link("readiness.guide", koperasi=number))


def _verify() -> Callable[[str], str | None]:
    """The address of a certificate's check, by its code."""
    one = link("verification.show", code=NO_CODE)
    return lambda code: one.replace(NO_CODE, code) if one else None
