"""Re-tests: of which unit, and when one can be closed. Pure."""

from __future__ import annotations

from portal.assessment.rules.judging import COMPETENT, NOT_YET, Say, plain
from portal.core.blockers import Blocker

RETEST_NOTE_LIMIT = 500


def retest_blockers(*, value: str | None, has_open: bool, _: Say = plain) -> list[Blocker]:
    """Why a re-test of a unit cannot be opened: only BK is tested again, once at a time. `value` is the
    verdict in force, None for no verdict."""
    if value is None:
        message = _("Unit ini belum dinilai, jadi belum ada yang diuji ulang.")
        return [Blocker("retest_pending", message, _("Nilai unit ini dulu."))]
    if value == COMPETENT:
        return [Blocker("retest_competent", _("Unit ini sudah kompeten. Uji ulang hanya untuk BK."))]
    if has_open:
        return [Blocker("retest_open", _("Uji ulang unit ini sudah dibuka dan belum selesai."))]
    return []


def closing_blockers(*, is_open: bool, value: str | None, _: Say = plain) -> list[Blocker]:
    """Why an open re-test gives no result any more: it was closed, or the unit became K another way."""
    if not is_open:
        return [Blocker("retest_closed", _("Uji ulang ini sudah selesai."))]
    if value != NOT_YET:
        message = _("Unit ini sudah kompeten dengan jalan lain. Batalkan uji ulangnya.")
        return [Blocker("retest_overtaken", message)]
    return []
