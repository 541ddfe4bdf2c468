"""Outside records as their pages show them: prepared values, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import url_for

from portal.catalog.queries import program_names
from portal.certificates import external_rules as rules
from portal.certificates.labels import EXTERNAL_KINDS, EXTERNAL_STATES
from portal.certificates.models import ExternalImport
from portal.certificates.queries import external as queries
from portal.certificates.services.external import refuse_decider, refuse_settler, today
from portal.cooperatives.labels import post_label
from portal.core.errors import DomainError
from portal.core.formatting import number
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _


def posts_text(view: queries.RecordView) -> str:
    """`Bendahara, Koperasi ...; ...` of today, "" without a post."""
    return "; ".join(f"{post_label(post)}, {cooperative}" for post, cooperative in view.posts)


def list_context(actor: Actor, now: datetime, page: int, kind: str, state: str) -> dict[str, Any]:
    """What the list needs. Five statements at most."""
    found = queries.list_external(actor, page, kind=kind, state=state, on=today(now))
    counts = queries.external_counts(actor, today(now))
    picked = {"jenis": kind or None, "keadaan": state or None}

    def to(**more: Any) -> str:
        return url_for("certificates.external", **(picked | more))

    states = [("", _("Semua")), *((code, str(EXTERNAL_STATES[code])) for code in rules.STATES)]
    if counts["disputed"] or state == "disputed":
        states.append(("disputed", _("Disanggah")))
    return {
        "found": found,
        "lines": [(view, posts_text(view)) for view in found.items],
        "tabs": [
            (to(keadaan=code or None), f"{label} ({number(counts[code])})" if code else label, state == code)
            for code, label in states
        ],
        "kinds": [("", _("Semua jenis")), *((code, str(EXTERNAL_KINDS[code])) for code in rules.KINDS)],
        "kind": kind,
        "state": state,
        "kind_labels": EXTERNAL_KINDS,
        "has_any": any(counts[code] for code in rules.STATES),
        "may_record": actor.may(Permission.EXTERNAL_RECORD),
        "next_url": to(hal=page + 1) if found.has_next else None,
        "previous_url": to(hal=page - 1) if page > 1 else None,
    }


def record_context(actor: Actor, record_id: int, now: datetime) -> dict[str, Any]:
    """What the page of one record needs. Raises NotFound."""
    view = queries.get_external(actor, record_id, today(now))
    why_not = ""
    if actor.may(Permission.EXTERNAL_VERIFY) and view.record.state == "unverified":
        why_not = _reason(refuse_decider, view, actor, now)
    return {
        "view": view,
        "record": view.record,
        "posts": posts_text(view),
        "kind_label": EXTERNAL_KINDS[view.record.kind],
        "may_record": actor.may(Permission.EXTERNAL_RECORD)
        and (not actor.may(Permission.EXTERNAL_VERIFY) or _may_change(actor, view.record.person_id, now)),
        "may_decide": actor.may(Permission.EXTERNAL_VERIFY)
        and view.record.state == "unverified"
        and not why_not,
        "why_not": why_not,
        "why_not_settle": _reason(refuse_settler, view, actor, now) if view.record.dispute else "",
        "is_over": view.record.expires_on is not None and view.record.expires_on < today(now),
    }


def _reason(refuse: Callable[..., None], view: queries.RecordView, actor: Actor, now: datetime) -> str:
    """Why the actor may not decide, "" when they may."""
    try:
        refuse(view.record, actor, now)
    except DomainError as error:
        return error.message
    return ""


def _may_change(actor: Actor, person_id: int, now: datetime) -> bool:
    """Whether who also checks papers may rewrite those of this person."""
    return bool(queries.people_in_reach(actor, [person_id], today(now)))


def mapping_context(actor: Actor, now: datetime) -> dict[str, Any]:
    """What the page of titles without a program needs. Two statements."""
    return {
        "titles": queries.list_unmapped(actor, today(now)),
        "programs": [("", _("Pilih program")), *program_names().items()],
        "kind_labels": EXTERNAL_KINDS,
    }


def import_tiles(found: ExternalImport) -> list[tuple[str, str]]:
    """The figures of one list: before it is saved, or what came of it."""
    summary = found.summary
    result = summary.get("result")
    if result:
        return [
            (number(result["new"]), _("catatan baru")),
            (number(result["known"]), _("sudah tercatat")),
            (number(result["people"]), _("orang baru")),
            (number(summary["bad_rows"] + result["left"]), _("tidak masuk")),
        ]
    return [
        (number(summary["training"]), _("sertifikat pelatihan")),
        (number(summary["competency"]), _("sertifikat kompetensi")),
        (number(summary["new_people"]), _("orang baru")),
        (number(summary["bad_rows"]), _("baris bermasalah")),
    ]
