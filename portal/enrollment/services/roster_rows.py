"""What reading a roster has to offer to other lists of people: cells, headers, checked rows, bad rows."""

from portal.enrollment.roster.cells import is_numeric, parse_date, text_of
from portal.enrollment.roster.header import Header, classify
from portal.enrollment.roster.preview import RosterPreview, RowIssue, bad_rows_file, check_roster
from portal.enrollment.roster.reasons import explain
from portal.enrollment.roster.sealed import Row, without_numbers
from portal.enrollment.roster.table import RawRow, RosterTable

__all__ = [
    "Header",
    "RawRow",
    "RosterPreview",
    "RosterTable",
    "Row",
    "RowIssue",
    "bad_rows_file",
    "check_roster",
    "classify",
    "explain",
    "is_numeric",
    "parse_date",
    "text_of",
    "without_numbers",
]
