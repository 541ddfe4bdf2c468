"""Reads of batches: the public list, one batch, a center's desk, teaching."""

from __future__ import annotations

from portal.batches.queries.board import BoardSession, board_sessions
from portal.batches.queries.center import (
    CenterFilter,
    get_batch_for_center,
    list_center_batches,
    list_series,
    upcoming_count,
)
from portal.batches.queries.public import (
    BatchFilter,
    BatchRow,
    Meeting,
    batches_by_ids,
    filter_options,
    get_batch,
    nearest_batches,
    search_batches,
)
from portal.batches.queries.teaching import (
    batches_of_user,
    get_batch_for_teaching,
    get_session_for_teaching,
    session_staff,
    sessions_of_user,
    total_hours,
    unit_hours,
)

__all__ = [
    "BatchFilter",
    "BatchRow",
    "BoardSession",
    "CenterFilter",
    "Meeting",
    "batches_by_ids",
    "batches_of_user",
    "board_sessions",
    "filter_options",
    "get_batch",
    "get_batch_for_center",
    "get_batch_for_teaching",
    "get_session_for_teaching",
    "list_center_batches",
    "list_series",
    "nearest_batches",
    "search_batches",
    "session_staff",
    "sessions_of_user",
    "total_hours",
    "unit_hours",
    "upcoming_count",
]
