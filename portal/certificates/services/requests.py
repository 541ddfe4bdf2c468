"""Two people issue and change: one prepares, another decides. Issuing runs in resumable chunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString

from portal.accounts.models import User
from portal.accounts.queries import actor_of
from portal.assessment.services import hold_batch
from portal.batches.models import Batch
from portal.centers.models import TrainingCenter
from portal.certificates import queries, rules
from portal.certificates.models import Certificate, CertificateRequest
from portal.certificates.services import notices
from portal.certificates.services.events import apply_change, change_blockers
from portal.certificates.services.ground import load_ground, load_subjects
from portal.certificates.services.mint import mint
from portal.certificates.services.reissuing import check_reissue, reissue
from portal.certificates.services.renewing import lock_certificates, renew_certificate
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit, jobs
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor, Permission
from portal.core.typesetting import missing_characters
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.enrollment.models import Enrollment

CHUNK = 200
JOB_KIND = "certificates.issue"


def prepare_issue(*, batch_id: int, actor: Actor, now: datetime) -> CertificateRequest:
    """Ask for the certificates of everybody in a batch who is ready.

    Raises DomainError `nobody_ready`, Conflict `request_open` when one is already waiting.
    """
    batch = get_batch_held(batch_id, actor, Permission.CERTIFICATE_PREPARE)
    forecast = queries.dry_run(batch_id)
    if not forecast.ready:
        raise DomainError(
            "nobody_ready", _("Belum ada peserta yang siap menerima sertifikat di angkatan ini.")
        )
    refuse_own(
        [row.person_id for row in forecast.ready], [row.enrollment_id for row in forecast.ready], actor, now
    )
    refuse_open(batch_id, "issue", None)
    return add_request(batch, "issue", None, actor, now, count=len(forecast.ready))


def prepare_change(
    *,
    certificate_id: int,
    action: str,
    reason_class: str,
    note: str,
    changes: dict[str, str] | None = None,
    actor: Actor,
    now: datetime,
) -> CertificateRequest:
    """Ask to suspend, unsuspend, revoke or replace one certificate, or to issue one again in the place of a
    revoked one. `changes` (replace): name and/or post.

    Raises NotFound, Forbidden, DomainError (`own_case`, `reason_missing`, `nothing_changed`, `unprintable`),
    Conflict with what stands in the way.
    """
    certificate = db.session.get(Certificate, certificate_id)
    if certificate is None or action not in REASONS:
        raise NotFound()
    batch = get_batch_held(certificate.batch_id, actor, Permission.CERTIFICATE_PREPARE)
    refuse_own([certificate.person_id], [certificate.enrollment_id], actor, now)
    if reason_class not in REASONS[action]:
        raise DomainError("reason_missing", _("Pilih alasannya."), "reason_class")
    if action == "issue":
        check_reissue(certificate, now)
    else:
        _raise_first(change_blockers(certificate, action, actor=actor, approver=None))
    refuse_open(certificate.batch_id, action, certificate.id)
    return add_request(
        batch, action, certificate.id, actor, now, reason_class, note, _clean(action, changes or {})
    )


# Reason classes of an action: id -> words. The class is public, the note never is.
REASONS: dict[str, dict[str, LazyString]] = {
    "suspend": {
        "under_review": _l("sedang diperiksa kembali"),
        "appeal": _l("ada keberatan yang sedang diproses"),
    },
    "unsuspend": {"review_passed": _l("pemeriksaan selesai tanpa temuan")},
    "revoke": {
        "issued_in_error": _l("terbit karena kekeliruan"),
        "requirements_not_met": _l("syarat ternyata tidak terpenuhi"),
        "fraud": _l("keterangan tidak benar"),
        "holder_request": _l("permintaan pemegang"),
    },
    "replace": {"correction": _l("perbaikan data"), "name_change": _l("perubahan nama")},
    "issue": {"mended": _l("kekeliruan sudah diperbaiki"), "met_later": _l("syarat dipenuhi kemudian")},
}


def decide_request(*, request_id: int, approve: bool, actor: Actor, now: datetime) -> CertificateRequest:
    """Approve or reject. The decider is not the person who prepared, nor among the holders."""
    request = db.session.get(CertificateRequest, request_id, with_for_update=True)
    if request is None:
        raise NotFound()
    batch = get_batch_held(request.batch_id, actor, Permission.CERTIFICATE_APPROVE)
    if request.state != "prepared":
        raise Conflict("request_decided", _("Permintaan ini sudah diputuskan."))
    _refuse_same_person(request, actor)
    request.decided_by, request.decided_at = actor.user_id, now
    if not approve:
        request.state = "rejected"
    elif request.action == "issue" and request.certificate_id is None:
        _start_issue(request, actor, now)
    elif request.action == "issue":
        _issue_again(request, actor, now)
    elif request.action == "renew":
        _renew(request, actor, now)
    else:
        _apply(request, actor, now)
    audit.record(
        f"certificate.request.{request.state}",
        "certificate_request",
        request.id,
        actor=actor,
        now=now,
        scope=f"center:{batch.center_id}",
        act=request.action,
    )
    return request


def _start_issue(request: CertificateRequest, actor: Actor, now: datetime) -> None:
    ready = queries.dry_run(request.batch_id).ready
    if not ready:
        raise DomainError(
            "nobody_ready", _("Tidak ada lagi peserta yang siap menerima sertifikat di angkatan ini.")
        )
    refuse_own([row.person_id for row in ready], [row.enrollment_id for row in ready], actor, now)
    request.state = "approved"
    job = jobs.enqueue(JOB_KIND, {"request_id": request.id}, total=len(ready), actor=actor, now=now)
    request.job_id = job.id


def _apply(request: CertificateRequest, actor: Actor, now: datetime) -> None:
    certificate = db.session.get(Certificate, request.certificate_id, with_for_update=True)
    assert certificate is not None
    refuse_own([certificate.person_id], [certificate.enrollment_id], actor, now)
    request.state = "done"
    apply_change(
        certificate, request, approver=actor, signatory=signatory(actor, certificate.center_id), now=now
    )
    notices.changed(certificate, request, now=now)


def _renew(request: CertificateRequest, actor: Actor, now: datetime) -> None:
    certificate = db.session.get_one(Certificate, request.certificate_id)
    lock_certificates(certificate.person_id)
    refuse_own([certificate.person_id], [certificate.enrollment_id], actor, now)
    request.state = "done"
    fresh = renew_certificate(
        certificate, request, approver=actor, signatory=signatory(actor, certificate.center_id), now=now
    )
    notices.renewed(fresh, now=now)


def _issue_again(request: CertificateRequest, actor: Actor, now: datetime) -> None:
    certificate = db.session.get(Certificate, request.certificate_id, with_for_update=True)
    assert certificate is not None
    refuse_own([certificate.person_id], [certificate.enrollment_id], actor, now)
    request.state = "done"
    fresh = reissue(
        certificate, request, approver=actor, signatory=signatory(actor, certificate.center_id), now=now
    )
    notices.issued([fresh], now=now)


@jobs.job_kind(JOB_KIND)
def issue_chunk(job: jobs.Job, now: datetime) -> None:
    """One chunk of an approved issue. Started again after a kill it goes on with whoever has none yet."""
    request = db.session.get(CertificateRequest, job.payload["request_id"], with_for_update=True)
    if request is None or request.state not in ("approved", "done"):
        raise DomainError("request_gone", "Permintaan penerbitan ini tidak berlaku lagi.")
    # No signed result changes between reading who is ready and writing their certificates.
    hold_batch(request.batch_id)
    ready = queries.dry_run(request.batch_id).ready
    if ready and request.state == "approved":
        approver = actor_of(request.decided_by, now)
        batch = db.session.get_one(Batch, request.batch_id)
        ground = load_ground(request.batch_id, signatory(approver, batch.center_id))
        subjects = load_subjects([row.enrollment_id for row in ready[:CHUNK]])
        made = mint(db.session(), ground, subjects, actor_id=request.prepared_by, approver=approver, now=now)
        notices.issued(made, now=now)
        job.done = min(job.total, job.done + len(subjects))
    if len(ready) <= CHUNK:
        request.state = job.state = "done"
        job.done = job.total


def signatory(approver: Actor, center_id: int) -> rules.SignatoryFacts:
    """The name and title printed for who approved."""
    center = db.session.get_one(TrainingCenter, center_id)
    return rules.SignatoryFacts(approver.name, center.head_title or f"Kepala {center.short_name}")


def get_batch_held(batch_id: int, actor: Actor, permission: Permission) -> Batch:
    """The batch of the actor's center, locked. Raises Forbidden, NotFound."""
    if not actor.may(permission):
        raise Forbidden()
    # Held, so that two requests for one thing at the same moment see each other.
    batch = db.session.get(Batch, batch_id, with_for_update={"key_share": True}, populate_existing=True)
    if batch is None or not actor.scope(permission).covers_center(batch.center_id):
        raise NotFound("batch_not_found", _("Angkatan ini tidak ditemukan di balai akun tersebut."))
    return batch


def refuse_own(person_ids: list[int], enrollment_ids: list[int], actor: Actor, now: datetime) -> None:
    """Nobody prepares or approves for themselves or their cooperative (FLOWS: Permissions)."""
    if actor.person_id is None:
        return
    mine = own_cooperatives(actor, now)
    own = actor.person_id in person_ids or (
        mine
        and db.session.scalar(
            sa.select(Enrollment.id)
            .where(Enrollment.id.in_(enrollment_ids), Enrollment.cooperative_id.in_(mine))
            .limit(1)
        )
    )
    if own:
        sentence = _(
            "Anda tidak dapat memutuskan sertifikat sendiri atau koperasi sendiri. Minta rekan lain."
        )
        raise DomainError("own_case", sentence)


def _refuse_same_person(request: CertificateRequest, actor: Actor) -> None:
    preparer = db.session.get(User, request.prepared_by) if request.prepared_by else None
    same_person = preparer and preparer.person_id and preparer.person_id == actor.person_id
    if (request.prepared_by is not None and request.prepared_by == actor.user_id) or same_person:
        raise DomainError("same_person", _("Yang menyiapkan dan yang menyetujui harus dua orang berbeda."))


def refuse_open(batch_id: int, action: str, certificate_id: int | None) -> None:
    """Raises Conflict `request_open` while the same is asked for already."""
    is_open = db.session.scalar(
        sa.select(CertificateRequest.id)
        .where(
            CertificateRequest.batch_id == batch_id,
            CertificateRequest.certificate_id.is_not_distinct_from(certificate_id),
            CertificateRequest.action == action,
            CertificateRequest.state.in_(("prepared", "approved")),
        )
        .limit(1)
    )
    if is_open:
        raise Conflict("request_open", _("Permintaan yang sama sudah ada dan menunggu keputusan."))


def _clean(action: str, changes: dict[str, str]) -> dict[str, str]:
    if action != "replace":
        return {}
    kept = {
        key: " ".join(value.split())
        for key, value in changes.items()
        if key in ("name", "post") and value.strip()
    }
    if not kept:
        raise DomainError("nothing_changed", _("Tulis nama atau jabatan yang benar."), "name")
    for field, text in kept.items():
        if strange := missing_characters(text):
            sentence = _(
                "Huruf ini tidak dapat dicetak di sertifikat: %(letters)s.", letters=" ".join(strange[:12])
            )
            raise DomainError("unprintable", sentence, field)
    return kept


def _raise_first(blockers: list[rules.Blocker]) -> None:
    if blockers:
        raise Conflict(blockers[0].code, blockers[0].message)


def add_request(
    batch: Batch,
    action: str,
    certificate_id: int | None,
    actor: Actor,
    now: datetime,
    reason_class: str = "",
    note: str = "",
    changes: dict[str, Any] | None = None,
    **data: Any,
) -> CertificateRequest:
    """Put a request before the center head, with its audit event."""
    request = CertificateRequest(
        action=action,
        batch_id=batch.id,
        certificate_id=certificate_id,
        state="prepared",
        reason_class=reason_class,
        note=note.strip()[:500],
        changes=changes or {},
        prepared_by=actor.user_id,
        prepared_at=now,
    )
    db.session.add(request)
    db.session.flush()
    audit.record(
        "certificate.request.prepared",
        "certificate_request",
        request.id,
        actor=actor,
        now=now,
        scope=f"center:{batch.center_id}",
        act=action,
        **data,
    )
    return request
