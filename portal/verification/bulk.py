"""Many codes checked at once, and the signed receipt of what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.certificates.queries.proofs import check_fragment, trusted_keys
from portal.certificates.rules import Outcome
from portal.verification.lines import Line
from portal.verification.queries import Result, check_codes

MISSES = ("not_found", "typo")


@dataclass(frozen=True)
class Row:
    """One line with its answer. `qr` is None where only a code was sent; `result` is None for a line without
    a code, and where the QR's signature does not fit, since that suppresses every claim."""

    line: Line
    state: str
    qr: Outcome | None
    result: Result | None

    @property
    def is_miss(self) -> bool:
        """True for what names nothing, and for a QR that is not ours."""
        return self.state in MISSES or self.qr is Outcome.FAILED


def check_lines(lines: Sequence[Line], now: datetime) -> list[Row]:
    """The answers, in order. Two statements, whatever the number of lines."""
    results = check_codes([line.code for line in lines if line.code], now)
    trusted = trusted_keys() if any(line.fragment for line in lines) else None
    return [_row(line, results, trusted) for line in lines]


def _row(line: Line, results: Mapping[str, Result], trusted: Mapping[str, bytes] | None) -> Row:
    if line.code is None:
        if line.problem == "foreign":
            return Row(line, "undetermined", Outcome.UNKNOWN, None)
        return Row(line, "typo", None, None)
    result = results[line.code]
    if line.fragment is None:
        return Row(line, result.state, None, result)
    qr = check_fragment(line.code, line.fragment, trusted, result.facts, result.status_index)
    if qr is Outcome.FAILED:
        return Row(line, "signature_mismatch", qr, None)
    state = "undetermined" if qr is Outcome.UNKNOWN and result.state == "valid" else result.state
    return Row(line, state, qr, result)


def misses_of(rows: Sequence[Row]) -> int:
    """How many lines named nothing."""
    return sum(row.is_miss for row in rows)


def counts_of(states: Sequence[str]) -> dict[str, int]:
    """{state: how many}, the most frequent first."""
    return dict(Counter(states).most_common())
