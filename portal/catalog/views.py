"""The public catalog: all programs, and one program with its units; and the rules that its editors set."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from portal.catalog import pages, queries
from portal.catalog.forms import RuleForm, filled
from portal.catalog.models import Program
from portal.catalog.rules import RULE_ZONE, in_force
from portal.catalog.services import set_program_rule
from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, public, requires
from portal.core.ports import ports
from portal.core.words import gettext as _

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
        rules=pages.rule_facts(queries.rules_on(_today(), [found.id]).get(found.id)),
        **pages.program_page(found, curriculum),
    )


def _today() -> Any:
    return local_date(clock.now(), RULE_ZONE)


@blueprint.get("/admin/program")
@requires(Permission.CATALOG_EDIT)
def rule_list() -> Any:
    """Every program with the rule in force."""
    return htmx.render("catalog/rule_list.html", rows=pages.rule_rows(queries.list_programs(), _today()))


@blueprint.get("/admin/program/<slug>/aturan")
@requires(Permission.CATALOG_EDIT)
def rule(slug: str) -> Any:
    """A program's rule: what is in force, earlier and later versions, the next one."""
    found = queries.get_program(slug)
    versions = queries.rule_versions([found.id]).get(found.id, [])
    form = RuleForm(data=filled(versions[-1] if versions else None))
    return _rule_page(found, form)


def _rule_page(found: Program, form: RuleForm, status: int = 200) -> Any:
    versions = queries.rule_versions([found.id]).get(found.id, [])
    names = queries.program_names()
    current = in_force(versions, _today())
    return htmx.render(
        "catalog/rule.html",
        None,
        status,
        program=found,
        form=form.offer(names, found.id),
        current=current,
        facts=pages.rule_facts(current, names),
        versions=[(one, pages.rule_facts(one, names)) for one in reversed(versions)],
    )


@blueprint.post("/admin/program/<slug>/aturan")
@requires(Permission.CATALOG_EDIT)
def rule_post(slug: str) -> Any:
    """Add the next version."""
    found, form = queries.get_program(slug), RuleForm.parse()
    form.offer(queries.program_names(), found.id)
    if not form.validate():
        return _rule_page(found, form, 422)
    try:
        outcome = _set_rule(found, form)
    except DomainError as error:
        form.add_error(error)
        return _rule_page(found, form, error.status)
    return htmx.redirect(outcome)


def _set_rule(found: Program, form: RuleForm) -> str:
    actor, now = current_actor(), clock.now()
    day = form.in_force_from.data
    if day is None:
        raise DomainError("day_missing", _("Tulis tanggalnya."), "in_force_from")
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            set_program_rule(
                program_id=found.id,
                in_force_from=day,
                validity_months=form.validity_months.data,
                grace_months=form.grace_months.data,
                renewal_hours=form.renewal_hours.data,
                window_months=form.window_months.data,
                counted=form.counted.data or [],
                groups=form.needs(),
                source_status=form.source_status.data,
                note=form.note.data or "",
                today=_today(),
                actor=actor,
                now=now,
            )
            op.finish(url_for("catalog.rule", slug=found.slug))
    return op.outcome
