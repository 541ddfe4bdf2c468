"""What people say about disability and help: sealed, taken back whole, counted and never listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.core import audit, rotation
from portal.core.db import db, transaction
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import ANONYMOUS, GrantedActor
from portal.people import queries, services
from portal.people.labels import ANSWER_LABELS, DISABILITY_LABELS, NEED_LABELS
from portal.people.models import Consent, Inclusion
from portal.people.rules import inclusion as rules
from portal.people.rules.inclusion import InclusionAnswers, InclusionCounts, InclusionFlags
from tests.support.classroom import newcomer

ANSWERS = InclusionAnswers("yes", ("hearing",), "yes", ("sign_interpreter",))
NOTHING = InclusionAnswers()


def _somebody(name: str = "Budi Rekan") -> GrantedActor:
    number = newcomer(name)
    return GrantedActor(700 + number, number, name)


def _say(answers: InclusionAnswers, now: Any, name: str = "Budi Rekan") -> GrantedActor:
    actor = _somebody(name)
    with transaction():
        services.save_inclusion(answers=answers, actor=actor, now=now)
    return actor


@pytest.mark.parametrize(
    "wrong",
    [
        {"disability": ""},
        {"needs_answer": "maybe"},
        {"kinds": ("deaf",)},
        {"needs": ("hearing",)},
        {"kinds": ("sign_interpreter",)},
    ],
)
def test_only_words_of_the_choices_are_kept(wrong):
    assert rules.clean_answers(replace(ANSWERS, **wrong)) is None


@given(
    st.builds(
        InclusionAnswers,
        st.sampled_from(rules.ANSWERS),
        st.lists(st.sampled_from(rules.DISABILITIES), max_size=3).map(tuple),
        st.sampled_from(rules.ANSWERS),
        st.lists(st.sampled_from(rules.NEEDS), max_size=3).map(tuple),
    )
)
def test_what_does_not_go_with_an_answer_is_left_out(answers):
    clean = rules.clean_answers(answers)
    assert clean is not None
    assert rules.clean_answers(clean) == clean
    assert (clean.kinds == ()) or clean.disability == "yes"
    assert set(clean.needs) == (set(answers.needs) if answers.needs_answer == "yes" else set())


def test_every_choice_has_words():
    assert set(ANSWER_LABELS) == set(rules.ANSWERS)
    assert set(DISABILITY_LABELS) == set(rules.DISABILITIES)
    assert set(NEED_LABELS) == set(rules.NEEDS)


def test_answers_are_sealed_in_their_row_and_in_no_audit_event(db_session, now):
    actor = _say(ANSWERS, now)
    row = db.session.get_one(Inclusion, actor.person_id)
    assert "hearing" not in row.answers_cipher
    assert queries.own_inclusion(actor.person_id) == ANSWERS
    events = db.session.scalars(sa.select(audit.AuditEvent)).all()
    assert "inclusion.saved" in [event.action for event in events]
    assert "hearing" not in repr([event.data for event in events])
    status = {one["column"]: one for one in rotation.key_status()}["inclusion.answers_cipher"]
    assert (status["rows"], status["bound"], status["stale"]) == (1, 1, 0)
    assert list(rotation.check_values()) == []


def test_saving_gives_the_consent_once_and_changing_keeps_one_row(db_session, now):
    actor = _say(ANSWERS, now)
    with transaction():
        services.save_inclusion(answers=NOTHING, actor=actor, now=now)
    assert queries.own_inclusion(actor.person_id) == NOTHING
    given = db.session.scalars(sa.select(Consent).where(Consent.person_id == actor.person_id)).all()
    assert [one.purpose for one in given] == ["inclusion"]


def test_nobody_answers_without_being_somebody(db_session, now):
    for actor in (ANONYMOUS, GrantedActor(1, None, "Akun"), GrantedActor(1, 999_999, "Tiada")):
        with pytest.raises(NotFound), transaction():
            services.save_inclusion(answers=ANSWERS, actor=actor, now=now)
    somebody = _somebody()
    with pytest.raises(DomainError), transaction():
        services.save_inclusion(answers=replace(ANSWERS, needs=("x",)), actor=somebody, now=now)


def test_taking_the_consent_back_deletes_the_answers(db_session, now):
    actor = _say(ANSWERS, now)
    said: dict[str, Any] = {"person_id": actor.person_id, "purpose": "inclusion", "actor": actor, "now": now}
    assert len(services.withdrawal_ends(**said)) == 1
    assert queries.own_inclusion(actor.person_id) == ANSWERS
    with transaction():
        assert services.withdraw_consent(**said) == 1
    db.session.expire_all()
    assert db.session.get(Inclusion, actor.person_id) is None
    assert queries.inclusion_counts([actor.person_id]) == InclusionCounts(0, 0, 0)
    # Another consent does not touch them.
    other = _say(ANSWERS, now, "Sari Rekan")
    with transaction():
        services.give_consent(
            person_id=other.person_id, purpose="contact", method="screen", actor=other, now=now
        )
        services.withdraw_consent(person_id=other.person_id, purpose="contact", actor=other, now=now)
    assert queries.own_inclusion(other.person_id) == ANSWERS


def test_only_those_who_agreed_are_counted_and_no_name_comes_out(db_session, now, query_count):
    people = [
        _say(ANSWERS, now, "Satu Orang"),
        _say(InclusionAnswers("no", (), "yes", ("sign_interpreter", "large_print")), now, "Dua Orang"),
        _say(InclusionAnswers("no", (), "no"), now, "Tiga Orang"),
        _say(NOTHING, now, "Empat Orang"),
        _somebody("Lima Orang"),
    ]
    ids = [actor.person_id for actor in people]
    with query_count(at_most=1):
        assert queries.inclusion_counts(ids) == InclusionCounts(answered=3, disability=1, assistance=2)
    assert queries.preparations_for(ids) == [("sign_interpreter", 2), ("large_print", 1)]
    assert queries.inclusion_flags() == {
        ids[0]: InclusionFlags(True, True), ids[1]: InclusionFlags(False, True),
        ids[2]: InclusionFlags(False, False),
    }  # fmt: skip
    with transaction() as session:
        session.execute(sa.update(Consent).where(Consent.person_id == ids[0]).values(withdrawn_at=now))
    assert queries.inclusion_counts(ids) == InclusionCounts(answered=2, disability=0, assistance=1)
    assert queries.inclusion_counts([]) == InclusionCounts(0, 0, 0)


def test_answers_to_an_older_text_do_not_count(db_session, now, monkeypatch):
    actor = _say(ANSWERS, now)
    purpose = services.CONSENT_PURPOSES["inclusion"]
    monkeypatch.setitem(services.CONSENT_PURPOSES, "inclusion", replace(purpose, version=2))
    assert queries.inclusion_counts([actor.person_id]).answered == 0
    assert queries.inclusion_flags() == {}


def test_a_forgotten_person_has_no_answers(db_session, now):
    actor = _say(ANSWERS, now)
    with transaction():
        services.anonymize(person_id=actor.person_id, actor=actor, now=now)
    db.session.expire_all()
    assert db.session.get(Inclusion, actor.person_id) is None
