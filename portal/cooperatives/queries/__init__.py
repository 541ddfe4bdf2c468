"""Reads of cooperatives."""

from portal.cooperatives.queries.checklist import checklist_items, checklist_of, checklist_standing
from portal.cooperatives.queries.claims import claim_state, claims_pending, open_claim_id
from portal.cooperatives.queries.cooperatives import (
    PAGE,
    cooperatives_by_id,
    find_cooperative,
    get_cooperative,
    is_registrar,
    list_own_cooperatives,
    may_edit,
    member_groups,
    search_cooperatives,
)
from portal.cooperatives.queries.posts import cooperatives_of, own_cooperatives, posts_of_cooperative
from portal.cooperatives.queries.warnings import board_warnings

__all__ = [
    "PAGE",
    "board_warnings",
    "checklist_items",
    "checklist_of",
    "checklist_standing",
    "claim_state",
    "claims_pending",
    "cooperatives_by_id",
    "cooperatives_of",
    "find_cooperative",
    "get_cooperative",
    "is_registrar",
    "list_own_cooperatives",
    "may_edit",
    "member_groups",
    "open_claim_id",
    "own_cooperatives",
    "posts_of_cooperative",
    "search_cooperatives",
]
