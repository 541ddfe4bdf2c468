"""Changes of oversight: dated reports."""

from portal.oversight.services.report import make_monthly_report, make_report

__all__ = ["make_monthly_report", "make_report"]
