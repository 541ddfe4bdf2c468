"""The QR: what it carries, that nothing else is accepted, and that a scanner reads what was printed."""

from __future__ import annotations

import base64
import random
import unicodedata
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import qrcode
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

from portal.certificates import cbor, qr, qr_codewords, qr_reader
from portal.certificates.codes import new_code
from tests.support.certificates import BASE_URL, CODE, FACTS, KEYS, SIGNER, make_facts, make_qr_text, spoil

QR_FACTS = qr.facts_for_qr(FACTS, 12345)
PAYLOAD = qr.qr_payload(CODE, QR_FACTS, SIGNER)


def unpack(b32: str) -> bytes:
    return base64.b32decode(b32 + "=" * (-len(b32) % 8))


def pack(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def sign(content: bytes, code: str = CODE) -> str:
    """A fragment around any content, signed by the real key: what only strict reading can refuse."""
    head = b"\x01" + qr.key_hash(SIGNER.public_key)
    return pack(head + content + SIGNER.sign(b"balai-qr-1\x00" + code.encode() + content))


def test_qr_payload_is_read_back_as_the_same_facts() -> None:
    reading = qr.parse_fragment(CODE, PAYLOAD, KEYS)
    assert (reading.facts, reading.kid, reading.problem) == (QR_FACTS, SIGNER.kid, None)


def test_qr_payload_has_the_promised_bytes() -> None:
    data = unpack(PAYLOAD)
    content = data[5:-64]
    assert data[:1] == b"\x01"
    assert cbor.decode(content) == {
        1: "Dewi Lestari Ningrum", 2: "Pengurus Kopdes Merah Putih Pemula", 3: "BPVP Surakarta",
        4: (date(2026, 10, 19) - date(1970, 1, 1)).days, 5: (date(2029, 10, 18) - date(1970, 1, 1)).days,
        6: 12345, 7: "0317/KOP-PGR/BPVP-SKA/X/2026",
    }  # fmt: skip
    assert sign(content) == PAYLOAD


@pytest.mark.parametrize("changes", [{"expires": None}, {"kind": "minutes"}, {"status_index": 0}])
def test_qr_payload_optional_members_come_back(changes: dict[str, Any]) -> None:
    facts = qr.QrFacts(**(vars(QR_FACTS) | changes))
    assert qr.parse_fragment(CODE, qr.qr_payload(CODE, facts, SIGNER), KEYS).facts == facts


def test_qr_payload_invalid_code_is_refused() -> None:
    with pytest.raises(ValueError):
        qr.qr_payload("BA1A1KVP7QTK", QR_FACTS, SIGNER)


def test_parse_fragment_any_changed_byte_is_refused() -> None:
    data = unpack(PAYLOAD)
    for place in range(len(data)):
        for change in (1, 0x80, 0xFF):
            changed = bytearray(data)
            changed[place] ^= change
            assert qr.parse_fragment(CODE, pack(bytes(changed)), KEYS).facts is None


def test_parse_fragment_any_changed_character_is_refused() -> None:
    for place, character in enumerate(PAYLOAD):
        other = "A" if character != "A" else "B"
        for text in (PAYLOAD[:place] + other + PAYLOAD[place + 1 :], PAYLOAD[:place] + PAYLOAD[place + 1 :]):
            assert qr.parse_fragment(CODE, text, KEYS).facts is None


def test_parse_fragment_other_spellings_of_the_same_bytes_are_refused() -> None:
    assert len(PAYLOAD) % 8 in (2, 4, 5, 7)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(PAYLOAD[-1])
    spare = PAYLOAD[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[last ^ 1]
    assert unpack(spare) == unpack(PAYLOAD)
    padded = PAYLOAD + "=" * (-len(PAYLOAD) % 8)
    for text in (spare, padded, PAYLOAD.lower(), PAYLOAD + "\n", " " + PAYLOAD, "\u00e9" + PAYLOAD, ""):
        problem = qr.parse_fragment(CODE, text, KEYS).problem
        assert problem == ("version" if text == "" else "base32")


def test_parse_fragment_another_certificates_code_is_refused() -> None:
    assert qr.parse_fragment(new_code(), PAYLOAD, KEYS).problem == "signature"
    assert qr.parse_fragment("\u00e9", PAYLOAD, KEYS).problem == "signature"


def test_parse_fragment_unknown_key_could_not_be_checked() -> None:
    assert qr.parse_fragment(CODE, PAYLOAD, {}).problem == "unknown_key"
    assert qr.parse_fragment(CODE, PAYLOAD, {"other": bytes(32)}).problem == "unknown_key"


def test_parse_fragment_version_and_length_are_named() -> None:
    data = unpack(PAYLOAD)
    assert qr.parse_fragment(CODE, pack(b"\x02" + data[1:]), KEYS).problem == "version"
    assert qr.parse_fragment(CODE, pack(data[:69]), KEYS).problem == "length"


MEMBERS = cbor.decode(unpack(PAYLOAD)[5:-64])


@pytest.mark.parametrize(
    "content",
    [
        cbor.encode(MEMBERS) + b"\x00",
        cbor.encode(MEMBERS)[:-1],
        b"\xb8\x07" + cbor.encode(MEMBERS)[1:],
        cbor.encode({key: value for key, value in MEMBERS.items() if key != 1}),
        cbor.encode({key: value for key, value in MEMBERS.items() if key != 6}),
        cbor.encode(MEMBERS | {9: "more"}),
        cbor.encode(MEMBERS | {0: 1}),
        cbor.encode(MEMBERS | {8: "certificate"}),
        cbor.encode(MEMBERS | {1: 7}),
        cbor.encode(MEMBERS | {4: "20000"}),
        cbor.encode(MEMBERS | {4: 2**63}),
        cbor.encode(MEMBERS | {5: 10**7}),
        cbor.encode(MEMBERS | {1: "Re\u0301mi"}),
        cbor.encode(MEMBERS | {1: "x" * 61}),
        cbor.encode(MEMBERS | {2: "x" * 49}),
        cbor.encode(MEMBERS | {3: "x" * 25}),
    ],
)
def test_parse_fragment_signed_but_not_canonical_content_is_refused(content: bytes) -> None:
    assert qr.parse_fragment(CODE, sign(content), KEYS).problem == "content"


@given(st.text(max_size=80))
def test_parse_fragment_any_text_is_refused_without_an_error(text: str) -> None:
    assert qr.parse_fragment(CODE, text, KEYS).facts is None


@given(st.text(max_size=120), st.integers(1, 80))
def test_cut_any_text_fits_and_stays_its_own_beginning(text: str, limit: int) -> None:
    whole = unicodedata.normalize("NFC", text)
    kept = qr.cut(text, limit)
    assert len(kept.encode()) <= limit
    assert whole.startswith(kept)
    assert unicodedata.normalize("NFC", kept) == kept


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("Dewi Lestari", 60, "Dewi Lestari"),
        ("Dewi Lestari", 5, "Dewi"),
        ("Re\u0301mi", 3, "R\u00e9"),
        ("Re\u0301mi", 2, "R"),
        # A letter that loses its mark would be another letter: it goes too.
        ("abx\u0323\u0307", 4, "ab"),
    ],
)
def test_cut_between_characters(text: str, limit: int, kept: str) -> None:
    assert qr.cut(text, limit) == kept


def test_qr_payload_long_texts_are_cut_and_still_verify() -> None:
    facts = make_facts(name="Ny\u00e9man " * 20)
    reading = qr.parse_fragment(CODE, qr.qr_payload(CODE, qr.facts_for_qr(facts, 1), SIGNER), KEYS)
    assert reading.facts is not None
    assert 55 <= len(reading.facts.name.encode()) <= 60


def test_qr_text_is_upper_case_with_scheme_and_port() -> None:
    assert qr.qr_text("https://balai.example/", CODE, "ABC") == f"HTTPS://BALAI.EXAMPLE/V/{CODE}#ABC"
    assert qr.qr_text("http://127.0.0.1:8000", CODE, "A") == f"HTTP://127.0.0.1:8000/V/{CODE}#A"


# Drawing and reading back


@pytest.mark.parametrize(
    "text",
    [
        make_qr_text(),
        make_qr_text(base_url="http://127.0.0.1:8000"),
        "HTTPS://A_B.EXAMPLE/V/X#AB",
        "A",
        "#" * 40,
    ],
)
def test_read_svg_gives_the_drawn_text(text: str) -> None:
    assert qr_reader.read_svg(qr.qr_svg(qr.qr_matrix(text))) == text


@pytest.mark.parametrize("size", [1, 14, 15, 30, 90, 200, 400, 800, 1500])
@pytest.mark.parametrize("mask", range(8))
def test_read_matrix_every_mask_and_many_sizes(mask: int, size: int) -> None:
    text = "".join(random.Random(size).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=size))
    assert qr_reader.read_matrix(qr.qr_matrix(text, mask)) == text


def by_the_library(text: str, mask: int) -> list[list[bool]]:
    """The whole of it drawn by qrcode, segment by segment."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=mask)
    address, mark, fragment = text.partition("#")
    for part in (address, mark, fragment):
        if part:
            is_plain = set(part) <= set(qr_codewords.ALPHANUMERIC)
            code.add_data(QRData(part, mode=MODE_ALPHA_NUM if is_plain else MODE_8BIT_BYTE), optimize=0)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.modules]


@pytest.mark.parametrize("mask", range(8))
@pytest.mark.parametrize(
    "text",
    [
        make_qr_text(),
        make_qr_text(base_url="http://127.0.0.1:8000"),
        make_qr_text(base_url="https://sertifikat.pelatihan-koperasi.kemnaker.example:8443"),
        "A",
        "HTTPS://BALAI.EXAMPLE/V/" + "A" * 700,
        "huruf kecil#\u00e9",
    ],
)
def test_qr_matrix_is_module_by_module_what_the_library_draws(text: str, mask: int) -> None:
    assert [list(map(bool, row)) for row in qr.qr_matrix(text, mask)] == by_the_library(text, mask)


def test_codewords_that_fit_no_code_are_refused() -> None:
    with pytest.raises(qr_codewords.TooLong):
        qr.qr_matrix("A" * 3392)
    assert len(qr.qr_matrix("A" * 3391)) == 177


def test_read_matrix_any_changed_data_module_is_noticed() -> None:
    matrix = qr.qr_matrix(make_qr_text())
    side = len(matrix)
    for place in range(side * 9, side * (side - 9), 17):
        row, column = divmod(place, side)
        if (row, column) in qr_reader._function_modules((side - 17) // 4):
            continue
        changed = [list(line) for line in matrix]
        changed[row][column] ^= True
        with pytest.raises(qr_reader.UnreadableDrawing):
            qr_reader.read_matrix(changed)


@pytest.mark.parametrize("svg", ["", "<svg/>", '<path d="M0 0h7v1h-7z"/>', '<path d="M9 0h40v1h-40z"/>'])
def test_read_svg_other_drawings_are_refused(svg: str) -> None:
    with pytest.raises(qr_reader.UnreadableDrawing):
        qr_reader.read_svg(svg)


def test_qr_matrix_uses_three_segments_and_stays_small() -> None:
    """One byte segment would need 8 bits a character: 73 modules and more instead of 65."""
    text = make_qr_text()
    assert len(qr.qr_matrix(text)) <= 65
    address, fragment = text.split("#")
    assert segments(qr.qr_matrix(text)) == [
        ("alphanumeric", len(address)), ("byte", 1), ("alphanumeric", len(fragment)),
    ]  # fmt: skip


def segments(matrix: list[bytearray]) -> list[tuple[str, int]]:
    """(mode, characters) of each segment, from the codewords that the reader checked."""
    version = (len(matrix) - 17) // 4
    take, flips = qr_reader._reading(version, qr_reader._read_format(matrix))
    bits = "".join(str(bit) for bit in take(b"".join(matrix)))
    value = int(bits, 2) ^ flips
    data = qr_reader._data_bits((value >> len(bits) % 8).to_bytes(len(bits) // 8, "big"), version)
    found, at = [], 0
    while (mode := data[at : at + 4]) != "0000":
        width = {"0010": 9 if version < 10 else 11 if version < 27 else 13, "0100": 8 if version < 10 else 16}
        start = at + 4 + width[mode]
        count = int(data[at + 4 : start], 2)
        found.append(({"0010": "alphanumeric", "0100": "byte"}[mode], count))
        at = start + (count // 2 * 11 + count % 2 * 6 if mode == "0010" else count * 8)
    return found


LONGEST = make_facts(
    name="Raden Ajeng Siti Nurhaliza Kusumawardhani Tjokroaminoto binti",
    program=replace(FACTS.program, short="Pengelola Koperasi Karyawan Perkebunan Kelapa Sawit"),
    center=replace(FACTS.center, short="BPVP Bandung Barat Timur"),
    number="9999/KOP-PGR-LJT/BPVP-BDG-BRT/VIII/2026",
)
LONGEST_HOST = "https://sertifikat.pelatihan-koperasi.kemnaker.example:8443"
SHORTEST = make_facts(
    name="Wau", program=replace(FACTS.program, short="KOP"), center=replace(FACTS.center, short="B"),
    expires=None,
)  # fmt: skip
TEXTS = {
    "usual": make_qr_text(),
    "shortest": make_qr_text(SHORTEST, "https://a.id"),
    "longest": make_qr_text(LONGEST, LONGEST_HOST),
}
#: What paper, copiers and telephones do to a sheet, beside what the test of a whole page does.
DAMAGE: dict[str, dict[str, Any]] = {
    "150 dpi": {"dpi": 150, "blur": 0.6},
    "200 dpi, blur 0.8": {"blur": 0.8},
    "200 dpi, blur 1.2": {"blur": 1.2},
    "300 dpi, blur 1.5": {"dpi": 300, "blur": 1.5},
    "turned 7": {"turn": 7},
    "turned -4": {"turn": -4},
    "turned 15": {"turn": 15},
    "in perspective": {"tilt": 0.12},
    "noise": {"noise": 25},
    "low contrast": {"black": 90, "white": 190},
    "a copy of a copy": {"noise": 12, "black": 60, "white": 225, "turn": 3, "tilt": 0.05},
}


def test_longest_texts_fill_their_limits() -> None:
    facts = qr.facts_for_qr(LONGEST, 2**31 - 1).fitted()
    limits = (qr.NAME_BYTES, qr.PROGRAM_BYTES, qr.CENTER_BYTES)
    sizes = tuple(len(text.encode()) for text in (facts.name, facts.program, facts.center))
    assert all(limit - 4 <= size <= limit for size, limit in zip(sizes, limits, strict=True))


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("text", TEXTS)
def test_qr_survives_what_happens_to_paper(text: str, damage: str) -> None:
    how = {"dpi": 200, "blur": 0.8, **DAMAGE[damage]}
    assert print_and_scan(qr.qr_matrix(TEXTS[text]), **how) == TEXTS[text]


@pytest.mark.parametrize("mask", range(8))
def test_qr_of_every_mask_is_read_from_a_bad_scan(mask: int) -> None:
    for text in TEXTS.values():
        assert print_and_scan(qr.qr_matrix(text, mask), dpi=200, blur=1.0, turn=2, noise=15) == text


def print_and_scan(matrix: list[bytearray], *, dpi: int, blur: float, **damage: Any) -> str | None:
    """The text that zxing-cpp reads from the code printed 30 mm wide, damaged as `support.certificates.spoil`
    says."""
    side = len(matrix) + 2 * qr.QUIET_MODULES
    sharp = Image.new("L", (side, side), 255)
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            if dark:
                sharp.putpixel((column + qr.QUIET_MODULES, row + qr.QUIET_MODULES), 0)
    pixels = round(qr.PRINTED_SIZE_MM / 25.4 * dpi * side / len(matrix))
    printed = sharp.resize((side * 8, side * 8), Image.Resampling.NEAREST).resize(
        (pixels, pixels), Image.Resampling.BOX
    )
    found = zxingcpp.read_barcodes(spoil(printed, blur=blur, **({"turn": 2} | damage)))
    return found[0].text if found else None


def test_qr_matrix_fixed_mask_scans_from_blurred_prints() -> None:
    """Drawing with a fixed mask is several times faster: it must not cost a single reading."""
    chance = random.Random(7)
    for _ in range(25):
        name = "".join(chance.choices("abcdefghij klmno", k=chance.randint(3, 60))).title()
        code = new_code()
        text = make_qr_text(make_facts(name=name, code=code))
        assert text.startswith(f"{BASE_URL.upper()}/V/{code}#")
        assert print_and_scan(qr.qr_matrix(text), dpi=200, blur=1.2) == text
