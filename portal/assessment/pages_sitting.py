"""What the pages of a sitting show, prepared; and what their small reports mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from portal.assessment.queries import sittings as queries
from portal.assessment.queries.sittings import InForce, Item, OwnTest, Sitting
from portal.assessment.rules import clock as rules
from portal.assessment.rules.content import parse_answer
from portal.assessment.services import sitting as services
from portal.assessment.services.answer_files import page_stamp
from portal.assessment.services.sitting import state_of
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _


def is_open(sitting: Sitting, now: datetime) -> bool:
    """Whether answers are still taken."""
    return sitting.state == "running" and now <= sitting.deadline_at


def left_of(sitting: Sitting, now: datetime) -> int:
    """Milliseconds that are left; 0 for a closed test."""
    return rules.left_ms(sitting.deadline_at, now) if is_open(sitting, now) else 0


def list_page(tests: list[OwnTest], now: datetime) -> dict[str, Any]:
    """The context of `sitting/list.html`."""
    rows = [(test, state_of(test, now)) for test in tests]

    def is_due(row: tuple[OwnTest, str]) -> bool:
        on_paper = row[1] == "paper" and row[0].attempt_state == "running"
        return on_paper or row[1] in ("running", "open", "later")

    return {
        "now": now,
        "due": [row for row in rows if is_due(row)],
        "past": [row for row in rows if not is_due(row)],
    }


def intro_page(test: OwnTest, now: datetime) -> dict[str, Any]:
    """The context of `sitting/intro.html`. `minutes`: how long this person has who starts now."""
    blockers = services.start_blockers(test, now)
    deadline = rules.deadline_of(
        started_at=max(now, test.opens_at), minutes=test.minutes, extra=test.extra, closes_at=test.closes_at
    )
    return {
        "test": test,
        "state": state_of(test, now),
        "blocker": blockers[0] if blockers else None,
        "minutes": rules.left_ms(deadline, max(now, test.opens_at)) // 60_000,
    }


def item_of(sitting: Sitting, position: int) -> Item:
    """A drawn question by its place. Raises NotFound."""
    for item in queries.items_of(sitting.id):
        if item.position == position:
            return item
    raise NotFound()


def is_change(item: Item, before: InForce | None, raw: Any) -> bool:
    """False when a form sends what is in force already: another page of the same form stores nothing."""
    try:
        answer = parse_answer(item.kind, item.content, raw)
    except (ValueError, TypeError):
        return True
    return answer != (before.answer if before else None)


def next_url(attempt_id: int, position: int, form: Mapping[str, str]) -> str:
    """Where the pressed button leads."""
    if form.get("ragu") or form.get("kosong"):
        return url_for("assessment.sit", attempt_id=attempt_id, no=position)
    wanted = form.get("ke", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 0
    if number < 1:
        return url_for("assessment.review_test", attempt_id=attempt_id)
    return url_for("assessment.sit", attempt_id=attempt_id, no=number)


def question_page(sitting: Sitting, position: int, now: datetime, raw: Any = None) -> dict[str, Any]:
    """The context of `sitting/question.html`. raw: what was typed and refused. Raises NotFound."""
    items = queries.items_of(sitting.id)
    answers = queries.answers_in_force(sitting.id)
    item = next((one for one in items if one.position == position), None)
    if item is None:
        raise NotFound()
    held = answers.get(position)
    flags = queries.flags_of(sitting.id)
    return {
        "sitting": sitting,
        "item": item,
        "answer": held.answer if held else None,
        "typed": raw if isinstance(raw, str) else None,
        "count": len(items),
        "answered": sum(one.answer is not None for one in answers.values()),
        "is_flagged": position in flags,
        "left": rules.left_ms(sitting.deadline_at, now),
        "words": words(),
        "facts": {
            "answers": {no: [one.answer, one.seq + 1] for no, one in answers.items()},
            "flags": sorted(flags),
            "count": len(items),
            "no": position,
            "left": rules.left_ms(sitting.deadline_at, now),
            "attempt": sitting.id,
            "test": sitting.test_id,
            "key": sitting.file_public,
            "stamp": page_stamp(sitting.id, now),
            "url": url_for("assessment.sit", attempt_id=sitting.id),
        },
    }


def words() -> dict[str, str]:
    """Sentences that the script says."""
    return {
        "title": _("Soal %(no)s dari %(count)s", no="{no}", count="{count}"),
        "next": _("Lanjut"),
        "review": _("Tinjau jawaban"),
        "waiting": _("Menunggu sinyal (%(num)s)", num="{n}"),
        "elsewhere": _("Soal %(no)s sudah dijawab di perangkat lain. Jawaban itu yang dipakai.", no="{no}"),
        "noreview": _("Tinjauan perlu sinyal. Jawaban Anda disimpan di perangkat ini dulu."),
        "signin": _("Anda sudah keluar. Masuk lagi; jawaban yang belum terkirim masih ada di perangkat ini."),
        "over": _("Waktu habis. Jawaban yang sudah tersimpan dihitung."),
        "minutes": _("Sisa waktu %(num)s menit.", num="{n}"),
        "left": _("%(num)s menit", num="{n}"),
        "file": _("Berkas jawaban disimpan. Serahkan kepada instruktur."),
    }


def all_page(sitting: Sitting) -> dict[str, Any]:
    """The context of `sitting/_all.html`."""
    return {"items": queries.items_of(sitting.id), "answers": queries.answers_of(sitting.id)}


def review_page(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """The context of `sitting/review.html`."""
    items, answers = queries.items_of(sitting.id), queries.answers_of(sitting.id)
    flags = queries.flags_of(sitting.id)
    places = [one.position for one in items]
    return {
        "sitting": sitting,
        "count": len(items),
        "open": [no for no in places if no not in answers],
        "unsure": [no for no in places if no in flags],
        "done": [no for no in places if no in answers and no not in flags],
        "left": rules.left_ms(sitting.deadline_at, now),
    }


def check_done(form: Mapping[str, str]) -> None:
    """Raises DomainError unless the box beside the button is ticked."""
    if not form.get("selesai"):
        message = _("Centang bahwa Anda sudah selesai, lalu tekan Kumpulkan.")
        raise DomainError("not_confirmed", message, "selesai")


def over_page(sitting: Sitting, now: datetime) -> dict[str, Any]:
    """The context of `sitting/over.html`."""
    answers = queries.answers_of(sitting.id)
    return {
        "sitting": sitting,
        "answered": len(answers),
        "count": len(queries.items_of(sitting.id)),
        "is_counting": sitting.state == "running",
        "now": now,
    }


def tells_something(body: Mapping[str, Any]) -> bool:
    """False for a bare question how much time is left."""
    return any(name in body for name in ("device", "flag", "off"))


def take_report(attempt_id: int, body: Mapping[str, Any], device: str, actor: Actor, now: datetime) -> None:
    """Store what the page reports. Raises as the services, DomainError for a body that is none."""
    if body.get("device"):
        services.report_device(attempt_id=attempt_id, device=device, actor=actor, now=now)
    flag, off = body.get("flag"), body.get("off")
    if flag is not None:
        if not (isinstance(flag, list) and len(flag) == 2 and all(isinstance(n, int) for n in flag)):
            raise DomainError("report_invalid", _("Laporan ini tidak dikenali."))
        services.set_flag(attempt_id=attempt_id, position=flag[0], is_on=bool(flag[1]), actor=actor, now=now)
    if off is not None:
        if not isinstance(off, dict) or not all(
            isinstance(off.get(name), int) for name in ("seconds", "ago", "waiting")
        ):
            raise DomainError("report_invalid", _("Laporan ini tidak dikenali."))
        services.report_outage(
            attempt_id=attempt_id, key=str(off.get("key", "")), seconds=off["seconds"], ago=off["ago"],
            waiting=off["waiting"], actor=actor, now=now,
        )  # fmt: skip
