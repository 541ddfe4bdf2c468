"""Questions as files: GIFT and .xlsx out; either in, read first, taken over when somebody said so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, flash, request, url_for

from portal.assessment import labels_bank as labels
from portal.assessment.forms.bank import ImportForm, bank_value, chosen_bank
from portal.assessment.queries import bank
from portal.assessment.rules import gift, sheets
from portal.assessment.rules.content import images_of
from portal.assessment.rules.gift import Written
from portal.assessment.rules.sheet_examples import examples
from portal.assessment.services import bank_import as services
from portal.assessment.views.bank_act import act_to
from portal.assessment.views.blueprint import blueprint
from portal.core import htmx
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.permissions import Actor, Permission, current_actor, requires
from portal.core.spreadsheets import write_xlsx
from portal.core.words import gettext as _

_EDIT = Permission.QUESTION_EDIT
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN = 200


@blueprint.get("/soal/contoh.xlsx")
@requires(_EDIT)
def bank_template() -> Any:
    """An empty sheet with an example of each kind."""
    return _file(
        write_xlsx(list(sheets.COLUMNS), sheets.to_rows(examples(_)), sheet_name="Soal"), "contoh-soal.xlsx"
    )


@blueprint.get("/soal/unit/<int:unit_id>/berkas")
@requires(_EDIT)
def bank_files(unit_id: int) -> Any:
    """Bringing questions in and taking them out."""
    return _files(unit_id, None, 200)


@blueprint.get("/soal/unit/<int:unit_id>/soal.<kind>")
@requires(_EDIT)
def bank_export(unit_id: int, kind: str) -> Any:
    """The unit's questions as a file: `gift` or `xlsx`."""
    unit = bank.get_unit(unit_id)
    state = request.args.get("keadaan", "")
    rows = bank.questions_to_export(current_actor(), unit_id, state)
    written = [Written(row.id, row.name, row.kind, row.content) for row in rows]
    if kind == "gift":
        response = _file(
            gift.write(written, f"{unit.program}/{unit.title}").encode(), f"soal-{unit_id}.gift.txt"
        )
        response.mimetype = "text/plain"
        return response
    if kind != "xlsx":
        raise NotFound()
    return _file(
        write_xlsx(list(sheets.COLUMNS), sheets.to_rows(written), sheet_name="Soal"), f"soal-{unit_id}.xlsx"
    )


@blueprint.post("/soal/unit/<int:unit_id>/berkas")
@requires(_EDIT)
def bank_upload(unit_id: int) -> Any:
    """Read a file and show what it would do."""
    banks = bank.banks_of(current_actor())
    form = ImportForm.of(banks, posted=True)
    bank.get_unit(unit_id)
    if not form.validate():
        return _files(unit_id, form, 422)
    try:
        style, reading = services.read_file(form.content())
    except DomainError as error:
        form.add_error(error)
        return _files(unit_id, form, error.status)

    def keep(actor: Actor, now: datetime) -> str:
        try:
            center_id = chosen_bank(form.bank.data, banks)
        except ValueError as error:
            raise NotFound() from error
        job_id = services.keep_reading(
            unit_id=unit_id, center_id=center_id, form=style, reading=reading, actor=actor, now=now
        )
        return url_for("assessment.bank_reading", job_id=job_id)

    return act_to(form, keep, lambda status: _files(unit_id, form, status))


@blueprint.get("/soal/impor/<int:job_id>")
@requires(_EDIT)
def bank_reading(job_id: int) -> Any:
    """What was read from a file, and what taking it over would do; nothing has changed yet."""
    return _reading(job_id, TokenForm(), 200)


@blueprint.post("/soal/impor/<int:job_id>")
@requires(_EDIT)
def bank_take_over(job_id: int) -> Any:
    """Take it over, or throw it away (`buang`)."""
    held = services.get_held(current_actor(), job_id)
    form, choice = TokenForm.parse(), request.form

    def work(actor: Actor, now: datetime) -> str:
        if "buang" in choice:
            services.discard(job_id=job_id, actor=actor, now=now)
            return url_for("assessment.bank_files", unit_id=held.unit_id)
        counts = services.take_over(
            job_id=job_id, only_good=choice.get("pilihan") == "baik", activate="aktif" in choice,
            actor=actor, now=now,
        )  # fmt: skip
        flash(_("Impor selesai: %(new)s soal baru, %(changed)s diperbarui, %(same)s tetap.", **counts), "ok")
        return url_for("assessment.bank_unit", unit_id=held.unit_id)

    return act_to(form, work, lambda status: _reading(job_id, form, status))


@blueprint.get("/soal/impor/<int:job_id>/bermasalah.xlsx")
@requires(_EDIT)
def bank_bad_rows(job_id: int) -> Any:
    """What could not be read, with its reason, as a file to put right."""
    held = services.get_held(current_actor(), job_id)
    refusals = held.reading.refusals
    if held.form == "sheet":
        columns = [*sheets.COLUMNS, _("Alasan")]
        rows = [[*(one.cells or ("",) * len(sheets.COLUMNS)), one.reason] for one in refusals]
    else:
        columns = [_("Baris"), _("Nama"), _("Alasan"), _("Teks")]
        rows = [[str(one.line), one.name, one.reason, one.source] for one in refusals]
    return _file(write_xlsx(columns, rows, sheet_name="Soal"), "soal-bermasalah.xlsx")


def _files(unit_id: int, form: ImportForm | None, status: int) -> Any:
    actor, unit = current_actor(), bank.get_unit(unit_id)
    banks = bank.banks_of(actor)
    if form is None:
        form = ImportForm.of(banks)
        form.bank.data = bank_value(banks[0].center_id) if banks else ""
    rows = bank.questions_to_export(actor, unit_id)
    pictured = sum(bool(images_of(row.content)) for row in rows)
    return htmx.render(
        "assessment/bank/files.html", status=status, unit=unit, form=form, banks=banks, count=len(rows),
        pictured=pictured,
    )  # fmt: skip


def _reading(job_id: int, form: Any, status: int) -> Any:
    held = services.get_held(current_actor(), job_id)
    planned = services.planned(held)
    outcomes = [row.outcome for row in planned]
    counts = {name: outcomes.count(name) for name in ("new", "changed", "same", "clash")}
    named = next((one for one in bank.banks_of(current_actor()) if one.center_id == held.center_id), None)
    return htmx.render(
        "assessment/bank/reading.html", status=status, held=held, planned=planned[:_SHOWN], form=form,
        counts=counts, bad=len(held.reading.refusals) + counts["clash"], unit=bank.get_unit(held.unit_id),
        bank=named.name if named else "", more=max(0, len(planned) - _SHOWN), labels=labels,
    )  # fmt: skip


def _file(content: bytes, name: str) -> Response:
    response = Response(content, mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
