"""The two canonical forms, JCS and CBOR, and the document that is signed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates import cbor, jcs
from portal.certificates.facts import facts_document, facts_from_bytes, signed_bytes
from tests.support.certificates import FACTS, make_facts

# RFC 8785 section 3.2.3: names sort by UTF-16 code units, so U+1F600 (a surrogate pair) precedes U+FB33.
SORTED_NAMES = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_canonical_rfc_8785_strings_are_escaped_as_published() -> None:
    value = '\u20ac$\x0f\nA\'B"\\\\"/'
    assert jcs.canonical(value) == b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


def test_canonical_rfc_8785_names_sort_by_utf16_units() -> None:
    members = {name: index for index, name in enumerate(reversed(SORTED_NAMES))}
    assert list(json.loads(jcs.canonical(members))) == SORTED_NAMES


def test_canonical_rfc_8785_literals_and_nesting() -> None:
    value = {"literals": [None, True, False], "b": {"z": -1, "a": 9007199254740991}, "": []}
    expected = b'{"":[],"b":{"a":9007199254740991,"z":-1},"literals":[null,true,false]}'
    assert jcs.canonical(value) == expected


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, b"x", object()])
def test_canonical_what_jcs_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(jcs.NotCanonical):
        jcs.canonical(value)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-jcs.LARGEST_INTEGER, jcs.LARGEST_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_canonical_any_value_comes_back(value: Any) -> None:
    assert jcs.parse(jcs.canonical(value)) == value


@given(JSON_VALUES)
def test_canonical_quick_writer_writes_what_the_careful_one_does(value: Any) -> None:
    assert jcs.canonical(value) == jcs._write(value).encode()


@pytest.mark.parametrize(
    "data", [b'{"b":1,"a":2}', b'{ "a":1}', b'"\\u0041"', b"1.0", b'{"a":1,"a":1}', b"\xff", b""]
)
def test_parse_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(jcs.NotCanonical):
        jcs.parse(data)


# CBOR


def test_encode_rfc_8949_examples_match() -> None:
    assert cbor.encode({}) == bytes.fromhex("a0")
    assert cbor.encode({3: 4, 1: 2}) == bytes.fromhex("a201020304")
    assert cbor.encode({1: "IETF", 2: "\u6c34"}) == bytes.fromhex("a2016449455446" + "0263e6b0b4")
    for value, hexed in [(23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"), (1000000, "1a000f4240")]:
        assert cbor.encode({0: value}) == bytes.fromhex("a100" + hexed)
    assert cbor.encode({0: 2**64 - 1}) == bytes.fromhex("a1001bffffffffffffffff")


@given(st.dictionaries(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1) | st.text(), max_size=30))
def test_encode_any_small_map_comes_back(members: dict[int, cbor.Value]) -> None:
    assert cbor.decode(cbor.encode(members)) == members


@pytest.mark.parametrize(
    ("hexed", "fault"),
    [
        ("", "nothing"),
        ("a1", "a missing member"),
        ("a10102" + "00", "trailing byte"),
        ("a201020102", "key twice"),
        ("a203040102", "keys out of order"),
        ("a1180102", "long key"),
        ("a1011802", "long integer"),
        ("a101190002", "longer integer"),
        ("b80101" + "02", "long map head"),
        ("bf0102ff", "indefinite map"),
        ("a1017f6141ff", "indefinite text"),
        ("a101780141", "long text head"),
        ("a1016241", "text cut short"),
        ("a10161ff", "text not UTF-8"),
        ("a10163eda080", "surrogate in text"),
        ("a10120", "negative integer"),
        ("a1014141", "byte string"),
        ("a10180", "array"),
        ("a101a0", "map in map"),
        ("a101c102", "tag"),
        ("a101f5", "true"),
        ("a101f6", "null"),
        ("a101fa47c35000", "float"),
        ("a1011c", "reserved length"),
        ("a1616101", "text key"),
        ("8101", "array on top"),
    ],
)
def test_decode_anything_else_is_refused(hexed: str, fault: str) -> None:
    with pytest.raises(cbor.CborError):
        cbor.decode(bytes.fromhex(hexed))


@given(st.binary(max_size=60))
def test_decode_any_bytes_are_refused_or_canonical(data: bytes) -> None:
    try:
        members = cbor.decode(data)
    except cbor.CborError:
        return
    assert cbor.encode(members) == data


@pytest.mark.parametrize("value", [-1, 2**64, True, 1.5, None, b"x", "\ud800"])
def test_encode_other_values_are_refused(value: Any) -> None:
    with pytest.raises(cbor.CborError):
        cbor.encode({1: value})


# The signed document


def test_facts_document_has_exactly_the_promised_members() -> None:
    document = facts_document(FACTS)
    assert set(document) == {
        "v", "kind", "code", "number", "name", "post", "cooperative", "program", "units", "hours", "start",
        "end", "center", "signatory", "issued", "expires", "kid",
    }  # fmt: skip
    assert document["issued"] == "2026-10-19T02:41:00Z"
    assert document["expires"] == "2029-10-18"
    assert {unit["result"] for unit in document["units"]} == {"competent"}


@pytest.mark.parametrize(
    "changes",
    [{}, {"cooperative": None}, {"expires": None}, {"units": ()}, {"name": "Ni Luh Ayu \u2019Ny\u00e9man"}],
)
def test_signed_bytes_come_back_as_the_same_facts(changes: dict[str, Any]) -> None:
    facts = make_facts(**changes)
    assert facts_from_bytes(signed_bytes(facts)) == facts


def test_signed_bytes_decomposed_text_and_fractions_of_a_second_are_settled() -> None:
    decomposed = make_facts(name="Re\u0301mi", issued=datetime(2026, 10, 19, 2, 41, 0, 999, tzinfo=UTC))
    assert signed_bytes(decomposed) == signed_bytes(make_facts(name="R\u00e9mi"))


def test_issued_on_is_the_day_at_the_center() -> None:
    assert make_facts(issued=datetime(2026, 10, 18, 20, 0, tzinfo=UTC)).issued_on == date(2026, 10, 19)


@pytest.mark.parametrize("changes", [{"code": "BA1A1KVP7QTK"}, {"issued": datetime(2026, 10, 19)}])
def test_facts_document_bad_facts_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        facts_document(make_facts(**changes))


@pytest.mark.parametrize("change", [("v", 2), ("kind", "minutes"), ("extra", 1), ("issued", "2026-10-19")])
def test_facts_from_bytes_other_documents_are_refused(change: tuple[str, Any]) -> None:
    document = facts_document(FACTS) | dict([change])
    with pytest.raises(ValueError):
        facts_from_bytes(jcs.canonical(document))


def test_facts_from_bytes_missing_fact_is_refused() -> None:
    document = facts_document(FACTS)
    del document["post"]
    with pytest.raises(ValueError):
        facts_from_bytes(jcs.canonical(document))
