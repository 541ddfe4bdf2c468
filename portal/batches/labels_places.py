"""Sentences about how the places of a batch are shared out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.batches.messages import listed
from portal.batches.models import Batch
from portal.cooperatives.labels import POST_LABELS, post_label
from portal.core.formatting import long_date
from portal.core.words import gettext as _


def kept_posts(batch: Batch) -> str:
    """ "2 untuk bendahara dan 1 untuk ketua pengawas", in the order of the posts; "" when none are kept."""
    parts = [
        _("%(num)d untuk %(post)s", num=batch.post_quotas[post], post=post_label(post).lower())
        for post in POST_LABELS
        if batch.post_quotas.get(post)
    ]
    return listed(parts, _("dan")) if parts else ""


def sharing(batch: Batch, now: datetime) -> list[str]:
    """What applicants should know: seats kept for posts while they are, and the most of one cooperative."""
    found = []
    until = batch.pilot_until or batch.closes_at
    posts = kept_posts(batch)
    if posts and now < until:
        values: dict[str, Any] = {"posts": posts, "day": _day(until, batch)}
        found.append(_("Kursi dijaga sampai %(day)s: %(posts)s.", **values))
    if batch.cooperative_cap is not None:
        found.append(
            _(
                "Paling banyak %(cap)d orang dari satu koperasi; selebihnya menunggu.",
                cap=batch.cooperative_cap,
            )
        )
    if batch.waitlist_pool:
        found.append(_("Daftar tunggunya dipakai bersama angkatan lain dari program ini."))
    return found


def desk_facts(batch: Batch) -> list[tuple[Any, ...]]:
    """(term, value, small) for the center's page; empty values are left out there."""
    cap = _("%(num)d orang", num=batch.cooperative_cap) if batch.cooperative_cap else ""
    posts = kept_posts(batch)
    until = _("sampai %(day)s", day=_day(batch.pilot_until or batch.closes_at, batch)) if posts else ""
    return [
        (_("Kursi untuk jabatan"), posts, until),
        (_("Paling banyak dari satu koperasi"), cap),
        (_("Daftar tunggu bersama"), batch.waitlist_pool),
    ]


def _day(moment: datetime, batch: Batch) -> str:
    return long_date(moment.astimezone(ZoneInfo(batch.center.zone)).date())
