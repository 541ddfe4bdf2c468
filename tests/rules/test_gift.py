"""GIFT: read as Moodle reads it, written so that Moodle reads it back."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.assessment.rules import content as contents
from portal.assessment.rules.content import letter_ids
from portal.assessment.rules.content_check import content_problems, tidy, tidy_text
from portal.assessment.rules.gift import Draft, Reading, Written, read, write
from portal.assessment.rules.gift.reader import MAX_QUESTIONS

DATA = Path(__file__).parent.parent / "data" / "gift"


def read_file(name: str) -> Reading:
    return read((DATA / name).read_text(encoding="utf-8"))


def one(text: str) -> Draft:
    reading = read(text)
    assert not reading.refusals, reading.refusals
    assert len(reading.drafts) == 1
    return reading.drafts[0]


def why(text: str) -> str:
    reading = read(text)
    assert not reading.drafts
    assert len(reading.refusals) == 1
    return reading.refusals[0].reason


def texts(draft: Draft) -> list[str]:
    return [option["text"] for option in draft.content["options"]]


def key_texts(draft: Draft) -> list[str]:
    key = draft.content["key"]
    return [option["text"] for option in draft.content["options"] if option["id"] in key]


# ---- a bank as Moodle exports it ----


def test_a_moodle_bank_is_read_whole() -> None:
    reading = read_file("moodle-pembukuan.gift")
    assert reading.categories == ["Default for KMP-02/Pembukuan harian", "Default for KMP-02/Neraca"]
    assert [(draft.name, draft.kind) for draft in reading.drafts] == [
        ("Bukti kas keluar", "single"),
        ("Yang termasuk aset lancar", "multiple"),
        ("Simpanan pokok", "true_false"),
        ("Pasangkan buku dan isinya", "matching"),
        ("Bunga pinjaman", "number"),
        ("Rasio lancar", "number"),
        ("Kalimat rumpang", "single"),
        ("Neraca dengan gambar", "number"),
        ("Skrip", "single"),
    ]
    assert [(refusal.line, refusal.name) for refusal in reading.refusals] == [
        (56, "Uraikan tugas pengawas"),
        (60, "Kepanjangan RAT"),
        (67, "Petunjuk"),
    ]


def test_html_weights_and_feedback_of_a_moodle_bank_become_plain() -> None:
    drafts = {draft.name: draft for draft in read_file("moodle-pembukuan.gift").drafts}
    receipt = drafts["Bukti kas keluar"]
    assert (
        receipt.content["stem"]
        == "Koperasi membayar ongkos angkut Rp350.000 tunai. Bukti apa yang dibuat lebih dulu?"
    )
    assert texts(receipt) == ["Nota kontan", "Bukti kas keluar", "Kuitansi", "Faktur & surat jalan"]
    assert key_texts(receipt) == ["Bukti kas keluar"]
    assert receipt.content["explanation"] == (
        "Lihat modul 3, halaman 12.\nNota kontan: Nota kontan dibuat penjual.\n"
        "Bukti kas keluar: Benar: uang keluar dari kas."
    )
    assert receipt.notes == ("Nilai sebagian untuk pilihan lain tidak ikut.",)
    assert key_texts(drafts["Yang termasuk aset lancar"]) == ["Kas", "Piutang anggota", "Persediaan pupuk"]
    saving = drafts["Simpanan pokok"].content
    assert saving["key"] is False
    assert saving["explanation"] == "Pasal 41.\nTepat.\nTidak boleh: lihat UU 25/1992."
    books = drafts["Pasangkan buku dan isinya"].content
    assert next((pair["left"], pair["right"]) for pair in books["pairs"]) == (
        "Buku kas",
        "uang masuk dan keluar",
    )
    assert books["extra"] == [{"right": "surat masuk"}]
    interest = drafts["Bunga pinjaman"].content
    assert (interest["key"], interest["tolerance"]) == ("150", "0.5")
    assert interest["stem"].split("\n") == [
        "Pinjaman Rp10.000.000 berbunga 1,5% sebulan.",
        "Berapa ribu rupiah bunganya sebulan?",
        "",
        "Rumus: H₂ tidak perlu, cukup r = p × t.",
    ]
    ratio = drafts["Rasio lancar"].content
    assert (ratio["key"], ratio["tolerance"]) == ("2", "1")
    assert ratio["stem"].count("\n") == 2
    assert (
        drafts["Kalimat rumpang"].content["stem"] == "Rapat anggota diadakan _____ paling sedikit satu kali."
    )
    picture = drafts["Neraca dengan gambar"]
    assert picture.notes == ("1 gambar tidak ikut. Unggah gambarnya setelah impor.",)
    assert "[Neraca 2025]" in picture.content["stem"]
    script = drafts["Skrip"].content
    assert (script["stem"], script["options"][0]["text"]) == ("Pilih yang benar.", "Satu")


def test_every_bad_question_is_told_with_its_line_and_the_good_ones_stay() -> None:
    reading = read_file("rusak.gift")
    assert [(draft.line, draft.name) for draft in reading.drafts] == [
        (19, "Baik"),
        (21, "Baik (2)"),
        (23, "Tanpa nama tetapi baik. Jawabannya benar?"),
    ]
    assert [(refusal.line, refusal.name) for refusal in reading.refusals] == [
        (3, "Tanpa penutup"),
        (5, "Dua blok"),
        (7, "Dua benar"),
        (9, "Tanpa kunci"),
        (11, "Satu pilihan"),
        (13, "Angka apa"),
        (15, "Dua angka"),
        (17, "Tanpa panah"),
        (25, "Sama"),
    ]
    assert all(refusal.reason.endswith(".") for refusal in reading.refusals)
    assert "baris 19" in reading.drafts[1].notes[-1]


# ---- the rules one by one ----


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("Benar? {T}", "true_false", True),
        ("Benar? {TRUE}", "true_false", True),
        ("Benar? {F#salah#benar}", "true_false", False),
        ("Benar? { FALSE }", "true_false", False),
        ("Berapa?{#3.14:0.01}", "number", "3.14"),
        ("Berapa?{#-2}", "number", "-2"),
        ("Berapa?{#1..5}", "number", "3"),
        ("Berapa?{#=%100%7:1#bagus =%50%8:1}", "number", "7"),
        ("Berapa?{#=7:1#bagus\n~#kurang}", "number", "7"),
    ],
)
def test_kinds_with_one_key(text: str, kind: str, key: Any) -> None:
    draft = one(text)
    assert (draft.kind, draft.content["key"]) == (kind, key)


@pytest.mark.parametrize(
    ("text", "kind", "keys"),
    [
        ("Pilih {=a ~b}", "single", ["a"]),
        ("Pilih {~a=b~c}", "single", ["b"]),
        ("Pilih {~=a ~b}", "single", ["a"]),
        ("Pilih {\n~a#tidak\n=b#ya\n}", "single", ["b"]),
        ("Pilih {~%50%a ~%50%b ~%-100%c}", "multiple", ["a", "b"]),
        ("Pilih {~%100%a ~b}", "multiple", ["a"]),
        ("Pilih {~%0%%50%a =b}", "single", ["b"]),
        ("Pilih {=a\\=b ~a\\~b ~\\{c\\}}", "single", ["a=b"]),
    ],
)
def test_choices(text: str, kind: str, keys: list[str]) -> None:
    draft = one(text)
    assert (draft.kind, key_texts(draft)) == (kind, keys)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Uraikan.{}", "esai"),
        ("Uraikan.{####umpan balik}", "esai"),
        ("Siapa?{=Budi =Tuti}", "isian singkat"),
        ("Siapa?{Budi}", "isian singkat"),
        ("Teks saja tanpa jawaban", "Hanya teks"),
        ("Pilih }a{", "kurawal"),
        ("Pilih {=a ~b", "kurawal"),
        ("Pilih {=a {~b}", "kurawal"),
        ("Pilih {=a ~b ~}", "kosong"),
        ("Berapa?{#}", "0 yang benar"),
        ("Berapa?{#1:-1}", "tidak terbaca"),
        ("Berapa?{#1e400}", "tidak terbaca"),
        ("Berapa?{#NaN}", "tidak terbaca"),
        ("{=a ~b}", "tidak punya nama"),
        ("::x::{=a ~b}", "Tulis pertanyaannya"),
        ("Pasang {=a->b}", "pasangan"),
        ("Pilih {=" + "x" * 501 + " ~b}", "500"),
    ],
)
def test_what_cannot_be_a_question_is_told_why(text: str, word: str) -> None:
    assert word in why(text)


def test_escapes_are_undone_and_a_double_backslash_is_one() -> None:
    draft = one("::Nama \\: \\#1::[plain]a\\nb \\= \\~ \\{ \\} \\: \\\\n \\x{=ya\\:ya ~tidak}")
    assert draft.name == "Nama : #1"
    assert draft.content["stem"] == "a\nb = ~ { } : \\n \\x"


def test_byte_order_mark_line_ends_and_comments_do_not_matter() -> None:
    text = "\ufeff// komentar\r\n::Satu::Pilih\r\n// di tengah\r\n{=a ~b}\r\n\r\n\r\n// hanya komentar\r\n"
    draft = one(text)
    assert (draft.line, draft.name, draft.content["stem"]) == (2, "Satu", "Pilih")


def test_plain_and_markdown_keep_their_angle_brackets() -> None:
    assert one("[plain]a <b> c{T}").content["stem"] == "a <b> c"
    assert one("[markdown]**a** < b{T}").content["stem"] == "a < b"
    assert one("a < b, 2 > 1{T}").content["stem"] == "a < b, 2 > 1"
    assert one("[lain]a{T}").content["stem"] == "[lain]a"


def test_more_than_the_limit_is_told_once() -> None:
    reading = read("\n\n".join(f"::{i}::Benar?{{T}}" for i in range(MAX_QUESTIONS + 50)))
    assert len(reading.drafts) == MAX_QUESTIONS
    assert len(reading.refusals) == 1


def test_a_long_explanation_is_cut_and_said() -> None:
    draft = one("Benar?{T####" + "x" * 3000 + "}")
    assert len(draft.content["explanation"]) == 2000
    assert "dipotong" in draft.notes[0]


def test_a_description_with_its_parts_is_a_case() -> None:
    text = "::K::Sebuah koperasi.\n\n::K (1)::Benar?{T}\n\n::K (2)::Berapa?{#2}\n\n::L::Lain?{F}"
    drafts = read(text).drafts
    assert [(draft.name, draft.kind) for draft in drafts] == [("K", "case"), ("L", "true_false")]
    assert [part["kind"] for part in drafts[0].content["parts"]] == ["true_false", "number"]


# ---- writing ----


def test_what_is_written_has_the_shape_moodle_writes() -> None:
    options = [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}, {"id": "c", "text": "50%"}]
    base: dict[str, Any] = {"stem": "Pilih: ini", "images": [], "explanation": "", "options": options}
    text = write(
        [
            Written(1, "Satu", "single", {**base, "key": "a", "explanation": "[lihat] modul"}),
            Written(2, "Dua", "multiple", {**base, "key": ["a", "b"]}),
        ],
        "Kas / bank",
    )
    assert text.split("\n\n") == [
        "$CATEGORY: $course$/top/Kas // bank",
        "// soal 1: Satu\n::Satu::[plain]Pilih\\: ini{\n\t=A\n\t~B\n\t~50%\n\t####[plain][lihat] modul\n}",
        "// soal 2: Dua\n::Dua::[plain]Pilih\\: ini{\n\t~%50%A\n\t~%50%B\n\t~%-50%50%\n}\n",
    ]


@pytest.mark.parametrize("count", range(1, 8))
def test_weights_are_such_as_moodle_knows(count: int) -> None:
    known = [100, 50, 33.33333, 25, 20, 16.66667, 14.28571]
    options = [{"id": letter, "text": letter} for letter in string.ascii_lowercase[:8]]
    key = [option["id"] for option in options[:count]]
    content = {"stem": "x", "images": [], "explanation": "", "options": options, "key": key}
    weights = [float(w) for w in re.findall(r"~%([-0-9.]+)%", write([Written(1, "x", "multiple", content)]))]
    assert set(weights) == {known[count - 1], -known[count - 1]}
    assert sum(weight for weight in weights if weight > 0) == pytest.approx(100, abs=0.001)


def test_a_picture_is_named_in_a_comment() -> None:
    content = {"stem": "x", "images": [{"sha256": "ab" * 32, "alt": "Neraca\nlama"}], "key": True}
    assert "// gambar tidak ikut: Neraca lama\n" in write([Written(1, "x", "true_false", content)])


WORDS = st.one_of(
    st.text(alphabet="ab \\~=#{}:%[]->/$\n'\"<>&;0T.", min_size=1, max_size=30),
    st.text(min_size=1, max_size=30),
    st.sampled_from(
        [
            "[html]<b>x</b>",
            "%50%x",
            "a -> b",
            "####",
            "::x::",
            "// x",
            "\\n",
            "TRUE",
            "$CATEGORY: x",
            "0",
            "~=x",
        ]
    ),
).map(tidy_text)
FILLED = WORDS.filter(bool)
DECIMALS = st.decimals(min_value=-9999, max_value=9999, places=3).map(
    lambda value: contents.parse_number(format(value, "f").replace(".", ","))
)
POSITIVE = st.decimals(min_value=0, max_value=99, places=2).map(
    lambda value: contents.parse_number(format(value, "f").replace(".", ","))
)


@st.composite
def simple(draw: Any, kinds: tuple[str, ...] = contents.PART_KINDS) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(kinds))
    content: dict[str, Any] = {"stem": draw(FILLED), "explanation": draw(WORDS)}
    if kind in ("single", "multiple"):
        words = draw(st.lists(FILLED, min_size=2, max_size=8, unique_by=str.casefold))
        ids = letter_ids(words)
        content["options"] = [{"id": i, "text": text} for i, text in zip(ids, words, strict=True)]
        count = draw(st.integers(1, len(ids) - 1))
        content["key"] = ids[0] if kind == "single" else ids[:count]
    elif kind == "true_false":
        content["key"] = draw(st.booleans())
    elif kind == "number":
        content |= {"key": draw(DECIMALS), "tolerance": draw(POSITIVE)}
        content["unit"] = draw(st.sampled_from(["", "%", "Rp (ribu)", "kg/m²", "{kg}"]))
    else:
        lefts = draw(st.lists(FILLED, min_size=2, max_size=5, unique_by=str.casefold))
        rights = draw(st.lists(FILLED, min_size=7, max_size=7, unique_by=str.casefold))
        content["pairs"] = [
            {"id": string.ascii_lowercase[i], "left": left, "right": rights[i]}
            for i, left in enumerate(lefts)
        ]
        content["extra"] = [{"right": text} for text in rights[5 : 5 + draw(st.integers(0, 2))]]
    return kind, content


@st.composite
def any_question(draw: Any) -> tuple[str, dict[str, Any]]:
    kind, content = draw(simple())
    if draw(st.integers(0, 4)):
        return kind, tidy(kind, content)
    parts = [draw(simple()) for _ in range(draw(st.integers(1, 3)))]
    case = {
        "stem": draw(FILLED),
        "explanation": draw(WORDS),
        "parts": [{"id": str(i), "kind": k, **c} for i, (k, c) in enumerate(parts, 1)],
    }
    return "case", tidy("case", case)


NAMES = FILLED.map(lambda name: " ".join(name.split())).filter(bool)


@settings(max_examples=400, deadline=None)
@given(st.lists(any_question(), min_size=1, max_size=4), st.data())
def test_what_is_written_is_read_back_as_the_same(
    questions: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    names = data.draw(
        st.lists(NAMES, min_size=len(questions), max_size=len(questions), unique=True).filter(
            lambda names: not any(re.search(r" \(\d+\)$", name) for name in names)
        )
    )
    for kind, content in questions:
        assert content_problems(kind, content) == []
    rows = [
        Written(i, name, kind, content)
        for i, (name, (kind, content)) in enumerate(zip(names, questions, strict=True))
    ]
    reading = read(write(rows, "Unit: 1 / {kas}"))
    assert reading.refusals == []
    assert [(draft.name, draft.kind, draft.content) for draft in reading.drafts] == [
        (row.name, row.kind, dict(row.content)) for row in rows
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab \\~=#{}:%[]->/$\n1.T<p>&", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    reading = read(text)
    for draft in reading.drafts:
        assert content_problems(draft.kind, draft.content) == []
