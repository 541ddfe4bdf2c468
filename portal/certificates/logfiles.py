"""The log as static files, under the paths at which it is served (C2SP tlog-tiles)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from portal.certificates.checkpoints import TILE_WIDTH, tile_path, tile_width
from portal.certificates.queries import log
from portal.certificates.queries.log import log_damaged
from portal.core.errors import NotFound


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, index, width) of every tile of a tree of `size` leaves, partial ones last in a level."""
    level = 0
    while size >> 8 * level:
        for index in range(-(-(size >> 8 * level) // TILE_WIDTH)):
            yield level, index, tile_width(level, index, size)
        level += 1


def export_log(folder: Path) -> tuple[int, int]:
    """Write checkpoint, tiles and entry bundles below `folder`; the log's size and how many files.

    Tiles that are there stay: what a path names never changes. The checkpoint comes last, so that
    it never promises what is not there yet. Raises DomainError; NotFound for an empty log.
    """
    newest = log.latest_checkpoint()
    if newest is None:
        raise NotFound(message="Buku catatan masih kosong.")
    written = 1
    for level, index, width in tiles_of(newest.size):
        place = tile_path(index, width)
        written += _write(folder / "tile" / str(level) / place, partial(log.tile, level, index, width))
        if level == 0:
            written += _write(folder / "tile" / "entries" / place, partial(log.entries, index, width))
    (folder / "checkpoint").write_text(newest.note, encoding="utf-8")
    return newest.size, written


def _write(path: Path, read: Callable[[], bytes | None]) -> int:
    """1 when the file had to be written."""
    if path.exists():
        return 0
    content = read()
    if content is None:
        raise log_damaged()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return 1
