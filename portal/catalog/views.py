"""The public catalog: all programs, and one program with its units."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from portal.catalog import pages, queries
from portal.core import clock, htmx
from portal.core.permissions import public
from portal.core.ports import ports

blueprint = Blueprint("catalog", __name__)


@blueprint.get("/program")
@public()
def programs() -> Any:
    """All programs, grouped by track."""
    return htmx.render("catalog/programs.html", groups=pages.group_programs(queries.list_programs()))


@blueprint.get("/program/<slug>")
@public()
def program(slug: str) -> Any:
    """One program: units, elements and criteria, and where to find its batches."""
    found = queries.get_program(slug)
    curriculum = queries.get_curriculum(queries.current_curriculum(found.id).id)
    return htmx.render(
        "catalog/program.html",
        search_url=url_for("batches.home", program=found.slug),
        upcoming=ports().upcoming_batches(program_id=found.id, now=clock.now()),
        **pages.program_page(found, curriculum),
    )
