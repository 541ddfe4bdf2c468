"""The offline page's own judgement as tables, run in the browser: decisions, texts, strict fragments."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from portal.certificates import cbor, jcs, qr
from portal.certificates.codes import parse_code
from portal.certificates.multikey import multikey
from tests.support.browser import Served
from tests.support.certificates import BASE_URL, CODE, FACTS, KEYS, SIGNER

DAY, HOUR = 86_400_000, 3_600_000
#: Midnight in Jakarta is 17.00 UTC of the day before.
NOW = int(datetime(2026, 11, 22, 2, 0, tzinfo=UTC).timestamp() * 1000)
TODAY = NOW // DAY
GOOD: dict[str, Any] = {
    "signature": "passed", "key": "known", "bits": {"revoked": False, "suspended": False}, "listAge": HOUR,
    "listEnded": False, "issued": TODAY - 100, "expires": TODAY + 100, "offset": 420, "now": NOW,
    "ahead": False,
}  # fmt: skip
REVOKED, SUSPENDED = {"revoked": True, "suspended": False}, {"revoked": False, "suspended": True}
NO_LIST = {"bits": None, "listAge": None}


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Page]:
    """A page from which modules can be imported."""
    with served.visitor(quiet=False) as page:
        page.goto("/offline")
        yield page


def run(page: Page, part: str, script: str, given: Any) -> Any:
    """`script` is a function of (module, given)."""
    parts = "document.getElementById('offline').dataset"
    work = f"async ([name, given]) => ({script})(await import({parts}[name]), given)"
    return page.evaluate(work, [part, given])


DECISIONS = [
    ({}, "match"),
    ({"expires": None}, "match"),
    ({"expires": TODAY}, "match"),
    ({"expires": TODAY - 1}, "expired"),
    # 23.30 WIB of the last day, and half an hour after it
    ({"expires": TODAY, "now": (TODAY + 1) * DAY - 7 * HOUR - HOUR // 2}, "match"),
    ({"expires": TODAY, "now": (TODAY + 1) * DAY - 7 * HOUR + HOUR // 2}, "expired"),
    # The same moment in Jayapura is two hours later.
    ({"expires": TODAY, "now": (TODAY + 1) * DAY - 9 * HOUR + HOUR // 2, "offset": 540}, "expired"),
    ({"key": "unknown", "signature": "unknown"}, "unknown_key"),
    ({"key": "unknown", "signature": "failed"}, "unknown_key"),
    ({"signature": "unknown"}, "unknown_key"),
    ({"signature": "failed"}, "mismatch"),
    ({"signature": "failed", "bits": REVOKED, "expires": TODAY - 1}, "mismatch"),
    ({"key": "revoked"}, "revoked_key"),
    ({"key": "revoked", "bits": REVOKED}, "revoked_key"),
    ({"key": "revoked", "signature": "failed"}, "mismatch"),
    ({"bits": REVOKED}, "revoked"),
    ({"bits": REVOKED, "expires": TODAY - 1, "listAge": 30 * DAY, "listEnded": True}, "revoked"),
    ({"bits": REVOKED, "listAge": -365 * DAY}, "revoked"),
    ({"bits": SUSPENDED}, "suspended"),
    ({"bits": SUSPENDED, "expires": TODAY - 1}, "suspended"),
    ({"bits": {"revoked": True, "suspended": True}}, "revoked"),
    ({"listAge": 7 * DAY}, "match"),
    ({"listAge": 7 * DAY + 1}, "match_stale"),
    ({"listEnded": True}, "match_stale"),
    ({"listAge": 365 * DAY, "expires": TODAY - 1}, "expired"),
    (NO_LIST, "match_stale"),
    ({**NO_LIST, "expires": TODAY - 1}, "expired"),
    ({"bits": None}, "match_stale"),
    ({"listAge": -HOUR}, "match"),
    ({"listAge": -365 * DAY}, "clock"),
    ({"listAge": -365 * DAY, "expires": None}, "clock"),
    ({"listAge": -4 * HOUR, "expires": TODAY - 1}, "clock"),
    # A clock two hours slow around midnight does not make the last day longer.
    ({"listAge": -2 * HOUR, "now": (TODAY + 1) * DAY - 8 * HOUR, "expires": TODAY}, "expired"),
    ({"issued": TODAY + 1}, "clock"),
    ({"issued": TODAY + 365, "expires": TODAY + 400, **NO_LIST}, "clock"),
    ({"issued": TODAY}, "match"),
    ({"ahead": True}, "clock"),
    ({"ahead": True, "expires": TODAY - 1}, "clock"),
]


def test_decision_table(page: Page) -> None:
    found = run(
        page, "decide", "(m, cases) => cases.map(m.decide)", [GOOD | change for change, _ in DECISIONS]
    )
    wrong = [
        (change, state, wanted)
        for (change, wanted), state in zip(DECISIONS, found, strict=True)
        if state != wanted
    ]
    assert wrong == []


def test_green_needs_everything_at_once(page: Page) -> None:
    """Of all combinations only those pass where each check passed."""
    choices: dict[str, list[Any]] = {
        "signature": ["passed", "failed", "unknown"],
        "key": ["known", "unknown", "revoked"],
        "bits": [GOOD["bits"], REVOKED, SUSPENDED, None],
        "listAge": [HOUR, 8 * DAY, -365 * DAY, None],
        "listEnded": [False, True],
        "expires": [TODAY + 1, TODAY - 1, None],
        "ahead": [False, True],
    }
    cases: list[dict[str, Any]] = [GOOD]
    for name, values in choices.items():
        cases = [case | {name: value} for case in cases for value in values]
    states = run(page, "decide", "(m, cases) => cases.map(m.decide)", cases)
    sound = {
        "signature": "passed", "key": "known", "bits": GOOD["bits"], "listAge": HOUR, "listEnded": False,
        "ahead": False,
    }  # fmt: skip
    for case, state in zip(cases, states, strict=True):
        is_sound = all(case[name] == value for name, value in sound.items()) and case["expires"] != TODAY - 1
        assert (state == "match") == is_sound, (case, state)
        assert (state == "mismatch") == (case["signature"] == "failed" and case["key"] != "unknown"), case
    assert len(cases) == 1728


def pack(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def unpack(b32: str) -> bytes:
    return base64.b32decode(b32 + "=" * (-len(b32) % 8))


def sign(content: bytes) -> str:
    head = b"\x01" + qr.key_hash(SIGNER.public_key)
    return pack(head + content + SIGNER.sign(b"balai-qr-1\x00" + CODE.encode() + content))


def fragments() -> Iterator[str]:
    """Good ones, and everything strict reading refuses, most of it with a sound signature."""
    facts = qr.facts_for_qr(FACTS, 12345)
    good = qr.qr_payload(CODE, facts, SIGNER)
    data, members = unpack(good), cbor.decode(unpack(good)[5:-64])
    content = cbor.encode(members)
    yield good
    for change in ({"expires": None}, {"kind": "minutes"}, {"status_index": 0}, {"name": "Ω" * 30}):
        yield qr.qr_payload(CODE, qr.QrFacts(**(vars(facts) | change)), SIGNER)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(good[-1])
    yield good[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[last ^ 1]
    yield from (good.lower(), good + "=", good + "A", good[:-1], "", "A", "\u00e9" + good, good + "\n")
    yield from (pack(b"\x02" + data[1:]), pack(data[:69]), pack(data[:70]))
    yield from map(sign, contents(members, content))
    luck = random.Random(4)
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= luck.randrange(1, 256)
        yield pack(bytes(changed))


def contents(members: dict[int, Any], content: bytes) -> Iterator[bytes]:
    """Maps that are not what the portal writes."""
    first = cbor.encode({1: members[1]})[1:]
    yield from (
        content + b"\x00",
        content[:-1],
        b"",
        b"\xa0",
        b"\xb8\x07" + content[1:],
        b"\xbf" + content[1:],
    )
    yield bytes([content[0] + 1]) + content[1:] + first
    yield content.replace(first, b"", 1)
    yield bytes([content[0]]) + content[1 + len(first) :] + first
    for change in (
        {1: "D" * 61}, {2: "P" * 49}, {3: "C" * 25}, {1: "e\u0301"}, {1: 5}, {4: "x"}, {8: "certificate"},
        {8: "minutes"}, {9: "x"}, {0: 1}, {4: 2_932_896}, {4: 2_932_897}, {5: 2**40}, {6: 2**40}, {6: 2**63},
        {1: "\ufeffDewi"}, {1: ""}, {7: "N" * 200}, {2**33: 1},
    ):  # fmt: skip
        yield cbor.encode(members | change)
    for key in (1, 2, 3, 4, 6, 7):
        yield cbor.encode({name: value for name, value in members.items() if name != key})
    long = b"\x18\x06"
    yield content.replace(b"\x06\x19", long + b"\x19", 1)
    yield content.replace(first, first[:1] + b"\x78" + bytes([len(members[1])]) + members[1].encode(), 1)
    yield content.replace(b"Dewi", b"Dew\xff", 1)
    yield content[:1] + b"\xf6" + content[2:]


def test_fragments_are_read_exactly_as_the_portal_reads_them(page: Page) -> None:
    texts = list(fragments())
    keys = {kid: list(key) for kid, key in KEYS.items()}
    for known in (keys, {}, {"other": [0] * 32}):
        found = run(
            page,
            "qr",
            """async (m, [code, texts, keys]) => {
              const raw = {}, all = [], { ed25519 } = document.getElementById('offline').dataset;
              for (const [kid, key] of Object.entries(keys)) raw[kid] = Uint8Array.from(key);
              for (const text of texts) {
                const read = await m.checkFragment(code, text, raw, ed25519);
                all.push([read.problem || null, read.kid || null, read.facts || null]);
              }
              return all;
            }""",
            [CODE, texts, known],
        )  # fmt: skip
        for text, (problem, kid, facts) in zip(texts, found, strict=True):
            wanted = qr.parse_fragment(CODE, text, {name: bytes(key) for name, key in known.items()})
            assert (problem, kid) == (wanted.problem, wanted.kid), text
            if wanted.facts:
                same = wanted.facts
                assert (facts["name"], facts["program"], facts["center"], facts["number"], facts["kind"]) == (
                    same.name, same.program, same.center, same.number, same.kind,
                )  # fmt: skip
                assert (float(facts["index"]), facts["issued"]) == (
                    float(same.status_index), (same.issued_on - datetime(1970, 1, 1).date()).days,
                )  # fmt: skip


HOST = BASE_URL.upper()
TEXTS = [
    (f"{HOST}/V/{CODE}#ABC", {"code": CODE, "fragment": "ABC"}),
    (f"  {BASE_URL}/v/{CODE.lower()}#ABC\n", {"code": CODE, "fragment": "ABC"}),
    (f"{BASE_URL}/en/V/BA1A-1KVP-7QTJ#A\r\nBC", {"code": CODE, "fragment": "ABC"}),
    (f"{HOST}/V/{CODE}", {"problem": "code", "code": CODE}),
    (f"{HOST}/V/{CODE}#", {"problem": "code", "code": CODE}),
    ("ba1a ikvp 7qtj", {"problem": "code", "code": CODE}),
    (f"{HOST}/V/{CODE[:-1]}K#ABC", {"problem": "typo"}),
    (f"{HOST}/V/BA1A#ABC", {"problem": "shape"}),
    (f"HTTPS://BALAI.EXAMPLE.EVIL/V/{CODE}#ABC", {"problem": "foreign", "host": "balai.example.evil"}),
    (f"HTTPS://EVIL@BALAI.EXAMPLE/V/{CODE}#ABC", {"problem": "foreign", "host": "evil@balai.example"}),
    (f"HTTPS://BALAI.EXAMPLE:8443/V/{CODE}#ABC", {"problem": "foreign", "host": "balai.example:8443"}),
    (f"HTTP://BALAI.EXAMPLE/V/{CODE}#ABC", {"problem": "foreign", "host": "balai.example"}),
    ("https://lain.example/halo", {"problem": "foreign", "host": "lain.example"}),
    (f"{BASE_URL}/verifikasi", {"problem": "shape"}),
    ("WIFI:S:kantor;;", {"problem": "shape"}),
    ("", {"problem": "shape"}),
]


def test_texts_are_told_apart(page: Page) -> None:
    script = "(m, [texts, base]) => texts.map((text) => m.readText(text, base))"
    found = run(page, "qr", script, [[text for text, _ in TEXTS], BASE_URL])
    assert found == [wanted for _, wanted in TEXTS]


def test_codes_are_read_exactly_as_the_portal_reads_them(page: Page) -> None:
    luck = random.Random(7)
    typed = [
        CODE,
        "BA1A-1KVP-7QTJ",
        "ba1a\u2013ikvp 7qtj",
        "BAIAIKVP7QTJ",
        "BU1A1KVP7QTJ",
        "",
        "0" * 12,
        "1" * 13,
    ]
    typed += ["".join(luck.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=12)) for _ in range(400)]
    found = run(page, "qr", "(m, texts) => texts.map(m.readCode)", typed)
    for text, read in zip(typed, found, strict=True):
        wanted = parse_code(text)
        assert (read.get("code"), read.get("problem")) == (wanted.code, wanted.problem), text


def test_canonical_json_and_keys_are_those_of_the_portal(page: Page) -> None:
    value = {
        "b": [1, None, True, '\u20ac"\\\n\u001f\U0001f600é'],
        "a": {"\ufb33": 1, "\U0001f600": 2},
        "A": -5,
    }
    assert run(page, "bundle", "(m, value) => m.canonical(value)", value) == jcs.canonical(value).decode()
    text = multikey("Ed25519", SIGNER.public_key)
    assert run(page, "bundle", "(m, text) => [...m.rawKey(text)]", text) == list(SIGNER.public_key)
    assert run(
        page, "bundle", "(m, text) => { try { return m.rawKey(text).length; } catch { return 'refused'; } }",
        multikey("P-256", b"\x02" + bytes(32)),
    ) == "refused"  # fmt: skip
