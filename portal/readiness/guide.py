"""Prepared values of the guide: every service with its needs in words, and one's own cooperative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.cooperatives.labels import kind_label
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.readiness import labels_page as pages
from portal.readiness.labels import all_of, any_of, posts_or
from portal.readiness.labels_missing import Missing, Ways, known
from portal.readiness.queries.halls import board_seats, hall_states, pillar_counts
from portal.readiness.queries.lines import LineRow, Names, line_rows, names_in_use
from portal.readiness.queries.nearest import Course
from portal.readiness.queries.page import Board, find_head, load_board
from portal.readiness.rules import Need


@dataclass(frozen=True)
class GuideLine:
    """A service in words. `pillars`: one solid pillar a person, for `hall()`."""

    code: str
    title: str
    about: str
    pillars: list[str]
    needs: list[str]
    papers: str
    kinds: str


@dataclass(frozen=True)
class Example:
    """One's own cooperative. `first`: the service nearest to ready that is not, and what it lacks first."""

    id: int
    name: str
    states: list[str]
    counts: tuple[int, int, int, int]
    summary: str
    title: str
    tag: tuple[str, str, str] | None
    missing: list[Missing]


@dataclass(frozen=True)
class Guide:
    """The whole page. `example` is None for whoever leads or accompanies no cooperative."""

    lines: list[GuideLine]
    example: Example | None


def guide(actor: Actor, wanted: int | None, on: date, lang: str) -> Guide:
    """Every service that is offered, and the actor's own cooperative (the wanted one if it is theirs).

    Seven statements, two without a cooperative.
    """
    rows, names = line_rows(), names_in_use(lang)
    own = actor.scope(Permission.COOPERATIVE_VIEW).cooperatives if actor.is_authenticated else frozenset()
    example = None
    if own:
        head = find_head(actor, wanted if wanted in own else min(own))
        example = _example(load_board(head, on, rows), names, lang)
    return Guide([line_words(row, names, lang) for row in rows], example)


def line_words(row: LineRow, names: Names, lang: str) -> GuideLine:
    """A line in words."""
    return GuideLine(
        row.rule.code,
        row.title(lang),
        row.about(lang),
        ["up"] * sum(need.count for need in row.rule.needs),
        [need_words(need, names) for need in row.rule.needs],
        all_of(names.items[code] for code in row.rule.items if code in names.items),
        any_of(kind_label(kind) for kind in sorted(row.rule.kinds)),
    )


def need_words(need: Need, names: Names) -> str:
    """A need as a sentence without its end: how many, on which posts, with which certificate."""
    named = any_of(f"“{names.programs[n][0]}”" for n in sorted(need.programs) if n in names.programs)
    return _(
        "%(n)s orang sebagai %(posts)s, dengan sertifikat %(programs)s",
        n=need.count, posts=posts_or(need.posts), programs=named or "–",
    )  # fmt: skip


def _example(board: Board, names: Names, lang: str) -> Example:
    courses = {
        number: Course(number, code, name, ())
        for number, (name, code) in names.programs.items()
        if not names.kinds[number] or board.head.kind in names.kinds[number]
    }
    states = hall_states(board.head.kind, board_seats(board))
    nowhere = Ways(lambda *_what: None, lambda _batch: None, None, None)
    cards = pages.line_cards(board, known(board, courses, nowhere, lang, tells_batches=False))
    short = [card for card in cards if card.state != "ready"]
    nearest = min(short, key=lambda card: (card.state != "nearly", len(card.missing)), default=None)
    return Example(
        board.head.id,
        board.head.name,
        states,
        pillar_counts(states),
        pages.summary(cards),
        nearest.title if nearest else "",
        nearest.tag if nearest else None,
        nearest.missing[:2] if nearest else [],
    )
