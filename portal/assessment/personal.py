"""What assessment holds of a person: verdicts and what surrounds them. For their own copy, and for being
forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import (
    Appeal,
    AssessmentSheet,
    Observation,
    Retest,
    SecondVerdict,
    Verdict,
    VerdictCorrection,
)
from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit, Program
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment

#: A note is never empty below a "not yet competent".
ERASED_NOTE = "Catatan dihapus"


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every version of every verdict of signed sheets; what is still being judged is not told before. One
    statement."""
    statement = (
        sa.select(Verdict, CompetencyUnit.title, Program.name)
        .join(Enrollment, Enrollment.id == Verdict.enrollment_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(AssessmentSheet, AssessmentSheet.batch_id == Batch.id)
        .join(CompetencyUnit, CompetencyUnit.id == Verdict.unit_id)
        .where(Enrollment.person_id == person_id)
        .order_by(Enrollment.id, CompetencyUnit.position, Verdict.version)
    )
    return [
        {
            "program": program,
            "unit": unit,
            "value": verdict.value,
            "version": verdict.version,
            "is_current": verdict.is_current,
            "note": verdict.note or None,
            "judged_at": verdict.judged_at.isoformat(),
        }
        for verdict, unit, program in db.session.execute(statement)
    ]


def results_data(person_id: int) -> dict[str, list[dict[str, Any]]]:
    """What surrounds the verdicts: the person's own appeals with their answers, re-tests and corrections;
    observations and second words only of signed sheets. Five statements."""
    return {
        "observations": _observations(person_id),
        "seconds": _seconds(person_id),
        "retests": _retests(person_id),
        "appeals": _appeals(person_id),
        "result_corrections": _corrections(person_id),
    }


def _of_person(table: Any, person_id: int, signed: bool) -> Any:
    """SELECT of a table about (enrollment, unit) with program and unit, oldest first."""
    statement = (
        sa.select(table, CompetencyUnit.title, Program.name)
        .join(Enrollment, Enrollment.id == table.enrollment_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .join(CompetencyUnit, CompetencyUnit.id == table.unit_id)
        .where(Enrollment.person_id == person_id)
        .order_by(table.id)
    )
    return statement.join(AssessmentSheet, AssessmentSheet.batch_id == Batch.id) if signed else statement


def _observations(person_id: int) -> list[dict[str, Any]]:
    return [
        {
            "program": program,
            "unit": unit,
            "version": row.version,
            "criteria_met": sum(seen == "met" for seen in row.criteria.values()),
            "criteria_unmet": sum(seen == "not_met" for seen in row.criteria.values()),
            "note": row.note or None,
            "interview": row.interview or None,
            "at": row.observed_at.isoformat(),
        }
        for row, unit, program in db.session.execute(_of_person(Observation, person_id, True))
    ]


def _seconds(person_id: int) -> list[dict[str, Any]]:
    statement = _of_person(Verdict, person_id, True)
    statement = statement.join(SecondVerdict, SecondVerdict.verdict_id == Verdict.id)
    return [
        {
            "program": program,
            "unit": unit,
            "value": second.value,
            "note": second.note or None,
            "judged_at": second.judged_at.isoformat(),
        }
        for _verdict, unit, program, second in db.session.execute(statement.add_columns(SecondVerdict))
    ]


def _retests(person_id: int) -> list[dict[str, Any]]:
    """Every re-test; what it came to only of signed sheets, as every result."""
    is_signed = sa.exists().where(AssessmentSheet.batch_id == Enrollment.batch_id)
    statement = _of_person(Retest, person_id, False).add_columns(is_signed)
    return [
        {
            "program": program,
            "unit": unit,
            "note": row.note or None,
            "retest_result": (row.result or None) if signed else None,
            "opened_at": row.opened_at.isoformat(),
            "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        }
        for row, unit, program, signed in db.session.execute(statement)
    ]


def _appeals(person_id: int) -> list[dict[str, Any]]:
    return [
        {
            "program": program,
            "unit": unit,
            "reason": row.reason,
            "appeal_state": row.state,
            "filed_at": row.filed_at.isoformat(),
            "due_at": row.due_at.isoformat(),
            "decision": row.decision or None,
            "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        }
        for row, unit, program in db.session.execute(_of_person(Appeal, person_id, False))
    ]


def _corrections(person_id: int) -> list[dict[str, Any]]:
    return [
        {
            "program": program,
            "unit": unit,
            "value": row.value,
            "note": row.note or None,
            "reason": row.reason,
            "correction_state": row.state,
            "asked_at": row.asked_at.isoformat(),
            "decision_note": row.decision_note or None,
        }
        for row, unit, program in db.session.execute(_of_person(VerdictCorrection, person_id, False))
    ]


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """The judges' notes and the words of appeals go; what was open ends; the verdicts stay as rows without a
    name."""
    own = sa.select(Enrollment.id).where(Enrollment.person_id == person_id)
    if not is_dry:
        _end_open(own, now)
        mine = sa.select(Verdict.id).where(Verdict.enrollment_id.in_(own))
        for table, names in _WORDS.items():
            where = table.verdict_id.in_(mine) if table is SecondVerdict else table.enrollment_id.in_(own)
            for name in names:
                column = getattr(table, name)
                _update(sa.update(table).where(where, column != "").values({name: ERASED_NOTE}))
    return Erasure(goes=(_("Catatan penilai tentang Anda."), _("Isi banding Anda.")))


#: What people wrote about somebody, by table.
_WORDS: dict[Any, tuple[str, ...]] = {
    Verdict: ("note",),
    SecondVerdict: ("note",),
    Observation: ("note", "interview"),
    Retest: ("note",),
    Appeal: ("reason", "decision"),
    VerdictCorrection: ("note", "reason", "decision_note"),
}


def _end_open(own: Any, now: datetime) -> None:
    """An erased person waits for nothing any more."""
    ended = {"is_open": False, "decided_at": now}
    _update(
        sa.update(Appeal)
        .where(Appeal.enrollment_id.in_(own), Appeal.is_open)
        .values(state="withdrawn", **ended)
    )
    _update(
        sa.update(VerdictCorrection)
        .where(VerdictCorrection.enrollment_id.in_(own), VerdictCorrection.is_open)
        .values(state="refused", **ended)
    )
    _update(
        sa.update(Retest)
        .where(Retest.enrollment_id.in_(own), Retest.is_open)
        .values(is_open=False, result="cancelled", closed_at=now)
    )


def _update(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
