"""The trainee's desk and certificates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.assessment.queries.sittings import own_tests
from portal.assessment.services.sitting import state_of
from portal.certificates.queries import certificates_of_person
from portal.certificates.queries.external import external_of_person
from portal.certificates.queries.renewals import is_of_concern, outlooks
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.desks.links import link
from portal.desks.queries import trainee as queries
from portal.desks.views.blueprint import blueprint
from portal.enrollment.labels import state_tag


def _enrollment_url(enrollment_id: int) -> str | None:
    return link("enrollment.mine", enrollment_id=enrollment_id)


@blueprint.get("/saya")
@requires(Permission.ENROLL_SELF)
def me() -> Any:
    """What to do next, the next class, offers, certificates."""
    actor, now = current_actor(), clock.now()
    person_id = actor.person_id
    enrollments = queries.own_enrollments(person_id) if person_id else []
    certificates = certificates_of_person(person_id, now.date()) if person_id else []
    return htmx.render(
        "desks/trainee.html",
        now=now,
        active=[e for e in enrollments if e.is_active],
        past=[e for e in enrollments if not e.is_active],
        classes=queries.next_classes(person_id, now) if person_id else [],
        nominations=queries.open_nominations(person_id) if person_id else [],
        nomination_url=lambda nomination_id: link("enrollment.own_nomination", nomination_id=nomination_id),
        certificates=certificates,
        certified={row.enrollment_id for row in certificates},
        tests=_due_tests(person_id, now) if person_id else [],
        has_person=person_id is not None,
        enrollment_url=_enrollment_url,
        card_url=lambda enrollment_id: link("enrollment.card", enrollment_id=enrollment_id),
        verify_url=_verify_url,
        state_tag=state_tag,
    )


def _due_tests(person_id: int, now: datetime) -> list[Any]:
    """[(test, running | open | later)]: what the person has to sit."""
    found = [(test, state_of(test, now)) for test in own_tests(person_id)]
    return [row for row in found if row[1] in ("running", "open", "later")]


def _verify_url(code: str) -> str | None:
    return link("verification.show", code=code)


@blueprint.get("/saya/sertifikat")
@signed_in
def my_certificates() -> Any:
    """The account's own certificates with their state today, and what renews them."""
    actor, now = current_actor(), clock.now()
    found = outlooks([actor.person_id], now) if actor.person_id else {}
    return htmx.render(
        "desks/certificates.html",
        certificates=[one.row for one in reversed(found.values())],
        renewals=[one for one in reversed(found.values()) if is_of_concern(one)],
        external=external_of_person(actor.person_id) if actor.person_id else [],
        verify_url=_verify_url,
        download_url=lambda code: link("certificates.pdf", code=code),
        badge_url=lambda code: link("certificates.badge_json", code=code),
    )
