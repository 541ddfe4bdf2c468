"""Service lines as data: the list, one line, what a change would do, the change."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import language
from portal.readiness import guide
from portal.readiness.forms import LineForm, filled
from portal.readiness.queries.effects import Effects, line_effects
from portal.readiness.queries.lines import LineRow, get_line, line_counts, line_rows, names_in_use
from portal.readiness.rules_coverage import ZONE
from portal.readiness.services.lines import check_line, save_line
from portal.readiness.views.blueprint import blueprint

EDIT = Permission.SERVICE_LINE_EDIT


@blueprint.get("/admin/layanan")
@requires(EDIT)
def lines() -> Any:
    """Every line with its needs and how many cooperatives are ready."""
    names = names_in_use(language())
    rows = [(row, guide.line_words(row, names, language())) for row in line_rows(active_only=False)]
    return htmx.render("readiness/lines.html", rows=rows, counts=line_counts(), lang=language())


@blueprint.get("/admin/layanan/baru")
@requires(EDIT)
def line_new() -> Any:
    """A line that is not there yet."""
    return _form_page(LineForm(data={"is_active": True, "count_0": 1, "external_0": True}), None)


@blueprint.post("/admin/layanan/baru")
@requires(EDIT)
def line_new_post() -> Any:
    """Add it, or see what it would do."""
    return _take(LineForm.parse(), None)


@blueprint.get("/admin/layanan/<int:line_id>")
@requires(EDIT)
def line(line_id: int) -> Any:
    """One line, to change."""
    found = get_line(line_id)
    return _form_page(LineForm(data=filled(found)), found)


@blueprint.post("/admin/layanan/<int:line_id>")
@requires(EDIT)
def line_post(line_id: int) -> Any:
    """Change it, or see what the change would do."""
    return _take(LineForm.parse(), get_line(line_id))


def _form_page(
    form: LineForm, found: LineRow | None, status: int = 200, effects: Effects | None = None
) -> Any:
    form.offer(names_in_use(language()))
    return htmx.render(
        "readiness/line.html", None, status, form=form, line=found, effects=effects, lang=language()
    )


def _take(form: LineForm, found: LineRow | None) -> Any:
    form.offer(names_in_use(language()))
    if not form.validate():
        return _form_page(form, found, 422)
    try:
        if "lihat" in request.form:
            # 202: taken and looked at, nothing was changed; a reload asks the same again and harms nothing.
            return _form_page(form, found, 202, effects=_effects(form, found))
        return htmx.redirect(_save(form, found))
    except DomainError as error:
        form.add_error(error)
        return _form_page(form, found, error.status)


def _effects(form: LineForm, found: LineRow | None) -> Effects:
    text = form.text()
    check_line(text)
    before = found.rule if found is not None and found.is_active else None
    after = text.rule(0) if text.is_active else None
    return line_effects(before, after, local_date(clock.now(), ZONE))


def _save(form: LineForm, found: LineRow | None) -> str:
    actor, now = current_actor(), clock.now()
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            number = save_line(
                text=form.text(),
                line_id=found.rule.line_id if found else None,
                version=form.seen_version,
                actor=actor,
                now=now,
            )
            op.finish(url_for("readiness.line", line_id=number, tersimpan=1))
    return op.outcome
