"""Rolls, cards and claim letters of a batch as PDF."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response

from portal.accounts.queries import people_with_account
from portal.accounts.rules import CLAIM_LIFE
from portal.accounts.services import issue_claim_codes
from portal.batches.queries import get_batch_for_center
from portal.core import clock
from portal.core.db import transaction
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment import papers, queries, services, sheets
from portal.enrollment.views.blueprint import blueprint

P = Permission


def pdf_answer(body: bytes, name: str) -> Response:
    """A sheet to look at and to print; no cache keeps it."""
    response = make_response(body)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/balai/angkatan/<int:batch_id>/daftar-hadir.pdf")
@requires(P.PAPERS_PRINT)
def roll_pdf(batch_id: int) -> Any:
    """The attendance roll to sign."""
    now = clock.now()
    batch = get_batch_for_center(current_actor(), batch_id, P.PAPERS_PRINT)
    body = papers.roll_pdf(sheets.roll_of(batch, queries.roll(batch_id)), now=now)
    return pdf_answer(body, f"daftar-hadir-{batch_id}.pdf")


@blueprint.get("/balai/angkatan/<int:batch_id>/kartu.pdf")
@requires(P.PAPERS_PRINT)
def cards_pdf(batch_id: int) -> Any:
    """The participant cards, eight on a page; a companion gets those of people who agreed to be helped."""
    actor, now = current_actor(), clock.now()
    batch, rows = queries.printable_cards(actor, batch_id)
    cards = sheets.cards_of(batch, rows)
    services.refuse_empty(cards)
    body = papers.cards_pdf(
        cards, center=batch.center.name, batch=f"Angkatan {batch.number}/{batch.year}", now=now
    )
    return pdf_answer(body, f"kartu-{batch_id}.pdf")


@blueprint.post("/balai/angkatan/<int:batch_id>/surat-klaim.pdf")
@requires(P.CLAIMS_PRINT)
def letters_pdf(batch_id: int) -> Any:
    """Fresh one-time codes for those without an account, on one letter each; the old letters end with it."""
    actor, now = current_actor(), clock.now()
    batch = get_batch_for_center(actor, batch_id, P.CLAIMS_PRINT)
    rows = queries.cards_of(batch_id)
    have = people_with_account([row.person_id for row in rows])
    rows = [row for row in rows if row.person_id not in have]
    services.refuse_empty(rows)
    with transaction():
        op = claim(BaseForm.parse().op.data, actor=actor, now=now)
        services.refuse_again(op.is_new)
        codes = issue_claim_codes(person_ids=[row.person_id for row in rows], actor=actor, now=now)
        op.finish("")
        services.note_letters(batch_id=batch_id, count=len(codes), actor=actor, now=now)
    batch = get_batch_for_center(actor, batch_id, P.CLAIMS_PRINT)
    claim_url, login_url = sheets.claim_urls()
    body = papers.claim_letters_pdf(
        sheets.letters_of(batch, rows, codes, now, CLAIM_LIFE.days),
        center=batch.center.name,
        claim_url=claim_url,
        login_url=login_url,
        help_line=sheets.help_line(batch),
        now=now,
    )
    return pdf_answer(body, f"surat-klaim-{batch_id}.pdf")
