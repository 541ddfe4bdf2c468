"""The clock of a breach in words."""

from __future__ import annotations

from portal.core.formatting import moment, remaining
from portal.core.words import gettext as _
from portal.people.queries.breaches import BreachView


def clock_words(view: BreachView) -> tuple[str, str, str, str]:
    """(kind, icon, words) for `ui.tag`, and the sentence below the bar."""
    clock = view.clock
    due = moment(clock.due_at)
    if clock.state == "in_time":
        return "ok", "circle-check", _("Diberi tahu tepat waktu"), _("Batasnya %(due)s.", due=due)
    if clock.state == "late":
        return "warn", "triangle-alert", _("Diberi tahu terlambat"), _("Batasnya %(due)s.", due=due)
    assert clock.left is not None
    if clock.state == "overdue":
        late = remaining(-clock.left)
        return (
            "err",
            "triangle-alert",
            _("Lewat %(late)s", late=late),
            _("Batasnya %(due)s sudah lewat.", due=due),
        )
    return (
        "warn",
        "hourglass",
        _("Sisa %(left)s", left=remaining(clock.left)),
        _("Batas pemberitahuan: %(due)s.", due=due),
    )
