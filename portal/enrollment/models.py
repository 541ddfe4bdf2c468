"""Roster imports, nominations, enrollments, contacts and what people chose when a batch moved."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class State(StrEnum):
    """Enrollment states (FLOWS: States)."""

    APPLIED = "applied"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    NO_SHOW = "no_show"
    WAITLISTED = "waitlisted"
    RESERVE = "reserve"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


SEAT_STATES = frozenset({State.OFFERED, State.CONFIRMED, State.COMPLETED, State.NOT_COMPLETED, State.NO_SHOW})
ENDED_STATES = frozenset({State.REJECTED, State.EXPIRED, State.WITHDRAWN})


class NominationState(StrEnum):
    """Nomination states (FLOWS: States)."""

    PROPOSED = "proposed"
    CONSENTED = "consented"
    PLACED = "placed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    REPLACED = "replaced"


def _known(column: str, values: type[StrEnum]) -> str:
    return f"{column} in ({','.join(repr(v.value) for v in values)})"


class RosterImport(db.Model):  # type: ignore[name-defined]
    """A roster on its way in. `file_cipher` holds its checked rows (roster/sealed.py) until they are saved,
    then only the bad ones, for a month; the file itself is not kept."""

    __tablename__ = "roster_import"
    id: Mapped[Pk]
    regency_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), index=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"))
    file_hash: Mapped[str] = mapped_column(sa.String(64))
    file_name: Mapped[str] = mapped_column(sa.String(120), default="")
    file_cipher: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(12), default="preview")
    summary: Mapped[Any] = mapped_column(JsonText())
    only_good: Mapped[bool] = mapped_column(default=False)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('preview','importing','imported','discarded')", name="state_known"),
    )


class NominationGroup(db.Model):  # type: ignore[name-defined]
    """People whom a cooperative nominates together: one letter (surat usulan), one act.

    mode: `all` or nothing, or as many as `fit`. `keep_together`: on the waitlist the group moves as a whole.
    `claim_id`: nominated by somebody whose claim the regency office had not verified yet. `form_key`: the
    form's token, so that sending it twice is once.
    """

    __tablename__ = "nomination_group"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"))
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    mode: Mapped[str] = mapped_column(sa.String(4))
    keep_together: Mapped[bool] = mapped_column(default=False)
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("chair_claim.id"), index=True)
    form_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    letter_number: Mapped[str] = mapped_column(sa.String(80), default="")
    made_by: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.CheckConstraint("mode in ('all','fit')", name="mode_known"),)


class Nomination(db.Model):  # type: ignore[name-defined]
    """A person proposed by a cooperative for a program, optionally for one batch.

    `link_hash`: the digest of the person's own link, by which they complete their data, consent or decline.
    A nominee without a NIK is a person without one until they have completed it themselves.
    """

    __tablename__ = "nomination"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    program_id: Mapped[int] = mapped_column(sa.ForeignKey("program.id"))
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    post: Mapped[str] = mapped_column(sa.String(30))
    state: Mapped[str] = mapped_column(sa.String(12), default="proposed")
    import_id: Mapped[int | None] = mapped_column(sa.ForeignKey("roster_import.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("nomination_group.id"), index=True)
    link_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    link_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answer_note: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("nomination.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.UniqueConstraint("person_id", "program_id"),
        sa.CheckConstraint(_known("state", NominationState), name="state_known"),
        sa.Index("ix_nomination_program_state", "program_id", "state"),
    )


class Enrollment(db.Model):  # type: ignore[name-defined]
    """A person in a batch. `priority` says who they are (rules.priority_class); the waitlist goes by what the
    batch makes of it (rules.queue_class), then by `queued_at`. `moved_class`: the class staff gave by hand.
    `group_id`: the people nominated together with this one."""

    __tablename__ = "enrollment"
    id: Mapped[Pk]
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"))
    nomination_id: Mapped[int | None] = mapped_column(sa.ForeignKey("nomination.id"))
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("nomination_group.id"), index=True)
    cooperative_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    stated_cooperative: Mapped[str] = mapped_column(sa.String(160), default="")
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("region.code"))
    post: Mapped[str] = mapped_column(sa.String(30))
    state: Mapped[str] = mapped_column(sa.String(16))
    state_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    priority: Mapped[int] = mapped_column(default=2)
    moved_class: Mapped[int | None]
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime())
    contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    offer_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    card_token: Mapped[str] = mapped_column(sa.String(16), unique=True)
    helped_by: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        sa.UniqueConstraint("person_id", "batch_id"),
        sa.CheckConstraint(_known("state", State), name="state_known"),
        sa.CheckConstraint("moved_class is null or moved_class between 0 and 3", name="moved_class_known"),
        sa.Index("ix_enrollment_batch_state", "batch_id", "state", "priority", "queued_at"),
    )


class EnrollmentDraft(db.Model):  # type: ignore[name-defined]
    """What somebody has typed in the stepper so far, encrypted, kept for one browser session."""

    __tablename__ = "enrollment_draft"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), primary_key=True)
    data_cipher: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


class Contact(db.Model):  # type: ignore[name-defined]
    """One attempt to reach a person about a seat, and how it went."""

    __tablename__ = "contact"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(12))
    outcome: Mapped[str] = mapped_column(sa.String(16))
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    made_by: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("channel in ('call','whatsapp','visit','letter')", name="channel_known"),
        sa.CheckConstraint(
            "outcome in ('reached','no_answer','wrong_number','accepted','declined')", name="outcome_known"
        ),
    )


class MoveChoice(db.Model):  # type: ignore[name-defined]
    """What one person chooses after a batch was postponed or cancelled."""

    __tablename__ = "move_choice"
    id: Mapped[Pk]
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), index=True)
    cause: Mapped[str] = mapped_column(sa.String(10))
    old_starts_on: Mapped[date]
    choice: Mapped[str] = mapped_column(sa.String(10), default="pending")
    target_batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("batch.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("cause in ('postponed','cancelled')", name="cause_known"),
        sa.CheckConstraint("choice in ('pending','keep','move','leave')", name="choice_known"),
    )


class QueueChange(db.Model):  # type: ignore[name-defined]
    """Insert-only. One change of the order of a waitlist by hand: who moved, from where to where, and why.
    The priorities are classes of the queue (rules.queue_class)."""

    __tablename__ = "queue_change"
    id: Mapped[Pk]
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    enrollment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrollment.id"), index=True)
    old_priority: Mapped[int]
    new_priority: Mapped[int]
    old_queued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    new_queued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    reason: Mapped[str] = mapped_column(sa.String(300))
    moved_by: Mapped[int | None]
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.CheckConstraint("length(reason) > 0", name="reason_given"),)
