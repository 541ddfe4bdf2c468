"""Changes of readiness: service lines as data, and the summaries made from the sources."""

from __future__ import annotations
