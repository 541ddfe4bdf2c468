"""No NIK in plain text: every one that a run gives to the portal is noted, and nothing on disk may hold it.

`record()` makes this process note each NIK that is encrypted or indexed, in a folder outside of what is
searched. `look_at_database` searches a worker's SQLite files for the newest of them before each reset, so
that every test counts and not only the last; `search_run` searches everything that a run left behind, also
for numbers written with spaces, dots or dashes.
"""

from __future__ import annotations

import mmap
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEEDS = "PORTAL_TEST_NIKS"
FOUND = 9  # the exit status of a run that left a NIK behind; pytest itself uses 0 to 5
#: Sixteen digits or more, also as people write them or as they stand in an address.
WRITTEN = re.compile(rb"\d(?:(?:[ .\-_+]|%20|\xc2\xa0)?\d){15,}")
_FILLING = re.compile(rb"[ .\-_+]|%20|\xc2\xa0")
_PLAIN = re.compile(r"(?<!\d)\d{16}(?!\d)")
#: A NIK that a test types where free text belongs, on purpose, and why it may be found.
ALLOWED: dict[str, str] = {}

_fresh: set[str] = set()
_known: set[str] = set()


@dataclass(frozen=True)
class Finding:
    """A NIK (its last four digits only) in a file, at an offset in bytes."""

    path: str
    offset: int
    last4: str

    def __str__(self) -> str:
        return f"{self.path} at {self.offset}: a NIK that ends in {self.last4}"


def note(niks: Iterable[str]) -> None:
    """Remember NIKs that the portal was given."""
    folder = os.environ.get(SEEDS)
    new = {nik for nik in niks if nik not in _known and nik not in ALLOWED}
    if not new or not folder:
        return
    _known.update(new)
    _fresh.update(new)
    with open(Path(folder) / f"{os.getpid()}.txt", "a", encoding="ascii") as file:
        file.write("".join(f"{nik}\n" for nik in sorted(new)))


def record() -> None:
    """From now on, note what this process encrypts and indexes. Safe to call twice."""
    from portal.core.crypto import FieldCipher

    if getattr(FieldCipher, "is_recorded", False) or SEEDS not in os.environ:
        return
    encrypt, blind_indexes = FieldCipher.encrypt, FieldCipher.blind_indexes

    def noted_encrypt(self: FieldCipher, plain: str | bytes, aad: str, row: object = None) -> str:
        if isinstance(plain, str):
            note(_PLAIN.findall(plain))
        return encrypt(self, plain, aad, row)

    def noted_indexes(self: FieldCipher, value: str, purpose: str) -> list[str]:
        if purpose == "person.nik":
            note(_PLAIN.findall(value))
        return blind_indexes(self, value, purpose)

    changed: Any = FieldCipher
    changed.encrypt, changed.blind_indexes, changed.is_recorded = noted_encrypt, noted_indexes, True


def seeds() -> set[str]:
    """Every NIK that any process of this run noted."""
    folder = Path(os.environ[SEEDS])
    return {line for path in folder.glob("[0-9]*.txt") for line in path.read_text().split()} - set(ALLOWED)


# ---- after each test ----


def look_at_database(paths: Iterable[Path]) -> None:
    """Search SQLite files for the NIKs noted since the last look; what is found is kept for the end."""
    if not _fresh:
        return
    found = _fresh.copy()
    _fresh.clear()
    for path in paths:
        for finding in _search(path, WRITTEN, found):
            with open(Path(os.environ[SEEDS]) / "findings", "a", encoding="utf-8") as file:
                file.write(f"{finding} before {os.environ.get('PYTEST_CURRENT_TEST', '')}\n")


def kept_findings() -> list[str]:
    """What `look_at_database` found in any process."""
    path = Path(os.environ[SEEDS]) / "findings"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


# ---- after the run ----


def search_run(folders: Iterable[Path], wanted: set[str]) -> list[Finding]:
    """Every place below these folders (or files) that holds one of the NIKs, at most 100."""
    found: list[Finding] = []
    for path in _files(folders):
        for finding in _search(path, WRITTEN, wanted):
            found.append(finding)
            if len(found) >= 100:
                return found
    return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            yield folder
        for parent, _folders, names in os.walk(folder):
            yield from (Path(parent) / name for name in names)


def _search(path: Path, pattern: re.Pattern[bytes], wanted: set[str]) -> Iterator[Finding]:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size < 16:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from search_bytes(str(path), data, pattern, wanted)
                is_zip = data[:4] == b"PK\x03\x04"
        if is_zip:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield from search_bytes(f"{path}!{name}", archive.read(name), pattern, wanted)
    except (OSError, ValueError, zipfile.BadZipFile):
        return  # gone or a socket; a broken archive was searched as bytes


def search_bytes(name: str, data: Any, pattern: re.Pattern[bytes], wanted: set[str]) -> Iterator[Finding]:
    """The findings in one piece of bytes."""
    for match in pattern.finditer(data):
        digits = _FILLING.sub(b"", match[0]).decode("ascii")
        for start in range(len(digits) - 15):
            if digits[start : start + 16] in wanted:
                yield Finding(name, match.start(), digits[start + 12 : start + 16])
                break


def in_text(text: str) -> bool:
    """Whether a text, such as an address, holds a NIK that this process was given."""
    return any(search_bytes("", text.encode(errors="replace"), WRITTEN, _known))
