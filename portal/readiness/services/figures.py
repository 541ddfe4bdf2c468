"""What coverage is held against: targets, figures of others, the list of remote regions."""

from __future__ import annotations

import re
from datetime import date, datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.readiness.models import CoverageTarget, OutsideFigure, RemoteRegion
from portal.regions.models import Region, RegionKind

_SEPARATORS = re.compile(r"[\s,;]+")


def set_target(
    *,
    region_code: str,
    year: int,
    per_cooperative: int | None,
    people: int | None,
    source: str,
    source_status: str,
    actor: Actor,
    now: datetime,
) -> CoverageTarget:
    """Set the target of a region ("" for the country) for a year; an earlier one of that year is replaced.

    Exactly one of per_cooperative and people. Raises DomainError `region_unknown`, `measure_unclear`.
    """
    require(actor, Permission.COVERAGE_EDIT)
    _check_region(region_code)
    if (per_cooperative is None) == (people is None):
        raise DomainError(
            "measure_unclear", _("Pilih satu ukuran: per koperasi atau jumlah orang."), "measure"
        )
    found = db.session.scalar(
        sa.select(CoverageTarget)
        .where(CoverageTarget.region_code == region_code, CoverageTarget.year == year)
        .with_for_update()
    )
    target = found or CoverageTarget(region_code=region_code, year=year)
    target.per_cooperative, target.people = per_cooperative, people
    target.source, target.source_status = source, source_status
    target.set_by, target.set_at = actor.user_id, now
    db.session.add(target)
    db.session.flush()
    audit.record(
        "coverage.target_set", "coverage_target", target.id, actor=actor, now=now, region=region_code,
        year=year, per_cooperative=per_cooperative, people=people,
    )  # fmt: skip
    return target


def remove_target(*, target_id: int, actor: Actor, now: datetime) -> None:
    """Take a target away; the nearest region above lends its own again. Raises NotFound."""
    require(actor, Permission.COVERAGE_EDIT)
    target = db.session.get(CoverageTarget, target_id)
    if target is None:
        raise NotFound()
    audit.record(
        "coverage.target_removed", "coverage_target", target_id, actor=actor, now=now,
        region=target.region_code, year=target.year,
    )  # fmt: skip
    db.session.delete(target)


def keep_figure(
    *, region_code: str, subject: str, value: int, as_of: date, source: str, actor: Actor, now: datetime
) -> OutsideFigure:
    """Keep what somebody else published; the same subject of the same day is replaced.

    Raises DomainError `region_unknown`, `as_of_future`.
    """
    require(actor, Permission.COVERAGE_EDIT)
    _check_region(region_code)
    if as_of > now.date():
        raise DomainError("as_of_future", _("Tanggal ini belum tiba."), "as_of")
    same = (
        OutsideFigure.region_code == region_code,
        OutsideFigure.subject == subject,
        OutsideFigure.as_of == as_of,
    )
    found = db.session.scalar(sa.select(OutsideFigure).where(*same).with_for_update())
    figure = found or OutsideFigure(region_code=region_code, subject=subject, as_of=as_of)
    figure.value, figure.source, figure.set_by, figure.set_at = value, source, actor.user_id, now
    db.session.add(figure)
    db.session.flush()
    audit.record(
        "coverage.figure_kept", "outside_figure", figure.id, actor=actor, now=now, region=region_code,
        subject=subject, value=value, as_of=as_of.isoformat(),
    )  # fmt: skip
    return figure


def remove_figure(*, figure_id: int, actor: Actor, now: datetime) -> None:
    """Take an outside figure away. Raises NotFound."""
    require(actor, Permission.COVERAGE_EDIT)
    figure = db.session.get(OutsideFigure, figure_id)
    if figure is None:
        raise NotFound()
    audit.record(
        "coverage.figure_removed", "outside_figure", figure_id, actor=actor, now=now,
        region=figure.region_code, subject=figure.subject, value=figure.value,
    )  # fmt: skip
    db.session.delete(figure)


def set_remote_regions(*, codes: str, source: str, actor: Actor, now: datetime) -> int:
    """Replace the list of remote regencies by a pasted one; how many it names. All or nothing.

    Raises DomainError `codes_unknown` that names the first codes which are no regency or city.
    """
    require(actor, Permission.COVERAGE_EDIT)
    wanted = list(dict.fromkeys(code for code in _SEPARATORS.split(codes) if code))
    kinds = (RegionKind.REGENCY.value, RegionKind.CITY.value)
    known = set(db.session.scalars(sa.select(Region.code).where(Region.kind.in_(kinds))))
    wrong = [code for code in wanted if code not in known]
    if wrong:
        told = ", ".join(code[:20] for code in wrong[:5])
        sentence = _("%(count)s kode bukan kabupaten atau kota: %(codes)s.", count=len(wrong), codes=told)
        raise DomainError("codes_unknown", sentence, "codes")
    db.session.execute(sa.delete(RemoteRegion))
    db.session.execute(
        sa.insert(RemoteRegion),
        [{"region_code": code, "source": source, "set_by": actor.user_id, "set_at": now} for code in wanted],
    ) if wanted else None
    audit.record("coverage.remote_set", "remote_region", "all", actor=actor, now=now, count=len(wanted))
    return len(wanted)


def load_figures(*, actor: Actor, now: datetime) -> int:
    """The target and the figures that the portal comes with, where none of them is there; how many."""
    if db.session.scalar(sa.select(CoverageTarget.id).limit(1)) is not None:
        return 0
    set_target(
        region_code="", year=2026, per_cooperative=2, people=None, source_status="confirmed",
        source="Target nasional 161.210 orang untuk 80.605 koperasi (Agustus 2025)", actor=actor, now=now,
    )  # fmt: skip
    for subject, value, as_of, source in SHIPPED:
        keep_figure(
            region_code="", subject=subject, value=value, as_of=as_of, source=source, actor=actor, now=now
        )
    return 1 + len(SHIPPED)


#: What public sources said (DOMAIN: Who is trained): subject, value, day, source.
SHIPPED = (
    ("cooperatives", 80_605, date(2025, 8, 31), "Angka yang diumumkan Agustus 2025"),
    ("cooperatives", 82_780, date(2025, 11, 21), "Koperasi Desa/Kelurahan Merah Putih yang diumumkan"),
    ("trained", 17_558, date(2025, 11, 30), "Peserta terlatih yang diumumkan November 2025"),
)


def _check_region(code: str) -> None:
    if code and (len(code) > 8 or db.session.get(Region, code) is None):
        raise DomainError("region_unknown", _("Kode wilayah ini tidak ada."), "region_code")
