"""What holds for batches, as pure functions: phases, seats, who may join, hours, slots, clashes, dates."""

from __future__ import annotations

from portal.batches.rules.audience import audience_fits, may_join
from portal.batches.rules.clashes import Busy, Clash, FreeSlot, Wanted, find_clashes, find_free_slots
from portal.batches.rules.days import next_teaching_day, shift_days
from portal.batches.rules.hours import (
    SLOT_SECONDS,
    display_hours,
    format_clock,
    is_on_quarter,
    parse_clock,
    slots_of,
)
from portal.batches.rules.phases import FEW_SEATS_PCT, LEGAL_MOVES, Phase, phase, phase_of
from portal.batches.rules.seats import open_seats, seats_left
from portal.batches.rules.sessions import Pattern, pattern, session_blockers

__all__ = [
    "FEW_SEATS_PCT",
    "LEGAL_MOVES",
    "SLOT_SECONDS",
    "Busy",
    "Clash",
    "FreeSlot",
    "Pattern",
    "Phase",
    "Wanted",
    "audience_fits",
    "display_hours",
    "find_clashes",
    "find_free_slots",
    "format_clock",
    "is_on_quarter",
    "may_join",
    "next_teaching_day",
    "open_seats",
    "parse_clock",
    "pattern",
    "phase",
    "phase_of",
    "seats_left",
    "session_blockers",
    "shift_days",
    "slots_of",
]
