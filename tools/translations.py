"""Keep the English catalog: `tools/translations.py` extracts, updates and compiles; `--check` only tells.

Indonesian is the source. The catalog is portal/translations/en/LC_MESSAGES/messages.po; beside it lies the
compiled messages.mo that the portal reads. An entry without a translation, or with other placeholders, is a
fault.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "portal" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("portal/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
OPTIONS = {
    pattern: {"trim_blocks": "true", "lstrip_blocks": "true"}
    for pattern in ("templates/**.html", "templates/**.txt")
}
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]")


def extract() -> Catalog:
    """All messages of the code and the templates."""
    found = Catalog(project="Balai", charset="utf-8")
    for folder, method in (("portal", METHODS[:1]), ("templates", METHODS[1:])):
        mapped = [(pattern.split("/", 1)[1], name) for pattern, name in method]
        options = {pattern.split("/", 1)[1]: value for pattern, value in OPTIONS.items()}
        base = ROOT / folder
        for _path, _line, message, _comments, context in extract_from_dir(base, mapped, options, KEYWORDS):
            found.add(message, context=context)
    return found


def read() -> Catalog:
    """The catalog as it is on disk; empty when there is none."""
    if not CATALOG.exists():
        return Catalog(locale="en", project="Balai", fuzzy=False)
    with CATALOG.open("rb") as file:
        return read_po(file, locale="en")


def faults(catalog: Catalog, wanted: Catalog) -> list[str]:
    """What stands between the catalog and a whole English portal, a sentence each."""
    found = []
    for message in wanted:
        if not message.id:
            continue
        known = catalog.get(message.id)
        texts = _texts(known.string) if known else []
        if not all(texts) or not texts:
            found.append(f"not translated: {message.id!r}")
            continue
        if _names(texts) != _names(_texts(message.id)):
            found.append(f"other placeholders: {message.id!r}")
    return found


def _names(texts: list[str]) -> set[str]:
    """The placeholders of a message, over its singular and plural."""
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def _texts(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def compiled(catalog: Catalog) -> bytes:
    """The bytes of messages.mo."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def is_compiled(catalog: Catalog) -> bool:
    """True when messages.mo says what messages.po says."""
    path = CATALOG.with_suffix(".mo")
    if not path.exists():
        return False
    with path.open("rb") as file:
        return _pairs(read_mo(file)) == _pairs(catalog)


def _pairs(catalog: Catalog) -> dict[tuple[str, ...], list[str]]:
    """Message ids and their texts, plural or not."""
    return {tuple(_texts(m.id)): _texts(m.string) for m in catalog if m.id and m.string}


def save(catalog: Catalog) -> None:
    """Write both files."""
    CATALOG.parent.mkdir(parents=True, exist_ok=True)
    with CATALOG.open("wb") as file:
        write_po(file, catalog, sort_output=True, no_location=True, width=110, ignore_obsolete=True)
    CATALOG.with_suffix(".mo").write_bytes(compiled(catalog))


def main(arguments: list[str]) -> int:
    """0 when every message has its English."""
    wanted, catalog = extract(), read()
    if "--check" not in arguments:
        catalog.update(wanted, no_fuzzy_matching=True)
        save(catalog)
    problems = faults(catalog, wanted)
    for line in problems:
        print(line)
    print(f"{len(problems)} of {len(wanted)} messages need work")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
