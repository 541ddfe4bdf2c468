"""Who is reached: women, people with a disability or a need of help, remote regions. Sums only."""

from __future__ import annotations

from typing import Any

from portal.core.formatting import number
from portal.oversight.pages.coverage import figure
from portal.oversight.pages.reading import Reading
from portal.oversight.queries.figures import list_inclusion, remote_sums
from portal.oversight.rules.figures import Figures
from portal.oversight.rules.hiding import is_small
from portal.oversight.rules.tables import closings, parents_of
from portal.oversight.rules.targets import goal_of, share


def inclusion_page(reading: Reading) -> dict[str, Any]:
    """women: rows, the region first; needs: what was answered about disability and help; remote: remote
    regencies and the others. Six statements in all."""
    return {
        "women": _women(reading),
        "needs": _needs(reading),
        "remote": _remote(reading) if reading.level in ("country", "province") else None,
    }


def _parents(reading: Reading) -> list[str]:
    return parents_of([reading.code] if reading.code is not None else reading.roots)


def _codes(reading: Reading) -> list[str]:
    own = [] if reading.code is None else [reading.code]
    below = [row.code for row in reading.table.rows] if reading.level != "regency" else []
    return [*own, *below]


def _women(reading: Reading) -> list[dict[str, Any]]:
    parents = _parents(reading)
    closed = {
        "holders": closings(reading.found, parents, lambda one: one.holders),
        "women": closings(
            reading.found,
            parents,
            lambda one: one.women,
            must_close=lambda one: is_small(one.holders - one.women),
        ),
        "certified": closings(reading.found, parents, lambda one: one.certified),
        "women_certified": closings(
            reading.found,
            parents,
            lambda one: one.women_certified,
            must_close=lambda one: is_small(one.certified - one.women_certified),
        ),
    }
    cells = {one.code: one for one in reading.found if not one.value}
    rows = []
    for code in [
        code for code in [reading.code, *(row.code for row in reading.table.rows)] if code is not None
    ]:
        one = cells.get(code) or Figures(code, "", "", "")
        shown = {name: None if shut.get((code, "")) else getattr(one, name) for name, shut in closed.items()}
        rows.append(
            {
                "code": code,
                "name": reading.names.get(code, code),
                "women": figure(shown["women"]),
                "share": _part(shown["women"], shown["holders"]),
                "certified": figure(shown["women_certified"]),
                "certified_share": _part(shown["women_certified"], shown["certified"]),
            }
        )
    return rows


def _part(part: int | None, whole: int | None) -> float | None:
    return None if part is None or whole is None else share(part, whole)


def _needs(reading: Reading) -> list[dict[str, Any]]:
    """Of those who answered, by region down to regencies; regions where nobody answered are left out."""
    codes = {one.code for one in reading.found if one.code.count(".") <= 1}
    told = list_inclusion(reading.edition.id, codes)
    found = [
        Figures(code, "", "", "", holders=row.answered, women=row.disability, external=row.assistance)
        for code, row in told.items()
    ]
    parents = [code for code in _parents(reading) if code.count(".") < 1]
    closed = {
        "answered": closings(found, parents, lambda one: one.holders),
        "disability": closings(
            found, parents, lambda one: one.women, must_close=lambda one: is_small(one.holders - one.women)
        ),
        "assistance": closings(
            found,
            parents,
            lambda one: one.external,
            must_close=lambda one: is_small(one.holders - one.external),
        ),
    }
    rows = []
    for code in _codes(reading):
        if code in told:
            shown = {
                name: None if shut.get((code, "")) else getattr(told[code], name)
                for name, shut in closed.items()
            }
            shares = {f"{k}_share": _part(shown[k], shown["answered"]) for k in ("disability", "assistance")}
            words = {name: figure(value) for name, value in shown.items()}
            rows.append({"name": reading.names.get(code, code), **words, **shares})
    return rows


def _remote(reading: Reading) -> dict[str, Any]:
    """Remote regencies against all others; both closed as soon as one is small."""
    listed, sums = remote_sums(reading.edition.id, reading.code or "")
    counts = {key: sums.get(key, (0, 0, 0)) for key in (True, False)}
    is_closed = any(is_small(certified) for _cooperatives, _holders, certified in counts.values())
    rows = []
    for key in (True, False):
        cooperatives, _holders, certified = counts[key]
        goal = goal_of(
            reading.code or "", cooperatives, reading.targets, reading.edition.on.year, is_part=True
        )
        rows.append(
            {
                "is_remote": key,
                "cooperatives": number(cooperatives),
                "certified": figure(None if is_closed else certified),
                "percent": share(certified, goal.people) if goal and not is_closed else None,
            }
        )
    return {"listed": listed, "rows": rows}
