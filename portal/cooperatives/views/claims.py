"""Claiming a cooperative with a code or a decree; codes and decisions of the office."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, request, url_for

from portal.cooperatives.forms.claims import ClaimDecisionForm, CodeForm, DecreeForm
from portal.cooperatives.labels import CLAIM_METHODS, kind_label
from portal.cooperatives.queries import claims as queries
from portal.cooperatives.queries.cooperatives import cooperatives_by_id, search_cooperatives
from portal.cooperatives.services import claims as services
from portal.cooperatives.services.limits import count_search
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm, row_number
from portal.core.idempotency import claim as spend
from portal.core.mail.content import link
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.regions.queries import path_of, paths_of

VERIFY = Permission.CHAIR_VERIFY


def _found(text: str, regions: Iterable[str | None]) -> list[Any]:
    """Cooperatives by name in these regions (None: the country); each search is counted. Raises TooMany."""
    if len(text) < 3:
        return []
    with transaction():
        count_search(address=request.remote_addr, actor=current_actor(), now=clock.now())
    return [one for region in regions for one in search_cooperatives(text, region)]


# ---- for whoever wants to speak for a cooperative ----


def _claim_page(
    code: CodeForm | None = None,
    decree: DecreeForm | None = None,
    status: int = 200,
    chosen: int | None = None,
) -> Any:
    actor, text = current_actor(), (request.args.get("q") or "").strip()[:100]
    chosen = chosen or request.args.get("koperasi", type=row_number)
    found = [] if chosen else _found(text, [None])
    picked = cooperatives_by_id([chosen]).get(chosen) if chosen else None
    if chosen and picked is None:
        raise NotFound()
    shown = [*found, *([picked] if picked else [])]
    piece = "cooperatives/_claim_found.html" if status == 200 and picked is None else None
    return htmx.render(
        "cooperatives/claim.html", piece, status, q=text,
        found=found, picked=picked, code_form=code or CodeForm(), decree_form=decree or DecreeForm(),
        form=decree or code or CodeForm(), places=paths_of({one.region_code for one in shown}),
        kind_label=kind_label, mine=queries.claims_of(actor.user_id) if actor.user_id else [],
    )  # fmt: skip


@blueprint.get("/koperasi/klaim")
@signed_in
def claim() -> Any:
    """A code, or a search for one's cooperative and its decree; and what one has claimed so far."""
    return _claim_page()


@blueprint.post("/koperasi/klaim")
@signed_in
def claim_post() -> Any:
    """Claim with the code of the office."""
    form, actor, now = CodeForm.parse(), current_actor(), clock.now()
    if not form.validate():
        return _claim_page(code=form, status=422)
    try:
        with transaction():
            services.begin_code_claim(address=request.remote_addr, actor=actor, now=now)
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.claim_by_code(code=form.code.data, address=request.remote_addr, actor=actor, now=now)
                op.finish(_welcome())
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _claim_page(code=form, status=error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/koperasi/klaim/surat/<int:cooperative_id>")
@signed_in
def claim_decree(cooperative_id: int) -> Any:
    """Claim the chosen cooperative with a decree."""
    form, actor, now = DecreeForm.posted(), current_actor(), clock.now()
    try:
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.claim_by_decree(
                    cooperative_id=cooperative_id, file=form.upload(), actor=actor, now=now
                )
                op.finish(_welcome())
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _claim_page(decree=form, status=error.status, chosen=cooperative_id)
    return htmx.redirect(op.outcome)


def _welcome() -> str:
    flash(_("Klaim Anda tercatat. Anda sudah boleh mengusulkan peserta; dinas akan memeriksanya."), "ok")
    return url_for("cooperatives.claim")


def _place(cooperative: Any) -> str:
    return ", ".join(reversed(path_of(cooperative.region_code)))


# ---- for the office ----


@blueprint.get("/registri/klaim")
@requires(VERIFY)
def claims() -> Any:
    """The claims of the region that wait, those decided, and a search for whom to give a code."""
    actor, now = current_actor(), clock.now()
    text, is_open = (request.args.get("q") or "").strip()[:100], request.args.get("tampil") != "diputus"
    regions = queries.regions_of(actor)
    found = _found(text, [region or None for region in sorted(regions)])
    number = page_number(request.args.get("hal"))
    return htmx.render(
        "cooperatives/claims.html", q=text, found=found, is_open=is_open, kind_label=kind_label,
        listing=queries.list_claims(actor, now, number, is_open=is_open),
        waiting=queries.claims_pending(regions),
        places=paths_of({one.region_code for one in found}), methods=CLAIM_METHODS,
    )  # fmt: skip


def _decision_page(claim_id: int, form: ClaimDecisionForm, status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    found = queries.get_claim(actor, claim_id, now)
    panels = [
        draw(claim_id=claim_id, state=found.state, region_code=found.region_code, actor=actor, now=now)
        for draw in ports().claim_panels.values()
    ]
    return htmx.render(
        "cooperatives/claim_decide.html", None, status, form=form, methods=CLAIM_METHODS, claim=found,
        token_form=TokenForm(), kind_label=kind_label, panels=panels,
    )  # fmt: skip


@blueprint.get("/registri/klaim/<int:claim_id>")
@requires(VERIFY)
def claim_page(claim_id: int) -> Any:
    """One claim: who, for which cooperative, with what, and who else says the same."""
    return _decision_page(claim_id, ClaimDecisionForm())


@blueprint.post("/registri/klaim/<int:claim_id>")
@requires(VERIFY)
def claim_decide(claim_id: int) -> Any:
    """Verify or reject it."""
    form, actor, now = ClaimDecisionForm.parse(), current_actor(), clock.now()
    queries.get_claim(actor, claim_id, now)
    if not form.validate() or form.decision.data not in ("sah", "tolak"):
        return _decision_page(claim_id, form, 422)
    try:
        with transaction():
            op = spend(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.decide_claim(
                    claim_id=claim_id, is_verified=form.decision.data == "sah", note=form.note.data or "",
                    actor=actor, now=now,
                )  # fmt: skip
                flash(_("Keputusan tersimpan."), "ok")
                op.finish(url_for("cooperatives.claims"))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _decision_page(claim_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/registri/klaim/kode/<int:cooperative_id>")
@requires(VERIFY)
def claim_code(cooperative_id: int) -> Any:
    """Codes of one cooperative: which still count, and a button for a new one."""
    actor, now = current_actor(), clock.now()
    cooperative = queries.get_verified_cooperative(actor, cooperative_id)
    return htmx.render(
        "cooperatives/claim_code.html", cooperative=cooperative, codes=queries.codes_of(cooperative_id, now),
        place=_place(cooperative), token_form=TokenForm(),
        code="", now=now, kind_label=kind_label,
    )  # fmt: skip


@blueprint.post("/registri/klaim/kode/<int:cooperative_id>")
@requires(VERIFY)
def claim_code_post(cooperative_id: int) -> Any:
    """Make a code and show it once, on a page to print (201: something was made, and only here)."""
    actor, now, code = current_actor(), clock.now(), ""
    cooperative = queries.get_verified_cooperative(actor, cooperative_id)
    with transaction():
        op = spend(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            code = services.issue_chair_code(cooperative_id=cooperative_id, actor=actor, now=now)
            op.finish(url_for("cooperatives.claim_code", cooperative_id=cooperative_id))
    if not code:
        return htmx.redirect(op.outcome)
    return htmx.render(
        "cooperatives/claim_code_print.html", None, 201, cooperative=cooperative, code=code, now=now,
        until=now + services.CODE_LIFE, claim_url=link("cooperatives.claim"),
        place=_place(cooperative),
    )  # fmt: skip


@blueprint.post("/registri/klaim/kode/<int:cooperative_id>/cabut")
@requires(VERIFY)
def claim_code_revoke(cooperative_id: int) -> Any:
    """End the codes of a cooperative that nobody has used."""
    actor, now = current_actor(), clock.now()
    with transaction():
        op = spend(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            services.revoke_chair_codes(cooperative_id=cooperative_id, actor=actor, now=now)
            op.finish(url_for("cooperatives.claim_code", cooperative_id=cooperative_id))
    return htmx.redirect(op.outcome)
