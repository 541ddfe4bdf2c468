"""Protected fields open only with their key, for their column, unchanged."""

from __future__ import annotations

import base64

import pytest

from portal.core.crypto import CryptoError, FieldCipher

KEYS = [base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in range(4)]
CIPHER = FieldCipher.parse(f"f1:{KEYS[0]},x1:{KEYS[1]}")
NIK = "6105015703740001"


def test_encrypt_twice_differs_and_opens():
    one, two = CIPHER.encrypt(NIK, "person.nik"), CIPHER.encrypt(NIK, "person.nik")
    assert one != two
    assert NIK not in one
    assert CIPHER.decrypt(one, "person.nik") == CIPHER.decrypt(two, "person.nik") == NIK


def test_value_of_another_column_does_not_open():
    with pytest.raises(CryptoError):
        CIPHER.decrypt(CIPHER.encrypt(NIK, "person.nik"), "person.phone")


def test_changed_value_does_not_open():
    sealed = CIPHER.encrypt(NIK, "person.nik")
    changed = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    with pytest.raises(CryptoError):
        CIPHER.decrypt(changed, "person.nik")


def test_new_key_in_front_still_opens_old_values():
    rotated = FieldCipher.parse(f"f2:{KEYS[2]},f1:{KEYS[0]},x1:{KEYS[1]}")
    assert rotated.decrypt(CIPHER.encrypt(NIK, "a.b"), "a.b") == NIK
    assert rotated.encrypt(NIK, "a.b").startswith("f2.")


def test_blind_index_is_stable_keyed_and_bound_to_its_purpose():
    other = FieldCipher.parse(f"f1:{KEYS[0]},x1:{KEYS[3]}")
    assert CIPHER.blind_index(NIK, "nik") == CIPHER.blind_index(NIK, "nik")
    assert (
        len({CIPHER.blind_index(NIK, "nik"), CIPHER.blind_index(NIK, "phone"), other.blind_index(NIK, "nik")})
        == 3
    )


@pytest.mark.parametrize("text", ["", "f1:short", "f1:" + KEYS[0], "x1:" + KEYS[0], "k1:" + KEYS[0]])
def test_bad_keys_are_refused(text):
    with pytest.raises(ValueError, match=r"FIELD_KEYS|Invalid|Incorrect"):
        FieldCipher.parse(text)
