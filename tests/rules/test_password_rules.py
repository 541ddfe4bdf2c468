"""Passwords, sign-in names, local paths and addresses: pure checks."""

import pytest

from portal.accounts.rules import (
    device_name,
    is_local_path,
    login_problem,
    network_of,
    normal_code,
    normal_login,
    password_problems,
)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", "too_short"),
        ("kopi7", "too_short"),
        ("x" * 129, "too_long"),
        ("aaaaaaaaaa", "common"),
        ("abcabcabcabc", "common"),
        ("12345678", "common"),
        ("87654321", "common"),
        ("qwertyuiop", "common"),
        ("password123", "common"),
        ("P@ssw0rd!!", "common"),
        ("Bismillah99", "common"),
        ("Terima Kasih 1", "common"),
        ("17081945", "common"),
        ("99999911", "common"),
        ("!!!!!!!!2024", "common"),
        ("koperasi2026", "context"),
        ("K0perasi-123", "context"),
        ("merahputih45", "context"),
        ("sri.wahyuni1", "context"),
        ("wahyuni1980", "context"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password, problem):
    assert password_problems(password, ("sri.wahyuni", "Sri Wahyuningsih Wahyuni")) == [problem]


@pytest.mark.parametrize(
    "password",
    [
        "kuda lumping di sawah",
        "tiga-belas ember",
        "Rm7#xQ2p",
        "koperasi kuda lumping",
        "ijuk rumbia nibung",
        "49271835",
    ],
)
def test_a_strong_password_is_accepted(password):
    assert password_problems(password, ("sri.wahyuni", "Sri Wahyuningsih")) == []


def test_the_same_keys_in_another_composition_are_the_same_password():
    assert password_problems("é" * 3) == password_problems("e\u0301" * 3) == ["too_short"]


@pytest.mark.parametrize(
    ("login", "good"),
    [
        ("sri", True),
        ("sri.wahyuni", True),
        ("sri_2-a", True),
        ("ab", False),
        ("0812345678", False),
        ("6105010101800001", False),
        ("sri wahyuni", False),
        ("sri@rumah", False),
        ("x" * 41, False),
        ("şri", False),
    ],
)
def test_a_sign_in_name_is_no_phone_and_no_nik(login, good):
    assert (login_problem(login) is None) is good


def test_a_sign_in_name_is_compared_without_case():
    assert normal_login("  Sri.Wahyuni ") == "sri.wahyuni"


def test_a_typed_code_forgives_spaces_dashes_and_lookalikes():
    assert normal_code(" 7k2m-9qxr 4tbO-il ") == "7K2M9QXR4TB011"


@pytest.mark.parametrize(
    ("target", "good"),
    [
        ("/saya", True),
        ("/angkatan/3-x?hal=2", True),
        ("/en/saya", True),
        ("", False),
        (None, False),
        ("saya", False),
        ("//jahat.example", False),
        ("/\\jahat.example", False),
        ("https://jahat.example/", False),
        ("javascript:alert(1)", False),
        ("/saya\r\nSet-Cookie: a=b", False),
        ("/\t/jahat.example", False),
        ("/" + "a" * 600, False),
    ],
)
def test_only_a_path_of_this_portal_is_followed(target, good):
    assert is_local_path(target) is good


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        (None, "unknown"),
        ("rubbish", "unknown"),
    ],
)
def test_an_address_is_counted_by_its_network(address, network):
    assert network_of(address) == network


def test_a_device_is_named_as_people_know_it():
    phone = "Mozilla/5.0 (Linux; Android 13; SM-A045F) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36"
    assert device_name(phone) == ("Chrome", "Android")
    assert device_name("curl/8") == ("", "")
