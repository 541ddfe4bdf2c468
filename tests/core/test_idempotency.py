"""A double click is one effect."""

from __future__ import annotations

import pytest

from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.idempotency import claim
from portal.core.permissions import GrantedActor

ACTOR = GrantedActor(1, None, "Ratna")
OTHER = GrantedActor(2, None, "Joko")
OP = "0123456789abcdef" * 2


def test_claim_twice_returns_the_first_outcome(db_session, now):
    with transaction():
        first = claim(OP, actor=ACTOR, now=now)
        assert first.is_new
        first.finish("/saya")
    with transaction():
        second = claim(OP, actor=ACTOR, now=now)
    assert (second.is_new, second.outcome) == (False, "/saya")


def test_claim_of_anothers_operation_is_refused(db_session, now):
    with transaction():
        claim(OP, actor=ACTOR, now=now)
    with pytest.raises(Conflict), transaction():
        claim(OP, actor=OTHER, now=now)


def test_claim_after_a_rollback_is_new_again(db_session, now):
    with pytest.raises(RuntimeError), transaction():
        claim(OP, actor=ACTOR, now=now)
        raise RuntimeError
    with transaction():
        assert claim(OP, actor=ACTOR, now=now).is_new


@pytest.mark.parametrize("bad", [None, "", "x" * 32, "0" * 31, "0" * 33])
def test_claim_malformed_is_refused(db_session, now, bad):
    with pytest.raises(DomainError), transaction():
        claim(bad, actor=ACTOR, now=now)
