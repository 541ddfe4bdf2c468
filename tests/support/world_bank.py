"""The question bank of the small world: questions, pictures and a file that was read, in both centers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from portal.assessment.services import bank as services
from portal.assessment.services import bank_import as importing
from portal.assessment.services.bank import Wanted
from portal.assessment.services.images import store_image
from portal.core.db import transaction
from tests.support.bank import content_of, png
from tests.support.classroom import Classroom

if TYPE_CHECKING:
    from tests.support.world import World

FILE = b"::Kas kecil::Kas kecil dicatat setiap hari.{T}\n\n::Uraikan::Uraikan tugas bendahara.{}"


def fill_bank(world: World, now: datetime) -> dict[str, Any]:
    """Ids of a question, a case, a picture and a file read by the assessor here, and the other center's."""
    found: dict[str, Any] = {"first": 1}
    for name, room, side in (("", world.rooms["running"], 9), ("away_", world.rooms["away"], 7)):
        found |= {f"{name}{key}": value for key, value in _fill(room, side, now).items()}
    return found


def _fill(room: Classroom, side: int, now: datetime) -> dict[str, Any]:
    actor, bank = room.assessor_actor(), {"unit_id": room.units[0], "center_id": room.center_id}
    style, reading = importing.read_file(FILE)
    with transaction():
        picture = store_image(data=png(side, side), actor=actor, now=now)
        image = {"sha256": picture, "alt": "Buku kas bulan Oktober"}

        def write(kind: str, name: str, **changes: Any) -> int:
            wanted = Wanted(name, content_of(kind, **changes))
            return services.create_question(**bank, kind=kind, wanted=wanted, actor=actor, now=now)

        question = write("single", "Bukti kas keluar")
        # A draft: no test draws it, so no candidate sees its picture.
        case = write("case", "Selisih kas", images=[image])
        services.set_question_state(question_id=question, state="active", actor=actor, now=now)
        job = importing.keep_reading(**bank, form=style, reading=reading, actor=actor, now=now)
    return {"picture": picture, "question": question, "case": case, "reading": job}
