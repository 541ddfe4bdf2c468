"""How cooperatives stand on a day, live from the sources: a few statements for up to 500 of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from portal.cooperatives import queries as cooperatives
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.readiness.queries.lines import service_lines
from portal.readiness.queries.sources import (
    CERTIFICATE_DAYS,
    ProofRow,
    TermRow,
    TrainingRow,
    held_by_person,
    holdings,
    in_class,
    proof_rows,
    term_rows,
    training_rows,
)
from portal.readiness.rules import Line, LineVerdict, Proof, judge_line
from portal.readiness.rules_coverage import Counts, Share, soonest

CHUNK = 500
_DAY = timedelta(days=1)
Row = TypeVar("Row")


class Place(NamedTuple):
    """Where a cooperative is and what it is, as registered today."""

    id: int
    region_code: str
    kind: str
    is_pilot: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A cooperative on a day.

    posts: counts by post, and "" for its people, each once; posts that nobody holds are absent. lines: line
    id -> verdict, for the lines that are for its kind. next_change_on: the first later day on which a number
    changes by itself; None for never. terms, proofs and training are the rows behind it, of its people.
    """

    cooperative_id: int
    region_code: str
    kind: str
    is_pilot: bool
    on: date
    posts: Mapping[str, Counts]
    lines: Mapping[int, LineVerdict]
    next_change_on: date | None
    terms: Sequence[TermRow]
    proofs: Mapping[int, Sequence[ProofRow]]
    training: Mapping[int, Sequence[TrainingRow]]

    def share(self) -> Share:
        """What it adds to the cells of its regions."""
        states = {line_id: str(verdict.state) for line_id, verdict in self.lines.items()}
        ready = sum(state == "ready" for state in states.values())
        return Share(self.region_code, self.kind, self.is_pilot, self.posts, states, ready)


_PLACES = sa.select(Cooperative.id, Cooperative.region_code, Cooperative.kind, Cooperative.is_pilot).where(
    Cooperative.id.in_(sa.bindparam("ids", expanding=True))
)


def live_standing(
    cooperative_ids: Sequence[int], on: date, lines: Sequence[Line] | None = None
) -> dict[int, Standing]:
    """cooperative id -> how it stands on a day, any past one too; unknown ids are absent.

    lines: the service lines when the caller has them (they cost a statement or two). Otherwise five
    statements for each 500 cooperatives.
    """
    lines = service_lines() if lines is None else lines
    wanted = list(dict.fromkeys(cooperative_ids))
    found: dict[int, Standing] = {}
    for start in range(0, len(wanted), CHUNK):
        found |= _chunk(wanted[start : start + CHUNK], on, lines)
    return found


def _chunk(ids: Sequence[int], on: date, lines: Sequence[Line]) -> dict[int, Standing]:
    terms = _by(term_rows(ids, on), lambda row: row.cooperative_id)
    named = sorted({row.person_id for rows in terms.values() for row in rows})
    proofs = _by(proof_rows(ids, on, named), lambda row: row.person_id)
    training = _by(training_rows(ids, on, named), lambda row: row.person_id)
    items = cooperatives.checklist_standing(ids, on)
    found = {}
    for row in db.session().execute(_PLACES, {"ids": list(ids)}):
        own = terms.get(row.id, ())
        people = {term.person_id for term in own}
        found[row.id] = _standing(
            Place(*row),
            on,
            own,
            {person: proofs[person] for person in people if person in proofs},
            {person: training[person] for person in people if person in training},
            items.get(row.id, {}),
            lines,
        )
    return found


def _by(rows: Iterable[Row], key: Callable[[Row], int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _standing(
    place: Place,
    on: date,
    terms: Sequence[TermRow],
    proofs: Mapping[int, Sequence[ProofRow]],
    training: Mapping[int, Sequence[TrainingRow]],
    items: Mapping[str, date | None],
    lines: Sequence[Line],
) -> Standing:
    held = {person: held_by_person(rows).get(person, []) for person, rows in proofs.items()}
    classes = {person: in_class(rows).get(person, set()) for person, rows in training.items()}
    own = holdings(terms)
    judged = {
        line.line_id: judge_line(
            line, kind=place.kind, holdings=own, held=held, items=items, training=classes, on=on
        )
        for line in lines
    }
    return Standing(
        place.id,
        place.region_code,
        place.kind,
        place.is_pilot,
        on,
        _counts(terms, proofs, {person for person, programs in classes.items() if programs}, on),
        {line_id: verdict for line_id, verdict in judged.items() if verdict is not None},
        soonest(_changes(terms, proofs, training, items), on),
        terms,
        proofs,
        training,
    )


def _counts(
    terms: Sequence[TermRow],
    proofs: Mapping[int, Sequence[ProofRow]],
    in_training: set[int],
    on: date,
) -> dict[str, Counts]:
    """By post, and "" for everybody, each person once in each."""
    women: set[int] = set()
    people: dict[str, set[int]] = {"": set()}
    for term in terms:
        if term.starts_on <= on:
            people.setdefault(term.post, set()).add(term.person_id)
            people[""].add(term.person_id)
            if term.sex == "P":
                women.add(term.person_id)
    best = {
        person: min((_RANK[Proof(row.proof)] for row in proofs[person]), default=None)
        for person in people[""]
        if person in proofs
    }
    return {post: _count(group, best, women, in_training) for post, group in people.items()}


_RANK = {Proof.PORTAL: 0, Proof.VERIFIED: 1, Proof.REPORTED: 2}


def _count(group: set[int], best: Mapping[int, int | None], women: set[int], in_training: set[int]) -> Counts:
    ranks = [best.get(person) for person in group]
    certified = {person for person in group if best.get(person) == 0}
    return Counts(
        holders=len(group),
        certified=len(certified),
        external=ranks.count(1),
        reported=ranks.count(2),
        women=len(group & women),
        women_certified=len(certified & women),
        training=len((group & in_training) - certified),
    )


def _changes(
    terms: Sequence[TermRow],
    proofs: Mapping[int, Sequence[ProofRow]],
    training: Mapping[int, Sequence[TrainingRow]],
    items: Mapping[str, date | None],
) -> Iterator[date | None]:
    """Days on which something begins, or has just ended."""
    for term in terms:
        yield term.starts_on
        yield term.ends_on and term.ends_on + _DAY
    for proof in (row for rows in proofs.values() for row in rows):
        yield proof.since
        yield proof.until and proof.until + _DAY
    for seat in (row for rows in training.values() for row in rows):
        yield seat.ends_on and seat.ends_on + timedelta(days=CERTIFICATE_DAYS + 1)
    for until in items.values():
        yield until and until + _DAY


def pieces_of_country(size: int) -> list[list[int]]:
    """All cooperatives in the order of their regions, `size` at a time: neighbors share their cells."""
    statement = sa.select(Cooperative.id).order_by(Cooperative.region_code, Cooperative.id)
    ids = list(db.session.scalars(statement))
    return [ids[start : start + size] for start in range(0, len(ids), size)]
