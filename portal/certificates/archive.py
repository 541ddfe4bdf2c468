"""The files of a batch as one ZIP, written while it is sent: one PDF in memory, however many there are.

Rows are read in small chunks, each in a session of its own that ends before the first of its sheets is set,
so that whoever downloads slowly holds neither a connection nor a transaction. Only what stands is handed
out: suspended, revoked and replaced certificates are left out and named with their state in `daftar.csv`.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask

from portal.certificates import paper
from portal.certificates.badges import RecordDamaged
from portal.certificates.queries import HolderRow
from portal.certificates.queries.files import certificates_by_ids
from portal.certificates.seal import Sealer
from portal.core.spreadsheets import write_csv

LIST_NAME = "daftar.csv"
COLUMNS = ("Nomor", "Nama", "Kode", "Keadaan", "Berkas")
_CHUNK = 10
# Words of paper are Indonesian, whoever downloads it.
_STATES = {
    "valid": "berlaku",
    "expired": "kedaluwarsa",
    "suspended": "ditangguhkan",
    "revoked": "dicabut",
    "replaced": "diganti",
}
_DAMAGED = "tidak disertakan: catatan tidak cocok dengan tanda tangannya"


def handed_out(rows: Iterable[HolderRow]) -> list[HolderRow]:
    """Those of the rows whose file belongs into the archive: valid ones, and expired ones as a keepsake."""
    return [row for row in rows if row.state in ("valid", "expired")]


def batch_archive(
    app: Flask, rows: Sequence[HolderRow], *, base_url: str, sealer: Sealer | None, now: datetime
) -> Iterator[bytes]:
    """Yield the ZIP of a batch's certificates part by part; nothing is done before a part is asked for.

    Holds NNNN-NAMA.pdf for each row handed out, then daftar.csv with every row. A damaged record is left
    out and named there. Anything else that goes wrong (`paper.collect`, `paper.finished`) is raised: the
    archive then lacks its end, which every reader of ZIP notices.
    """
    names = file_names(rows)
    left_out: dict[int, str] = {}

    def files() -> Iterator[tuple[str, bytes]]:
        for row, found in _papers(app, handed_out(rows), base_url):
            if found is None:
                left_out[row.id] = _DAMAGED
            else:
                yield names[row.id], paper.finished(found, base_url, sealer=sealer, now=now)
        yield LIST_NAME, _list(rows, names, left_out)

    zone = ZoneInfo(rows[0].facts.center.zone) if rows else None
    yield from zip_parts(files(), now.astimezone(zone))


def file_names(rows: Iterable[HolderRow]) -> dict[int, str]:
    """{certificate id: NNNN-NAMA.pdf}: the number's first part and the name in plain capitals, each once."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for row in rows:
        stem = f"{row.number.partition('/')[0]}-{plain(row.facts.name)}".rstrip("-")
        # A replacement in another year may bear the same serial number.
        if stem in taken:
            stem = f"{stem}-{row.code}"
        taken.add(stem)
        names[row.id] = f"{stem}.pdf"
    return names


def plain(name: str) -> str:
    """A name for a file on any system: A to Z, digits and single hyphens, 60 at most, or "" if none."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Z0-9]+", "-", letters.upper()).strip("-")[:60].rstrip("-")


def zip_parts(files: Iterable[tuple[str, bytes]], at: datetime) -> Iterator[bytes]:
    """Yield a ZIP of (name, content) part by part, each file as soon as it is there.

    Stored and not packed, since a PDF is packed already; sizes and checksums follow each file. `at` is the
    local time written beside every file.
    """
    target = _Outgoing()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for name, content in files:
            with archive.open(zipfile.ZipInfo(name, at.timetuple()[:6]), "w") as entry:
                entry.write(content)
            yield target.take()
    yield target.take()


class _Outgoing:
    """A file that cannot go back: it keeps what was written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _papers(
    app: Flask, rows: Sequence[HolderRow], base_url: str
) -> Iterator[tuple[HolderRow, paper.Paper | None]]:
    """Each row with its paper; None for a damaged record."""
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        found: list[paper.Paper | None] = []
        with app.app_context():
            stored = {one.id: one for one in certificates_by_ids([row.id for row in chunk])}
            for row in chunk:
                try:
                    found.append(paper.collect(stored[row.id], base_url))
                except RecordDamaged:
                    found.append(None)
        yield from zip(chunk, found, strict=True)


def _list(rows: Sequence[HolderRow], names: dict[int, str], left_out: dict[int, str]) -> bytes:
    inside = {row.id for row in handed_out(rows)} - left_out.keys()
    return write_csv(
        COLUMNS,
        (
            (
                row.number,
                row.facts.name,
                row.code,
                _STATES.get(row.state, row.state),
                names[row.id] if row.id in inside else left_out.get(row.id, "tidak disertakan"),
            )
            for row in rows
        ),
    )
