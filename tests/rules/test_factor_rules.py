"""Reading a time-based code against a clock that is off; where passkeys may live; who is staff."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.rules.factor import (
    Generator,
    RelyingParty,
    code_at,
    code_digits,
    is_fresh,
    is_staff,
    is_strong,
    passkey_address,
    read_code,
    read_first_code,
    relying_party,
    time_step,
)
from portal.core.permissions import Role

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = 40_000_000


def shown(offset: int) -> str:
    """What a phone shows whose clock is so many steps ahead."""
    return code_at(SECRET, NOW + offset)


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(SECRET, time_step(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("123456", "123456"), (" 123 456 ", "123456"), ("123-456", "123456"), ("12345", None),
     ("１２３４５６", None), ("abcdef", None), ("1234567", None), ("", None)],
)  # fmt: skip
def test_typed_digits(typed: str, digits: str | None) -> None:
    assert code_digits(typed) == digits


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_code_within_one_step_fits(offset: int) -> None:
    reading = read_code(SECRET, shown(offset), NOW, Generator())
    assert (reading.outcome, reading.step, reading.drift) == ("fits", NOW + offset, 0)


@pytest.mark.parametrize("offset", [-5, -4, -2, 2, 4, 5])
def test_a_code_of_a_clock_that_is_off_is_late(offset: int) -> None:
    reading = read_code(SECRET, shown(offset), NOW, Generator())
    assert (reading.outcome, reading.step, reading.drift) == ("late", NOW + offset, offset)


@pytest.mark.parametrize("offset", [-6, 6, 40])
def test_a_code_further_off_is_wrong(offset: int) -> None:
    assert read_code(SECRET, shown(offset), NOW, Generator()).outcome == "wrong"


def test_a_spent_step_is_used_and_so_are_those_before_it() -> None:
    phone = Generator(last_step=NOW)
    assert [read_code(SECRET, shown(n), NOW, phone).outcome for n in (-1, 0, 1)] == ["used", "used", "fits"]


@pytest.mark.parametrize("drift", [-4, 4])
def test_the_code_after_a_late_one_teaches_the_drift(drift: int) -> None:
    phone = Generator(late_step=NOW + drift, late_drift=drift)
    again = read_code(SECRET, shown(drift), NOW, phone)
    assert again.outcome == "used"
    following = read_code(SECRET, code_at(SECRET, NOW + 1 + drift), NOW + 1, phone)
    assert (following.outcome, following.drift) == ("fits", drift)


def test_a_late_code_with_another_drift_teaches_nothing() -> None:
    phone = Generator(late_step=NOW - 4, late_drift=-4)
    assert read_code(SECRET, code_at(SECRET, NOW + 6), NOW + 1, phone).outcome == "late"


def test_a_late_code_of_long_ago_teaches_nothing() -> None:
    phone = Generator(late_step=NOW - 200, late_drift=4)
    assert read_code(SECRET, shown(4), NOW, phone).outcome == "late"


def test_a_known_drift_moves_the_window() -> None:
    phone = Generator(drift=5)
    found = [read_code(SECRET, shown(n), NOW, phone).outcome for n in (3, 4, 5, 6, 7)]
    assert found == ["late", "fits", "fits", "fits", "wrong"]
    # The phone's clock was put right meanwhile: within reach of ours, so it can be learned again.
    assert read_code(SECRET, shown(0), NOW, phone).outcome == "late"


@pytest.mark.parametrize("offset", [-5, 0, 5])
def test_the_first_code_tells_the_drift(offset: int) -> None:
    reading = read_first_code(SECRET, shown(offset), NOW)
    assert (reading.outcome, reading.step, reading.drift) == ("fits", NOW + offset, offset)
    assert read_first_code(SECRET, shown(6), NOW).outcome == "wrong"


@pytest.mark.parametrize(
    ("base_url", "host", "is_production", "found"),
    [
        (
            "https://balai.example",
            "balai.example",
            True,
            RelyingParty("balai.example", "https://balai.example"),
        ),
        ("https://balai.example", "lain.example", True, None),
        ("https://balai.example", "localhost", True, None),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", False, None),
        (
            "http://127.0.0.1:8000",
            "localhost:8000",
            False,
            RelyingParty("localhost", "http://localhost:8000"),
        ),
        ("http://[::1]:8000", "[::1]:8000", False, None),
        ("http://localhost", "localhost", False, RelyingParty("localhost", "http://localhost")),
    ],
)
def test_passkeys_live_on_a_host_name(
    base_url: str, host: str, is_production: bool, found: RelyingParty | None
) -> None:
    assert relying_party(base_url, host, is_production) == found


def test_another_address_is_named_only_on_a_developers_machine() -> None:
    assert passkey_address("http://127.0.0.1:8000", False) == "http://localhost:8000"
    assert passkey_address("https://balai.example", True) == ""


def test_staff_are_all_roles_beyond_ones_own_things() -> None:
    modest = {Role.TRAINEE, Role.CHAIR, Role.COMPANION}
    assert {role for role in Role if not is_staff([role])} == modest
    assert not is_staff(modest)
    assert not is_staff([])
    assert is_staff([Role.TRAINEE, Role.INSTRUCTOR])


def test_strong_and_fresh() -> None:
    known = ("password", "code", "paper", "oidc", "totp", "passkey", "recovery")
    assert [factor for factor in known if is_strong(factor)] == ["totp", "passkey", "recovery"]
    opened = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert is_fresh(opened, opened + timedelta(minutes=9))
    assert not is_fresh(opened, opened + timedelta(minutes=10))
