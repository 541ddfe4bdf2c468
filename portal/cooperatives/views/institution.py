"""The institution of a cooperative: facts, villages served, member groups, checklist, and what is unusual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, url_for

from portal.cooperatives import services
from portal.cooperatives.forms.institution import EntryForm, GroupForm, LegalForm, VillageForm, WithdrawForm
from portal.cooperatives.pages_institution import institution_context
from portal.cooperatives.queries import claims
from portal.cooperatives.queries.cooperatives import get_cooperative, may_edit
from portal.cooperatives.queries.institution import get_entry, get_item
from portal.cooperatives.queries.places import typed_village
from portal.cooperatives.services import institution as changes
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, Forbidden
from portal.core.forms import BaseForm, TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

P = Permission
Refused = Callable[[BaseForm, int], Any]


def _page(cooperative_id: int, status: int = 200, **forms: Any) -> Any:
    """The page; a form that was refused stands in the place of its empty self."""
    actor, now = current_actor(), clock.now()
    cooperative = get_cooperative(actor, cooperative_id)
    return htmx.render(
        "cooperatives/institution.html", None, status, **institution_context(actor, cooperative, now, **forms)
    )


def _editable(cooperative_id: int) -> Any:
    """The cooperative for somebody who may write. NotFound for strangers, Forbidden for who may only look."""
    actor = current_actor()
    cooperative = get_cooperative(actor, cooperative_id)
    if not may_edit(actor, cooperative) or claims.hides_names(actor, cooperative_id):
        raise Forbidden()
    return cooperative


def _here(cooperative_id: int) -> str:
    return url_for("cooperatives.institution", cooperative_id=cooperative_id)


def _act(
    cooperative_id: int, form: BaseForm, work: Callable[..., Any], refused: Refused, said: str = ""
) -> Any:
    """One effect a click, then back to the page; a refusal is answered beside its cause."""
    actor, now = current_actor(), clock.now()
    _editable(cooperative_id)
    if not form.validate():
        return refused(form, 422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                work(actor=actor, now=now)
                op.finish(_here(cooperative_id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return refused(form, error.status)
    if said:
        flash(said, "ok")
    return htmx.redirect(op.outcome)


@blueprint.get("/koperasi/<int:cooperative_id>/kelembagaan")
@requires(P.COOPERATIVE_VIEW, P.REGISTRY_EDIT)
def institution(cooperative_id: int) -> Any:
    """What the registry says of a cooperative, and what it has in order."""
    return _page(cooperative_id)


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/desa")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_village(cooperative_id: int) -> Any:
    """A further village that is served."""
    form: VillageForm = VillageForm.parse()

    def add(**who: Any) -> None:
        region = get_cooperative(who["actor"], cooperative_id).region_code[:5]
        code = typed_village(form.village.data or "", region)
        changes.add_village(cooperative_id=cooperative_id, village_code=code, **who)

    refused: Refused = lambda form, status: _page(cooperative_id, status, village_form=form)  # noqa: E731
    return _act(cooperative_id, form, add, refused, _("Desa ditambahkan."))


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/desa/<code>/hapus")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_village_end(cooperative_id: int, code: str) -> Any:
    """A village that is no longer served."""

    def remove(**who: Any) -> None:
        changes.remove_village(cooperative_id=cooperative_id, village_code=code, **who)

    return _act(
        cooperative_id, TokenForm.parse(), remove, _plain(cooperative_id), _("Desa dihapus dari daftar.")
    )


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/kelompok")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_group(cooperative_id: int) -> Any:
    """A member group of a multi-stakeholder cooperative."""
    form: GroupForm = GroupForm.parse()

    def add(**who: Any) -> None:
        changes.add_group(
            cooperative_id=cooperative_id, name=form.group_name.data or "", role=form.role.data or "", **who
        )

    refused: Refused = lambda form, status: _page(cooperative_id, status, group_form=form)  # noqa: E731
    return _act(cooperative_id, form, add, refused, _("Kelompok pihak ditambahkan."))


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/kelompok/<int:group_id>/hapus")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_group_end(cooperative_id: int, group_id: int) -> Any:
    """A member group that is no more."""

    def remove(**who: Any) -> None:
        changes.remove_group(cooperative_id=cooperative_id, group_id=group_id, **who)

    return _act(
        cooperative_id, TokenForm.parse(), remove, _plain(cooperative_id), _("Kelompok pihak dihapus.")
    )


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/percontohan/<any(ya, tidak):answer>")
@requires(P.REGISTRY_EDIT)
def institution_pilot(cooperative_id: int, answer: str) -> Any:
    """Whether this is a pilot."""

    def mark(**who: Any) -> None:
        changes.set_pilot(cooperative_id=cooperative_id, is_pilot=answer == "ya", **who)

    return _act(cooperative_id, TokenForm.parse(), mark, _plain(cooperative_id))


def _plain(cooperative_id: int) -> Refused:
    """A button that was refused: its sentence at the top of the page."""
    return lambda form, status: _page(cooperative_id, status, form=form)


def _legal_page(cooperative_id: int, form: LegalForm, status: int = 200) -> Any:
    return htmx.render(
        "cooperatives/institution_legal.html", None, status, cooperative=_editable(cooperative_id), form=form
    )


@blueprint.get("/koperasi/<int:cooperative_id>/kelembagaan/badan-hukum")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_legal(cooperative_id: int) -> Any:
    """The form for the legal approval."""
    found = _editable(cooperative_id)
    return _legal_page(cooperative_id, LegalForm(legal_number=found.legal_number, legal_on=found.legal_on))


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/badan-hukum")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_legal_post(cooperative_id: int) -> Any:
    """Note the legal approval."""
    form: LegalForm = LegalForm.parse()

    def note(**who: Any) -> None:
        changes.set_legal_approval(
            cooperative_id=cooperative_id, number=form.legal_number.data or "",
            approved_on=form.legal_on.data, **who,
        )  # fmt: skip

    refused: Any = lambda form, status: _legal_page(cooperative_id, form, status)  # noqa: E731
    return _act(cooperative_id, form, note, refused, _("Badan hukum tersimpan."))


def _item_page(cooperative_id: int, item_code: str, form: EntryForm, status: int = 200) -> Any:
    found = _editable(cooperative_id)
    return htmx.render(
        "cooperatives/institution_item.html", None, status, cooperative=found, form=form,
        item=get_item(item_code, found.kind),
    )  # fmt: skip


@blueprint.get("/koperasi/<int:cooperative_id>/kelembagaan/catat/<item_code>")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_item(cooperative_id: int, item_code: str) -> Any:
    """The form for an entry of the checklist."""
    return _item_page(cooperative_id, item_code, EntryForm.of())


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/catat/<item_code>")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_item_post(cooperative_id: int, item_code: str) -> Any:
    """Note that an item was done, with its paper."""
    form: Any = EntryForm.of(posted=True)
    get_item(item_code, _editable(cooperative_id).kind)

    def note(*, actor: Any, now: datetime) -> None:
        document_id = None
        if form.upload():
            document_id = services.keep_document(
                cooperative_id=cooperative_id, kind="checklist", file=form.upload(), actor=actor, now=now
            )
        services.record_entry(
            cooperative_id=cooperative_id, item_code=item_code, done_on=form.done_on.data,
            number=form.number.data or "", note=form.note.data or "", document_id=document_id, actor=actor,
            now=now,
        )  # fmt: skip

    refused: Any = lambda form, status: _item_page(cooperative_id, item_code, form, status)  # noqa: E731
    return _act(cooperative_id, form, note, refused, _("Catatan tersimpan."))


def _end_page(cooperative_id: int, entry_id: int, form: WithdrawForm, status: int = 200) -> Any:
    entry, item = get_entry(cooperative_id, entry_id)
    return htmx.render(
        "cooperatives/institution_end.html", None, status, cooperative=_editable(cooperative_id), form=form,
        entry=entry, item=item,
    )  # fmt: skip


@blueprint.get("/koperasi/<int:cooperative_id>/kelembagaan/batal/<int:entry_id>")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_entry_end(cooperative_id: int, entry_id: int) -> Any:
    """Why an entry is to be taken back."""
    _editable(cooperative_id)
    return _end_page(cooperative_id, entry_id, WithdrawForm())


@blueprint.post("/koperasi/<int:cooperative_id>/kelembagaan/batal/<int:entry_id>")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def institution_entry_end_post(cooperative_id: int, entry_id: int) -> Any:
    """Take an entry back; it stays to be read, with the reason."""
    form: WithdrawForm = WithdrawForm.parse()

    def withdraw(**who: Any) -> None:
        services.withdraw_entry(
            cooperative_id=cooperative_id, entry_id=entry_id, reason=form.reason.data or "", **who
        )

    refused: Any = lambda form, status: _end_page(cooperative_id, entry_id, form, status)  # noqa: E731
    return _act(cooperative_id, form, withdraw, refused, _("Catatan dibatalkan."))
