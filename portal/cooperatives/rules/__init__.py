"""What holds of cooperatives, as pure rules on plain values."""

from portal.cooperatives.rules.board import (
    BOARD_POSTS,
    GROUP_ROLES,
    SOLE_POSTS,
    SUPERVISOR_POSTS,
    BoardWarning,
    TermRow,
    board_warnings,
)
from portal.cooperatives.rules.hall import (
    OTHER_HALL,
    POST_ORDER,
    VILLAGE_HALL,
    Seat,
    count_states,
    hall_seats,
)
from portal.cooperatives.rules.naming import KEY_LENGTH, VILLAGE_KINDS, display_name, match_key

__all__ = [
    "BOARD_POSTS",
    "GROUP_ROLES",
    "KEY_LENGTH",
    "OTHER_HALL",
    "POST_ORDER",
    "SOLE_POSTS",
    "SUPERVISOR_POSTS",
    "VILLAGE_HALL",
    "VILLAGE_KINDS",
    "BoardWarning",
    "Seat",
    "TermRow",
    "board_warnings",
    "count_states",
    "display_name",
    "hall_seats",
    "match_key",
]
