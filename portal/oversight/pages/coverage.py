"""The coverage page: tiles, table, map, denominators; for regulators and for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.cooperatives.labels import KIND_LABELS, POST_LABELS, kind_label, post_label
from portal.core.formatting import current_locale, long_date, number, percent
from portal.core.words import gettext as _
from portal.oversight import tilemap
from portal.oversight.labels import BELOW, CLOSED, SUBJECTS, definitions
from portal.oversight.pages.reading import Reading
from portal.oversight.queries.cooperatives import PAGE, list_cooperatives
from portal.oversight.queries.figures import LineName
from portal.oversight.rules.figures import LEVELS, level_of
from portal.oversight.rules.tables import Row
from portal.oversight.rules.targets import LOW_PERCENT, differs, shade, share
from portal.readiness.labels import line_tag

FIRST_ROWS = 10
Link = Callable[..., str]


def coverage_page(reading: Reading, link: Link, *, deepest: str = "district") -> dict[str, Any]:
    """Everything that the page shows. link(**query) makes an address of the same page; regions below
    `deepest` have no page of their own."""
    has_children = reading.level != "district"
    return {
        "crumbs": _crumbs(reading, link),
        "tiles": _tiles(reading),
        "filters": filter_options(reading),
        "picked": _picked(reading),
        "measure": measure_words(reading),
        "table": _table(reading, _until(deepest, link)) if has_children else None,
        "cooperatives": None if has_children else _cooperatives(reading, link),
        "islands": _islands(reading, link) if reading.level == "country" else None,
        "sources": _sources(reading),
        "definitions": definitions(),
        "closed_word": CLOSED,
        "link": link,
    }


def _until(deepest: str, link: Link) -> Link:
    """Addresses only of regions that have a page."""

    def made(**query: Any) -> str:
        return (
            link(**query)
            if LEVELS.index(level_of(query.get("wilayah") or "")) <= LEVELS.index(deepest)
            else ""
        )

    return made


def _crumbs(reading: Reading, link: Link) -> list[tuple[str, str]]:
    above = [] if len(reading.roots) == 1 else [(link(), _("Wilayah saya"))]
    steps = [(link(**reading.ask.query(wilayah=code or None)), name) for code, name in reading.path]
    return [*above, *steps]


def line_name(line: LineName) -> str:
    """A service line's name in the language of the page."""
    return line.name_en if current_locale() == "en" and line.name_en else line.name


def filter_options(reading: Reading) -> dict[str, list[tuple[str, str]]]:
    """(value, label) of each filter, what it means to leave it out first."""
    return {
        "jenis": [("", _("Semua jenis")), *((kind, kind_label(kind)) for kind in KIND_LABELS)],
        "jabatan": [("", _("Semua jabatan")), *((post, post_label(post)) for post in POST_LABELS)],
        "layanan": [("", _("Sedikitnya satu layanan")), *((x.code, line_name(x)) for x in reading.lines)],
    }


def _picked(reading: Reading) -> list[str]:
    """What narrows the figures, in words."""
    ask = reading.ask
    named = next((line_name(line) for line in reading.lines if line.code == ask.line), "")
    return [kind_label(ask.kind) if ask.kind else "", post_label(ask.post) if ask.post else "", named]


def measure_words(reading: Reading) -> str:
    """What the share of coverage is of."""
    if reading.pick.is_crossed:
        return _("Jenis dan jabatan tidak dapat disaring bersama: irisannya terlalu kecil.")
    if reading.pick.post:
        return _("dari pemegang jabatan ini")
    goal = reading.table.total.goal
    if goal is None:
        return _("belum ada target")
    each = goal.target.per_cooperative
    if each is None:
        return _("dari target %(count)s orang", count=number(goal.people))
    return _("dari target %(count)s orang per koperasi", count=number(each))


def figure(count: int | None) -> str:
    """A count of people as written; closed ones say so."""
    return str(CLOSED) if count is None else number(count)


def _tiles(reading: Reading) -> list[tuple[str, str, str]]:
    total, rows = reading.table.total, reading.table.rows
    tiles = [
        (_share_words(total), measure_words(reading), _change(reading)),
        (figure(total.certified), _("orang bersertifikat"), _people_note(total)),
        (
            number(total.ready),
            _ready_words(reading),
            _("dari %(count)s koperasi", count=number(total.cooperatives)),
        ),
    ]
    if reading.level != "district":
        low = sum(
            1 for row in rows if row.is_reported and row.percent is not None and row.percent < LOW_PERCENT
        )
        of = _("dari %(count)s yang angkanya ada", count=sum(1 for row in rows if row.percent is not None))
        tiles.append((number(low), str(BELOW[reading.level][2]), of))
    return tiles


def _ready_words(reading: Reading) -> str:
    return _("koperasi siap layanan ini") if reading.pick.line_id else _("koperasi siap satu layanan")


def _share_words(row: Row) -> str:
    return "–" if row.percent is None else percent(row.percent, 1)


def _people_note(row: Row) -> str:
    if row.goal:
        return _("target %(count)s orang", count=number(row.goal.people))
    return ""


def _change(reading: Reading) -> str:
    """The change of the share since the last report that tells of this region, when nothing narrows it."""
    edition, total = reading.edition, reading.table.total
    if reading.ask.kind or reading.ask.post or not edition.earlier or reading.code is None:
        return ""
    told = edition.earlier.get("regions", {}).get(reading.code)
    before = share(told["certified"], told["goal"]) if told and told.get("certified") is not None else None
    if before is None or total.percent is None or edition.earlier_on is None:
        return ""
    points = round(total.percent, 1) - round(before, 1)
    day = long_date(edition.earlier_on, weekday=False)
    if abs(points) < 0.05:
        return _("tetap sejak laporan %(day)s", day=day)
    words = (
        _("naik %(points)s poin sejak laporan %(day)s")
        if points > 0
        else _("turun %(points)s poin sejak laporan %(day)s")
    )
    return words % {"points": number(abs(points), 1), "day": day}


# ---- the table ----


def _table(reading: Reading, link: Link) -> dict[str, Any]:
    """The rows of this page: ten first, the rest behind a link."""
    ask, rows = reading.ask, reading.table.rows
    is_rest = ask.page > 1 and len(rows) > FIRST_ROWS
    shown = rows[FIRST_ROWS:] if is_rest else rows[:FIRST_ROWS]
    left = 0 if is_rest else len(rows) - len(shown)
    one, heading, _low = BELOW[reading.level]
    first = FIRST_ROWS + 1 if is_rest else 1
    return {
        "one": one,
        "heading": heading,
        "columns": _columns(reading, str(one), link),
        "rows": [_row(row, link, ask) for row in shown],
        "total": _row(reading.table.total, link, ask),
        "is_rest": is_rest,
        "left": left,
        "more": link(**ask.query(hal=2)) if left > 0 else None,
        "back": link(**ask.query()) if is_rest else None,
        "range": _(
            "%(first)s–%(last)s dari %(count)s", first=first, last=first + len(shown) - 1, count=len(rows)
        ),
        "has_closed": reading.table.has_closed,
    }


def _columns(reading: Reading, one: str, link: Link) -> list[dict[str, Any]]:
    ask = reading.ask
    names = [
        ("nama", one, ""),
        ("cakupan", _("Cakupan") if reading.pick.post else _("Cakupan target"), ""),
        ("sertifikat", _("Bersertifikat"), "n"),
        ("luar", _("Catatan luar"), "n"),
        ("koperasi", _("Koperasi"), "n"),
        ("siap", _("Siap layanan"), "n"),
    ]
    columns = []
    for key, label, kind in names:
        is_on = ask.order == key
        turned = "turun" if is_on and not ask.is_down else ""
        order = key if (key, turned) != ("cakupan", "") else ""
        columns.append(
            {
                "label": label,
                "kind": kind,
                "sort": ("descending" if ask.is_down else "ascending") if is_on else None,
                "href": link(**ask.query(urut=order, arah=turned)),
            }
        )
    return columns


def _row(row: Row, link: Link, ask: Any) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name or _("Belum dicatat"),
        "href": link(**ask.query(wilayah=row.code, hal=None)),
        "state": "none"
        if not row.is_reported
        else "closed"
        if row.percent is None and row.certified is None
        else "",
        "percent": row.percent,
        "is_low": row.percent is not None and row.percent < LOW_PERCENT,
        "certified": figure(row.certified),
        "external": figure(row.external),
        "cooperatives": number(row.cooperatives),
        "ready": number(row.ready),
    }


# ---- cooperatives of a district ----


def _cooperatives(reading: Reading, link: Link) -> dict[str, Any]:
    ask = reading.ask
    past = reading.edition.on if reading.is_past else None
    page = list_cooperatives(reading.code or "", reading.pick, past=past, page=ask.page)
    rows = [
        {
            "name": row.name,
            "kind": kind_label(row.kind),
            "is_pilot": row.is_pilot,
            "ready": number(row.ready),
            "nearly": number(row.nearly),
            "not_ready": number(row.not_ready),
            "state": line_tag(row.line) if row.line else None,
        }
        for row in page.items
    ]
    return {
        "rows": rows,
        "more": link(**ask.query(hal=page.number + 1)) if page.has_next else None,
        "back": link(**ask.query(hal=page.number - 1 if page.number > 2 else None))
        if page.number > 1
        else None,
        "count": PAGE,
        "has_line": reading.pick.line_id is not None,
    }


# ---- the map ----


def _islands(reading: Reading, link: Link) -> list[tilemap.Island]:
    shown = {}
    for row in reading.table.rows:
        if row.percent is not None and row.is_reported:
            text, words = (
                number(row.percent),
                _("%(name)s: %(share)s persen", name=row.name, share=number(row.percent, 1)),
            )
            level = shade(row.percent)
        else:
            state = _("belum ada laporan") if not row.is_reported else _("tanpa angka")
            text, words, level = "–", f"{row.name}: {state}", 0
        href = link(**reading.ask.query(wilayah=row.code, hal=None))
        shown[row.code] = tilemap.Shown(text, level, words, href)
    return tilemap.islands(shown)


# ---- denominators ----


def _sources(reading: Reading) -> list[dict[str, Any]]:
    """What the figures are held against: outside figures with their source and difference."""
    told: list[dict[str, Any]] = []
    if reading.ask.kind or reading.ask.post or reading.code is None:
        return told
    total = reading.table.total
    own = {"cooperatives": total.cooperatives, "certified": total.certified}
    latest = {mark.subject: mark for mark in reading.marks if mark.region_code == reading.code}
    for subject, mark in latest.items():
        mine = own.get(subject)
        off = differs(mine, mark.value) if mine is not None else None
        told.append(
            {
                "subject": SUBJECTS[subject],
                "own": None if subject not in own else figure(mine),
                "outside": number(mark.value),
                "source": mark.source,
                "as_of": mark.as_of,
                "off": off,
            }
        )
    return told
