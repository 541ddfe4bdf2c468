"""Prepared values of readiness for templates: a card a service, and what ends soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from portal.cooperatives.labels import post_label
from portal.core.formatting import long_date, month_name
from portal.core.words import gettext as _
from portal.readiness.labels import line_tag
from portal.readiness.labels_missing import Known, Missing, sentences
from portal.readiness.queries.lines import LineRow
from portal.readiness.queries.page import Board
from portal.readiness.rules import LineState, LineVerdict
from portal.readiness.rules_forecast import DAYS, Ending, EndKind, endings, pillars

#: Further right the name of a month has no room.
LAST_NAME = 325
_ORDER = {LineState.READY: 0, LineState.NEARLY: 1, LineState.NOT_READY: 2}


@dataclass(frozen=True)
class LineCard:
    """One service. `pillars`: a word each for `hall()`; `text` says the same; `until`: how long it lasts."""

    code: str
    title: str
    about: str
    state: str
    tag: tuple[str, str, str]
    pillars: list[str]
    text: str
    until: str
    missing: list[Missing]


@dataclass(frozen=True)
class EndRow:
    """Something that ends within the forecast. `at`: its place on the axis, 0 to 100."""

    day: str
    left: str
    subject: str
    text: str
    lines: str
    at: float


def line_cards(board: Board, about: Known) -> list[LineCard]:
    """A card for each line of the cooperative's kind, the ready ones first."""
    ordered = sorted(board.lines, key=lambda pair: _ORDER[pair[1].state])
    return [_card(row, verdict, about) for row, verdict in ordered]


def _card(row: LineRow, verdict: LineVerdict, about: Known) -> LineCard:
    until = ""
    if verdict.ready_until is not None:
        until = _(
            "Siap sampai %(day)s bila tidak ada yang diperbarui.", day=long_date(verdict.ready_until, False)
        )
    return LineCard(
        row.rule.code,
        row.title(about.lang),
        row.about(about.lang),
        str(verdict.state),
        line_tag(verdict.state),
        [state for need in pillars(row.rule, verdict) for state in need],
        _count(row, verdict),
        until,
        sentences(verdict.gaps, about),
    )


def _count(row: LineRow, verdict: LineVerdict) -> str:
    """How many people and papers are there."""
    papers = len(row.rule.items)
    people = verdict.wanted - papers
    lacking = sum(bool(gap.item) for gap in verdict.gaps)
    there = people - (len(verdict.gaps) - lacking)
    text = _("%(up)s dari %(n)s orang bersertifikat", up=there, n=people)
    if papers:
        text += _(", %(up)s dari %(n)s dokumen ada", up=papers - lacking, n=papers)
    return text + "."


def summary(cards: Sequence[LineCard]) -> str:
    """How many services can run, in a sentence; empty without any service."""
    states = [card.state for card in cards]
    ready, nearly = states.count("ready"), states.count("nearly")
    if not states:
        return ""
    if ready == len(states):
        return _("Semua %(n)s layanan siap dijalankan.", n=ready)
    first = (
        _("%(n)s layanan siap dijalankan", n=ready) if ready else _("Belum ada layanan yang siap dijalankan")
    )
    return first + (_(", %(n)s hampir.", n=nearly) if nearly else ".")


def forecast(board: Board, about: Known) -> list[EndRow]:
    """What ends in the next 90 days, the soonest first."""
    found = endings(
        holdings=board.holdings,
        held=board.held,
        items=board.standing_items(),
        lines=[(row.rule, verdict) for row, verdict in board.lines],
        on=board.on,
    )
    titles = {row.rule.line_id: row.title(about.lang) for row, _verdict in board.lines}
    return [_end_row(one, board, about, titles) for one in found]


def _end_row(one: Ending, board: Board, about: Known, titles: dict[int, str]) -> EndRow:
    left = (one.day - board.on).days
    return EndRow(
        long_date(one.day, weekday=False),
        _("hari ini") if not left else _("%(n)s hari lagi", n=left),
        _subject(one, about),
        _what(one, board),
        ", ".join(titles[line] for line in one.lines),
        round(left * 100 / DAYS, 1),
    )


def _subject(one: Ending, about: Known) -> str:
    if one.kind == EndKind.ITEM:
        item = about.items.get(one.item)
        return item.title(about.lang) if item else one.item
    name = about.names.get(one.person_id)
    return f"{post_label(one.post)} ({name})" if name else post_label(one.post)


def _what(one: Ending, board: Board) -> str:
    if one.kind == EndKind.ITEM:
        return _("dokumen perlu diperbarui")
    if one.kind == EndKind.TERM:
        return _("masa jabatan berakhir")
    own = [
        proof for proof in board.proofs
        if proof.person_id == one.person_id and proof.program_id == one.program_id and proof.until == one.day
    ]  # fmt: skip
    if one.kind == EndKind.OUTSIDE:
        return _("catatan di luar portal berakhir: %(title)s", title=own[0].title if own else "")
    number = own[0].number if own and not board.head.hides_names else ""
    return _("sertifikat %(number)s berakhir", number=number).replace("  ", " ")


def axis(on: date, rows: Sequence[EndRow]) -> Markup:
    """The 90 days as a line with a mark for each ending, drawn with attributes; a table says the same."""
    marks = "".join(
        f'<rect class="{"down" if row.lines else "soon"}" x="{row.at * 3.4 + 8:.1f}" y="5" width="7" '
        'height="20" rx="1.5"/>'
        for row in rows
    )
    text = 'stroke="none" fill="currentColor" font-size="13" y="43"'
    ticks = "".join(
        f'<path d="M{place:.1f} 28v6"/><text {text} x="{place + 4:.1f}">{name}</text>'
        for place, name in _months(on)
    )
    return Markup(  # noqa: S704  numbers and names of months
        '<svg class="hall measure" viewBox="0 0 360 46" aria-hidden="true"><g stroke="currentColor" '
        f'stroke-width="1.5"><path d="M4 28H356"/>{ticks}</g>{marks}</svg>'
    )


def _months(on: date) -> list[tuple[float, str]]:
    """(place, name) of each first of a month within the days ahead."""
    last, firsts = on + timedelta(days=DAYS), [on] if on.day == 1 else []
    first = on.replace(day=1)
    while (first := (first + timedelta(days=32)).replace(day=1)) <= last:
        firsts.append(first)
    places = [(11.5 + (day - on).days * 340 / DAYS, month_name(day, short=True)) for day in firsts]
    return [(place, name if place < LAST_NAME else "") for place, name in places]
