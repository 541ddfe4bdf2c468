"""A stranger reports a paper that looks forged."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from portal.certificates.rules import print_code
from portal.core import clock
from portal.core.db import transaction
from portal.core.htmx import render
from portal.core.permissions import ANONYMOUS, public
from portal.verification.forms import ReportForm
from portal.verification.reports import report_forgery

from ._common import blueprint, count_report, private


@blueprint.get("/V/<code:code>/laporkan")
@public(bare=True)
def report(code: str) -> Any:
    """What did you see?"""
    return _page(code, ReportForm.of())


def _page(code: str, form: ReportForm, status: int = 200) -> Any:
    shown = print_code(code) if len(code) == 12 else code
    return private(render("verification/report.html", form=form, code=code, shown=shown, status=status))


@blueprint.post("/V/<code:code>/laporkan")
@public(post=True, bare=True)
def report_post(code: str) -> Any:
    """Keep the report; the same one twice is one."""
    form = ReportForm.of(request.form)
    if not form.validate():
        return _page(code, form, 422)
    count_report()
    with transaction():
        report_forgery(
            code=code,
            seen=form.seen.data,
            text=form.text.data or "",
            actor=ANONYMOUS,
            now=clock.now(),
        )
    return redirect(url_for("verification.report_thanks", code=code), 303)


@blueprint.get("/V/<code:code>/laporkan/terima-kasih")
@public(bare=True)
def report_thanks(code: str) -> Any:
    """What happens with it now."""
    return private(render("verification/report_thanks.html", code=code))
