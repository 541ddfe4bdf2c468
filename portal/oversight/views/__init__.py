"""Pages of oversight: public coverage, inclusion, the funnel, downloads, dated reports."""

from portal.oversight.views import coverage, files, funnel, inclusion, reports
from portal.oversight.views.blueprint import blueprint

BLUEPRINTS = (blueprint,)

__all__ = ["BLUEPRINTS", "blueprint", "coverage", "files", "funnel", "inclusion", "reports"]
