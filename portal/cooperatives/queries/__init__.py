"""Reads of cooperatives."""

from portal.cooperatives.queries.cooperatives import (
    PAGE,
    cooperatives_by_id,
    find_cooperative,
    get_cooperative,
    list_own_cooperatives,
    member_groups,
    search_cooperatives,
)
from portal.cooperatives.queries.posts import cooperatives_of, own_cooperatives, posts_of_cooperative

__all__ = [
    "PAGE",
    "cooperatives_by_id",
    "cooperatives_of",
    "find_cooperative",
    "get_cooperative",
    "list_own_cooperatives",
    "member_groups",
    "own_cooperatives",
    "posts_of_cooperative",
    "search_cooperatives",
]
