"""A person's own results after signing, and their appeals."""

from __future__ import annotations

from typing import Any

from flask import flash, url_for

from portal.assessment import labels, queries, rules, services
from portal.assessment.forms.objections import AppealForm, text
from portal.assessment.views.acting import act
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.errors import NotFound
from portal.core.forms import TokenForm
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/saya/hasil")
@requires(Permission.APPEAL_FILE)
def own_results() -> Any:
    """The batches with signed results."""
    return htmx.render("assessment/own_results.html", heads=queries.own_heads(current_actor().person_id))


@blueprint.get("/saya/hasil/<int:enrollment_id>")
@requires(Permission.APPEAL_FILE)
def own_result(enrollment_id: int) -> Any:
    """Every unit: K or BK, the note, what it rests on; and the way to an appeal."""
    return _result(enrollment_id, TokenForm(), 200)


@blueprint.get("/saya/hasil/<int:enrollment_id>/unit/<int:unit_id>/banding")
@requires(Permission.APPEAL_FILE)
def appeal(enrollment_id: int, unit_id: int) -> Any:
    """What an appeal is, and the form."""
    return _appeal(enrollment_id, unit_id, AppealForm(), 200)


@blueprint.post("/saya/hasil/<int:enrollment_id>/unit/<int:unit_id>/banding")
@requires(Permission.APPEAL_FILE)
def appeal_post(enrollment_id: int, unit_id: int) -> Any:
    """File it."""
    form = AppealForm.parse()

    def work(actor: Any, now: Any) -> None:
        services.file_appeal(
            enrollment_id=enrollment_id, unit_id=unit_id, reason=text(form.reason), actor=actor, now=now
        )
        flash(_("Banding terkirim. Balai menunjuk asesor yang tidak ikut menilai Anda."), "ok")

    target = url_for("assessment.own_result", enrollment_id=enrollment_id, _anchor=f"u{unit_id}")
    return act(form, work, target, lambda form, status: _appeal(enrollment_id, unit_id, form, status))


@blueprint.post("/saya/banding/<int:appeal_id>/tarik")
@requires(Permission.APPEAL_FILE)
def appeal_withdraw(appeal_id: int) -> Any:
    """Take it back."""
    row = queries.get_own_appeal(current_actor(), appeal_id)
    return act(
        TokenForm.parse(),
        lambda actor, now: services.withdraw_appeal(appeal_id=appeal_id, actor=actor, now=now),
        url_for("assessment.own_result", enrollment_id=row.enrollment_id, _anchor=f"u{row.unit_id}"),
        lambda form, status: _result(row.enrollment_id, form, status),
    )


def _result(enrollment_id: int, form: Any, status: int) -> Any:
    head = queries.get_own_head(current_actor(), enrollment_id)
    is_signed = head.signed_at is not None
    units = queries.verdicts_of_enrollment(enrollment_id) if is_signed else []
    verdicts = queries.verdicts_of(enrollment_id) if is_signed else {}
    filed, now = queries.appeals_of_enrollment(enrollment_id), clock.now()
    return htmx.render(
        "assessment/own_result.html", status=status, head=head, form=form, units=units, labels=labels,
        now=now, rests_on={u: labels.evidence_words(v.source, v.evidence) for u, v in verdicts.items()},
        appeals={row.unit_id: row for row in reversed(filed)},
        retests={one.unit_id: one for one in queries.retests_of(enrollment_id)},
        until=services.appealable(head, verdicts, filed, now), days_left=rules.days_left,
    )  # fmt: skip


def _appeal(enrollment_id: int, unit_id: int, form: Any, status: int) -> Any:
    head = queries.get_own_head(current_actor(), enrollment_id)
    units = queries.verdicts_of_enrollment(enrollment_id) if head.signed_at else []
    unit = next((one for one in units if one.unit_id == unit_id), None)
    if unit is None:
        raise NotFound()
    return htmx.render(
        "assessment/appeal.html", status=status, head=head, unit=unit, form=form, labels=labels,
        blockers=services.appeal_blockers_of(enrollment_id, unit_id, clock.now()),
        term=rules.APPEAL_TERM.days,
    )  # fmt: skip
