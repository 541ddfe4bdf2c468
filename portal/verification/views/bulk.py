"""Many codes at once, with a signed receipt; and a receipt held against its signature. Nothing is stored."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from portal.core import clock
from portal.core.errors import DomainError
from portal.core.htmx import render
from portal.core.permissions import public
from portal.verification import presenter, receipts
from portal.verification.forms import BulkForm, ReceiptForm

from ._common import answered, base_url, blueprint, count_miss, private, signed_receipt

_FILES = {
    "json": (receipts.as_json, "application/json"),
    "csv": (receipts.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (receipts.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@blueprint.get("/verifikasi/banyak")
@public(bare=True)
def bulk() -> Any:
    """The form for many codes."""
    return render("verification/bulk.html", form=BulkForm())


@blueprint.post("/verifikasi/banyak")
@public(post=True, bare=True)
def bulk_post() -> Any:
    """The table of answers with its receipt; `hasil=json|csv|xlsx` answers the file itself."""
    form, kind = BulkForm.parse(), request.form.get("hasil", "")
    try:
        rows = answered(form.lines(base_url()))
    except DomainError as error:
        if error.field is None:
            raise
        form.add_error(error)
        return private(render("verification/bulk.html", form=form, status=error.status))
    if kind in _FILES:
        return _file(signed_receipt(rows), kind)
    try:
        receipt = signed_receipt(rows)
    except DomainError:
        receipt = None  # the answers stand without it, and the page says so
    return private(render("verification/results.html", **presenter.bulk_context(rows, receipt, clock.now())))


def _file(document: dict[str, Any], kind: str) -> Response:
    write, mimetype = _FILES[kind]
    stamp = document["checkedAt"].replace(":", "").replace("-", "")
    response = Response(write(document), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="tanda-terima-{stamp}.{kind}"'
    return private(response)


@blueprint.get("/verifikasi/tanda-terima")
@public(bare=True)
def receipt() -> Any:
    """The form for a receipt."""
    return render("verification/receipt.html", form=ReceiptForm(), reading=None)


@blueprint.post("/verifikasi/tanda-terima")
@public(post=True, bare=True)
def receipt_post() -> Any:
    """Is this receipt ours, and as it was signed? `hasil=json|csv|xlsx` answers one that is, as a file."""
    form, kind = ReceiptForm.parse(), request.form.get("hasil", "")
    try:
        reading = receipts.read_receipt(form.content(), base_url())
    except DomainError as error:
        form.add_error(error)
        return private(render("verification/receipt.html", form=form, reading=None, status=error.status))
    if reading.document is None:
        count_miss()
    elif kind in _FILES:
        return _file(reading.document, kind)
    context = presenter.receipt_context(reading)
    return private(render("verification/receipt.html", form=form, reading=reading, **context))
