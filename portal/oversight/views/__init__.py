"""Pages of oversight: public coverage, inclusion, the funnel, downloads, dated reports."""

from portal.oversight.views import coverage, desk, files, funnel, inclusion, reports
from portal.oversight.views.blueprint import blueprint

BLUEPRINTS = (blueprint,)
install = desk.install

__all__ = ["BLUEPRINTS", "coverage", "desk", "files", "funnel", "inclusion", "install", "reports"]
