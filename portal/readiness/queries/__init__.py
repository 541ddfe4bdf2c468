"""Reads of readiness: service lines, the standing of cooperatives, coverage."""

from __future__ import annotations

from portal.readiness.queries.lines import (
    LineRow,
    Names,
    get_line,
    line_counts,
    line_rows,
    names_in_use,
    service_lines,
)

__all__ = ["LineRow", "Names", "get_line", "line_counts", "line_rows", "names_in_use", "service_lines"]
