"""GIFT as question banks of schools really hold it: our own questions in the shapes of genuine exports
(docs/classroom.md names the files that were read)."""

from __future__ import annotations

from typing import Any

import pytest

from portal.assessment.rules.gift import Written, read, write
from portal.assessment.rules.gift.drafts import Draft


def only(text: str) -> Draft:
    """The one question of a file."""
    reading = read(text)
    assert [refusal.reason for refusal in reading.refusals] == []
    (draft,) = reading.drafts
    return draft


def options(draft: Draft) -> dict[str, Any]:
    """Option text -> whether it is right."""
    key = draft.content["key"]
    right = set(key if isinstance(key, list) else [key])
    return {option["text"]: option["id"] in right for option in draft.content["options"]}


EXPORT = (
    "// question: 0  name: Switch category to $course$/top/Default untuk KOP-1/Modul 2\n"
    "$CATEGORY: $course$/top/Default untuk KOP-1/Modul 2\n\n\n"
    "// question: 6001  name: S1Q6\n\n\n"
    "// question: 6002  name: Buku kas\n// [id:kas-1] [tag:pembukuan]\n"
    '::Buku kas::[html]<p dir\\="ltr" style\\="text-align\\: left;">Apa isi <strong>buku kas</strong> \\:<br></p>{\n'  # noqa: E501
    '\t~<p dir\\="ltr" style\\="text-align\\: left;">&nbsp;Nama anggota<br></p>\n'
    '\t=<p dir\\="ltr" style\\="text-align\\: left;">Uang masuk dan keluar<br></p>#<p>Tepat.</p>\n'
    '\t####<p dir\\="ltr" style\\="text-align\\: left;">Modul 2, \\nhalaman 4. <br></p>\n'
    "}\n"
)


def test_an_export_with_styles_and_breaks_reads_plain() -> None:
    reading = read(EXPORT)
    assert reading.categories == ["Default untuk KOP-1/Modul 2"]
    (draft,) = reading.drafts
    assert (draft.name, draft.content["stem"]) == ("Buku kas", "Apa isi buku kas :")
    assert options(draft) == {"Nama anggota": False, "Uang masuk dan keluar": True}
    assert draft.content["explanation"] == "Modul 2, halaman 4.\nUang masuk dan keluar: Tepat."


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_make_no_difference(ends: str, mark: str) -> None:
    assert read(mark + EXPORT.replace("\n", ends)) == read(EXPORT)


def test_a_picture_of_the_course_is_counted_and_described() -> None:
    draft = only(
        '::G::[html]<p>Lihat <a href\\="https\\://contoh.id/a\\#b" target\\="_blank">bagan</a>.</p>'
        '<p><img src\\="@@PLUGINFILE@@/Bagan_2024.png" alt\\="Bagan biaya" width\\="661"><br></p>'
        "<p>Apa ini \\:</p>{\n\t=<p>Bagan</p>\n\t~<p>Peta</p>\n}"
    )
    assert draft.content["stem"] == "Lihat bagan.\n\n[Bagan biaya]\n\nApa ini :"
    assert "1 gambar" in draft.notes[0]


def test_answers_pasted_from_a_word_processor_lose_their_style_alone() -> None:
    draft = only(
        "::S::[html]<p>Pilih \\:</p>{\n// question: 7  name: S\n\t=<p>kas</p>\n"
        '\t~<p><strong id\\="docs-internal-guid-5665" style\\="font-weight\\: normal;"><span style\\="color\\: '  # noqa: E501
        '\\#434343; white-space\\: pre-wrap;">bank</span></strong></p>\n}'
    )
    assert options(draft) == {"kas": True, "bank": False}


def test_log_lines_with_colons_tildes_and_brackets_survive() -> None:
    draft = only(
        "::L::Pilih{\n\t=a\n\t~b\n\t####<p>Baris \\:</p><p> </p><p><br /><code>127.0.0.1 - - "
        '[22/Sep/2015\\:08\\:22\\:48 +0200] "GET /\\~siti/x.html" 200</code></p>\n}'
    )
    assert "[22/Sep/2015:08:22:48 +0200]" in draft.content["explanation"]
    assert "/~siti/x.html" in draft.content["explanation"]


def test_several_right_answers_in_fifths_and_halves() -> None:
    fifths = only("::D::Mana dokumen?{~%20%a ~b ~%20%c ~d ~%20%e ~%20%f ~%20%g}")
    assert [text for text, right in options(fifths).items() if right] == ["a", "c", "e", "f", "g"]
    halves = only(
        "::W::Warna{\n ~%50%kuning # ya\n ~%-100%merah # [html]bukan\n ~%50%gading ~%-100%[plain]biru\n}"
    )
    assert options(halves) == {"kuning": True, "merah": False, "gading": True, "biru": False}


@pytest.mark.parametrize(
    ("answers", "kind", "right"),
    [
        ("~%0%a ~%0%b ~%100%c", "multiple", {"c"}),
        ("=%100%a ~%0%b ~%0%c", "single", {"a"}),
        ("~=a ~b ~c", "single", {"a"}),
        ("~=%50%a ~=%50%b ~c", "multiple", {"a", "b"}),
        ("=%50%a =%50%b ~c", "multiple", {"a", "b"}),
        ("=a ~%50%b ~c", "single", {"a"}),
    ],
)
def test_a_weight_never_becomes_part_of_an_answer(answers: str, kind: str, right: set[str]) -> None:
    draft = only(f"::B::Pilih{{{answers}}}")
    assert draft.kind == kind
    assert {text for text, is_right in options(draft).items() if is_right} == right
    assert set(options(draft)) == {"a", "b", "c"}


def test_an_answer_that_looks_like_a_weight_is_written_so_that_it_stays_one() -> None:
    content = {
        "stem": "Berapa?", "images": [], "explanation": "", "key": "a",
        "options": [{"id": "a", "text": "%50% dari SHU"}, {"id": "b", "text": "%25% dari SHU"}],
    }  # fmt: skip
    text = write([Written(1, "Bagian", "single", content)])
    assert "=[plain]%50% dari SHU" in text
    assert only(text).content["options"] == content["options"]


def test_marks_behind_a_statement_are_no_missing_word() -> None:
    assert only('::T::SHU dibagi.{\nTRUE#salah#benar\n####Umum.}";').content["stem"] == "SHU dibagi."
    assert only("SHU dibagi {T} setiap tahun.").content["stem"] == "SHU dibagi _____ setiap tahun."
    assert only("Rapat {~bulanan =tahunan}.").content["stem"] == "Rapat _____."


def test_a_pair_keeps_its_side_whatever_its_format() -> None:
    draft = only(
        "::P::[html]Pasangkan <b>buku</b>.{\n =[html]Kas -> uang\n =[moodle]Anggota -> nama\n"
        " =[plain]Stok -> barang\n =[markdown]**Surat** -> agenda\n = -> gaji\n}"
    )
    pairs = [(pair["left"], pair["right"]) for pair in draft.content["pairs"]]
    assert pairs == [("Kas", "uang"), ("Anggota", "nama"), ("Stok", "barang"), ("Surat", "agenda")]
    assert draft.content["extra"] == [{"right": "gaji"}]


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("Apa **SHU** itu?", "Apa SHU itu?"),
        ("Pakai `kas` atau [buku](https\\://contoh.id)?", "Pakai kas atau buku?"),
        ("\\#\\# Judul\\nIsi", "Judul\nIsi"),
        ("![Bagan](@@PLUGINFILE@@/a.png) Apa ini?", "[Bagan] Apa ini?"),
        ("2 * 3 * 4 dan nama_berkas_ini", "2 * 3 * 4 dan nama_berkas_ini"),
        ("buka ** dan tidak ditutup", "buka ** dan tidak ditutup"),
    ],
)
def test_markdown_reads_without_its_marks(typed: str, read_as: str) -> None:
    assert only(f"::M::[markdown]{typed}{{T}}").content["stem"] == read_as


def test_named_questions_without_blank_lines_are_told_apart() -> None:
    reading = read(
        "::Satu::Pilih {\n=a#ya\n~b\n}\n::Dua::Benar? {\nTRUE#ya\n}\n::Tiga::Hanya teks.\n::Empat::Berapa? {#42}"  # noqa: E501
    )
    assert [(draft.line, draft.name, draft.kind) for draft in reading.drafts] == [
        (1, "Satu", "single"), (5, "Dua", "true_false"), (9, "Empat", "number"),
    ]  # fmt: skip
    assert [refusal.name for refusal in reading.refusals] == ["Tiga"]
    # Inside braces a line that looks like a name belongs to the answer.
    assert options(only("::A::Pilih {\n=a\n::b::\n~c\n}")) == {"a\n::b::": True, "c": False}


def test_a_question_right_under_its_category_is_not_lost() -> None:
    reading = read(
        "$CATEGORY: $course$/top/Kas\n::Satu::Benar?{T}\n\n$CATEGORY: tom/dick\n\n::Dua::Benar?{F}"
    )
    assert reading.categories == ["Kas", "tom/dick"]
    assert [draft.name for draft in reading.drafts] == ["Satu", "Dua"]


def test_several_questions_of_one_name_come_in_numbered_and_the_same_one_once() -> None:
    reading = read(
        "::K::Benar?{T}\n\n::K::Salah?{F}\n\n::K (2)::Lain?{T}\n\n::K::Benar?{TRUE}\n\nTanpa nama?{T}\n\nTanpa nama?{F}"  # noqa: E501
    )
    assert [draft.name for draft in reading.drafts] == [
        "K",
        "K (3)",
        "K (2)",
        "Tanpa nama?",
        "Tanpa nama? (2)",
    ]
    assert "baris 1" in reading.drafts[1].notes[0]
    assert [(one.line, one.reason) for one in reading.refusals] == [
        (7, "Soal ini sama dengan soal di baris 1.")
    ]
    again = read("\n\n".join(["::K::Benar?{T}", "::K::Salah?{F}", "::K (2)::Lain?{T}"]))
    assert [draft.name for draft in again.drafts] == ["K", "K (3)", "K (2)"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("::E::Uraikan tugas pengawas. {}", "esai"),
        ("::E::[html]<div><p>Uraikan.</p></div>\n{####<p>Pembahasan</p>}", "esai"),
        ("::I::Siapa? {=Ketua#ya =%50%Wakil#hampir =%0%*#bukan}", "isian singkat"),
        ("::I::[html]Siapa ...{\n\t=%100%Ketua#\n}", "isian singkat"),
        ("::D::Bacalah teks ini.", "Hanya teks"),
        ("::S::Apa yang dibagi?{~%33.33333%a ~%33.33333%b ~%33.33333%c}", "ditandai benar"),
    ],
)
def test_what_our_kinds_cannot_say_is_refused_alone(text: str, word: str) -> None:
    reading = read(f"::Awal::Benar?{{T}}\n\n{text}\n\n::Akhir::Benar?{{F}}")
    assert [draft.name for draft in reading.drafts] == ["Awal", "Akhir"]
    assert [word in refusal.reason for refusal in reading.refusals] == [True]
