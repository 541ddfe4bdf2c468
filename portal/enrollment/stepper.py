"""The five steps of applying: what was kept of them, and what each page shows beside its form."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import session, url_for

from portal.batches.models import Batch
from portal.batches.queries import BatchRow, get_batch
from portal.batches.rules import Phase, phase_of, seats_left
from portal.catalog.labels import local_name
from portal.cooperatives.labels import post_label
from portal.core import clock
from portal.core.formatting import current_locale, date_range, long_date, month_name
from portal.core.formatting import phone as phone_text
from portal.core.permissions import Actor, current_actor
from portal.core.words import gettext as _
from portal.enrollment import queries, services
from portal.enrollment.rules import DRAFT_DAYS
from portal.people.models import Person
from portal.people.queries import get_person
from portal.people.rules import mask_nik, nik_agrees_with_birth

STEPS = ("identity", "cooperative", "requirements", "review", "done")
COOKIE_NAME = "draft"


@dataclass
class Visit:
    """Somebody on their way through the steps of one batch."""

    batch: Batch
    actor: Actor
    now: datetime
    key: str | None
    draft: dict[str, Any]

    @property
    def person(self) -> Person | None:
        """The signed-in person's record, when there is one."""
        return get_person(self.actor.person_id) if self.actor.person_id is not None else None

    @property
    def application(self) -> services.Application:
        """What was collected so far."""
        return services.Application.from_draft(self.draft)

    def missing_step(self, wanted: str) -> str | None:
        """The first step before `wanted` that has no answer yet."""
        for step in STEPS[: STEPS.index(wanted)]:
            if step in ("identity", "cooperative") and step not in self.draft:
                return step
        return None

    def keep(self, step: str, data: dict[str, Any]) -> None:
        """Keep a step's answers, inside the running transaction."""
        if self.key is None:
            session[COOKIE_NAME] = token = secrets.token_urlsafe(24)
            self.key = queries.draft_key(self.actor, token)
        assert self.key is not None
        services.save_draft(
            key=self.key, batch_id=self.batch.id, step=step, data=data, actor=self.actor, now=self.now
        )

    def standing(self) -> queries.Standing:
        """How the applicant stands toward the batch with what is known so far."""
        who = self.application
        return queries.standing(
            self.batch,
            person_id=self.actor.person_id,
            cooperative_id=who.cooperative_id,
            post=who.post or None,
            region_code=who.region_code,
            now=self.now,
        )


def begin_visit(batch_id: int) -> Visit:
    """The batch, the visitor and the draft. Raises NotFound for a batch that is not public."""
    actor, now = current_actor(), clock.now()
    batch = get_batch(batch_id)
    key = queries.draft_key(actor, session.get(COOKIE_NAME))
    return Visit(batch, actor, now, key, queries.load_draft(key, batch_id, now))


def forget_cookie() -> None:
    """The draft has become an application; the cookie need not name it any more."""
    session.pop(COOKIE_NAME, None)


def step_url(step: str, batch_id: int, **values: Any) -> str:
    """The address of a step."""
    return url_for(f"enrollment.{step}", batch_id=batch_id, **values)


def frame(visit: Visit, step: str) -> dict[str, Any]:
    """What every step's page shows around its form."""
    names = (_("Identitas"), _("Koperasi"), _("Syarat"), _("Periksa"), _("Selesai"))
    links = [step_url(one, visit.batch.id) for one in STEPS]
    return {
        "steps": list(zip(links, names, strict=True)),
        "current": STEPS.index(step) + 1,
        "step_name": names[STEPS.index(step)],
        "batch": visit.batch,
        "aside": batch_aside(visit.batch, visit.now),
        "draft": visit.draft,
        "draft_until": draft_until(visit),
    }


def batch_title(batch: Batch) -> str:
    """The program in the language of the page."""
    return local_name(batch.program)


def batch_aside(batch: Batch, now: datetime) -> dict[str, Any]:
    """The ticket beside the form: what one applies for, and the seats. Where every free seat has an applicant
    already, the word is the waitlist, because that is where the next application goes."""
    counts = queries.seat_counts(batch.id)
    left = seats_left(batch.quota, batch.seats_taken)
    if left:
        seats = _("%(left)d kursi tersisa dari %(quota)d.", left=left, quota=batch.quota)
    else:
        seats = _("Semua %(quota)d kursi terisi.", quota=batch.quota)
    if counts.applied:
        seats += " " + _("%(count)d pelamar sedang diseleksi.", count=counts.applied)
    if counts.waiting:
        seats += " " + _("%(count)d orang di daftar tunggu.", count=counts.waiting)
    phase = phase_of(batch, now, batch.center.zone)
    if phase in (Phase.OPEN, Phase.FEW_LEFT) and counts.applied >= left:
        phase = Phase.WAITLIST
    return {
        "title": batch_title(batch),
        "dates": date_range(batch.starts_on, batch.ends_on),
        "place": f"{batch.center.short_name}, {batch.center.city}",
        "phase": phase,
        "seats": seats,
        "href": url_for("batches.show", batch_id=batch.id, slug=batch.slug),
    }


def cards_for(rows: list[BatchRow], now: datetime) -> list[dict[str, Any]]:
    """Other batches as tickets for `ui.batch_card`."""
    english = current_locale() == "en"
    found = []
    for row in rows:
        left = seats_left(row.quota, row.seats_taken)
        hours = sum(meeting.hours for meeting in row.meetings) or row.curriculum_hours
        found.append(
            {
                "href": url_for("batches.show", batch_id=row.id, slug=row.slug),
                "first_day": row.starts_on,
                "title": row.program_name_en if english and row.program_name_en else row.program_name,
                "place": f"{row.center}, {row.city}",
                "length": f"{date_range(row.starts_on, row.ends_on)}, {hours} JP",
                "note": "",
                "phase": phase_of(row, now, row.zone),
                "taken": row.seats_taken,
                "quota": row.quota,
                "reserve": row.reserve_seats,
                "seats_text": _("%(left)d kursi tersisa dari %(quota)d", left=left, quota=row.quota),
            }
        )
    return found


def birth_differs(visit: Visit) -> bool:
    """True when the birth date typed is not the one in the NIK: a warning, never a refusal."""
    who = visit.application
    return bool(who.nik and who.birth_date and not nik_agrees_with_birth(who.nik, who.birth_date))


def facts_of(visit: Visit) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """(step to edit, facts) for the review page. The NIK is shown as its last four digits."""
    who, person = visit.application, visit.person
    cooperative = queries.option_of(who.cooperative_id)
    born = person.birth_date if person else who.birth_date
    number = who.phone or (person.phone if person else None)
    village = queries.village_name(who.region_code)
    identity = [
        (_("Nama"), person.name if person else who.name),
        (_("NIK"), person.masked_nik if person else mask_nik(who.nik)),
        (_("Tanggal lahir"), long_date(born, weekday=False) if born else ""),
        (
            _("Jenis kelamin"),
            {"L": _("Laki-laki"), "P": _("Perempuan")}.get(person.sex if person else who.sex, ""),
        ),
        (_("Telepon"), phone_text(number) if number else _("Tidak ada")),
    ]
    if cooperative:
        name, where = cooperative.name, cooperative.where
    else:
        name, where = who.stated_cooperative or _("Belum berdiri"), village
    return [
        ("identity", identity),
        ("cooperative", [(_("Koperasi"), name, where), (_("Jabatan"), post_label(who.post))]),
    ]


def draft_until(visit: Visit) -> str:
    """ "29 November": until when the draft is kept."""
    day = clock.local_date(visit.now, visit.batch.center.zone) + timedelta(days=DRAFT_DAYS)
    return f"{day.day} {month_name(day)}"
