"""What the pages of the room send."""

from portal.attendance.forms.roll import (
    PREFIX,
    HoursForm,
    seen_version,
    tapped,
    whole_sheet,
)

__all__ = [
    "PREFIX",
    "HoursForm",
    "seen_version",
    "tapped",
    "whole_sheet",
]
