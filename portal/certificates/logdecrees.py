"""Decrees and renewals against the audit trail: no leaf tells of them, since what was signed does not change,
but each step was an audit event, and so was each certificate's new last day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from portal.certificates.logcheck import stream
from portal.certificates.models import Certificate, Decree, Renewal, ValidityExtension
from portal.core.audit import AuditEvent

_TEXT = (
    "number", "title", "legal_basis", "signed_on", "last_day_from", "last_day_to", "extend_to",
    "extend_months", "programs", "centers", "regions",
)  # fmt: skip
_AUDIT = sa.select(AuditEvent.object_id, AuditEvent.action, AuditEvent.actor_id, AuditEvent.data)
_CARRIED = aliased(ValidityExtension)
_EXTENSIONS = (
    sa.select(
        Certificate.code,
        ValidityExtension.decree_id,
        ValidityExtension.extended_until,
        _CARRIED.extended_until.label("carried"),
    )
    .select_from(ValidityExtension)
    .join(Certificate, Certificate.id == ValidityExtension.certificate_id)
    .outerjoin(
        _CARRIED,
        sa.and_(
            _CARRIED.certificate_id == Certificate.replaces_id,
            _CARRIED.decree_id == ValidityExtension.decree_id,
        ),
    )
    .order_by(Certificate.code)
)
_OLD, _FRESH = aliased(Certificate), aliased(Certificate)
_RENEWALS = (
    sa.select(_OLD.code, _FRESH.code.label("new_code"), _FRESH.issue_key, Renewal.renews_id)
    .select_from(Renewal)
    .join(_OLD, _OLD.id == Renewal.renews_id)
    .join(_FRESH, _FRESH.id == Renewal.certificate_id)
    .order_by(_OLD.code)
)


def check_decrees(connection: Connection) -> Iterator[str]:
    """Yield a sentence for every decree, extension and renewal that the audit trail does not tell of, or
    tells otherwise."""
    steps = _steps(connection)
    for decree in connection.execute(sa.select(*Decree.__table__.columns).order_by(Decree.id)).all():
        yield from _compare(decree, steps.pop(str(decree.id), {}))
    yield from (f"decree {number} is not there" for number in steps)
    yield from _extensions(connection)
    yield from _renewals(connection)


def _steps(connection: Connection) -> dict[str, dict[str, Any]]:
    """Decree id -> the last event of each kind, since the last draft of that id was thrown away."""
    found: dict[str, dict[str, Any]] = {}
    query = _AUDIT.where(AuditEvent.object_kind == "decree").order_by(AuditEvent.seq)
    for event in stream(connection, query):
        if event.action == "decree.discarded":
            found.pop(event.object_id, None)
        else:
            found.setdefault(event.object_id, {})[event.action.removeprefix("decree.")] = event
    return found


def _compare(decree: Any, steps: dict[str, Any]) -> Iterator[str]:
    name = f"decree {decree.id}"
    saved, adopted, undone = (steps.get(step) for step in ("saved", "adopted", "undone"))
    state = "undone" if undone else "adopted" if adopted else "draft"
    if decree.state != state:
        yield f"{name} is {decree.state}, in the audit trail {state}"
    told = {word: _plain(getattr(decree, word)) for word in _TEXT}
    if saved is None or {word: saved.data.get(word) for word in _TEXT} != told:
        yield f"{name} says something else than the audit trail"
    people = ((saved, decree.prepared_by), (adopted, decree.adopted_by), (undone, decree.undone_by))
    if any(event is not None and event.actor_id != user_id for event, user_id in people):
        yield f"{name} names other people than the audit trail"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _extensions(connection: Connection) -> Iterator[str]:
    """Each extension beside its audit event, or beside the one of the certificate that it corrects."""
    for code, rows, events in _side_by_side(connection, _EXTENSIONS, "certificate.extended"):
        yield from _compare_days(code, rows, events)


def _renewals(connection: Connection) -> Iterator[str]:
    """Each renewal beside its audit event."""
    for code, rows, events in _side_by_side(connection, _RENEWALS, "certificate.renew"):
        stored, told = [row.new_code for row in rows], [event.data.get("renewal") for event in events]
        if stored != told:
            yield f"certificate {code} was renewed by {stored}, in the audit trail by {told}"
        yield from (
            f"certificate {row.new_code} was not issued to renew {code}"
            for row in rows
            if row.issue_key != f"renew:{row.renews_id}"
        )


def _side_by_side(
    connection: Connection, query: sa.Executable, action: str
) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """(code, rows of the query, audit events of the action), each code once."""
    events = _AUDIT.where(AuditEvent.action == action).order_by(AuditEvent.object_id, AuditEvent.seq)
    stored, told = (
        _by_code(stream(connection, query), "code"),
        _by_code(stream(connection, events), "object_id"),
    )
    (code, rows), (named, heard) = next(stored, _END), next(told, _END)
    while code or named:
        # Both come in the order of codes; which of the two has nothing of this one?
        first = min(filter(None, (code, named)))
        yield first, rows if code == first else [], heard if named == first else []
        if code == first:
            code, rows = next(stored, _END)
        if named == first:
            named, heard = next(told, _END)


_END: tuple[str, list[Any]] = ("", [])


def _by_code(found: Iterator[Any], name: str) -> Iterator[tuple[str, list[Any]]]:
    """(code, its rows), one code in memory at a time."""
    for code, group in groupby(found, lambda row: str(getattr(row, name))):
        yield code, list(group)


def _compare_days(code: str, rows: list[Any], events: list[Any]) -> Iterator[str]:
    told = {event.data.get("decree"): event.data.get("until") for event in events}
    for row in rows:
        until = row.extended_until.isoformat()
        if told.pop(row.decree_id, None) != until and row.carried != row.extended_until:
            yield f"decree {row.decree_id} extends {code} to {until}, which the audit trail does not tell"
    yield from (f"decree {number} extended {code}, which is not there any more" for number in told)
