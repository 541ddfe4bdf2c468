"""The GIFT text format, as Moodle writes and reads it. Pure: text in, questions out, and back.

Facts are of Moodle's own reader (question/format/gift): questions stand in paragraphs; `//` begins a comment
line; the first { and the first } hold the answers; \\~ \\= \\# \\{ \\} \\: \\\\ and \\n are escapes.
"""

from portal.assessment.rules.gift.drafts import Draft, Reading, Refusal
from portal.assessment.rules.gift.reader import read
from portal.assessment.rules.gift.writer import Written, write

__all__ = ["Draft", "Reading", "Refusal", "Written", "read", "write"]
