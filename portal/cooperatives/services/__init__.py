"""The use cases of cooperatives. Each runs inside the caller's `transaction()`."""

from portal.cooperatives.services.ensuring import CooperativeRow, ensure_cooperatives
from portal.cooperatives.services.posts import end_post, end_posts, hold_posts

__all__ = [
    "CooperativeRow",
    "end_post",
    "end_posts",
    "ensure_cooperatives",
    "hold_posts",
]
