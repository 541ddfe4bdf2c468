"""People with an offered seat who must still be reached."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.enrollment import lists, queries, services
from portal.enrollment.forms import ContactForm
from portal.enrollment.labels import OUTCOME_LABELS
from portal.enrollment.pages import whole_number
from portal.enrollment.views.blueprint import blueprint
from portal.people.queries import open_reads


def _url(batch_id: int | None) -> str:
    return url_for("enrollment.contacts", angkatan=batch_id)


def list_page(error: DomainError | None = None, done: str = "") -> Any:
    """The list, or its fragment, at the page and batch that the request names."""
    actor = current_actor()
    page_no, batch_id = page_number(request.values.get("hal")), whole_number(request.values.get("angkatan"))
    page = queries.contact_list(actor, page_no, batch_id)
    url = _url(batch_id)
    people = [row.person_id for row in page.items if row.phone]
    shown = open_reads(actor, people, "phone", clock.now())
    mark = "&" if batch_id else "?"
    return htmx.render(
        "enrollment/contacts.html",
        "enrollment/_contacts.html",
        error.status if error else 200,
        trigger={"announce": done} if done else None,
        form=ContactForm(),
        rows=lists.contact_rows(page, shown),
        hidden=len(set(people) - shown),
        token_form=TokenForm(),
        error=error,
        batch_id=batch_id,
        url=url,
        total=queries.count_to_contact(actor),
        page_no=page_no,
        next_url=f"{url}{mark}hal={page_no + 1}" if page.has_next else None,
        previous_url=f"{url}{mark}hal={page_no - 1}" if page_no > 1 else None,
    )


@blueprint.get("/balai/hubungi")
@requires(Permission.ENROLL_SCREEN)
def contacts() -> Any:
    """Perlu dihubungi: the soonest class first."""
    return list_page()


@blueprint.post("/balai/hubungi/<int:enrollment_id>")
@requires(Permission.ENROLL_SCREEN)
def contact_post(enrollment_id: int) -> Any:
    """Note how one try went, with one tap."""
    actor, now, form = current_actor(), clock.now(), ContactForm.parse()
    queries.get_enrollment_for_center(actor, enrollment_id)
    batch_id = whole_number(request.form.get("angkatan"))
    target = _url(batch_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.record_contact(
                    enrollment_id=enrollment_id,
                    channel=form.channel.data or "",
                    outcome=form.outcome.data or "",
                    note=form.note.data or "",
                    actor=actor,
                    now=now,
                )
                op.finish(target)
    except DomainError as error:
        return list_page(error)
    if htmx.is_fragment():
        return list_page(done=_("Dicatat: %(outcome)s", outcome=OUTCOME_LABELS.get(form.outcome.data, "")))
    return htmx.redirect(target)
