"""Sending an application: the person, the consents, the account and the place in one piece, or nothing at
all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.accounts import services as accounts
from portal.cooperatives.queries import cooperatives_of
from portal.core.clock import local_date
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, GrantedActor
from portal.core.words import gettext as _
from portal.enrollment import messages, rules
from portal.enrollment.models import Enrollment
from portal.enrollment.queries import helper_cooperatives
from portal.enrollment.services import notices
from portal.enrollment.services.apply import enroll_person
from portal.enrollment.services.cases import lock_batch
from portal.people import queries as people_queries
from portal.people import services as people
from portal.people.models import Person


@dataclass(frozen=True)
class Application:
    """What the stepper collected. `nik` is empty when the signed-in person's is on record already."""

    name: str
    nik: str
    birth_date: date | None
    sex: str = ""
    phone: str | None = None
    cooperative_id: int | None = None
    stated_cooperative: str = ""
    region_code: str | None = None
    post: str = ""
    may_contact: bool = False

    @classmethod
    def from_draft(cls, draft: dict[str, Any]) -> Application:
        """From the steps `identity` and `cooperative` of a draft."""
        who, where = draft.get("identity", {}), draft.get("cooperative", {})
        born = who.get("birth_date")
        return cls(
            name=who.get("name", ""),
            nik=who.get("nik", ""),
            birth_date=date.fromisoformat(born) if born else None,
            sex=who.get("sex", ""),
            phone=who.get("phone"),
            cooperative_id=where.get("cooperative_id"),
            stated_cooperative=where.get("stated_cooperative", ""),
            region_code=where.get("region_code"),
            post=where.get("post", ""),
            may_contact=bool(who.get("may_contact")),
        )


@dataclass(frozen=True)
class Submission:
    """What came of it. `user_id` is the new account, None when the applicant was signed in already."""

    enrollment: Enrollment
    user_id: int | None


def submit_application(
    *,
    batch_id: int,
    application: Application,
    login: str = "",
    password: Any = "",
    waitlist: bool = False,
    actor: Actor,
    now: datetime,
) -> Submission:
    """Apply for oneself. An anonymous applicant gets an account with this login and (hashed) password.

    Raises Conflict `nik_known` when the NIK belongs to somebody else's record, Conflict `batch_full`, the
    account's errors on `login` and `password`, and what `enroll_person` raises.
    """
    lock_batch(batch_id)
    person = _own_person(application, actor, now)
    owner = GrantedActor(actor.user_id, person.id, person.name)
    user_id = None
    if actor.user_id is None:
        user = accounts.create_user(
            login=login, name=person.name, password=password, person_id=person.id, actor=owner, now=now
        )
        user_id = user.id
        owner = GrantedActor(user.id, person.id, person.name)
    elif actor.person_id is None:
        accounts.link_person(user_id=actor.user_id, person_id=person.id, actor=owner, now=now)
    _consent(person.id, application, "screen", owner, now)
    enrollment = enroll_person(
        batch_id=batch_id,
        person_id=person.id,
        cooperative_id=application.cooperative_id,
        stated_cooperative=application.stated_cooperative,
        region_code=application.region_code,
        post=application.post,
        waitlist=waitlist,
        actor=owner,
        now=now,
    )
    notices.received(enrollment, now=now)
    return Submission(enrollment, user_id)


def assist_application(
    *,
    batch_id: int,
    application: Application,
    consent_method: str,
    waitlist: bool = False,
    actor: Actor,
    now: datetime,
) -> Enrollment:
    """Apply for somebody who stands beside: who helped is recorded, and so is how consent was given.

    A NIK on record is that person again, when the birth date agrees; their data stay as they are. A chair
    or a companion helps only people of their own cooperatives. Raises DomainError, Forbidden `own_case`.
    """
    own = helper_cooperatives(actor, lock_batch(batch_id).center_id)
    allowed = None if own is None else {int(option.value) for option in own}
    if allowed is not None and application.cooperative_id not in allowed:
        raise DomainError("cooperative_foreign", _("Pilih salah satu koperasi yang Anda dampingi."), "choice")
    person = people_queries.find_by_nik(application.nik)
    if person is None:
        person = _save(application, actor, now)
    else:
        _check_known(person, application, allowed, now)
        if allowed is not None and people_queries.has_refused(person.id, people.CONSENT_COOPERATIVE):
            raise DomainError("help_refused", messages.help_refused(), "nik")
    rules.check_not_self(actor.person_id, person.id)
    _consent(person.id, application, consent_method, actor, now)
    enrollment = enroll_person(
        batch_id=batch_id,
        person_id=person.id,
        cooperative_id=application.cooperative_id,
        stated_cooperative=application.stated_cooperative,
        region_code=application.region_code,
        post=application.post,
        helped_by=actor.user_id,
        waitlist=waitlist,
        actor=actor,
        now=now,
    )
    notices.received(enrollment, now=now)
    return enrollment


def nik_is_foreign(nik: str, actor: Actor) -> bool:
    """True when a NIK is on record for somebody who is not the signed-in person."""
    person = people_queries.find_by_nik(nik)
    return person is not None and person.id != actor.person_id


def _own_person(application: Application, actor: Actor, now: datetime) -> Person:
    if actor.person_id is not None:
        person = people_queries.get_person(actor.person_id)
        if application.phone and application.phone != person.phone:
            people.save_contact(
                person_id=person.id, phone=application.phone, email=person.email, actor=actor, now=now
            )
        return person
    if nik_is_foreign(application.nik, actor):
        raise Conflict("nik_known", _("Pendaftaran ini perlu diteruskan dengan kode dari balai."))
    return _save(application, actor, now)


def _save(application: Application, actor: Actor, now: datetime) -> Person:
    person, _is_new = people.save_person(
        name=application.name,
        nik=application.nik,
        birth_date=application.birth_date,
        sex=application.sex,
        phone=application.phone,
        village_code=application.region_code if len(application.region_code or "") == 13 else None,
        actor=actor,
        now=now,
    )
    return person


def _check_known(person: Person, application: Application, allowed: set[int] | None, now: datetime) -> None:
    """A known person is reused only where the helper could know them; one answer for every other case."""
    agrees = person.birth_date is not None and person.birth_date == application.birth_date
    if agrees and allowed is not None:
        held = cooperatives_of([person.id], local_date(now, "Asia/Jakarta")).get(person.id, set())
        agrees = not held or bool(held & allowed)
    if not agrees:
        raise DomainError(
            "nik_mismatch",
            _("NIK dan tanggal lahir ini tidak dapat dipakai bersama. Cocokkan keduanya dengan KTP."),
            "nik",
        )


def _consent(person_id: int, application: Application, method: str, actor: Actor, now: datetime) -> None:
    codes = [people.CONSENT_TRAINING]
    if application.may_contact:
        codes.append(people.CONSENT_CONTACT)
    for code in codes:
        purpose = people.CONSENT_PURPOSES[code]
        people.give_consent(
            person_id=person_id, purpose=code, version=purpose.version, method=method, actor=actor, now=now
        )
