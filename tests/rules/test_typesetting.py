"""Which characters the shipped fonts can print, and that threads do not meet in a compiler."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from fontTools.ttLib import TTFont

from portal.core import typesetting
from portal.core.typesetting import TypesettingError, compile_pdf, missing_characters

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LETTER = {
    "center": "Balai", "claim_at": "balai.example/klaim", "login_at": "balai.example/masuk", "help": "Tanya.",
    "qr": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', "letters": [],
}  # fmt: skip


def letter(name: str) -> dict[str, object]:
    person = dict.fromkeys(("detail", "place", "program", "login", "code", "expires"), "x") | {"name": name}
    return LETTER | {"letters": [person]}


def test_characters_agree_with_another_reader_of_fonts() -> None:
    fonts = sorted(typesetting.font_folder().glob("*.ttf"))
    assert len(fonts) == len(typesetting.FAMILIES) * len(typesetting.WEIGHTS)
    for path in fonts:
        assert typesetting._characters(path) == frozenset(TTFont(path).getBestCmap())


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Dewi Lestari, S.E. (Hj.) `Ny\u00e9man` D\u2019Arc/O'Neil -", ""),
        ("Re\u0301mi\t\n\u00a0", ""),
        ("\u0141\u00f3d\u017a Nguy\u1ec5n \u0416 \u03a9", ""),
        ("\u5f20\u4f1f \u5f20", "\u5f20\u4f1f"),
        ("\u0645\u062d\u0645\u062f", "\u0645\u062d\u062f"),
        ("Dewi \U0001f600", "\U0001f600"),
        ("a\x00b\u202ec\u200dd", "\x00\u202e\u200d"),
        ("", ""),
    ],
)
def test_missing_characters_names_each_once(text: str, missing: str) -> None:
    assert missing_characters(text) == missing


@pytest.mark.parametrize("name", ["Dewi \u5f20", "\U0001f600", "\u0645\u062d\u0645\u062f"])
def test_compile_pdf_refuses_exactly_what_was_foreseen(name: str) -> None:
    assert missing_characters(name)
    with pytest.raises(TypesettingError):
        compile_pdf("surat_klaim.typ", letter(name), at=NOW)


def test_compile_pdf_every_printable_character_of_a_name_sets() -> None:
    letters = [chr(code) for code in sorted(typesetting._printable()) if chr(code).isalpha()]
    assert compile_pdf("surat_klaim.typ", letter(" ".join(letters)), at=NOW).startswith(b"%PDF")


def test_compile_pdf_typst_markup_in_data_stays_text() -> None:
    assert compile_pdf("surat_klaim.typ", letter('#read("/etc/passwd") *a* $x$ \\ "'), at=NOW)


def test_compile_pdf_naive_time_is_refused() -> None:
    with pytest.raises(ValueError):
        compile_pdf("surat_klaim.typ", letter("Dewi"), at=datetime(2026, 11, 22))


def test_compile_pdf_threads_at_once_each_get_their_own_sheet() -> None:
    names = [f"Orang ke {number}" for number in range(24)]
    expected = [compile_pdf("surat_klaim.typ", letter(name), at=NOW) for name in names]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: compile_pdf("surat_klaim.typ", letter(name), at=NOW), names))
    assert found == expected
