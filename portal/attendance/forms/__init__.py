"""What the pages of the room send."""

from portal.attendance.forms.checkin import ArriveForm, PartsForm, ReviewForm, picked_people
from portal.attendance.forms.evidence import (
    AdmitForm,
    CardForm,
    CorrectionForm,
    DecisionForm,
    FindSheetForm,
    RefuseForm,
    WalkInForm,
    chosen_sides,
)
from portal.attendance.forms.roll import (
    PREFIX,
    HoursForm,
    seen_version,
    tapped,
    typed_reason,
    wanted_mark,
    whole_sheet,
)

__all__ = [
    "PREFIX",
    "AdmitForm",
    "ArriveForm",
    "CardForm",
    "CorrectionForm",
    "DecisionForm",
    "FindSheetForm",
    "HoursForm",
    "PartsForm",
    "RefuseForm",
    "ReviewForm",
    "WalkInForm",
    "chosen_sides",
    "picked_people",
    "seen_version",
    "tapped",
    "typed_reason",
    "wanted_mark",
    "whole_sheet",
]
