"""What holds of cooperatives, as pure rules on plain values."""

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
    "KEY_LENGTH",
    "OTHER_HALL",
    "POST_ORDER",
    "VILLAGE_HALL",
    "VILLAGE_KINDS",
    "Seat",
    "count_states",
    "display_name",
    "hall_seats",
    "match_key",
]
