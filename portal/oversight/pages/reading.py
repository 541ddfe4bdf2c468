"""One reading of coverage: region, day and filter, the rows of its table, and what they are held against.

Every page and file of coverage begins with `find_reading`, so that they show the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from portal.core.errors import NotFound
from portal.core.permissions import Scope
from portal.core.words import gettext as _
from portal.oversight.forms import Ask
from portal.oversight.queries import figures
from portal.oversight.queries.figures import Edition, LineName, Mark
from portal.oversight.rules.figures import LEVELS, Figures, chain_of, level_of
from portal.oversight.rules.tables import Maker, Pick, Row, Table, ordered, parents_of
from portal.oversight.rules.targets import Target

_CODE = re.compile(r"(\d\d|-)(\.(\d\d|-)){0,2}")
EVERYWHERE = Scope(everything=True)


@dataclass(frozen=True)
class Reading:
    """`code` is the region that the page is about, None for several beside each other (`roots`)."""

    ask: Ask
    code: str | None
    roots: tuple[str, ...]
    edition: Edition
    pick: Pick
    lines: list[LineName]
    found: list[Figures]
    targets: list[Target]
    marks: list[Mark]
    scope: Scope

    @cached_property
    def maker(self) -> Maker:
        """Rows with everything that is closed."""
        parents = parents_of([self.code] if self.code is not None else self.roots)
        return Maker(self.found, parents, self.pick, self.targets, self.edition.on.year)

    @cached_property
    def table(self) -> Table:
        """The rows of the page, in the order asked for; for a district only its sum."""
        made = self.maker.chosen(self.roots) if self.code is None else self.maker.table(self.code)
        return Table(made.total, ordered(made.rows, self.ask.order, is_down=self.ask.is_down))

    @cached_property
    def names(self) -> dict[str, str]:
        """Region code -> name, "" for the country."""
        return {one.code: one.name or _("Belum dicatat") for one in self.found} | {"": _("Indonesia")}

    @property
    def level(self) -> str:
        """The level of the region: country, province, regency, district; or several, beside each other."""
        return "several" if self.code is None else level_of(self.code)

    @property
    def name(self) -> str:
        """The region's name."""
        return _("Wilayah saya") if self.code is None else self.names[self.code]

    @property
    def is_past(self) -> bool:
        """True for the figures of an earlier day."""
        return self.edition.state == "past"

    @property
    def path(self) -> list[tuple[str, str]]:
        """(code, name) from the highest region that the reader may see down to this one."""
        steps = chain_of(self.code) if self.code is not None else []
        return [
            (step, self.names[step]) for step in steps if step in self.names and _covers(self.scope, step)
        ]


def _covers(scope: Scope, code: str) -> bool:
    return scope.covers_region(code) if code else scope.everything or "" in scope.regions


def whole_of(scope: Scope) -> tuple[str, ...]:
    """The highest regions of a scope, none inside another; ("",) for the country."""
    if _covers(scope, ""):
        return ("",)
    codes = sorted(scope.regions)
    return tuple(code for code in codes if not any(code.startswith(f"{one}.") for one in codes))


def find_reading(
    ask: Ask, scope: Scope, today: date, *, deepest: str = "district", edition: Edition | None = None
) -> Reading | None:
    """The reading of an address within a scope; None while there are no figures for its day. Four statements.

    Raises the same NotFound for a region outside the scope, deeper than `deepest`, and one that does not
    exist.
    """
    roots = whole_of(scope)
    code = ask.code if ask.code is not None else roots[0] if len(roots) == 1 else None
    if code and (not _CODE.fullmatch(code) or not _covers(scope, code) or _is_too_deep(code, deepest)):
        raise NotFound()
    edition = edition or figures.find_edition(ask.on, today)
    if edition is None or edition.state == "making":
        return None
    lines = figures.list_lines()
    pick = ask.pick(lines)
    wanted = [code] if code is not None else list(roots)
    parents = parents_of(wanted)
    found = figures.list_figures(edition.id, parents, by=pick.by, line_id=pick.line_id)
    if code and not any(one.code == code for one in found):
        raise NotFound()
    targets, marks = figures.list_marks({*parents, *(one.code for one in found)}, edition.on)
    return Reading(ask, code, roots, edition, pick, lines, found, targets, marks, scope)


def _is_too_deep(code: str, deepest: str) -> bool:
    return LEVELS.index(level_of(code)) > LEVELS.index(deepest)


__all__ = ["EVERYWHERE", "Reading", "Row", "find_reading", "whole_of"]
