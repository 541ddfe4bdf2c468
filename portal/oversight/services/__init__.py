"""Changes of oversight: dated reports."""

from portal.oversight.services.limits import count_day, count_file, count_public_file
from portal.oversight.services.report import make_monthly_report, make_report

__all__ = ["count_day", "count_file", "count_public_file", "make_monthly_report", "make_report"]
