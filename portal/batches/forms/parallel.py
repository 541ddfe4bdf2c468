"""Parallel classes: other rooms on the same days, each with its own people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from portal.batches.models import Batch
from portal.batches.services import ParallelClass
from portal.centers.models import Room, Staff
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.words import gettext as _


@dataclass
class RoomChoice:
    """One room that may take a class, and who would teach and assess there."""

    room: Room
    chosen: bool
    instructor: str
    assessor: str
    error: str = ""


class ParallelForm(BaseForm):
    """`choices` are the rooms of the center that the batch does not use."""

    def prepare(self, batch: Batch, rooms: Sequence[Room], staff: Sequence[Staff]) -> None:
        """Read what was typed for each room."""
        used = {meeting.room_id for meeting in batch.sessions}
        typed: Any = request.form
        self.choices = [
            RoomChoice(
                room=room,
                chosen=f"room-{room.id}" in typed,
                instructor=typed.get(f"instructor-{room.id}", ""),
                assessor=typed.get(f"assessor-{room.id}", ""),
            )
            for room in rooms
            if room.id not in used
        ]
        self.instructors = [(str(person.id), person.name) for person in staff if person.can_instruct]
        self.assessors = [(str(person.id), person.name) for person in staff if person.can_assess]

    def classes(self) -> list[ParallelClass]:
        """The chosen classes. Raises DomainError without any."""
        picked = [choice for choice in self.choices if choice.chosen]
        if not picked:
            raise DomainError("classes_missing", _("Pilih paling sedikit satu ruang."))
        return [
            ParallelClass(choice.room.id, _one(choice.instructor), _one(choice.assessor)) for choice in picked
        ]


def _one(text: str) -> tuple[int, ...]:
    return (int(text),) if text.isascii() and text.isdigit() and len(text) < 16 else ()
