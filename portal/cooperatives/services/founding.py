"""Founding a cooperative: its people, its steps in any order, and the day on which it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import BoardChange, Cooperative, Founding, Kind, PostTerm
from portal.cooperatives.queries.claims import claim_state
from portal.cooperatives.queries.cooperatives import find_cooperative, is_registrar, may_edit
from portal.cooperatives.queries.founding import founding_facts, founding_people
from portal.cooperatives.rules import display_name, match_key
from portal.cooperatives.rules.founding import founding_contradictions
from portal.cooperatives.services.claims import claim_as_founder
from portal.cooperatives.services.documents import keep_document
from portal.cooperatives.services.ensuring import CooperativeRow, ensure_cooperatives
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.people.services import introduce_person
from portal.regions.queries import find_region

ZONE = "Asia/Jakarta"
PEOPLE_LIMIT = 300
VILLAGE_LENGTH = 13


class FoundingRefused(DomainError):
    """What cannot be recorded. `details["problems"]`: [(field, sentence)]; the first is also its own."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        field, message = problems[0]
        super().__init__("founding_refused", message, field, problems=list(problems))


@dataclass(frozen=True)
class FoundingNote:
    """The steps as a form says them; a whole form each time, so that what is emptied is emptied."""

    meeting_on: date | None = None
    meeting_place: str = ""
    name_approved_on: date | None = None
    deed_number: str = ""
    deed_on: date | None = None
    notary: str = ""
    legal_number: str = ""
    legal_on: date | None = None
    cooperative_number: str = ""


def register_founding(*, name: str, kind: str, village_code: str, actor: Actor, now: datetime) -> int:
    """Begin a cooperative that is to be founded; answers its id. Whoever is no office of the region speaks
    for it from now on, unverified.

    Raises DomainError beside name, kind or village_code; Conflict `founding_known` for one that is begun.
    """
    village = find_region(village_code) if len(village_code) == VILLAGE_LENGTH else None
    if village is None:
        raise DomainError("village_missing", _("Pilih desa atau kelurahannya."), "village_code")
    if kind not in set(Kind) - {Kind.PROSPECTIVE}:
        raise DomainError("kind_unknown", _("Pilih jenis koperasinya."), "kind")
    if not display_name(name):
        raise DomainError("name_missing", _("Tulis nama koperasi."), "name")
    if find_cooperative(kind, name, village_code) is not None:
        raise DomainError(
            "already_stands",
            _("Koperasi dengan nama ini sudah berdiri di sini. Ajukan klaim untuknya."),
            "name",
        )
    if find_cooperative(Kind.PROSPECTIVE, name, village_code) is not None:
        raise Conflict(
            "founding_known",
            _("Pendirian koperasi bernama ini sudah dicatat di desa ini. Hubungi dinas untuk ikut mengurus."),
            "name",
        )
    row = CooperativeRow(Kind.PROSPECTIVE, name, village_code)
    cooperative_id = next(iter(ensure_cooperatives(rows=[row], actor=actor, now=now).values()))
    cooperative = db.session.get(Cooperative, cooperative_id)
    assert cooperative is not None
    cooperative.source = "founding"
    db.session.add(Founding(cooperative_id=cooperative_id, intended_kind=kind, updated_at=now))
    db.session.flush()
    audit.record("cooperative.founding_begun", "cooperative", cooperative_id, actor=actor, now=now, kind=kind)
    if not is_registrar(actor, cooperative):
        claim_as_founder(cooperative_id=cooperative_id, actor=actor, now=now)
    return cooperative_id


def hold_founding(cooperative_id: int, actor: Actor) -> tuple[Cooperative, Founding]:
    """The cooperative and its founding, held against other writers, while it is under way. Raises NotFound,
    Forbidden for whoever only showed a decree, Conflict `founded`."""
    cooperative = db.session.scalar(
        sa.select(Cooperative).where(Cooperative.id == cooperative_id).with_for_update()
    )
    founding = db.session.get(Founding, cooperative_id, populate_existing=True)
    if cooperative is None or founding is None or not may_edit(actor, cooperative):
        raise NotFound()
    if claim_state(actor, cooperative_id) == "pending_decree":
        raise Forbidden("claim_pending", _("Ini dapat Anda ubah sesudah dinas memeriksa surat Anda."))
    if founding.founded_at is not None:
        raise Conflict("founded", _("Koperasi ini sudah berdiri. Perubahan dicatat lewat pengurusnya."))
    return cooperative, founding


def add_founding_person(
    *, cooperative_id: int, name: str, phone: str, post: str = "founder", actor: Actor, now: datetime
) -> int:
    """Add a founder (who trains as "calon pengurus") or a member, by name and phone; answers the term's id.

    Raises DomainError beside name or phone, also for a name that is there already.
    """
    hold_founding(cooperative_id, actor)
    if post not in ("founder", "member"):
        raise DomainError("post_unknown", _("Pilih pendiri atau anggota."), "post")
    today = local_date(now, ZONE)
    people = founding_people(cooperative_id, today)
    if len(people) >= PEOPLE_LIMIT:
        raise DomainError(
            "people_full", _("Paling banyak 300 orang dicatat sebelum koperasi berdiri."), "name"
        )
    called = " ".join(name.split()).casefold()
    if any(one.name.casefold() == called for one in people):
        raise DomainError(
            "name_known",
            _("Nama ini sudah tercatat. Bila orangnya lain, tambahkan nama ayah atau gelarnya."),
            "name",
        )
    person_id = introduce_person(name=name, phone=phone, actor=actor, now=now)
    term = PostTerm(
        cooperative_id=cooperative_id, person_id=person_id, post=post, starts_on=today, source="founding",
        recorded_by=actor.user_id, recorded_at=now,
    )  # fmt: skip
    db.session.add(term)
    db.session.flush()
    audit.record(
        "post.held", "cooperative", cooperative_id, actor=actor, now=now, person_id=person_id, post=post
    )
    ports().standing_touched(cooperative_ids=[cooperative_id], now=now)
    return term.id


def remove_founding_person(*, cooperative_id: int, term_id: int, actor: Actor, now: datetime) -> None:
    """Somebody no longer takes part: the term ends yesterday, or goes if it began today. Raises NotFound."""
    hold_founding(cooperative_id, actor)
    today = local_date(now, ZONE)
    term = db.session.get(PostTerm, term_id)
    is_theirs = term is not None and term.cooperative_id == cooperative_id
    if term is None or not is_theirs or term.post not in ("founder", "member"):
        raise NotFound()
    if term.ends_on is not None and term.ends_on < today:
        return
    if term.starts_on >= today:
        db.session.delete(term)
    else:
        term.ends_on, term.recorded_by, term.recorded_at = today - timedelta(days=1), actor.user_id, now
    db.session.flush()
    audit.record(
        "post.ended",
        "cooperative",
        cooperative_id,
        actor=actor,
        now=now,
        person_id=term.person_id,
        post=term.post,
    )
    ports().standing_touched(cooperative_ids=[cooperative_id], now=now)


def note_founding(
    *,
    cooperative_id: int,
    version: int,
    name: str,
    note: FoundingNote,
    file: Any = None,
    actor: Actor,
    now: datetime,
) -> Founding:
    """Record the steps and the name. `version`: of the founding when the form was drawn; `file`: the minutes
    of the meeting.

    Raises Conflict `founding_changed`, FoundingRefused for dates that contradict, DomainError beside a field.
    """
    cooperative, founding = hold_founding(cooperative_id, actor)
    if founding.version != version:
        raise Conflict(
            "founding_changed", _("Catatan ini sudah diubah orang lain sesudah halaman dibuka. Periksa lagi.")
        )
    rename_prospective(cooperative, name, now)
    for column in fields(note):
        value = getattr(note, column.name)
        setattr(founding, column.name, " ".join(value.split()) if isinstance(value, str) else value)
    problems = [
        (field, contradiction_sentence(code))
        for field, code in founding_contradictions(founding_facts(founding, 0), local_date(now, ZONE))
    ]
    if problems:
        raise FoundingRefused(problems)
    if file is not None:
        founding.meeting_document_id = keep_document(
            cooperative_id=cooperative_id, kind="minutes", file=file, actor=actor, now=now
        )
    founding.version, founding.updated_at = version + 1, now
    audit.record("cooperative.founding_noted", "cooperative", cooperative_id, actor=actor, now=now)
    return founding


def contradiction_sentence(code: str) -> str:
    """Why a date cannot be, in the language of the page."""
    return {
        "future": _("Tanggal ini belum tiba. Catat sesudah terjadi."),
        "too_old": _("Tanggal ini lebih dari 30 tahun yang lalu. Periksa tahunnya."),
        "before_meeting": _("Tanggal ini sebelum rapat pendirian. Periksa keduanya."),
        "before_name": _("Akta tidak dapat dibuat sebelum namanya disetujui. Periksa kedua tanggalnya."),
        "before_deed": _("Pengesahan tidak dapat terbit sebelum akta. Periksa kedua tanggalnya."),
    }[code]


def rename_prospective(cooperative: Cooperative, name: str, now: datetime) -> None:
    """Give a cooperative that is being founded another name. Raises DomainError beside name."""
    shown = display_name(name)
    if not shown:
        raise DomainError("name_missing", _("Tulis nama koperasi."), "name")
    if shown == cooperative.name:
        return
    key = match_key(cooperative.kind, shown, cooperative.region_code)
    refuse_taken(cooperative, key)
    cooperative.name, cooperative.match_key = shown, key
    cooperative.version, cooperative.updated_at = cooperative.version + 1, now


def refuse_taken(cooperative: Cooperative, key: str) -> None:
    """Raises Conflict `name_taken` when another cooperative of this place has the key."""
    taken = db.session.scalar(
        sa.select(Cooperative.name).where(Cooperative.match_key == key, Cooperative.id != cooperative.id)
    )
    if taken is not None:
        raise Conflict(
            "name_taken",
            _(
                "Di tempat ini sudah ada %(name)s. Ganti nama yang sedang didirikan, atau hubungi dinas bila "
                "keduanya koperasi yang sama.", name=taken,
            ), "name",
        )  # fmt: skip


def change_of(cooperative_id: int, on: date, founding: Founding, actor: Actor, now: datetime) -> BoardChange:
    """The first change of a board: its founding."""
    row = BoardChange(
        cooperative_id=cooperative_id, effective_on=on, document_id=founding.meeting_document_id,
        note=_("Koperasi berdiri"), made_by=actor.user_id, made_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row
