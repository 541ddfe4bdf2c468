"""The funnel from nomination to certificate, with small counts closed."""

from __future__ import annotations

from typing import Any

from portal.oversight.queries.funnel import STEPS, Coverage
from portal.oversight.rules.hiding import closed_line, is_small


def funnel_page(found: Coverage) -> dict[str, Any]:
    """rows with their people by step (None for a closed count), totals, widths, regions without anybody."""
    columns = {step: [area.people[step] for area in found.areas] for step in STEPS}
    totals = {step: None if is_small(sum(column)) else sum(column) for step, column in columns.items()}
    shown: dict[str, list[int | None]] = {}
    for step, column in columns.items():
        closed = closed_line(column, total_closed=totals[step] is None)
        shown[step] = [None if one else n for n, one in zip(column, closed, strict=True)]
    rows = [
        {
            "area": area,
            "people": {step: shown[step][i] for step in STEPS},
            "share": _share(shown["certified"][i], shown["nominated"][i]),
        }
        for i, area in enumerate(found.areas)
        if not area.is_empty
    ]
    return {
        "rows": rows,
        "empty": [area for area in found.areas if area.is_empty],
        "totals": totals,
        "steps": STEPS,
        "widths": {step: _share(totals[step], totals["nominated"]) for step in STEPS},
        "has_hidden": any(None in column for column in shown.values()),
    }


def _share(part: int | None, whole: int | None) -> float | None:
    """Per cent from 0 to 100; None where either count is closed or there is nothing to share."""
    return None if part is None or not whole else min(100.0, 100 * part / whole)
