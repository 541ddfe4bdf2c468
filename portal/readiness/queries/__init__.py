"""Reads of readiness: service lines, the standing of cooperatives, coverage."""

from __future__ import annotations

from portal.readiness.queries.lines import LineRow, get_line, line_counts, line_rows, service_lines

__all__ = ["LineRow", "get_line", "line_counts", "line_rows", "service_lines"]
