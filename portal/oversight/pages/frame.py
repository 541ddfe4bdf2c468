"""What the pages of oversight have in common: tabs, the time of their figures, an address that is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import url_for

from portal.core.formatting import long_date, moment
from portal.core.forms import TokenForm
from portal.core.jobs import find_job
from portal.core.words import gettext as _
from portal.oversight.forms import Ask
from portal.oversight.labels import STATUSES
from portal.oversight.pages.reading import Reading
from portal.oversight.queries.figures import find_edition


def tabs(current: str, code: str | None = None) -> list[tuple[str, str, bool]]:
    """(address, label, is current) of the parts of oversight, for the same region."""
    parts = [
        ("cakupan", url_for("desks.oversight", wilayah=code), _("Cakupan")),
        ("inklusi", url_for("oversight.inclusion", wilayah=code), _("Inklusi")),
        ("corong", url_for("oversight.funnel", wilayah=code), _("Dari usulan sampai sertifikat")),
        ("laporan", url_for("oversight.reports"), _("Laporan")),
    ]
    return [(href, label, name == current) for name, href, label in parts]


def frame(current: str, ask: Ask, reading: Reading | None) -> dict[str, Any]:
    """tabs, as_of, wrong, ask, reading and the words for where a target comes from."""
    return {
        "tabs": tabs(current, ask.code),
        "as_of": as_of(reading) if reading else "",
        "wrong": ask.wrong,
        "statuses": STATUSES,
        "ask": ask,
        "reading": reading,
    }


def as_of(reading: Reading) -> str:
    """When the figures were true."""
    if reading.is_past:
        return _("Data untuk %(day)s", day=long_date(reading.edition.on))
    return _("Data per %(when)s", when=moment(reading.edition.made_at))


def waiting(ask: Ask, today: date) -> dict[str, Any]:
    """What to say while a day has no figures. job: the work that makes them; form: how to have it begun."""
    edition = find_edition(ask.on, today) if ask.on else None
    job = find_job(edition.job_id) if edition else None
    return {"job": job, "form": TokenForm() if ask.on and (job is None or job.state == "failed") else None}
