"""An answer file that is adopted after its test became verdicts: what happens to each of them. Pure."""

from __future__ import annotations

from portal.assessment.rules.keys import BY_HAND, CERTIFIED, CHANGED, UNJUDGED

#: Beside the fates of a corrected key: the verdict is signed, so a correction is asked of the head of the
#: center; another judge takes the new points over; a re-test is open and will end by them.
ASKED, LEFT, RETEST = "asked", "left", "retest"
#: What adopting the file does to a verdict itself.
TURNED = frozenset({CHANGED, ASKED})


def late_fate(
    fate: str, *, is_signed: bool, may_judge: bool, is_blind: bool = False, retest_open: bool = False
) -> str:
    """What adopting the file does to one verdict, from its fate under a corrected key.

    The times of a file are a browser's word, so it changes no signed verdict by one person's act.
    `may_judge`: the one who adopts gives verdicts in the batch now; `is_blind`: they give the second word on
    this one and may not learn the first.
    """
    if is_blind:
        return LEFT
    if retest_open and fate in (BY_HAND, UNJUDGED):
        return RETEST
    if fate not in (CHANGED, CERTIFIED):
        return fate
    if is_signed:
        return ASKED
    if fate == CERTIFIED:
        return CERTIFIED
    return CHANGED if may_judge else LEFT
