"""The most people of one cooperative in a batch, and the seats it keeps: counted again under the lock of the
batch, on every way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.words import gettext as _
from portal.enrollment import messages, rules
from portal.enrollment.queries.counts import holding_of, room_for
from portal.enrollment.rules.places import KEPT

MOST_NAMES = 3


def refuse_over_cap(batch: Batch, cooperative_ids: Iterable[int | None]) -> None:
    """One more place for each of these cooperatives (an id for each person). The batch must be locked.

    No statement without a cap, else one. Raises Conflict `cooperative_full` with
    details["cooperative_ids"].
    """
    if batch.cooperative_cap is None:
        return
    wanted = Counter(number for number in cooperative_ids if number is not None)
    if not wanted:
        return
    held = holding_of(batch.id).held.cooperatives
    over = sorted(n for n, count in wanted.items() if held.get(n, 0) + count > batch.cooperative_cap)
    if over:
        raise Conflict(
            "cooperative_full", messages.over_cap(batch.cooperative_cap, _names(over)), cooperative_ids=over
        )


def refuse_kept(batch: Batch, people: Sequence[rules.Comer], now: datetime) -> None:
    """Seats for all these people, none of whom is screened for one yet. The batch must be locked.

    No statement where nothing is kept, else one. Raises Conflict `seat_kept`. Seats that are simply not there
    are left to `batches.take_seats`.
    """
    if not batch.pilot_seats and not batch.post_quotas:
        return
    room = room_for(batch, holding_of(batch.id), now, with_screening=False)
    if len(people) <= room.left and rules.seat_together(room, [_uncapped(who) for who in people]) == KEPT:
        raise Conflict("seat_kept", messages.seat_kept())


def _uncapped(who: rules.Comer) -> rules.Somebody:
    return rules.Somebody(None, who.post, who.is_pilot)


def _names(ids: Sequence[int]) -> str:
    statement = sa.select(Cooperative.name).where(Cooperative.id.in_(ids[:MOST_NAMES]))
    names = list(db.session.scalars(statement.order_by(Cooperative.id)))
    more = len(ids) - len(names)
    return ", ".join([*names, _("%(num)d koperasi lain", num=more)] if more else names)
