"""The use cases of cooperatives. Each runs inside the caller's `transaction()`."""

from portal.cooperatives.queries.warnings import board_warnings
from portal.cooperatives.services.board import NewHolder, change_board
from portal.cooperatives.services.checklist import load_checklist, record_entry, withdraw_entry
from portal.cooperatives.services.documents import keep_document, open_document
from portal.cooperatives.services.ensuring import CooperativeRow, ensure_cooperatives
from portal.cooperatives.services.posts import end_post, end_posts, hold_posts

__all__ = [
    "CooperativeRow",
    "NewHolder",
    "board_warnings",
    "change_board",
    "end_post",
    "end_posts",
    "ensure_cooperatives",
    "hold_posts",
    "keep_document",
    "load_checklist",
    "open_document",
    "record_entry",
    "withdraw_entry",
]
