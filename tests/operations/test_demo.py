"""The demo shows every state, made by the services; it is refused where it does not belong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import current_app

from portal import create_app
from portal.accounts.models import TotpFactor, User
from portal.accounts.rules.factor import is_staff
from portal.accounts.services import begin_sign_in
from portal.accounts.services.totp import spend_totp
from portal.batches.models import Batch
from portal.batches.rules import Phase, phase_of
from portal.centers.models import TrainingCenter
from portal.certificates.models import Certificate, CertificateEvent, CertificateRequest
from portal.cooperatives.models import Cooperative, Kind, MemberGroup
from portal.core import audit
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Role
from portal.enrollment.models import Enrollment, MoveChoice, RosterImport, State
from portal.operations.demo import (
    DemoRefused,
    demo_accounts,
    demo_codes,
    demo_state,
    make_demo,
    refuse_half_demo,
)
from portal.operations.demo.accounts import demo_logins
from portal.operations.demo.phones import code_of, give_phones
from portal.people.models import Person
from portal.verification.queries import check_code
from tests.operations.conftest import SCALE


def _all(column):
    return set(db.session.scalars(sa.select(column).distinct()))


def test_small_demo_makes_every_state(demo, now):
    zones = {center.id: center.zone for center in db.session.scalars(sa.select(TrainingCenter))}
    batches = db.session.scalars(sa.select(Batch)).all()
    assert {phase_of(batch, now, zones[batch.center_id]) for batch in batches} == set(Phase)
    assert _all(Enrollment.state) == {str(state) for state in State} - _rare()
    assert _all(Cooperative.kind) == {str(kind) for kind in Kind}
    assert _all(MoveChoice.choice) == {"pending"}
    assert _all(MoveChoice.cause) == {"postponed", "cancelled"}
    assert _all(RosterImport.state) == {"imported", "preview"}
    assert _groups_of_multi_stakeholder() >= 2
    assert demo_state() == "whole"
    assert list(audit.check_chain(db.session())) == []


def _rare():
    """Seeded states that a class of eight may lack; the full demo has them all."""
    return {"no_show", "not_completed"} - _all(Enrollment.state)


def _groups_of_multi_stakeholder():
    counts = Counter(db.session.scalars(sa.select(MemberGroup.cooperative_id)))
    return min(counts.values())


def test_demo_certificates_are_in_every_verify_state(demo, now):
    codes = demo_codes(now)
    assert list(codes) == ["valid", "expired", "suspended", "revoked", "replaced", "not_found", "typo"]
    for state, listed in codes.items():
        assert listed, state
        assert {check_code(code, now).state for code in listed} == {state}
    issued = [code for state in list(codes)[:5] for code in codes[state]]
    assert sorted(issued) == sorted(db.session.scalars(sa.select(Certificate.code)))
    pairs = db.session.execute(sa.select(CertificateEvent.actor_id, CertificateEvent.approver_id)).all()
    assert all(actor and approver and actor != approver for actor, approver in pairs)
    assert _all(CertificateRequest.state) >= {"done", "prepared"}


def test_demo_has_an_account_for_every_role(demo, now):
    accounts = demo_accounts()
    assert set(accounts) == {str(role) for role in Role}
    for entries in accounts.values():
        assert all(set(entry) == {"login", "password", "totp_secret", "scope"} for entry in entries)
    assert accounts["center_admin"][0]["login"] == "admin.surakarta"
    assert accounts["center_admin"][0]["scope"].startswith("center:")
    platform, second = accounts["platform_admin"]
    assert second["login"] == "pengelola.kedua"
    assert {key: platform[key] for key in ("login", "password", "scope")} == {
        "login": "pengelola.portal", "password": "lumbung padi 2026", "scope": "all",
    }  # fmt: skip
    logins = {entry["login"] for entries in accounts.values() for entry in entries}
    assert {"peserta.kelas", "peserta.tawaran", "peserta.sertifikat", "ketua.pati"} <= logins
    platform_roles = [role for role, entries in accounts.items() if "pengelola.portal" in str(entries)]
    assert platform_roles == ["platform_admin"]
    assert begin_sign_in is not None


def test_demo_staff_have_a_code_generator_whose_seed_is_told(demo, now):
    accounts = demo_accounts()
    roles: dict[str, set[Role]] = {}
    secrets = {}
    for role, entries in accounts.items():
        for entry in entries:
            roles.setdefault(entry["login"], set()).add(Role(role))
            secrets[entry["login"]] = entry["totp_secret"]
    assert {login for login, secret in secrets.items() if secret} == {
        login for login, held in roles.items() if is_staff(held)
    }
    assert len(set(filter(None, secrets.values()))) > 10
    platform = accounts["platform_admin"][0]
    user = db.session.scalars(sa.select(User).where(User.login == "pengelola.portal")).one()
    code = code_of(user.id, [user.login], now)
    assert pyotp.TOTP(platform["totp_secret"]).at(now) == code
    assert code_of(user.id, ["somebody.else"], now) is None
    with transaction():
        assert spend_totp(user_id=user.id, code=code, actor=SYSTEM, now=now) == "fits"
    following = pyotp.TOTP(platform["totp_secret"]).at(now + timedelta(seconds=30))
    assert following == code_of(user.id, [user.login], now)


def test_a_demo_without_generators_gets_them_once(demo, now):
    with transaction() as session:
        session.execute(sa.update(TotpFactor).values(ended_at=now))
    for _start in range(2):
        give_phones(demo_logins(), now)
    open_ones = sa.select(TotpFactor.user_id).where(TotpFactor.ended_at.is_(None))
    found = db.session.scalars(open_ones).all()
    assert len(found) == len(set(found)) > 10
    assert all(entry["totp_secret"] for entry in demo_accounts()["center_admin"])


@pytest.mark.parametrize(("changes", "is_shown"), [({}, False), ({"demo": True}, True)])
def test_only_a_demo_portal_shows_codes(demo, now, changes, is_shown):
    settings = replace(current_app.extensions["portal_settings"], **changes)
    made = create_app(settings)
    assert ("demo_code" in made.extensions) is is_shown
    if is_shown:
        user_id = db.session.scalar(sa.select(User.id).where(User.login == "pengelola.portal"))
        assert made.extensions["demo_code"](user_id, now) == code_of(user_id, demo_logins(), now)


def test_demo_people_hold_phones_that_belong_to_nobody(demo):
    phones = [phone for phone in db.session.scalars(sa.select(Person.phone)) if phone]
    assert phones
    assert all(phone.startswith("+628120000") for phone in phones)
    assert None in _all(Person.phone)
    assert len(phones) > len(set(phones)), "some families share a phone"


def test_demo_is_made_once(demo, now):
    with pytest.raises(DemoRefused, match="sudah ada"):
        make_demo(now=now, say=demo.append, scale=SCALE)
    refuse_half_demo()


def test_demo_in_production_is_refused_with_nothing_written(reference, now, monkeypatch):
    settings = replace(current_app.extensions["portal_settings"], env="production")
    monkeypatch.setitem(current_app.extensions, "portal_settings", settings)
    with pytest.raises(DemoRefused, match="produksi"):
        make_demo(now=now, say=lambda _line: None, scale=SCALE)
    assert demo_state() == "none"


def test_interrupted_demo_is_never_shown_as_a_whole(reference, now, monkeypatch):
    from portal.operations.demo import making

    def stop(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(making.cast, "hire", stop)
    with pytest.raises(KeyboardInterrupt):
        make_demo(now=now, say=lambda _line: None, scale=SCALE)
    assert demo_state() == "begun"
    for again in (refuse_half_demo, lambda: make_demo(now=now, say=lambda _line: None)):
        with pytest.raises(DemoRefused, match="belum lengkap"):
            again()


def test_demo_beside_real_accounts_is_refused(reference, now):
    with transaction():
        db.session.add(User(login="seseorang", name="Seseorang", created_at=now))
        audit.record("account.created", "user", 1, actor=SYSTEM, now=now)
    with pytest.raises(DemoRefused, match="belum punya akun"):
        make_demo(now=now, say=lambda _line: None)
