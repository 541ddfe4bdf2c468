"""Log lines: one JSON object each, with a traceback's places but never its local values or a row's."""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_DETAIL = re.compile(r"\s*\bDETAIL:")


def install() -> None:
    """Configure structlog for the process; standard output stays free for commands that print JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
            ),
            without_row,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )


def without_row(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut what PostgreSQL says of the row that broke a rule ("DETAIL: Failing row contains ...")."""
    for error in event.get("exception") or ():
        if isinstance(error, dict) and isinstance(error.get("exc_value"), str):
            error["exc_value"] = _DETAIL.split(error["exc_value"], maxsplit=1)[0]
    return event


class _Stderr:
    """The standard error of the moment, so that it can be redirected after import."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()
