"""What stands in the letters of a cooperative (papers_letters)."""

from __future__ import annotations

from flask_babel import force_locale

from portal.cooperatives.labels import POST_LABELS
from portal.cooperatives.models import Cooperative
from portal.core.formatting import DEFAULT_ZONE, date_range
from portal.enrollment.papers_letters import Letter, LetterPerson
from portal.enrollment.queries.nominations import GroupRow, NomineeRow
from portal.enrollment.queries.places import village_name
from portal.enrollment.rules_nominating import OPEN_NOMINATIONS

#: Certain seats, and what became of them.
_SENT = ("confirmed", "completed", "not_completed", "no_show")


def letter_of(kind: str, cooperative: Cooperative, group: GroupRow) -> Letter:
    """The letter of a group: "usulan" names everybody who is still proposed, "tugas" those with a certain
    seat. Always in Indonesian."""
    batch = group.batch
    if kind == "tugas":
        sent = [row for row in group.people if _is_sent(row)]
        # Proposed for a program and placed in several classes: a letter is about the first of them.
        batch = sent[0].batch if sent else batch
        chosen = [row for row in sent if row.nomination.batch_id == sent[0].nomination.batch_id]
    else:
        chosen = [row for row in group.people if _is_proposed(row)]
    with force_locale("id"):
        people = [LetterPerson(row.name, str(POST_LABELS[row.nomination.post])) for row in chosen]
        mark = "Dinas belum memeriksa bahwa pengusul mewakili koperasi ini." if group.is_unverified else ""
        return Letter(
            kind=kind,
            cooperative=cooperative.name,
            place=village_name(cooperative.region_code),
            number=group.group.letter_number if kind == "usulan" else "",
            to=batch.center if batch else "Balai pelatihan dan dinas yang membidangi koperasi",
            program=group.program.name,
            batch=f"{batch.number}/{batch.year}" if batch else "",
            dates=date_range(batch.starts_on, batch.ends_on) if batch else "",
            venue=f"{batch.center}, {batch.city}" if batch else "",
            people=people,
            mark=mark,
            zone=batch.zone if batch else DEFAULT_ZONE,
        )


def _is_proposed(row: NomineeRow) -> bool:
    return row.nomination.state in OPEN_NOMINATIONS


def _is_sent(row: NomineeRow) -> bool:
    return row.enrollment is not None and row.enrollment.state in _SENT
