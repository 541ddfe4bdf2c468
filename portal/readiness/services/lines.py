"""Service lines: filled from the reference file, then edited as data."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.catalog.models import Program
from portal.cooperatives.models import ChecklistItem, Kind, Post
from portal.cooperatives.rules import SOLE_POSTS
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.readiness.models import ServiceLine, ServiceNeed
from portal.readiness.reference import LineRef, load_lines
from portal.readiness.rules import Line, Need
from portal.readiness.services.refresh import all_standings_touched

MOST_PEOPLE = 50


def load_service_lines(*, actor: Actor, now: datetime) -> int:
    """Add the shipped lines that are not there yet, by code; an edited line is left as it is. Returns how
    many were added."""
    known = set(db.session().scalars(sa.select(ServiceLine.code)))
    pairs = db.session().execute(sa.select(Program.slug, Program.id)).all()
    programs: dict[str, int] = dict(pairs)
    added = [ref for ref in load_lines() if ref.code not in known]
    for ref in added:
        _add(ref, programs, now)
    if added:
        audit.record("service_line.loaded", "service_line", "all", actor=actor, now=now, added=len(added))
    return len(added)


def _add(ref: LineRef, programs: dict[str, int], now: datetime) -> None:
    line = ServiceLine(
        code=ref.code,
        position=ref.position,
        name=ref.name,
        name_en=ref.name_en,
        summary=ref.summary,
        summary_en=ref.summary_en,
        kinds=list(ref.kinds),
        items=list(ref.items),
        source_status="portal",
        updated_at=now,
    )
    db.session().add(line)
    db.session().flush()
    needs = [
        NeedText(
            need.posts,
            tuple(programs[slug] for slug in need.programs if slug in programs),
            need.count,
            need.takes_external,
        )
        for need in ref.needs
    ]
    _replace_needs(line.id, needs)


@dataclass(frozen=True)
class NeedText:
    """A need as somebody wrote it; `programs` are ids."""

    posts: tuple[str, ...]
    programs: tuple[int, ...]
    count: int
    takes_external: bool


@dataclass(frozen=True)
class LineText:
    """A line as somebody wrote it. Its errors name the fields name, kinds, items and needs-<n>."""

    name: str
    name_en: str
    summary: str
    summary_en: str
    kinds: tuple[str, ...]
    items: tuple[str, ...]
    is_active: bool
    needs: tuple[NeedText, ...]

    def rule(self, line_id: int) -> Line:
        """The line as it would be judged."""
        needs = tuple(Need(n.posts, frozenset(n.programs), n.count, n.takes_external) for n in self.needs)
        return Line(line_id, "", needs, self.items, frozenset(self.kinds))


def check_line(text: LineText) -> None:
    """Refuse a line that does not hold together. Raises DomainError at its field. Three statements."""
    if not text.name.strip():
        raise DomainError("name_missing", _("Tulis nama layanan."), "name")
    if not set(text.kinds) <= set(Kind):
        raise DomainError("kind_unknown", _("Pilih jenis koperasi dari daftar."), "kinds")
    known_items = set(db.session().scalars(sa.select(ChecklistItem.code)))
    if not set(text.items) <= known_items:
        raise DomainError("item_unknown", _("Pilih dokumen dari daftar."), "items")
    if not text.needs:
        raise DomainError("needs_missing", _("Layanan memerlukan paling sedikit satu kebutuhan."), "needs-0")
    programs = set(db.session().scalars(sa.select(Program.id)))
    for number, need in enumerate(text.needs):
        _check_need(need, f"needs-{number}", programs)


def _check_need(need: NeedText, field: str, programs: set[int]) -> None:
    if not need.posts or not set(need.posts) <= set(Post):
        raise DomainError("posts_missing", _("Pilih paling sedikit satu jabatan untuk kebutuhan ini."), field)
    if not need.programs or not set(need.programs) <= programs:
        raise DomainError(
            "programs_missing", _("Pilih paling sedikit satu program untuk kebutuhan ini."), field
        )
    if not 1 <= need.count <= MOST_PEOPLE:
        raise DomainError("count_range", _("Jumlah orang antara 1 dan %(n)s.", n=MOST_PEOPLE), field)
    if set(need.posts) <= SOLE_POSTS and need.count > len(need.posts):
        message = _(
            "Jabatan ini masing-masing dipegang satu orang, jadi %(n)s orang tidak pernah terpenuhi.",
            n=need.count,
        )
        raise DomainError("count_unreachable", message, field)


def save_line(
    *, text: LineText, line_id: int | None, version: int | None, actor: Actor, now: datetime
) -> int:
    """Change a line, or add one; every standing is then made anew in the background. Returns its id.

    version: the one that the editor saw. Raises Forbidden, NotFound, Conflict when somebody else changed the
    line meanwhile, and DomainError at the field that is wrong.
    """
    require(actor, Permission.SERVICE_LINE_EDIT)
    check_line(text)
    line = _new_line(now) if line_id is None else _locked(line_id, version)
    before = _as_written(line) if line_id is not None else None
    if before == text:
        return int(line.id)
    for name in ("name", "name_en", "summary", "summary_en", "is_active"):
        setattr(line, name, getattr(text, name))
    line.kinds, line.items = list(text.kinds), list(text.items)
    line.version, line.updated_by, line.updated_at = (line.version or 0) + 1, actor.user_id, now
    db.session().add(line)
    db.session().flush()
    _replace_needs(line.id, text.needs)
    audit.record(
        "service_line.changed" if before else "service_line.added",
        "service_line",
        line.id,
        actor=actor,
        now=now,
        version=line.version,
        code=line.code,
        name=text.name,
        is_active=text.is_active,
        kinds=list(text.kinds),
        items=list(text.items),
        needs=[[list(n.posts), list(n.programs), n.count, n.takes_external] for n in text.needs],
    )
    if before is None or before.rule(0) != text.rule(0) or before.is_active != text.is_active:
        all_standings_touched(now=now)
    return int(line.id)


def _new_line(now: datetime) -> ServiceLine:
    position = (db.session().scalar(sa.select(sa.func.max(ServiceLine.position))) or 0) + 1
    return ServiceLine(
        code=f"line_{secrets.token_hex(4)}", position=position, source_status="portal", version=0,
        updated_at=now,
    )  # fmt: skip


def _locked(line_id: int, version: int | None) -> ServiceLine:
    line = db.session().get(ServiceLine, line_id, with_for_update=True, populate_existing=True)
    if line is None:
        raise NotFound()
    if version != line.version:
        message = _("Layanan ini baru saja diubah orang lain. Muat ulang halaman, lalu ubah lagi.")
        raise Conflict("line_changed", message)
    return line


def _needs_of(line_id: int) -> tuple[NeedText, ...]:
    rows = db.session().scalars(
        sa.select(ServiceNeed).where(ServiceNeed.line_id == line_id).order_by(ServiceNeed.position)
    )
    return tuple(
        NeedText(tuple(row.posts), tuple(sorted(row.programs)), row.count, row.takes_external) for row in rows
    )


def _as_written(line: ServiceLine) -> LineText:
    return LineText(
        line.name, line.name_en, line.summary, line.summary_en, tuple(line.kinds), tuple(line.items),
        line.is_active, _needs_of(line.id),
    )  # fmt: skip


def _replace_needs(line_id: int, needs: Sequence[NeedText]) -> None:
    db.session().execute(sa.delete(ServiceNeed).where(ServiceNeed.line_id == line_id))
    db.session().add_all(
        ServiceNeed(
            line_id=line_id,
            position=number,
            posts=list(need.posts),
            programs=sorted(need.programs),
            count=need.count,
            takes_external=need.takes_external,
        )
        for number, need in enumerate(needs, start=1)
    )
    db.session().flush()
