"""The signing keys, for whoever answers for the portal: which there are, and what waits for the root."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.certificates.keys import available, keys
from portal.certificates.queries.log import log_size
from portal.certificates.views import blueprint
from portal.core import htmx
from portal.core.permissions import Permission, requires


@blueprint.get("/admin/kunci-tanda-tangan")
@requires(Permission.KEYS_VIEW)
def key_list() -> Any:
    """Every signing key with its state. Keys are made and revoked on the server itself (`flask keys`)."""
    entries = available(keys().entries)
    root = available(keys().root.entries)
    published = available(keys().published_trust)
    named = {key["kid"] for key in published["keys"]} if published else set()
    return htmx.render(
        "certificates/keys.html",
        entries=[*reversed(entries)],
        at=datetime.fromisoformat,
        is_root_here=bool(root),
        published=published,
        waiting=[] if root else [entry.kid for entry in entries if entry.kid not in named],
        leaves=log_size(),
    )
