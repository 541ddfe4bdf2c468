"""JSON-LD contexts, kept beside the code: what a word means is never asked of the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_FILES = {CREDENTIALS: "credentials-v2.json", OPEN_BADGES: "ob-v3p0-3.0.3.json"}
_FOLDER = Path(__file__).with_name("vendored")


class NotCanonical(ValueError):
    """The document has no canonical form that covers every word of it."""


class ContextRefused(ValueError):
    """A document names a context that is not among those kept here."""


class Contexts:
    """A closed set of contexts by URL, with what rdfc worked out about them (`resolved`, `scoped`)."""

    def __init__(self, documents: Mapping[str, dict[str, Any]]) -> None:
        self._documents = documents
        self.resolved: dict[str, Any] = {}
        # What types make of the terms, by the context around them.
        self.scoped: dict[tuple[str, int], tuple[Any, Any]] = {}

    def __contains__(self, url: object) -> bool:
        return url in self._documents

    def load(self, url: str, options: Any = None) -> dict[str, Any]:
        """Answer as a document loader of pyld does. Raises ContextRefused for any other URL."""
        if url not in self._documents:
            raise ContextRefused(f"unknown context: {url}")
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": self._documents[url],
            "tag": "static",
        }


@lru_cache(maxsize=1)
def vendored() -> Contexts:
    """Return the contexts of what the portal issues: W3C credentials 2.0 and Open Badges 3.0."""
    return Contexts({url: json.loads((_FOLDER / name).read_text("utf-8")) for url, name in _FILES.items()})
