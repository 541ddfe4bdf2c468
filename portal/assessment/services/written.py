"""Taking the results of a written test over as verdicts, unit by unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries
from portal.assessment.models import WrittenTest
from portal.assessment.queries import results, written
from portal.assessment.queries.results import WrittenHead
from portal.assessment.rules import scoring
from portal.assessment.rules.judging import COMPETENT
from portal.assessment.rules.proposals import (
    Cell,
    Plan,
    Proposed,
    Standing,
    digest,
    plan,
    rests_on,
    same_points,
)
from portal.assessment.services.changing import VerdictChange, change_verdicts
from portal.assessment.services.closing import hold_test
from portal.assessment.services.judging import closed_reason, own_people
from portal.assessment.services.retests import close_retest
from portal.assessment.services.storing import hold_batch
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def proposals_of(head: WrittenHead, actor: Actor, now: datetime) -> tuple[dict[Cell, Proposed], Plan]:
    """(what the test proposes for each person and unit, what taking it over would do). A re-test proposes
    where the person's re-test is open, or ended by other points than there are now. A fixed number of
    statements."""
    people = queries.candidates_of(head.batch.batch_id)
    seated = {person.enrollment_id for person in people}
    # Who gave the seat back after the test is judged by nobody, and keeps nobody else waiting.
    found = {
        cell: Proposed(one.attempt_id, one.points, one.of, one.needed_pct, one.value)
        for cell, one in written.results_of_test(head.id).items()
        if cell[1] in head.needed and cell[0] in seated
    }
    own = own_people(people, actor, now)
    standing = {
        cell: Standing(row.value, row.source, row.evidence)
        for cell, row in queries.verdicts_of_batch(head.batch.batch_id).items()
    }
    if head.is_retest:
        asked = results.retests_of_test(head.id)
        return found, _retest_plan(found, asked, standing, own, queries.is_final(head.batch.batch_id))
    return found, plan(found, standing, own)


def _retest_plan(
    found: Mapping[Cell, Proposed],
    asked: Mapping[Cell, tuple[int, bool]],
    standing: Mapping[Cell, Standing],
    own: Mapping[int, str],
    is_signed: bool,
) -> Plan:
    """An open re-test ends by its result, unless its unit became K meanwhile. One that ended by this sitting
    follows its points until the sheet is signed; after that a correction is asked for."""
    cells = sorted(found)
    waiting = [
        cell for cell in cells
        if cell in asked
        and cell in standing
        and (
            standing[cell].value != COMPETENT
            if asked[cell][1]
            else not is_signed and _moved_on(found[cell], standing[cell])
        )
    ]  # fmt: skip
    done = tuple(cell for cell in cells if cell in asked and not asked[cell][1] and cell not in waiting)
    return Plan(
        apply=tuple(cell for cell in waiting if cell[0] not in own),
        same=done,
        kept=tuple(cell for cell in cells if cell not in waiting and cell not in done),
        own=tuple(cell for cell in waiting if cell[0] in own),
    )


def _moved_on(wanted: Proposed, stands: Standing) -> bool:
    is_its = stands.source == "retest" and rests_on(stands, wanted.attempt_id)
    return is_its and not same_points(wanted, stands)


def plan_digest(found: Mapping[Cell, Proposed], split: Plan) -> str:
    """The fingerprint of what would be taken over."""
    return digest(
        [*cell, found[cell].attempt_id, found[cell].points, found[cell].value] for cell in split.apply
    )


def closed_for(head: WrittenHead, now: datetime) -> DomainError | None:
    """Why nothing of this test can be taken over now by this judge, or None. A re-test also changes signed
    results."""
    closed = closed_reason(head.batch, now)
    if closed is None or (head.is_retest and closed.code == "sheet_final"):
        return None
    kind: Any = Forbidden if closed.code == "trainer_may_not_judge" else Conflict
    refusal: DomainError = kind(closed.code, f"{closed.message} {closed.remedy}".strip())
    return refusal


def apply_results(*, test_id: int, seen: str, actor: Actor, now: datetime) -> int:
    """Take the test's proposals over as verdicts of source "written", all or nothing; returns how many.

    What was judged by hand stays, and so do the judge's own people. Of a re-test each open one is closed by
    its result. `seen` is the `plan_digest` of the page.
    Raises NotFound, Forbidden, Conflict (`results_changed`, `test_not_published`, `sheet_final`).
    """
    require(actor, Permission.VERDICT_RECORD)
    head = results.get_test_head(actor, test_id)
    # The test before its batch: it is not called off meanwhile, nor one of its sittings declared void.
    hold_test(test_id)
    hold_batch(head.batch.batch_id)
    head = results.get_test_head(actor, test_id)
    refusal = closed_for(head, now)
    if refusal:
        raise refusal
    if head.state != "published":
        raise Conflict(
            "test_not_published", _("Uji ini tidak sedang dibuka, jadi hasilnya tidak diterapkan.")
        )
    found, split = proposals_of(head, actor, now)
    if not split.apply:
        return 0
    if plan_digest(found, split) != seen:
        message = _("Hasil berubah sejak halaman ini dibuka. Periksa lagi, lalu terapkan.")
        raise Conflict("results_changed", message)
    changed = (
        _close_retests(head, found, split, actor, now) if head.is_retest else _take(found, split, actor, now)
    )
    _note_applied(head, split, changed, actor, now)
    return changed


def _take(found: Mapping[Cell, Proposed], split: Plan, actor: Actor, now: datetime) -> int:
    changes = [
        VerdictChange(
            *cell, value=found[cell].value, note=note_of(found[cell]), evidence=found[cell].evidence
        )
        for cell in split.apply
    ]
    return len(change_verdicts(changes, source="written", actor=actor, now=now))


def _close_retests(
    head: WrittenHead, found: Mapping[Cell, Proposed], split: Plan, actor: Actor, now: datetime
) -> int:
    asked = results.retests_of_test(head.id)
    for cell in split.apply:
        wanted, (retest_id, is_open) = found[cell], asked[cell]
        if is_open:
            close_retest(retest_id, wanted.value, wanted.evidence, actor=actor, now=now, note=note_of(wanted))
    again = [
        VerdictChange(
            *cell, found[cell].value, note_of(found[cell]), {**found[cell].evidence, "retest": asked[cell][0]}
        )
        for cell in split.apply
        if not asked[cell][1]
    ]
    change_verdicts(again, source="retest", actor=actor, now=now)
    return len(split.apply)


def note_of(wanted: Proposed) -> str:
    """The note below a BK; K needs none. Written in Indonesian whatever the judge reads: it is stored."""
    if wanted.value == COMPETENT:
        return ""
    return scoring.bk_note(wanted.points, wanted.of, wanted.needed_pct)


def _note_applied(head: WrittenHead, split: Plan, changed: int, actor: Actor, now: datetime) -> None:
    db.session.execute(sa.update(WrittenTest).where(WrittenTest.id == head.id).values(applied_at=now))
    audit.record(
        "test.applied",
        "written_test",
        head.id,
        actor=actor,
        now=now,
        scope=f"center:{head.batch.center_id}",
        changed=changed,
        kept=len(split.kept),
    )
