"""What changed between two versions of a question, in words; and what an edit keeps of the version before.
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.content import letter_ids, number_shown
from portal.assessment.rules.judging import Say, plain
from portal.assessment.rules.keys import same_options

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that changed: what it is called, how it was, how it is; "" where there is or was nothing."""

    label: str
    before: str
    after: str


def changes(kind: str, old: Content, new: Content, _: Say = plain) -> list[Change]:
    """What differs between two contents of one kind, in the order of the form."""
    before, after = (told(kind, content, _) for content in (old, new))
    labels = list(dict.fromkeys([*before, *after]))
    pairs = [(label, before.get(label, ""), after.get(label, "")) for label in labels]
    return [Change(*row) for row in pairs if row[1] != row[2]]


def told(kind: str, content: Content, _: Say = plain) -> dict[str, str]:
    """Label -> text of everything a content holds, for reading and comparing."""
    lines = {_("Pertanyaan"): content["stem"]}
    if content.get("images"):
        lines[_("Gambar")] = "\n".join(f"{row['alt']} ({row['sha256'][:8]})" for row in content["images"])
    if kind == "case":
        for number, part in enumerate(content["parts"], 1):
            for label, text in told(part["kind"], part, _).items():
                lines[_("Bagian %(number)s, %(label)s", number=number, label=label.lower())] = text
    else:
        lines |= _answers_told(kind, content, _)
    if content.get("void"):
        lines[_("Penilaian")] = _("Semua jawaban dinilai benar")
    if content.get("explanation"):
        lines[_("Pembahasan")] = content["explanation"]
    return lines


def _answers_told(kind: str, content: Content, _: Say) -> dict[str, str]:
    if kind == "true_false":
        return {_("Kunci"): _("Benar") if content["key"] else _("Salah")}
    if kind == "number":
        keys = [content["key"], *content.get("also", ())]
        unit = f" {content['unit']}" if content.get("unit") else ""
        lines = {_("Kunci"): "; ".join(number_shown(key) + unit for key in keys)}
        if content["tolerance"] != "0":
            lines[_("Toleransi")] = number_shown(content["tolerance"])
        return lines
    if kind == "matching":
        lines = {_("Pasangan"): "\n".join(f"{row['left']} → {row['right']}" for row in content["pairs"])}
        if content.get("extra"):
            lines[_("Pengecoh")] = "\n".join(row["right"] for row in content["extra"])
        return lines
    keys = [content["key"], *content.get("also", ())] if kind == "single" else content["key"]
    texts = {option["id"]: option["text"] for option in content["options"]}
    return {
        _("Pilihan"): "\n".join(texts.values()),
        _("Kunci"): "\n".join(text for name, text in texts.items() if name in keys),
    }


def key_told(kind: str, content: Content, _: Say = plain) -> dict[str, str]:
    """Label -> text of what a candidate does not see: the key of the question or of each part, and the
    explanation."""
    if kind == "case":
        lines = {
            _("Bagian %(number)s", number=number): "\n".join(key_told(part["kind"], part, _).values())
            for number, part in enumerate(content["parts"], 1)
        }
    else:
        hidden = (_("Pilihan"), _("Pengecoh"))
        told_ = _answers_told(kind, content, _)
        lines = {label: text for label, text in told_.items() if label not in hidden}
    if content.get("explanation"):
        lines[_("Pembahasan")] = content["explanation"]
    return lines


def carried(kind: str, old: Content, new: Content) -> dict[str, Any]:
    """The new content with the ids of equal options of the old one, so that answers keep their meaning, and
    with what a corrected key had added as long as neither options nor key changed."""
    if kind == "case":
        known = {part["id"]: part for part in old["parts"]}
        parts = [
            {"id": part["id"], "kind": part["kind"], **carried(part["kind"], known[part["id"]], part)}
            if part["id"] in known and known[part["id"]]["kind"] == part["kind"]
            else part
            for part in new["parts"]
        ]
        return {**new, "parts": parts}
    kept = _same_ids(old, new) if kind in ("single", "multiple") else dict(new)
    if same_options(old, kept) and _key(kind, old) == _key(kind, kept):
        kept |= {name: old[name] for name in ("also", "void") if name in old}
    return kept


def _key(kind: str, content: Content) -> Any:
    if kind == "matching":
        return {pair["id"]: pair["right"] for pair in content["pairs"]}
    return [content["key"], content.get("tolerance")]


def _same_ids(old: Content, new: Content) -> dict[str, Any]:
    """Options of equal text keep their id; the others get letters that are free in both."""
    ids = {option["text"]: option["id"] for option in old["options"]}
    kept = {row["id"]: ids[row["text"]] for row in new["options"] if row["text"] in ids}
    fresh = [row for row in new["options"] if row["id"] not in kept]
    standing = {row["id"] for row in fresh if row["id"] in ids.values() and row["id"] not in kept.values()}
    kept |= {name: name for name in standing}
    fresh = [row for row in fresh if row["id"] not in standing]
    letters = letter_ids([row["text"] for row in fresh], taken=[*ids.values(), *kept.values()])
    kept |= {row["id"]: letter for row, letter in zip(fresh, letters, strict=True)}
    options = [{"id": kept[row["id"]], "text": row["text"]} for row in new["options"]]
    key = new["key"]
    renamed = sorted(kept[one] for one in key) if isinstance(key, list) else kept.get(key, key)
    return {**new, "options": options, "key": renamed}
