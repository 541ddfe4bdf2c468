"""The day on which a cooperative stands: it gets its kind, its founders their posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from portal.cooperatives.models import ChecklistItem, Cooperative, Founding, PostTerm
from portal.cooperatives.queries.board import all_terms, board_seen
from portal.cooperatives.queries.claims import claim_state
from portal.cooperatives.queries.cooperatives import is_registrar
from portal.cooperatives.queries.founding import founding_facts, founding_people
from portal.cooperatives.rules import match_key
from portal.cooperatives.rules.change import Beginning, is_in_force, plan_change
from portal.cooperatives.rules.founding import founding_blockers
from portal.cooperatives.services.board import (
    BoardRefused,
    NewHolder,
    begin_terms,
    end_terms,
    person_of,
    problems_of,
)
from portal.cooperatives.services.checklist import record_entry
from portal.cooperatives.services.founding import change_of, hold_founding, refuse_taken
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _

ZONE = "Asia/Jakarta"
DAY = timedelta(days=1)


def stand_up(
    *,
    cooperative_id: int,
    effective_on: date,
    seen: str,
    beginnings: Sequence[NewHolder],
    actor: Actor,
    now: datetime,
) -> Cooperative:
    """Make a cooperative that is being founded one that stands: its kind, its number, its board.

    Founders take the posts that the form gives them; the others become members; everybody's time as a founder
    ends the day before. seen: the state of the terms when the form was drawn. Raises NotFound, Conflict
    (`claim_pending` while no office has verified who says so, `founded`, `board_changed`, `name_taken`,
    `number_taken`), DomainError `founding_incomplete`, BoardRefused.
    """
    cooperative, founding = hold_founding(cooperative_id, actor)
    if not is_registrar(actor, cooperative) and claim_state(actor, cooperative_id) != "verified":
        message = _("Koperasi dapat dinyatakan berdiri sesudah dinas memeriksa klaim Anda.")
        raise Conflict("claim_pending", message)
    today = local_date(now, ZONE)
    people = founding_people(cooperative_id, today)
    facts = founding_facts(founding, sum(one.post == "founder" for one in people))
    if founding_blockers(facts):
        raise DomainError("founding_incomplete", _("Langkah pendiriannya belum lengkap."))
    if seen != board_seen(cooperative_id):
        raise Conflict(
            "board_changed", _("Daftar pendiri sudah berubah sesudah halaman ini dibuka. Periksa lagi.")
        )
    if founding.legal_on and effective_on < founding.legal_on:
        raise DomainError(
            "before_legal", _("Koperasi berdiri paling cepat pada hari pengesahannya."), "effective_on"
        )
    if all(one.post != "chair" for one in beginnings):
        raise DomainError("chair_missing", _("Tunjuk ketuanya."), "nchair-1_who")
    key = match_key(founding.intended_kind, cooperative.name, cooperative.region_code)
    refuse_taken(cooperative, key)
    _give_number(cooperative, founding)
    _seat(cooperative_id, effective_on, founding, beginnings, actor, now)
    cooperative.kind, cooperative.match_key = founding.intended_kind, key
    cooperative.legal_number, cooperative.legal_on = founding.legal_number, founding.legal_on
    cooperative.version, cooperative.updated_at = cooperative.version + 1, now
    founding.founded_at, founding.founded_by, founding.updated_at = now, actor.user_id, now
    db.session.flush()
    _note_legal_entity(cooperative, founding, actor, now)
    audit.record(
        "cooperative.founded", "cooperative", cooperative_id, actor=actor, now=now, kind=cooperative.kind,
        effective_on=effective_on.isoformat(),
    )  # fmt: skip
    ports().standing_touched(cooperative_ids=[cooperative_id], now=now)
    return cooperative


def _give_number(cooperative: Cooperative, founding: Founding) -> None:
    number = founding.cooperative_number
    if not number:
        return
    taken = sa.select(Cooperative.name).where(
        Cooperative.cooperative_number == number, Cooperative.id != cooperative.id
    )
    name = db.session.scalar(taken)
    if name is not None:
        raise Conflict("number_taken", _("Nomor Induk Koperasi ini sudah dipakai %(name)s.", name=name))
    cooperative.cooperative_number = number


def _seat(
    cooperative_id: int,
    on: date,
    founding: Founding,
    beginnings: Sequence[NewHolder],
    actor: Actor,
    now: datetime,
) -> None:
    """End everybody's time as a founder or member the day before, and let people take their posts."""
    today, last = local_date(now, ZONE), on - DAY
    # Who is recorded late was a founder before the cooperative stood: a founding cannot follow it.
    late = PostTerm.starts_on > last
    db.session.execute(
        sa.update(PostTerm)
        .where(PostTerm.cooperative_id == cooperative_id, PostTerm.ends_on.is_(None), late)
        .values(starts_on=last)
    )
    db.session.expire_all()
    terms = all_terms(cooperative_id)
    open_terms = [term for term in terms if is_in_force(term, today) and term.ends_on is None]
    known = {term.person_id for term in open_terms}
    foreign = [new.key for new in beginnings if new.person_id is not None and new.person_id not in known]
    if foreign:
        raise BoardRefused([(f"{key}_who", _("Pilih orang dari daftar.")) for key in foreign])
    posted = [
        Beginning(new.key, new.post, new.person_id or -index, new.ends_on, new.is_ex_officio)
        for index, new in enumerate(beginnings, 1)
    ]
    seated = {one.person_id for one in posted}
    others = [
        Beginning(f"m{term.person_id}", "member", term.person_id)
        for term in open_terms if term.person_id not in seated
    ]  # fmt: skip
    plan = plan_change(
        terms, endings={term.id: f"t{term.id}" for term in open_terms}, beginnings=[*posted, *others],
        effective_on=on, today=today,
    )  # fmt: skip
    if plan.problems:
        raise BoardRefused(problems_of(plan))
    change = change_of(cooperative_id, on, founding, actor, now)
    change.summary = {"ended": len(plan.ended), "began": len(plan.begun), "kept": 0}
    end_terms(plan.ended, actor=actor, now=now)
    people = {new.key: person_of(new, actor, now) for new in beginnings}
    people |= {one.key: one.person_id for one in others}
    begin_terms(
        cooperative_id, plan.begun, people, on, change_id=change.id, source="founding", actor=actor, now=now
    )


def _note_legal_entity(cooperative: Cooperative, founding: Founding, actor: Actor, now: datetime) -> None:
    """The approval is also what the checklist calls the legal entity."""
    item = db.session.get(ChecklistItem, "legal_entity")
    if item is not None and item.is_active and founding.legal_on is not None:
        record_entry(
            cooperative_id=cooperative.id, item_code=item.code, done_on=founding.legal_on,
            number=founding.legal_number, actor=actor, now=now,
        )  # fmt: skip
