"""What the pages of the room send."""

from portal.assessment.forms.judging import (
    Typed,
    one_entry,
    typed,
    whole_person,
)

__all__ = [
    "Typed",
    "one_entry",
    "typed",
    "whole_person",
]
