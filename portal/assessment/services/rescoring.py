"""What other points do to a verdict that was given already: for corrected keys and late answer files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from portal.assessment.models import Verdict
from portal.assessment.queries.keys import Scored
from portal.assessment.rules import keys as rules
from portal.assessment.rules import scoring
from portal.assessment.rules.judging import COMPETENT
from portal.assessment.rules.keys import Stands
from portal.assessment.rules.proposals import Proposed
from portal.assessment.rules.scoring import UnitScore
from portal.assessment.services.changing import VerdictChange
from portal.assessment.services.written import note_of
from portal.core.ports import ports


@dataclass(frozen=True)
class Effect:
    """What other points do to one unit of one person: points before and after, the verdict in force
    ("" none) and what the new points propose, and which fate it has (`rules.keys`, `rules.late`)."""

    holder: Scored
    unit_id: int
    old: float
    new: float
    of: float
    needed_pct: float
    stands: str
    proposed: str
    fate: str
    certificate: str = ""
    verdict_id: int | None = None

    @property
    def moves(self) -> bool:
        """True when points or verdict would be other than now: also where a certificate stood in the way of
        an earlier adoption and is gone now."""
        return self.old != self.new or self.fate in (rules.CHANGED, rules.CERTIFIED)

    @property
    def wanted(self) -> Proposed:
        """What the new points propose."""
        return Proposed(self.holder.attempt_id, self.new, self.of, self.needed_pct, self.proposed)

    @property
    def row(self) -> list[Any]:
        """Its part of a fingerprint."""
        return [
            self.holder.attempt_id, self.unit_id, self.old, self.new, self.stands, self.proposed, self.fate,
            self.certificate, self.verdict_id,
        ]  # fmt: skip

    def change(self, **more: Any) -> VerdictChange:
        """The new verdict; `more` is what it rests on besides the points."""
        wanted = self.wanted
        return VerdictChange(
            self.holder.enrollment_id,
            self.unit_id,
            self.proposed,
            note_of(wanted),
            {**more, **wanted.evidence},
        )


def effect_of(holder: Scored, unit_id: int, after: UnitScore, verdict: Verdict | None) -> Effect:
    """One unit by its new score; `with_certificates` says which certificates that touches."""
    before = holder.score.get(str(unit_id), [0.0, float(after.of)])[0]
    needed = scoring.needed_pcts(holder.blueprint).get(unit_id, 100)
    proposed = scoring.value_of(after.points, after.of, needed)
    rests_on = verdict.evidence.get("written", {}).get("attempt") if verdict else None
    fate = rules.fate_of(
        attempt_id=holder.attempt_id,
        proposed=proposed,
        stands=Stands(verdict.value, verdict.source, rests_on) if verdict else None,
        is_open=holder.is_seated and holder.batch_state in ("published", "finalized"),
        has_certificate=False,
    )
    return Effect(
        holder, unit_id, before, float(after.points), float(after.of), needed,
        verdict.value if verdict else "", proposed, fate, verdict_id=verdict.id if verdict else None,
    )  # fmt: skip


def with_certificates(effects: Iterable[Effect]) -> list[Effect]:
    """Those whose K would fall although a certificate stands do not change; others name it alone."""
    effects = list(effects)
    changed = {one.holder.enrollment_id for one in effects if one.fate == rules.CHANGED}
    held = ports().certificates_touched(sorted(changed)) if changed else {}
    found = []
    for one in effects:
        code = held.get(one.holder.enrollment_id, "") if one.fate == rules.CHANGED else ""
        falls = bool(code) and one.stands == COMPETENT
        found.append(replace(one, certificate=code, fate=rules.CERTIFIED if falls else one.fate))
    return found
