"""Certificates and what happened to them: insert-only from the first day (TRUST: Record)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db

EVENT_TYPES = ("issue", "suspend", "unsuspend", "revoke", "replace")


class Certificate(db.Model):  # type: ignore[name-defined]
    """Insert-only. `signed_bytes` is the JCS document; columns beside it exist to be found and joined by."""

    __tablename__ = "certificate"
    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    number: Mapped[str] = mapped_column(sa.String(60), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20), default="certificate")
    signed_bytes: Mapped[bytes]
    signature: Mapped[bytes]
    kid: Mapped[str] = mapped_column(sa.String(60))
    salt: Mapped[bytes]
    qr_text: Mapped[str] = mapped_column(sa.String(1200))
    status_index: Mapped[int] = mapped_column(unique=True)
    log_index: Mapped[int] = mapped_column(unique=True)
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    center_id: Mapped[int] = mapped_column(sa.ForeignKey("training_center.id"))
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"))
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), unique=True)
    issue_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_on: Mapped[date | None] = mapped_column(index=True)
    __table_args__ = (
        sa.CheckConstraint("length(code) = 12", name="code_length"),
        sa.CheckConstraint("status_index >= 0", name="status_range"),
    )


class CertificateEvent(db.Model):  # type: ignore[name-defined]
    """Insert-only. Issue, suspend, unsuspend, revoke, replace: who asked, who approved, why, when."""

    __tablename__ = "certificate_event"
    id: Mapped[Pk]
    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id"), index=True)
    position: Mapped[int]
    type: Mapped[str] = mapped_column(sa.String(12))
    reason_class: Mapped[str] = mapped_column(sa.String(30), default="")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    replacement_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"))
    actor_id: Mapped[int | None]
    approver_id: Mapped[int | None]
    log_index: Mapped[int] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("certificate_id", "position"),
        sa.CheckConstraint(f"type in ({','.join(repr(t) for t in EVENT_TYPES)})", name="type_known"),
        sa.CheckConstraint("actor_id is null or actor_id <> approver_id", name="two_people"),
    )


class NumberCounter(db.Model):  # type: ignore[name-defined]
    """The last serial given per center, program and calendar year; locked inside the issue transaction."""

    __tablename__ = "number_counter"
    center_id: Mapped[int] = mapped_column(sa.ForeignKey("training_center.id"), primary_key=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)
    __table_args__ = (sa.CheckConstraint("last >= 0", name="last_positive"),)


class CertificateRequest(db.Model):  # type: ignore[name-defined]
    """Prepared by one person, decided by another: issue for a batch, or change one certificate."""

    __tablename__ = "certificate_request"
    id: Mapped[Pk]
    action: Mapped[str] = mapped_column(sa.String(12))
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    certificate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="prepared")
    reason_class: Mapped[str] = mapped_column(sa.String(30), default="")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    changes: Mapped[Any] = mapped_column(JsonText(), default=dict)
    prepared_by: Mapped[int | None]
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    __table_args__ = (
        sa.CheckConstraint("state in ('prepared','approved','rejected','done')", name="state_known"),
        sa.CheckConstraint(
            "action in ('issue','suspend','unsuspend','revoke','replace','renew')", name="action_known"
        ),
        sa.CheckConstraint("decided_by is null or decided_by <> prepared_by", name="two_people"),
        sa.Index(
            "uq_certificate_request_open",
            "batch_id",
            "action",
            unique=True,
            sqlite_where=sa.text("state in ('prepared','approved') and certificate_id is null"),
            postgresql_where=sa.text("state in ('prepared','approved') and certificate_id is null"),
        ),
    )


class LogLeaf(db.Model):  # type: ignore[name-defined]
    """Insert-only. One leaf per certificate event, appended in its transaction; `data` is the JCS leaf."""

    __tablename__ = "log_leaf"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes]


class LogNode(db.Model):  # type: ignore[name-defined]
    """Insert-only. Hashes of complete subtrees: level 0 is the leaf's own hash, level 1 covers 2 leaves."""

    __tablename__ = "log_node"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class LogCheckpoint(db.Model):  # type: ignore[name-defined]
    """Insert-only. The signed note over the first `size` leaves, made in the transaction that reached it.

    `position` counts checkpoints from 0 without a gap; `edge` is the hashes of the complete subtrees that the
    tree is made of, largest first, 32 bytes each.
    """

    __tablename__ = "log_checkpoint"
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(unique=True)
    root: Mapped[bytes]
    edge: Mapped[bytes]
    note: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class ForgeryReport(db.Model):  # type: ignore[name-defined]
    """What a stranger found odd about a paper; `code` as typed, `certificate_id` when it names one."""

    __tablename__ = "forgery_report"
    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(sa.String(40))
    certificate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), index=True)
    center_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_center.id"), index=True)
    seen: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.String(1000), default="")
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    handled_by: Mapped[int | None]
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('open','closed')", name="state_known"),
        sa.CheckConstraint("(state = 'open') = (handled_at is null)", name="closed_when_handled"),
        sa.Index("ix_forgery_report_state", "state", "id"),
    )


class LogHead(db.Model):  # type: ignore[name-defined]
    """The size of the log: one row, locked by whoever appends."""

    __tablename__ = "log_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)


class Renewal(db.Model):  # type: ignore[name-defined]
    """Insert-only. A certificate that renews an older one, which stays as it is until its own last day."""

    __tablename__ = "renewal"
    certificate_id: Mapped[int] = mapped_column(
        sa.ForeignKey("certificate.id"), primary_key=True, autoincrement=False
    )
    renews_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id"), unique=True)
    __table_args__ = (sa.CheckConstraint("certificate_id <> renews_id", name="two_certificates"),)


class RenewalCourse(db.Model):  # type: ignore[name-defined]
    """Insert-only. A course, by its certificate, whose lesson hours counted toward a renewal."""

    __tablename__ = "renewal_course"
    certificate_id: Mapped[int] = mapped_column(
        sa.ForeignKey("renewal.certificate_id"), primary_key=True, autoincrement=False
    )
    course_certificate_id: Mapped[int] = mapped_column(
        sa.ForeignKey("certificate.id"), primary_key=True, autoincrement=False, index=True
    )


class Decree(db.Model):  # type: ignore[name-defined]
    """An official decision that extends the validity of certificates: its basis, its scope, what it grants.

    Empty lists in the scope mean all; `last_day_from` and `last_day_to` bound the signed last day. Either
    `extend_to` or `extend_months` is set. Prepared by one person, adopted by another; undone the same way.
    """

    __tablename__ = "decree"
    id: Mapped[Pk]
    number: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    legal_basis: Mapped[str] = mapped_column(sa.String(300))
    signed_on: Mapped[date]
    programs: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    centers: Mapped[list[int]] = mapped_column(JsonText(), default=list)
    regions: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    last_day_from: Mapped[date]
    last_day_to: Mapped[date]
    extend_to: Mapped[date | None]
    extend_months: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(12), default="draft", index=True)
    prepared_by: Mapped[int | None]
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime())
    adopted_by: Mapped[int | None]
    adopted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    undo_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    undo_asked_by: Mapped[int | None]
    undo_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    undone_by: Mapped[int | None]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('draft','adopted','undone')", name="state_known"),
        sa.CheckConstraint("last_day_from <= last_day_to", name="days_order"),
        sa.CheckConstraint("(extend_to is null) <> (extend_months is null)", name="one_extension"),
        sa.CheckConstraint("extend_to is null or extend_to > last_day_to", name="extends"),
        sa.CheckConstraint("extend_months is null or extend_months between 1 and 120", name="months_range"),
        sa.CheckConstraint("adopted_by is null or adopted_by <> prepared_by", name="two_people"),
        sa.CheckConstraint("undone_by is null or undone_by <> undo_asked_by", name="two_people_undo"),
        sa.CheckConstraint("(state = 'draft') = (adopted_at is null)", name="adopted_when"),
        sa.CheckConstraint("(state = 'undone') = (undone_at is not null)", name="undone_when"),
    )


class ValidityExtension(db.Model):  # type: ignore[name-defined]
    """Insert-only. The day until which a decree extends one certificate; counts while the decree stands."""

    __tablename__ = "validity_extension"
    decree_id: Mapped[int] = mapped_column(sa.ForeignKey("decree.id"), primary_key=True, autoincrement=False)
    certificate_id: Mapped[int] = mapped_column(
        sa.ForeignKey("certificate.id"), primary_key=True, autoincrement=False, index=True
    )
    extended_until: Mapped[date] = mapped_column(index=True)


class ExternalRecord(db.Model):  # type: ignore[name-defined]
    """What somebody learned or was certified for elsewhere: an earlier training, or a competency
    certificate of an LSP. A reference, never a certificate of this portal; coverage counts it apart.

    program_id: the program whose place it takes where a service line accepts it; None for none. `source`: who
    reported it. center_id: the training center that recorded it; None for a regency office.
    is_expiry_assumed: the paper said no end, the usual three years of a competency certificate were taken.
    dispute: what its holder says is wrong, or "". A record that the import brings again changes nothing.
    """

    __tablename__ = "external_record"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    program_id: Mapped[int | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(160))
    scheme: Mapped[str] = mapped_column(sa.String(160), default="")
    issuer: Mapped[str] = mapped_column(sa.String(160))
    number: Mapped[str] = mapped_column(sa.String(80), default="")
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    is_expiry_assumed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    source: Mapped[str] = mapped_column(sa.String(160))
    center_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_center.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="unverified")
    state_note: Mapped[str] = mapped_column(sa.String(300), default="")
    import_id: Mapped[int | None] = mapped_column(sa.ForeignKey("external_import.id"), index=True)
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    dispute: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    disputed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("person_id", "kind", "issuer", "number", "issued_on", "title"),
        sa.CheckConstraint("kind in ('training','competency')", name="kind_known"),
        sa.CheckConstraint("state in ('unverified','verified','rejected')", name="state_known"),
        sa.CheckConstraint("expires_on is null or expires_on >= issued_on", name="dates_order"),
        sa.CheckConstraint("kind = 'training' or number <> ''", name="competency_numbered"),
        sa.CheckConstraint("(state = 'unverified') = (decided_at is null)", name="decided_when"),
        sa.CheckConstraint("recorded_by is null or recorded_by <> decided_by", name="two_people"),
    )


class ExternalImport(db.Model):  # type: ignore[name-defined]
    """A list of external records on its way in. `file_cipher` holds the checked rows until they are saved."""

    __tablename__ = "external_import"
    id: Mapped[Pk]
    file_hash: Mapped[str] = mapped_column(sa.String(64))
    file_name: Mapped[str] = mapped_column(sa.String(120), default="")
    file_cipher: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(12), default="preview")
    summary: Mapped[Any] = mapped_column(JsonText(), default=dict)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('preview','importing','imported','discarded')", name="state_known"),
    )
