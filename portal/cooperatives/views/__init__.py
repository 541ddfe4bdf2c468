"""The pages of cooperatives, one module a topic, on one blueprint."""

from portal.cooperatives.views import board, claims, documents, founding, importing, institution, registry
from portal.cooperatives.views.blueprint import blueprint

__all__ = ["blueprint", "board", "claims", "documents", "founding", "importing", "institution", "registry"]
