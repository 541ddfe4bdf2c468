"""Who may join a batch."""

from __future__ import annotations

from collections.abc import Collection

from portal.batches import messages
from portal.batches.rules.phases import APPLY_PHASES, Phase
from portal.core.blockers import Blocker


def _covers(prefixes: Collection[str], code: str) -> bool:
    return any(code == prefix or code.startswith(prefix + ".") for prefix in prefixes)


def audience_fits(
    *,
    kinds: Collection[str],
    posts: Collection[str],
    regions: Collection[str],
    kind: str | None = None,
    post: str | None = None,
    region_code: str | None = None,
) -> list[Blocker]:
    """Why a cooperative of this kind and region, or a holder of this post, is not meant; [] when all fit.

    An empty collection admits everybody; a value of None is not judged. `regions` are Kemendagri code
    prefixes.
    """
    found = []
    if kinds and kind is not None and kind not in kinds:
        found.append(messages.kind_not_meant(kind, kinds))
    if posts and post is not None and post not in posts:
        found.append(messages.post_not_meant(post, posts))
    if regions and region_code is not None and not _covers(regions, region_code):
        found.append(messages.region_not_meant())
    return found


def may_join(
    *,
    phase: Phase,
    kinds: Collection[str] = (),
    posts: Collection[str] = (),
    regions: Collection[str] = (),
    kind: str | None = None,
    post: str | None = None,
    region_code: str | None = None,
) -> list[Blocker]:
    """Why this person cannot apply for this batch now; [] when they can.

    A full batch is no blocker: the answer is the waitlist.
    """
    found = []
    if phase not in APPLY_PHASES:
        found.append(messages.not_applying(phase))
    found += audience_fits(
        kinds=kinds, posts=posts, regions=regions, kind=kind, post=post, region_code=region_code
    )
    return found
