"""Tables of the room: registry, posts, claims, founding."""

from portal.cooperatives.models.claims import ChairClaim, ChairCode
from portal.cooperatives.models.founding import Founding
from portal.cooperatives.models.posts import (
    DOCUMENT_AAD,
    DOCUMENT_KINDS,
    BoardChange,
    CooperativeDocument,
    PostTerm,
)
from portal.cooperatives.models.registry import (
    ChecklistEntry,
    ChecklistItem,
    Cooperative,
    CooperativeVillage,
    Kind,
    MemberGroup,
    Post,
    RegistryBlock,
    RegistryImport,
    RegistryRow,
)

__all__ = [
    "DOCUMENT_AAD",
    "DOCUMENT_KINDS",
    "BoardChange",
    "ChairClaim",
    "ChairCode",
    "ChecklistEntry",
    "ChecklistItem",
    "Cooperative",
    "CooperativeDocument",
    "CooperativeVillage",
    "Founding",
    "Kind",
    "MemberGroup",
    "Post",
    "PostTerm",
    "RegistryBlock",
    "RegistryImport",
    "RegistryRow",
]
