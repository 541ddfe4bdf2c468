"""The center's certificates: dry run, requests, decisions, one certificate."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.batches.queries import get_batch_for_center
from portal.certificates import queries, rules
from portal.certificates.forms import ChangeForm, OpForm, ReplaceForm
from portal.certificates.queries.reports import open_reports
from portal.certificates.services import decide_request, prepare_change, prepare_issue
from portal.certificates.services.reissuing import find_reissue
from portal.certificates.views import blueprint
from portal.core import clock, htmx, jobs
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

ACTIONS = {
    "tangguhkan": "suspend", "pulihkan": "unsuspend", "cabut": "revoke", "ganti": "replace",
    "terbitkan": "issue",
}  # fmt: skip


@blueprint.get("/balai/angkatan/<int:batch_id>/sertifikat")
@requires(Permission.CERTIFICATE_VIEW)
def batch(batch_id: int) -> Any:
    """Who will be certified and for each other person why not yet."""
    return _batch_page(batch_id, OpForm())


def _batch_page(batch_id: int, form: OpForm, status: int = 200) -> Any:
    found = get_batch_for_center(current_actor(), batch_id, Permission.CERTIFICATE_VIEW)
    return htmx.render(
        "certificates/batch.html",
        batch=found,
        forecast=queries.dry_run(found.id),
        open_request=queries.open_request(found.id),
        certificates=queries.certificates_of_batch(found.id, local_date(clock.now(), found.center.zone)),
        form=form,
        may_prepare=current_actor().may(Permission.CERTIFICATE_PREPARE),
        status=status,
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/sertifikat/siapkan")
@requires(Permission.CERTIFICATE_PREPARE)
def prepare(batch_id: int) -> Any:
    """Ask the center head for the certificates of everybody who is ready."""
    actor, now, form = current_actor(), clock.now(), OpForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = prepare_issue(batch_id=batch_id, actor=actor, now=now)
                op.finish(url_for("certificates.request_page", request_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _batch_page(batch_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/balai/sertifikat")
@requires(Permission.CERTIFICATE_VIEW)
def requests() -> Any:
    """What waits for a decision, and what was decided lately."""
    rows = queries.list_requests(current_actor(), only_open=False)
    return htmx.render(
        "certificates/requests.html",
        waiting=[row for row in rows if row.request.state in ("prepared", "approved")],
        decided=[row for row in rows if row.request.state in ("rejected", "done")],
        reports=open_reports(current_actor()),
    )


@blueprint.get("/balai/sertifikat/permintaan/<int:request_id>")
@requires(Permission.CERTIFICATE_VIEW)
def request_page(request_id: int) -> Any:
    """One request: what it would do, the decision, then the progress."""
    return _request_page(request_id, OpForm())


def _request_page(request_id: int, form: OpForm, status: int = 200) -> Any:
    row = queries.get_request(current_actor(), request_id)
    found = row.request
    job = jobs.find_job(found.job_id)
    is_issue = found.action == "issue" and found.certificate_id is None
    return htmx.render(
        "certificates/request.html",
        "certificates/_progress.html" if job else None,
        row=row,
        job=job,
        form=form,
        forecast=queries.dry_run(found.batch_id) if is_issue and found.state == "prepared" else None,
        certificate=None if is_issue else queries.certificate_by_code(row.code or ""),
        may_decide=_may_decide(found),
        status=status,
    )


def _may_decide(found: Any) -> bool:
    actor = current_actor()
    waits = found.state == "prepared" and found.prepared_by != actor.user_id
    return bool(waits and actor.may(Permission.CERTIFICATE_APPROVE))


@blueprint.post("/balai/sertifikat/permintaan/<int:request_id>")
@requires(Permission.CERTIFICATE_APPROVE)
def decide(request_id: int) -> Any:
    """Approve or reject."""
    actor, now, form = current_actor(), clock.now(), OpForm.parse()
    queries.get_request(actor, request_id)
    here = url_for("certificates.request_page", request_id=request_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                decide_request(request_id=request_id, approve=_decision(), actor=actor, now=now)
                op.finish(here)
    except DomainError as error:
        form.add_error(error)
        return _request_page(request_id, form, error.status)
    return htmx.redirect(here)


def _decision() -> bool:
    """What was pressed; a form without either button decides nothing."""
    said = request.form.get("keputusan")
    if said not in ("setuju", "tolak"):
        raise DomainError("decision_missing", _("Pilih Setujui atau Tolak."))
    return said == "setuju"


@blueprint.post("/balai/sertifikat/permintaan/<int:request_id>/ulangi")
@requires(Permission.CERTIFICATE_APPROVE)
def retry(request_id: int) -> Any:
    """Set a failed issue going again from where it stood."""
    actor = current_actor()
    row = queries.get_request(actor, request_id)
    if row.request.job_id is None:
        raise NotFound()
    with transaction():
        jobs.retry_job(job_id=row.request.job_id, actor=actor, now=clock.now())
    return htmx.redirect(url_for("certificates.request_page", request_id=request_id))


@blueprint.get("/balai/sertifikat/<code>")
@requires(Permission.CERTIFICATE_VIEW)
def detail(code: str) -> Any:
    """One certificate, its events, and what can be asked for it."""
    found = queries.get_certificate(current_actor(), code)
    events = queries.events_of(found.id)
    state = rules.state_from_events(event.type for event in events)
    allowed = [
        slug for slug, action in ACTIONS.items() if not rules.transition_blockers(rules.Event(action), state)
    ]
    again = find_reissue(found, clock.now()) if state == rules.RecordedState.REVOKED else None
    if again and not again.blockers:
        allowed.append("terbitkan")
    return htmx.render(
        "certificates/detail.html",
        certificate=found,
        facts=rules.facts_from_bytes(found.signed_bytes),
        events=events,
        state=str(state),
        again=again,
        newer=queries.followed_by(found.id),
        allowed=allowed if current_actor().may(Permission.CERTIFICATE_PREPARE) else [],
    )


@blueprint.route(
    "/balai/sertifikat/<code>/<any(tangguhkan,pulihkan,cabut,ganti,terbitkan):slug>", methods=["GET", "POST"]
)
@requires(Permission.CERTIFICATE_PREPARE)
def change(code: str, slug: str) -> Any:
    """Ask to suspend, restore, revoke or replace one certificate, or to issue it again."""
    actor, action = current_actor(), ACTIONS[slug]
    found = queries.get_certificate(actor, code)
    facts = rules.facts_from_bytes(found.signed_bytes)
    kind = ReplaceForm if action == "replace" else ChangeForm
    if request.method == "GET":
        form = kind(data={"name": facts.name, "post": facts.post}).for_action(action)
        return _change_page(found, facts, slug, form)
    form = kind.parse().for_action(action)
    if not form.validate():
        return _change_page(found, facts, slug, form, 422)
    try:
        outcome = _prepare_change(found, action, form, actor)
    except DomainError as error:
        form.add_error(error)
        return _change_page(found, facts, slug, form, error.status)
    return htmx.redirect(outcome)


def _prepare_change(found: Any, action: str, form: Any, actor: Any) -> str:
    now = clock.now()
    changes = {"name": form.name.data, "post": form.post.data} if action == "replace" else None
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            made = prepare_change(
                certificate_id=found.id,
                action=action,
                reason_class=form.reason_class.data,
                note=form.note.data or "",
                changes=changes,
                actor=actor,
                now=now,
            )
            op.finish(url_for("certificates.request_page", request_id=made.id))
    return op.outcome


def _change_page(found: Any, facts: rules.Facts, slug: str, form: Any, status: int = 200) -> Any:
    titles = {
        "tangguhkan": _("Tangguhkan sertifikat"),
        "pulihkan": _("Pulihkan sertifikat"),
        "cabut": _("Cabut sertifikat"),
        "ganti": _("Ganti sertifikat"),
        "terbitkan": _("Terbitkan sertifikat lagi"),
    }
    return htmx.render(
        "certificates/change.html",
        certificate=found,
        facts=facts,
        slug=slug,
        title=titles[slug],
        again=find_reissue(found, clock.now()) if slug == "terbitkan" else None,
        form=form,
        status=status,
    )
