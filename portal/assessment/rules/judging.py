"""Who may judge whom, what a verdict needs, and when a sheet is complete. Pure: no database, no clock.

Sentences are Indonesian; `_` is how a caller translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.core.blockers import Blocker

COMPETENT = "competent"
NOT_YET = "not_yet_competent"
NOTE_LIMIT = 1000

Say = Callable[..., str]


def plain(text: str, **values: object) -> str:
    """The sentence as written, its `%(name)s` filled."""
    return text % values if values else text


@dataclass(frozen=True)
class UnitNeed:
    """A unit as the rules see it."""

    id: int
    position: int
    is_required: bool = True


def judge_blockers(
    *,
    judge_person: int | None,
    judge_cooperatives: Collection[int],
    person_id: int,
    cooperative_id: int | None,
    _: Say = plain,
) -> list[Blocker]:
    """Nobody judges themselves or somebody of their own cooperative."""
    if judge_person is None:
        return []
    if judge_person == person_id:
        return [Blocker("own_result", _("Anda tidak dapat menilai diri sendiri. Mintalah penilai lain."))]
    if cooperative_id is not None and cooperative_id in judge_cooperatives:
        message = _("Peserta ini dari koperasi Anda sendiri. Hasilnya dinilai oleh penilai lain.")
        return [Blocker("own_cooperative", message)]
    return []


def batch_blockers(
    *,
    batch_state: str,
    starts_on: date,
    today: date,
    separate_assessor: bool,
    is_trainer: bool,
    after_signing: bool = False,
    _: Say = plain,
) -> list[Blocker]:
    """Why a judge may not judge in a batch: signed, not running, not begun, or they trained these people
    where the program separates the two. Days are those of the place. `after_signing`: for re-tests and
    second words, which go on when the sheet is signed."""
    if batch_state == "finalized" and not after_signing:
        message = _("Hasil angkatan ini sudah ditandatangani, jadi tidak dapat diubah lagi.")
        return [Blocker("sheet_final", message, _("Hubungi admin balai bila ada yang keliru."))]
    if batch_state not in ("published", "finalized"):
        return [Blocker("batch_not_running", _("Angkatan ini tidak sedang berjalan."))]
    if today < starts_on:
        return [Blocker("batch_not_begun", _("Angkatan ini belum dimulai."))]
    if separate_assessor and is_trainer:
        message = _(
            "Program ini memisahkan pelatih dan penilai. Anda melatih angkatan ini, jadi bukan penilainya."
        )
        return [Blocker("trainer_may_not_judge", message, _("Asesor angkatan ini yang menilai."))]
    return []


def verdict_problem(value: str, note: str, _: Say = plain) -> Blocker | None:
    """What is wrong with a verdict, or None. BK needs a note."""
    if value not in (COMPETENT, NOT_YET):
        return Blocker("value_unknown", _("Pilih kompeten (K) atau belum kompeten (BK)."))
    if len(note) > NOTE_LIMIT:
        return Blocker("note_long", _("Catatan paling panjang %(limit)s huruf.", limit=NOTE_LIMIT))
    if value == NOT_YET and not note.strip():
        return Blocker("note_needed", _("BK perlu catatan: tulis apa yang belum terpenuhi, lalu simpan."))
    return None


def blank_units(units: Sequence[UnitNeed], verdicts: Mapping[int, str]) -> list[UnitNeed]:
    """The required units without a verdict, in order."""
    return sorted(
        (unit for unit in units if unit.is_required and unit.id not in verdicts),
        key=lambda unit: unit.position,
    )


def is_competent(units: Sequence[UnitNeed], verdicts: Mapping[int, str]) -> bool:
    """True when every required unit is K."""
    return all(verdicts.get(unit.id) == COMPETENT for unit in units if unit.is_required)


def outcome(*, came: bool, attended_enough: bool, competent: bool) -> str:
    """How an enrollment ends: completed, not_completed or no_show."""
    if not came:
        return "no_show"
    return "completed" if attended_enough and competent else "not_completed"
