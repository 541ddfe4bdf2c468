"""Pages of readiness: service lines as data, the guide for chairs, figures for coverage."""

from __future__ import annotations

from portal.readiness.views import figures, guide, lines
from portal.readiness.views.blueprint import blueprint

BLUEPRINTS = (blueprint,)

__all__ = ["BLUEPRINTS", "blueprint", "figures", "guide", "lines"]
