"""What a written test asks of each unit, and whether the bank can give it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.assessment.rules.judging import Say, plain
from portal.core.blockers import Blocker

#: Questions of one unit and of one whole test.
MOST_OF_UNIT, MOST_OF_TEST = 40, 120


@dataclass(frozen=True)
class Need:
    """How many questions of a unit a test draws, and from what percentage the unit counts as K."""

    unit_id: int
    count: int
    needed_pct: int

    def stored(self) -> dict[str, int]:
        """As `WrittenTest.blueprint` keeps it."""
        return {"unit_id": self.unit_id, "count": self.count, "needed_pct": self.needed_pct}


def needs_of(blueprint: Sequence[Mapping[str, Any]]) -> list[Need]:
    """A stored blueprint as needs, in its own order."""
    return [Need(row["unit_id"], row["count"], row["needed_pct"]) for row in blueprint]


def blueprint_problems(
    needs: Sequence[Need], units: Mapping[int, str], _: Say = plain
) -> list[tuple[str, Blocker]]:
    """[(input, what is wrong)]; units: unit id -> title of the curriculum. Inputs are `count-<unit>` and
    `pct-<unit>`, '' for the whole."""
    found: list[tuple[str, Blocker]] = []
    for need in needs:
        if need.unit_id not in units:
            found.append(("", Blocker("unit_foreign", _("Unit ini bukan bagian dari kurikulum angkatan."))))
            continue
        if not 1 <= need.count <= MOST_OF_UNIT:
            message = _("Jumlah soal satu unit antara 1 dan %(most)s.", most=MOST_OF_UNIT)
            found.append((f"count-{need.unit_id}", Blocker("count_range", message)))
        if not 1 <= need.needed_pct <= 100:
            message = _("Nilai lulus antara 1 dan 100 persen.")
            found.append((f"pct-{need.unit_id}", Blocker("percent_range", message)))
    if len({need.unit_id for need in needs}) < len(needs):
        found.append(("", Blocker("unit_twice", _("Satu unit disebut dua kali."))))
    if not needs:
        found.append(("", Blocker("blueprint_empty", _("Isi jumlah soal untuk paling sedikit satu unit."))))
    if sum(need.count for need in needs) > MOST_OF_TEST:
        message = _("Satu uji paling banyak %(most)s soal.", most=MOST_OF_TEST)
        found.append(("", Blocker("test_long", message)))
    return found


def supply_blockers(
    needs: Sequence[Need], supply: Mapping[int, int], units: Mapping[int, str], _: Say = plain
) -> list[Blocker]:
    """One reason for each unit of which there are too few active questions. supply: unit id -> how many."""
    return [
        Blocker(
            "questions_missing",
            _(
                "%(unit)s perlu %(needed)s soal aktif, di bank soal baru ada %(found)s.",
                unit=units.get(need.unit_id, str(need.unit_id)),
                needed=need.count,
                found=supply.get(need.unit_id, 0),
            ),
            _("Tambah soal atau kurangi jumlahnya."),
        )
        for need in needs
        if supply.get(need.unit_id, 0) < need.count
    ]


def publish_blockers(
    *,
    state: str,
    batch_state: str,
    closes_at: datetime,
    now: datetime,
    needs: Sequence[Need],
    supply: Mapping[int, int],
    units: Mapping[int, str],
    _: Say = plain,
) -> list[Blocker]:
    """Everything that keeps a planned test from being published, or nothing."""
    if state == "cancelled":
        return [Blocker("test_cancelled", _("Uji ini sudah dibatalkan."))]
    found = []
    if batch_state in ("cancelled", "draft"):
        found.append(Blocker("batch_not_running", _("Angkatan ini tidak sedang berjalan.")))
    if closes_at <= now:
        found.append(Blocker("window_over", _("Waktu tutup uji sudah lewat. Ubah dulu waktunya.")))
    if not needs:
        found.append(Blocker("blueprint_empty", _("Isi jumlah soal untuk paling sedikit satu unit.")))
    return found + supply_blockers(needs, supply, units, _)
