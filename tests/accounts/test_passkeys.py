"""Passkeys with a software authenticator: registered, used, refused when anything about them is not right."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import Passkey
from portal.accounts.queries.factor import get_factors, has_factor
from portal.accounts.rules.factor import RelyingParty
from portal.accounts.services import factors, passkeys
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM, GrantedActor
from tests.support.authenticator import ATTESTED, PRESENT, Authenticator
from tests.support.factors import give_phone

HERE = RelyingParty("localhost", "http://localhost")
HOME = "203.0.113.9"


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(
            login="sri", name="Sri Wahyuni", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )


@pytest.fixture
def owner(sri):
    return GrantedActor(sri.id, None, sri.name)


@pytest.fixture
def device():
    return Authenticator()


def ask(owner, now):
    with transaction():
        asked = passkeys.ask_to_register(party=HERE, actor=owner, now=now)
    return json.loads(asked.options), asked.handle


def keep(owner, answer, handle, now, name="HP"):
    with transaction():
        return passkeys.register_passkey(
            answer=answer, name=name, handle=handle, party=HERE, actor=owner, now=now
        )


def register(owner, device, now):
    options, handle = ask(owner, now)
    assert keep(owner, device.register(options), handle, now) is None


def challenge(now, user_id=None):
    with transaction():
        asked = passkeys.ask_to_sign_in(party=HERE, user_id=user_id, address=HOME, now=now)
    return json.loads(asked.options), asked.handle


def give(answer, handle, now, user_id=None):
    with transaction():
        return passkeys.answer_challenge(answer=answer, handle=handle, party=HERE, user_id=user_id, now=now)


def code_of(found):
    assert isinstance(found, DomainError)
    return found.code


def test_the_browser_is_asked_for_a_verified_discoverable_key(sri, owner, now):
    options, handle = ask(owner, now)
    assert options["rp"] == {"name": "Balai", "id": "localhost"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert options["user"]["name"] == "sri"
    assert handle not in json.dumps(options)


def test_a_registered_passkey_signs_in_alone(sri, owner, device, now, db_session):
    register(owner, device, now)
    assert has_factor(sri.id)
    options, handle = challenge(now)
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    assert give(device.sign(options), handle, now) == sri.id
    row = db_session.scalars(sa.select(Passkey)).one()
    assert (row.sign_count, row.used_at) == (1, now)


def test_as_second_step_only_the_accounts_own_keys_are_asked_for(sri, owner, device, now):
    register(owner, device, now)
    options, handle = challenge(now, sri.id)
    assert len(options["allowCredentials"]) == 1
    assert give(device.sign(options), handle, now, sri.id) == sri.id


def test_a_known_device_is_not_registered_twice(sri, owner, device, now):
    register(owner, device, now)
    options, handle = ask(owner, now)
    assert len(options["excludeCredentials"]) == 1
    assert keep(owner, device.register(options), handle, now).code == "passkey_known"


def test_a_challenge_is_good_for_one_answer_within_five_minutes(sri, owner, device, now):
    register(owner, device, now)
    options, handle = challenge(now)
    first = device.sign(options)
    assert give(first, handle, now) == sri.id
    assert code_of(give(device.sign(options), handle, now)) == "challenge_over"
    options, handle = challenge(now)
    later = now + timedelta(minutes=5)
    assert code_of(give(device.sign(options), handle, later)) == "challenge_over"


def test_a_wrong_answer_uses_the_challenge_up_too(sri, owner, device, now):
    register(owner, device, now)
    options, handle = challenge(now)
    assert code_of(give("{}", handle, now)) == "passkey_unreadable"
    assert code_of(give(device.sign(options), handle, now)) == "challenge_over"


def test_the_answer_to_another_challenge_is_refused(sri, owner, device, now):
    register(owner, device, now)
    options, _handle = challenge(now)
    _options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_unreadable"
    assert code_of(give(device.sign(options), None, now)) == "challenge_over"
    assert code_of(give(device.sign(options), "made up", now)) == "challenge_over"


def test_a_challenge_of_one_use_or_account_serves_no_other(sri, owner, device, now):
    register(owner, device, now)
    options, handle = challenge(now, sri.id)
    assert code_of(give(device.sign(options), handle, now)) == "challenge_over"
    registering, handle = ask(owner, now)
    signing = {"challenge": registering["challenge"], "rpId": "localhost"}
    assert code_of(give(device.sign(signing), handle, now)) == "challenge_over"


def test_another_site_and_an_unverified_person_are_refused(sri, owner, device, now):
    register(owner, device, now)
    device.origin = "https://jahat.example"
    options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_unreadable"
    device.origin, device.flags = "http://localhost", PRESENT
    options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_unreadable"


def test_a_key_that_is_not_verified_is_not_registered(sri, owner, now):
    device = Authenticator(flags=PRESENT | ATTESTED)
    options, handle = ask(owner, now)
    assert keep(owner, device.register(options), handle, now).code == "passkey_unreadable"
    assert not has_factor(sri.id)


def test_a_counter_that_goes_back_is_refused_and_audited(sri, owner, device, now, db_session):
    register(owner, device, now)
    options, handle = challenge(now)
    assert give(device.sign(options), handle, now) == sri.id
    device.count = 0
    options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_rewound"
    event = db_session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert (event.action, event.object_id) == ("factor.refused", str(sri.id))
    assert event.data["reason"] == "rewound"


def test_an_authenticator_that_always_counts_zero_is_fine(sri, owner, now):
    device = Authenticator(step=0)
    register(owner, device, now)
    for _turn in range(2):
        options, handle = challenge(now)
        assert give(device.sign(options), handle, now) == sri.id


def test_a_key_of_nobody_of_a_closed_account_or_removed_opens_nothing(sri, owner, device, now):
    options, handle = challenge(now)
    assert code_of(give(Authenticator().sign(options), handle, now)) == "passkey_unknown"
    register(owner, device, now)
    with transaction():
        services.set_account_active(user_id=sri.id, is_active=False, reason="uji", actor=SYSTEM, now=now)
    options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_unknown"
    with transaction():
        services.set_account_active(user_id=sri.id, is_active=True, reason="uji", actor=SYSTEM, now=now)
        factors.end_factors(user_id=sri.id, actor=SYSTEM, now=now)
    options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_unknown"


def test_a_key_of_somebody_else_passes_nobodys_second_step(sri, owner, device, now):
    register(owner, device, now)
    with transaction():
        budi = services.create_user(
            login="budi", name="Budi", password="kuda lumping di sawah", actor=SYSTEM, now=now
        )
    options, handle = challenge(now, budi.id)
    assert code_of(give(device.sign(options), handle, now, budi.id)) == "passkey_unknown"


@pytest.mark.parametrize(
    "garbage", ["", "null", "[]", "{", '"x"', '{"rawId": 5}', '{"id":"eA","rawId":"eA","type":"public-key"}',
                '{"id":"eA","rawId":"eA","type":"public-key","response":{}}', "9" * 5000, '{"rawId": "é"}'],
)  # fmt: skip
def test_garbage_is_refused(sri, owner, now, garbage):
    _options, handle = challenge(now)
    assert code_of(give(garbage, handle, now)) in ("passkey_unreadable", "passkey_unknown")
    _options, handle = ask(owner, now)
    assert keep(owner, garbage, handle, now).code == "passkey_unreadable"
    assert get_factors(sri.id).count == 0


def test_a_changed_signature_is_refused(sri, owner, device, now):
    register(owner, device, now)
    options, handle = challenge(now)
    answer = json.loads(device.sign(options))
    answer["response"]["signature"] = json.loads(device.sign(options))["response"]["signature"]
    device.count = 0
    assert code_of(give(json.dumps(answer), handle, now)) == "passkey_unreadable"


def test_the_handle_inside_the_key_must_be_the_accounts(sri, owner, device, now):
    register(owner, device, now)
    device.user_handle = b"somebody else"
    options, handle = challenge(now)
    assert code_of(give(device.sign(options), handle, now)) == "passkey_unknown"


def test_ten_passkeys_are_enough(sri, owner, now):
    for _number in range(10):
        register(owner, Authenticator(), now)
    with pytest.raises(Conflict, match="passkeys_full"):
        ask(owner, now)


def test_removing_is_for_the_owner_and_staff_keep_a_last_factor(sri, owner, device, now, db_session):
    register(owner, device, now)
    row = db_session.scalars(sa.select(Passkey)).one()
    stranger = GrantedActor(sri.id + 1, None, "Lain")
    with pytest.raises(NotFound), transaction():
        factors.remove_passkey(passkey_id=row.id, actor=stranger, session_id=None, now=now)
    with transaction():
        services.grant_role(
            user_id=sri.id, role="regulator", scope_kind="region", starts_on=now.date(), actor=SYSTEM, now=now
        )
    with pytest.raises(Conflict, match="last_factor"), transaction():
        factors.remove_passkey(passkey_id=row.id, actor=owner, session_id=None, now=now)
    give_phone(sri, now)
    with transaction():
        factors.remove_passkey(passkey_id=row.id, actor=owner, session_id=None, now=now)
    assert get_factors(sri.id).count == 1
    with pytest.raises(Conflict, match="last_factor"), transaction():
        factors.remove_totp(actor=owner, session_id=None, now=now)
