"""The second assessor's word on a verdict, given without seeing the first."""

from __future__ import annotations

from datetime import datetime

from portal.assessment import queries, rules
from portal.assessment.models import SecondVerdict, Verdict
from portal.assessment.queries import SheetHead
from portal.assessment.services.judging import open_head
from portal.assessment.services.storing import check_own
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def record_second(
    *, batch_id: int, verdict_id: int, value: str, note: str = "", actor: Actor, now: datetime
) -> SecondVerdict:
    """The second word on one version; one a version, the same again changes nothing.

    Raises NotFound (no verdict of this batch), Forbidden (own, trainer, first judge), DomainError
    (`note_needed`, `second_not_asked`), Conflict (`verdict_changed`: the first recorded a new version;
    `second_given`).
    """
    require(actor, Permission.VERDICT_SECOND)
    head = open_head(actor, batch_id, now, after_signing=True)
    verdict = db.session.get(Verdict, verdict_id, populate_existing=True)
    if verdict is None or queries.batch_of(verdict.enrollment_id) != batch_id:
        raise NotFound()
    check_own(actor, [queries.get_candidate(batch_id, verdict.enrollment_id)], now)
    for blocker in blockers_for(head, verdict, actor, queries.persons_of([verdict.judged_by])):
        raise Forbidden(blocker.code, blocker.message)
    if not verdict.is_current:
        message = _("Penilai pertama baru saja menilai ulang unit ini. Beri penilaian Anda sekali lagi.")
        raise Conflict("verdict_changed", message)
    if not head.second_assessor or verdict.source not in rules.NEEDS_SECOND:
        raise DomainError("second_not_asked", _("Hasil ini tidak memerlukan penilai kedua."))
    problem = rules.verdict_problem(value, note, _)
    if problem:
        raise DomainError(
            problem.code, problem.message, "value" if problem.code == "value_unknown" else "note"
        )
    given = db.session.get(SecondVerdict, verdict_id, populate_existing=True)
    if given is not None:
        if (given.value, given.note, given.judged_by) == (value, note.strip(), actor.user_id):
            return given
        raise Conflict("second_given", _("Penilaian kedua untuk unit ini sudah ada."))
    given = SecondVerdict(
        verdict_id=verdict_id, value=str(value), note=note.strip(), judged_by=actor.user_id, judged_at=now
    )
    db.session.add(given)
    db.session.flush()
    audit.record(
        "verdict.second",
        "enrollment",
        verdict.enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{head.center_id}",
        unit=verdict.unit_id,
        version=verdict.version,
        value=str(value),
        agrees=value == verdict.value,
    )
    return given


def blockers_for(
    head: SheetHead, verdict: Verdict, actor: Actor, persons: dict[int, int | None]
) -> list[Blocker]:
    """Why this actor may not give the second word on a version; `persons` as `queries.persons_of`."""
    return rules.second_blockers(
        is_assessor=head.is_assessor,
        separate_assessor=head.separate_assessor,
        is_trainer=head.is_trainer,
        user_id=actor.user_id,
        person_id=actor.person_id,
        first_user=verdict.judged_by,
        first_person=persons.get(verdict.judged_by) if verdict.judged_by is not None else None,
        _=_,
    )
