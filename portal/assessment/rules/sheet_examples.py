"""An example of each kind of question, for the sheet that people fill in. Pure."""

from __future__ import annotations

from typing import Any

from portal.assessment.rules.gift.writer import Written
from portal.assessment.rules.judging import Say, plain


def examples(_: Say = plain) -> list[Written]:
    """One question of each kind, a case with two parts."""
    single = {
        "stem": _("Siapa yang menyetujui pengeluaran kas?"),
        "explanation": _("Lihat modul 2."),
        "options": _options(_("Ketua"), _("Bendahara"), _("Anggota mana pun")),
        "key": "a",
    }
    number = {"stem": _("Saldo awal 10, masuk 5, keluar 2,5. Berapa saldo akhir?"), "key": "12.5",
              "tolerance": "0.1", "unit": _("juta rupiah")}  # fmt: skip
    case = {
        "stem": _("Bendahara menemukan selisih antara buku kas dan uang di laci."),
        "parts": [{"id": "1", "kind": "single", **single}, {"id": "2", "kind": "number", **number}],
    }
    pairs = [
        {"id": "a", "left": _("Kuitansi"), "right": _("Bukti uang diterima")},
        {"id": "b", "left": _("Nota"), "right": _("Bukti pembelian")},
    ]
    contents: list[tuple[str, dict[str, Any]]] = [
        ("single", single),
        (
            "multiple",
            {
                "stem": _("Mana saja bukti transaksi yang sah?"),
                "options": _options(_("Kuitansi bertanggal"), _("Catatan tanpa nama"), _("Nota bernomor")),
                "key": ["a", "c"],
            },
        ),
        ("true_false", {"stem": _("Buku kas ditutup setiap hari."), "key": True}),
        ("matching", {"stem": _("Pasangkan dokumen dengan kegunaannya."), "pairs": pairs,
                      "extra": [{"right": _("Daftar hadir rapat")}]}),
        ("number", number),
        ("case", case),
    ]  # fmt: skip
    return [
        Written(place, _("Contoh %(num)s", num=place), kind, content)
        for place, (kind, content) in enumerate(contents, 1)
    ]


def _options(*texts: str) -> list[dict[str, str]]:
    return [{"id": "abcdefgh"[place], "text": text} for place, text in enumerate(texts)]
