"""Pages of assessment."""

from portal.assessment.views import (
    appeals,
    bank,
    bank_edit,
    bank_files,
    corrections,
    invigilation,
    judging,
    keys,
    observing,
    own,
    paper,
    retests,
    second,
    sitting,
    tests,
    written,
)
from portal.assessment.views.blueprint import blueprint

BLUEPRINTS = [blueprint]

__all__ = [
    "BLUEPRINTS",
    "appeals",
    "bank",
    "bank_edit",
    "bank_files",
    "corrections",
    "invigilation",
    "judging",
    "keys",
    "observing",
    "own",
    "paper",
    "retests",
    "second",
    "sitting",
    "tests",
    "written",
]
