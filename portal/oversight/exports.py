"""Coverage as files: the region of the page and every level below it, with the same counts closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from portal.cooperatives.labels import kind_label, post_label
from portal.core.formatting import long_date
from portal.core.spreadsheets import Cell, csv_pieces, write_xlsx
from portal.core.words import gettext as _
from portal.oversight.labels import CLOSED, LEVELS, definitions
from portal.oversight.pages.coverage import line_name
from portal.oversight.pages.reading import Reading
from portal.oversight.queries.cooperatives import list_cooperatives
from portal.oversight.queries.figures import list_figures, list_targets
from portal.oversight.rules.figures import level_of, parent_of
from portal.oversight.rules.tables import Maker, Row, parents_of
from portal.oversight.rules.targets import Target

Line = tuple[Cell | None, ...]


def coverage_csv(reading: Reading, *, deepest: str = "district") -> Iterator[bytes]:
    """A .csv in pieces: what the figures mean in lines that begin with "#", then the table."""
    told = [f"# {word}: {meaning}" for word, meaning in facts(reading)]
    lines = chain(((line,) for line in told[1:]), (columns(),), rows(reading, deepest=deepest))
    return csv_pieces(told[:1], lines)


def coverage_xlsx(reading: Reading) -> bytes:
    """An .xlsx: the table, and a sheet with what the figures mean."""
    notes = (_("Arti angka"), facts(reading))
    return write_xlsx(columns(), rows(reading), sheet_name=_("Cakupan"), notes=notes)


def columns() -> list[str]:
    """The titles of the table."""
    return [
        _("Tingkat"), _("Kode wilayah"), _("Nama"), _("Cakupan (%)"), _("Target (orang)"), _("Bersertifikat"),
        _("Catatan luar"), _("Koperasi"), _("Siap layanan"),
    ]  # fmt: skip


def facts(reading: Reading) -> list[tuple[str, str]]:
    """(word, meaning): the day and the filters, the target's source, the definitions."""
    ask, edition = reading.ask, reading.edition
    line = next((line_name(one) for one in reading.lines if one.code == ask.line), "")
    goal = reading.table.total.goal
    told = [
        (_("Wilayah"), reading.name),
        (_("Hari"), long_date(edition.on)),
        (_("Dihitung"), f"{edition.made_at:%Y-%m-%d %H.%M} UTC"),
        (_("Jenis koperasi"), kind_label(ask.kind) if ask.kind else _("semua")),
        (_("Jabatan"), post_label(ask.post) if ask.post else _("semua")),
        (_("Layanan"), line or _("sedikitnya satu")),
    ]
    if goal:
        told.append((_("Sumber target"), f"{goal.target.source} ({goal.target.year})"))
    return told + definitions()


def rows(reading: Reading, *, deepest: str = "district") -> Iterator[Line]:
    """The region itself, then everything below it, a province at a time."""
    targets = list_targets()
    if reading.code is None:
        yield _line(reading.table.total, _("jumlah"), _("Jumlah"))
        for root in reading.roots:
            yield from _branch(reading, root, deepest, targets)
        return
    if reading.level == "country":
        yield _line(reading.maker.row(""), str(LEVELS["country"]), reading.names[""])
        for row in reading.table.rows:
            yield from _branch(reading, row.code, deepest, targets)
        return
    yield from _branch(reading, reading.code, deepest, targets)


def _branch(reading: Reading, code: str, deepest: str, targets: Sequence[Target]) -> Iterator[Line]:
    """One region with everything below it; a district with its cooperatives."""
    pick, edition = reading.pick, reading.edition
    found = list_figures(edition.id, parents_of([code]), by=pick.by, line_id=pick.line_id, under=code)
    parents = sorted({*parents_of([code]), *(parent_of(one.code) for one in found if one.code)}, key=_depth)
    maker = Maker(found, parents, pick, targets, edition.on.year)
    yield from _walk(maker, maker.row(code), deepest)
    if level_of(code) == "district":
        yield from _cooperatives(reading, code)


def _depth(code: str) -> tuple[int, str]:
    return (code.count(".") + 1 if code else 0, code)


def _walk(maker: Maker, row: Row, deepest: str) -> Iterator[Line]:
    level = level_of(row.code)
    yield _line(row, str(LEVELS[level]), row.name or _("Belum dicatat"))
    if level not in (deepest, "district"):
        for below in sorted(maker.table(row.code).rows, key=lambda one: one.code):
            yield from _walk(maker, below, deepest)


def _line(row: Row, level: str, name: str) -> Line:
    return (
        level,
        row.code,
        name,
        None if row.percent is None else round(row.percent, 1),
        row.goal.people if row.goal else None,
        *(str(CLOSED) if count is None else count for count in (row.certified, row.external)),
        row.cooperatives,
        row.ready,
    )


def _cooperatives(reading: Reading, code: str) -> Iterable[Line]:
    """The cooperatives of a district: whether each is ready, never how many people."""
    past = reading.edition.on if reading.is_past else None
    for one in list_cooperatives(code, reading.pick, past=past, page=None).items:
        is_ready = one.line == "ready" if reading.pick.line_id else one.ready > 0
        yield (_("koperasi"), "", one.name, None, None, None, None, 1, int(is_ready))


__all__ = ["columns", "coverage_csv", "coverage_xlsx", "facts", "rows"]
