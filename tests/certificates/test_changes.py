"""After the issue: suspend, restore, revoke, replace. Two people, a new event, never a changed row."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from portal.certificates import queries, rules
from portal.certificates.models import CertificateEvent, LogLeaf
from portal.certificates.services import prepare_change
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from tests.support.issuing import change, issue, sign_class


@pytest.fixture
def issued(db_session, now):
    signed = sign_class(now, people=2)
    return signed, issue(signed, now)


def _state(certificate):
    return str(rules.state_from_events(e.type for e in queries.events_of(certificate.id)))


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        (["suspend"], "suspended"),
        (["suspend", "unsuspend"], "valid"),
        (["revoke"], "revoked"),
        (["suspend", "revoke"], "revoked"),
        (["suspend", "unsuspend", "suspend"], "suspended"),
    ],
)
def test_changes_lead_to_the_state(issued, clock, actions, state):
    signed, (certificate, _) = issued
    for action in actions:
        change(signed, certificate, action, clock.move(hours=1))
    assert _state(certificate) == state


@pytest.mark.parametrize(
    ("before", "illegal"),
    [([], "unsuspend"), (["suspend"], "suspend"), (["revoke"], "unsuspend"), (["revoke"], "revoke")],
)
def test_illegal_change_is_refused(issued, clock, before, illegal):
    signed, (certificate, _) = issued
    for action in before:
        change(signed, certificate, action, clock.move(hours=1))
    with pytest.raises(Conflict, match="wrong_state"):
        change(signed, certificate, illegal, clock.move(hours=1))


def test_replace_freezes_the_corrected_words_and_leads_the_old_code_to_the_new(issued, clock):
    signed, (certificate, _) = issued
    change(signed, certificate, "replace", clock.move(days=1), name="Peserta  Satu, S.E.")
    old, new = queries.certificates_of_person(certificate.person_id, clock.now.date())
    assert (old.state, new.state) == ("replaced", "valid")
    assert new.facts.name == "Peserta Satu, S.E."
    assert (new.facts.units, new.facts.expires, new.facts.start) == (
        old.facts.units,
        old.facts.expires,
        old.facts.start,
    )
    assert new.number != old.number
    stored = queries.find_by_code(certificate.code)
    assert [e.replacement for e in stored.events] == [None, new.code]


def test_each_change_adds_one_leaf_with_its_type(issued, clock, db_session):
    signed, (certificate, _) = issued
    change(signed, certificate, "suspend", clock.move(hours=1))
    change(signed, certificate, "replace", clock.move(hours=1), post="Sekretaris")
    types = [
        json.loads(leaf.data)["type"] for leaf in db_session.scalars(sa.select(LogLeaf).order_by(LogLeaf.seq))
    ]
    assert types == ["issue", "issue", "suspend", "issue", "replace"]
    events = db_session.scalars(sa.select(CertificateEvent).order_by(CertificateEvent.log_index)).all()
    assert [event.type for event in events] == types


def test_change_without_a_reason_class_or_without_a_change_is_refused(issued, clock):
    signed, (certificate, _) = issued
    for reason, action in (("", "revoke"), ("made_up", "suspend")):
        with pytest.raises(DomainError, match="reason_missing"), transaction():
            prepare_change(
                certificate_id=certificate.id, action=action, reason_class=reason, note="",
                actor=signed.admin, now=clock.now,
            )  # fmt: skip
    with pytest.raises(DomainError, match="nothing_changed"):
        change(signed, certificate, "replace", clock.now, name="   ")


def test_expired_is_by_the_last_valid_day(db_session, clock):
    signed = sign_class(clock.now, people=1)
    with transaction() as session:
        session.execute(sa.text("UPDATE curriculum SET validity_months=12"))
    (certificate,) = issue(signed, clock.now)
    assert certificate.expires_on.isoformat() == "2027-11-21"
    states = [
        queries.certificates_of_person(certificate.person_id, day)[0].state
        for day in (certificate.expires_on, certificate.expires_on.replace(day=22))
    ]
    assert states == ["valid", "expired"]


def test_replacement_in_letters_that_no_font_prints_is_refused(issued, clock):
    signed, (certificate, _) = issued
    with pytest.raises(DomainError, match="unprintable"):
        change(signed, certificate, "replace", clock.now, name="ᮞᮥᮔ᮪ᮓ")
