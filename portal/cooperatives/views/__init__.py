"""The pages of cooperatives, one module a topic, on one blueprint."""

from portal.cooperatives.views import board, claims, documents, founding
from portal.cooperatives.views.blueprint import blueprint

__all__ = ["blueprint", "board", "claims", "documents", "founding"]
