"""Contents and actors of the question bank, and pictures made byte by byte."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime
from typing import Any

from portal.accounts.models import User
from portal.assessment.services import bank as services
from portal.assessment.services.bank import Wanted
from portal.core.db import transaction
from portal.core.permissions import Grant, GrantedActor, Role
from tests.rules.test_question_content import ALL
from tests.support import classroom
from tests.support.classroom import Classroom


def admin() -> GrantedActor:
    """A platform administrator with an account."""
    with transaction():
        user: User = classroom.account("Pengelola", Role.PLATFORM_ADMIN, "all", "")
    return GrantedActor(user.id, None, user.name, (Grant(Role.PLATFORM_ADMIN, "all", ""),))


def content_of(kind: str, **changes: Any) -> dict[str, Any]:
    """A good content of a kind, without pictures."""
    return {**ALL[kind], "images": [], **changes}


def write(
    room: Classroom, now: datetime, kind: str = "single", name: str = "Soal satu", *, actor: Any = None,
    center_id: int | None = 0, state: str = "draft", unit: int = 0, **changes: Any,
) -> int:  # fmt: skip
    """A question through the services, in the room's own bank (`center_id` None: the country's)."""
    actor = actor or room.assessor_actor()
    with transaction():
        made = services.create_question(
            unit_id=room.units[unit], center_id=room.center_id if center_id == 0 else center_id, kind=kind,
            wanted=Wanted(name, content_of(kind, **changes)), actor=actor, now=now,
        )  # fmt: skip
        if state != "draft":
            services.set_question_state(question_id=made, state=state, actor=actor, now=now)
    return made


def png(width: int = 3, height: int = 2, extra: bytes = b"") -> bytes:
    """A grey PNG of that size; `extra` stands between its head and its pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x80" * width for _row in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    """One piece of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
