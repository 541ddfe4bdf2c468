"""JSON-LD contexts, kept beside the code: what a word means is never asked of the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyld.context_resolver import ContextResolver

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_FILES = {CREDENTIALS: "credentials-v2.json", OPEN_BADGES: "ob-v3p0-3.0.3.json"}
_FOLDER = Path(__file__).with_name("vendored")


class ContextRefused(ValueError):
    """A document names a context that is not among those kept here."""


class Contexts:
    """A closed set of contexts by URL, with what pyld worked out about them.

    pyld's own cache is shared by the whole process, so that a context known to one caller would be known
    to all; each set keeps its own, and it is bounded because no other URL is ever read.
    """

    def __init__(self, documents: Mapping[str, dict[str, Any]]) -> None:
        self._documents = documents
        self._resolved: dict[str, Any] = {}
        #: What types make of the terms, by the context around them; kept by dataintegrity.
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

    def options(self) -> dict[str, Any]:
        """Return the options that bind one operation of pyld to this set."""
        return {"documentLoader": self.load, "contextResolver": ContextResolver(self._resolved, self.load)}


@lru_cache(maxsize=1)
def vendored() -> Contexts:
    """Return the contexts of what the portal issues: W3C credentials 2.0 and Open Badges 3.0."""
    return Contexts({url: json.loads((_FOLDER / name).read_text("utf-8")) for url, name in _FILES.items()})
