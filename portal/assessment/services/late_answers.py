"""What the answers of a file do to verdicts that the test already became: shown first, then done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.assessment import queries
from portal.assessment.models import VerdictSource
from portal.assessment.queries import results
from portal.assessment.queries.keys import find_scored
from portal.assessment.queries.tests import WatchHead
from portal.assessment.rules import keys as rules
from portal.assessment.rules import late
from portal.assessment.services.changing import change_verdicts
from portal.assessment.services.corrections import ask_correction
from portal.assessment.services.judging import closed_reason
from portal.assessment.services.rescoring import Effect, effect_of, with_certificates
from portal.assessment.services.scoring import compute
from portal.core.permissions import Actor, Permission


def late_effects(
    head: WatchHead, attempt_id: int, answers: Mapping[int, Any], *, actor: Actor, now: datetime
) -> tuple[Effect, ...]:
    """The units whose points or verdict these answers (position -> answer) would change, in a fixed number of
    statements; none while the sitting runs or is void. What a blind second assessor may not know is not in
    them."""
    holder = find_scored(attempt_id) if answers else None
    if holder is None:
        return ()
    scores = compute([attempt_id], answered={attempt_id: answers})[attempt_id]
    verdicts = queries.verdicts_of(holder.enrollment_id)
    found = with_certificates(
        effect_of(holder, unit_id, score, verdicts.get(unit_id)) for unit_id, score in scores.items()
    )
    sheet = queries.get_head(actor, head.batch_id)
    blind = queries.blind_cells(sheet, actor)
    closed = closed_reason(sheet, now)
    asked = results.retests_of_test(head.id) if head.is_retest else {}
    fated = []
    for one in found:
        cell = (one.holder.enrollment_id, one.unit_id)
        fate = late.late_fate(
            one.fate,
            is_signed=queries.is_final(head.batch_id),
            may_judge=closed is None and actor.may(Permission.VERDICT_RECORD),
            is_blind=cell in blind,
            retest_open=cell in asked and asked[cell][1],
        )
        if cell in blind:
            one = replace(one, stands="", certificate="", verdict_id=None)
        fated.append(replace(one, fate=fate))
    return tuple(one for one in fated if one.old != one.new or one.fate in late.TURNED)


def change_with(effects: Sequence[Effect], *, reason: str, actor: Actor, now: datetime) -> None:
    """Change the verdicts that rest on these answers, keeping what else each rests on, and ask for a
    correction of those that are signed. Raises as `change_verdicts` and `ask_correction`."""
    current = queries.verdicts_of(effects[0].holder.enrollment_id) if effects else {}
    by_source: dict[str, list[Any]] = {}
    for one in effects:
        if one.fate == rules.CHANGED:
            stands = current[one.unit_id]
            by_source.setdefault(VerdictSource(stands.source), []).append(one.change(**stands.evidence))
    for source, changes in by_source.items():
        change_verdicts(changes, source=source, actor=actor, now=now)
    for one in effects:
        if one.fate == late.ASKED:
            ask_correction(
                batch_id=one.holder.batch_id, enrollment_id=one.holder.enrollment_id, unit_id=one.unit_id,
                value=one.proposed, note=one.change().note, reason=reason, actor=actor, now=now,
            )  # fmt: skip
