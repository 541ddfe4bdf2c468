"""RDFC-1.0 by pyld, made strict and bounded: what a document means, as N-Quads; no network is ever asked.

Imported only when a document is signed or checked (see dataintegrity.canonical).
"""

from __future__ import annotations

import re
import threading
from typing import Any

from pyld.canon import URDNA2015
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor

from .contexts import Contexts, NotCanonical

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*")
# A hostile graph of lookalike blank nodes costs n! rounds; what the portal issues needs fewer than ten.
_MAX_ROUNDS = 500
# A badge needs nine; only a hostile document that combines types at will comes near.
_MAX_KNOWN = 200
# pyld's caches are not made for several threads, and the work is Python's alone: waiting costs nothing.
_PYLD = threading.Lock()


def quads(document: dict[str, Any], contexts: Contexts) -> str:
    """Return the canonical N-Quads. Raises NotCanonical for what has none."""
    # Given an empty base, pyld makes one up; without any, a relative reference stays what it is.
    options = reading(contexts) | {"base": None, "produceGeneralizedRdf": False}
    try:
        with _PYLD:
            dataset = _Strict(contexts.scoped).to_rdf(document, options)
            text: str = _Bounded().main(dataset, {"format": "application/n-quads"})
    except (JsonLdError, AttributeError, KeyError, TypeError) as error:
        raise NotCanonical("not readable as JSON-LD") from error
    return text


def reading(contexts: Contexts) -> dict[str, Any]:
    """Return the options that bind one operation of pyld to a set of contexts.

    pyld's own cache is shared by the whole process, so that a context known to one caller would be known
    to all; each set keeps its own, and it is bounded because no other URL is ever read.
    """
    resolver = ContextResolver(contexts.resolved, contexts.load)
    return {"documentLoader": contexts.load, "contextResolver": resolver}


class _Strict(JsonLdProcessor):
    """pyld's reader, which would pass over relative references without a word.

    It also works out what a type's own terms mean once, and not at every object of that type: pyld looks in
    its cache with a copy of the context that it has just made, so that it finds nothing there.
    """

    def __init__(self, known: dict[tuple[str, int], tuple[Any, Any]]) -> None:
        super().__init__(on_property_dropped=_refuse_term)
        self._known = known

    def expand(self, input_: Any, options: Any) -> Any:
        expanded = super().expand(input_, options)
        _demand_absolute(expanded)
        return expanded

    def _process_context(self, active_ctx: Any, local_ctx: Any, options: Any, **how: Any) -> Any:
        if how != {"propagate": False} or "_uuid" not in active_ctx:
            return super()._process_context(active_ctx, local_ctx, options, **how)
        key = (active_ctx["_uuid"], id(local_ctx))
        if key not in self._known:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            # The context is kept beside its meaning, so that no other object can come to have its id.
            self._known[key] = local_ctx, super()._process_context(active_ctx, local_ctx, options, **how)
        return self._known[key][1]


class _Bounded(URDNA2015):
    """RDFC-1.0 (URDNA2015 under its old name) that gives up on a graph made to be costly."""

    rounds = 0

    def hash_n_degree_quads(self, id_: Any, issuer: Any) -> Any:
        self.rounds += 1
        if self.rounds > _MAX_ROUNDS:
            raise NotCanonical("too many blank nodes that look alike")
        return super().hash_n_degree_quads(id_, issuer)


def _refuse_term(term: str | None) -> None:
    raise NotCanonical(f"undefined term: {term}")


def _demand_absolute(expanded: Any) -> None:
    """Refuse properties, types and references that are not absolute: they would not reach the RDF."""
    if isinstance(expanded, list):
        for part in expanded:
            _demand_absolute(part)
    elif isinstance(expanded, dict):
        for name, part in expanded.items():
            names = [name] if not name.startswith("@") else part if name in ("@id", "@type") else []
            for iri in [names] if isinstance(names, str) else names:
                if not _IRI.fullmatch(iri):
                    raise NotCanonical(f"not absolute: {iri}")
            _demand_absolute(part)
