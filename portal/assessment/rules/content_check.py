"""When a question's content may be stored, and its one canonical form. Pure; shapes are in `content`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.assessment.rules.judging import Say, plain
from portal.core.blockers import Blocker

PART_KINDS = ("single", "multiple", "true_false", "matching", "number")
KINDS = (*PART_KINDS, "case")

STEM_LIMIT = 4000
OPTION_LIMIT = 500
EXPLANATION_LIMIT = 2000
ALT_LIMIT = 300
UNIT_LIMIT = 20
OPTIONS = (2, 8)
PAIRS = (2, 8)
EXTRAS = 4
PARTS = (1, 8)
IMAGES = 4

_ID = re.compile(r"[a-z0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,7})?")
# Control characters but the line break and the tab have no place in a question, on paper or in a sheet.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def tidy_text(text: Any) -> str:
    """One form for a text: NFC, line breaks as \\n, no control characters, no blanks around."""
    plain_text = unicodedata.normalize("NFC", str(text or "")).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", plain_text).strip()


def tidy(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content in its one form, so that the same content is the same document: texts tidied, empty rows
    dropped, keys sorted, nothing that the kind does not know."""
    images = [
        {"sha256": str(image.get("sha256", "")), "alt": tidy_text(image.get("alt"))}
        for image in content.get("images") or ()
    ]
    neat: dict[str, Any] = {
        "stem": tidy_text(content.get("stem")),
        "images": images,
        "explanation": tidy_text(content.get("explanation")),
    }
    if kind in ("single", "multiple"):
        rows = [{"id": row["id"], "text": tidy_text(row["text"])} for row in content.get("options") or ()]
        neat["options"] = [row for row in rows if row["text"]]
        key = content.get("key") or ""
        neat["key"] = key if kind == "single" else sorted(set(key))
    elif kind == "true_false":
        neat["key"] = content.get("key")
    elif kind == "matching":
        neat.update(_tidy_pairs(content))
    elif kind == "number":
        neat["key"] = tidy_text(content.get("key"))
        neat["tolerance"] = tidy_text(content.get("tolerance")) or "0"
        neat["unit"] = tidy_text(content.get("unit"))
    elif kind == "case":
        neat["parts"] = [
            {"id": part["id"], "kind": part["kind"], **tidy(part["kind"], part)}
            for part in content.get("parts") or ()
        ]
    # What a corrected key may add (see `content.points`).
    return neat | {name: content[name] for name in ("also", "void") if content.get(name)}


def _tidy_pairs(content: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [
        {"id": row["id"], "left": tidy_text(row["left"]), "right": tidy_text(row["right"])}
        for row in content.get("pairs") or ()
    ]
    extra = [tidy_text(row["right"]) for row in content.get("extra") or ()]
    return {
        "pairs": [row for row in pairs if row["left"] or row["right"]],
        "extra": [{"right": text} for text in extra if text],
    }


def content_problems(kind: str, content: Mapping[str, Any], _: Say = plain) -> list[Blocker]:
    """What keeps a (tidied) content from being stored; the code's first word names the field it is about:
    stem, images, explanation, options, key, pairs, extra, tolerance, unit, parts."""
    if kind not in KINDS:
        return [Blocker("kind_unknown", _("Jenis soal ini tidak dikenal."))]
    found = []
    if not content.get("stem"):
        found.append(Blocker("stem_missing", _("Tulis pertanyaannya.")))
    found += _too_long("stem_long", content.get("stem", ""), STEM_LIMIT, _)
    found += _too_long("explanation_long", content.get("explanation", ""), EXPLANATION_LIMIT, _)
    found += _image_problems(content.get("images", []), _)
    return found + _CHECKS[kind](content, _)


def _too_long(code: str, text: str, limit: int, _: Say) -> list[Blocker]:
    if len(text) <= limit:
        return []
    return [Blocker(code, _("Paling panjang %(limit)s huruf.", limit=limit))]


def _image_problems(images: Sequence[Mapping[str, str]], _: Say) -> list[Blocker]:
    found = []
    if len(images) > IMAGES:
        found.append(Blocker("images_many", _("Paling banyak %(limit)s gambar sebuah soal.", limit=IMAGES)))
    if any(not _DIGEST.fullmatch(image.get("sha256", "")) for image in images):
        found.append(Blocker("images_unknown", _("Ada gambar yang tidak dikenal. Unggah lagi gambarnya.")))
    if any(not image.get("alt") for image in images):
        message = _("Tulis keterangan tiap gambar, untuk peserta yang tidak dapat melihatnya.")
        found.append(Blocker("images_alt", message))
    for image in images:
        found += _too_long("images_alt_long", image.get("alt", ""), ALT_LIMIT, _)
    return found


def _count(code: str, many: int, bounds: tuple[int, int], what: str, _: Say) -> list[Blocker]:
    if bounds[0] <= many <= bounds[1]:
        return []
    message = _("%(what)s: %(low)s sampai %(high)s.", what=what, low=bounds[0], high=bounds[1])
    return [Blocker(code, message)]


def _ids_ok(rows: Sequence[Mapping[str, Any]]) -> bool:
    ids = [row.get("id") for row in rows]
    return len(set(ids)) == len(ids) and all(isinstance(i, str) and _ID.fullmatch(i) for i in ids)


def _option_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    options = content.get("options", [])
    found = _count("options_count", len(options), OPTIONS, _("Jumlah pilihan"), _)
    texts = [option["text"].casefold() for option in options]
    if len(set(texts)) < len(texts):
        found.append(Blocker("options_same", _("Ada dua pilihan yang sama.")))
    if not _ids_ok(options):
        found.append(Blocker("options_ids", _("Pilihan tidak dapat dibedakan. Muat ulang halaman ini.")))
    for option in options:
        found += _too_long("options_long", option["text"], OPTION_LIMIT, _)
    return found


def _single_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    found = _option_problems(content, _)
    if content.get("key") not in {option["id"] for option in content.get("options", [])}:
        found.append(Blocker("key_missing", _("Tandai satu jawaban yang benar.")))
    return found


def _multiple_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    found = _option_problems(content, _)
    ids = {option["id"] for option in content.get("options", [])}
    key = content.get("key") or []
    if not key or not set(key) <= ids:
        found.append(Blocker("key_missing", _("Tandai jawaban-jawaban yang benar.")))
    elif set(key) == ids:
        message = _("Semua pilihan ditandai benar. Tambah paling sedikit satu pilihan yang salah.")
        found.append(Blocker("key_all", message))
    return found


def _truth_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    if isinstance(content.get("key"), bool):
        return []
    return [Blocker("key_missing", _("Pilih benar atau salah."))]


def _matching_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    pairs, extra = content.get("pairs", []), content.get("extra", [])
    found = _count("pairs_count", len(pairs), PAIRS, _("Jumlah pasangan"), _)
    if any(not pair["left"] or not pair["right"] for pair in pairs):
        found.append(Blocker("pairs_half", _("Isi kedua sisi tiap pasangan.")))
    lefts = [pair["left"].casefold() for pair in pairs]
    rights = [pair["right"] for pair in pairs] + [row["right"] for row in extra]
    if len(set(lefts)) < len(lefts) or not _ids_ok(pairs):
        found.append(Blocker("pairs_same", _("Ada dua sisi kiri yang sama.")))
    if len({pair["right"].casefold() for pair in pairs}) < 2 <= len(pairs):
        found.append(Blocker("pairs_one_right", _("Sisi kanan semua pasangan sama, jadi tidak ada pilihan.")))
    if len(extra) > EXTRAS:
        found.append(Blocker("extra_many", _("Paling banyak %(limit)s pengecoh tambahan.", limit=EXTRAS)))
    if {row["right"].casefold() for row in extra} & {pair["right"].casefold() for pair in pairs}:
        found.append(Blocker("extra_same", _("Ada pengecoh yang sama dengan jawaban sebuah pasangan.")))
    for text in [pair["left"] for pair in pairs] + rights:
        found += _too_long("pairs_long", text, OPTION_LIMIT, _)
    return found


def _number_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    found = []
    if not _decimal(content.get("key")):
        found.append(Blocker("key_number", _("Tulis jawaban sebagai angka, misalnya 12,5.")))
    tolerance = content.get("tolerance", "0")
    if not _decimal(tolerance) or Decimal(tolerance) < 0:
        found.append(Blocker("tolerance_number", _("Tulis toleransi sebagai angka, misalnya 0,5 atau 0.")))
    return found + _too_long("unit_long", content.get("unit", ""), UNIT_LIMIT, _)


def _decimal(text: Any) -> bool:
    try:
        return isinstance(text, str) and bool(_NUMBER.fullmatch(text)) and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _case_problems(content: Mapping[str, Any], _: Say) -> list[Blocker]:
    parts = content.get("parts", [])
    found = _count("parts_count", len(parts), PARTS, _("Jumlah bagian"), _)
    if not _ids_ok(parts):
        found.append(Blocker("parts_ids", _("Bagian tidak dapat dibedakan. Muat ulang halaman ini.")))
    for number, part in enumerate(parts, 1):
        if part.get("kind") not in PART_KINDS:
            problems = [Blocker("kind_unknown", _("Jenis soal ini tidak dikenal."))]
        else:
            problems = content_problems(part["kind"], part, _)
        for problem in problems:
            message = _("Bagian %(number)s: %(reason)s", number=number, reason=problem.message)
            found.append(Blocker(f"parts_{number}_{problem.code}", message))
    return found


_CHECKS = {
    "single": _single_problems,
    "multiple": _multiple_problems,
    "true_false": _truth_problems,
    "matching": _matching_problems,
    "number": _number_problems,
    "case": _case_problems,
}
