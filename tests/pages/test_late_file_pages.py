"""An answer file after its test became verdicts: the page says what changes before anything does."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Verdict, VerdictCorrection
from portal.catalog.models import Curriculum
from portal.core.db import db, transaction
from tests.assessment.test_keys_signed import rest_on, signed_class
from tests.assessment.test_late_files import take_over
from tests.support import issuing
from tests.support.answer_file import late_file
from tests.support.assessing import BK, K, verdict
from tests.support.classroom import build
from tests.support.page import Page, View
from tests.support.tested import OPENS, Made, build_test, sit


def look(page: Page, made: Made, body: bytes) -> View:
    form = page.get(f"/instruktur/uji/{made.test_id}/berkas")
    return page.submit(form, {"file": (io.BytesIO(body), "jawaban.balai-uji")}, status=422)


def test_the_judge_sees_what_turns_and_accepts_it_once(
    db_session: Any, now: datetime, new_page: Callable[[], Page], clock: Any
) -> None:
    made = build_test(build(people=2, units=2))
    attempt = sit(made, 0, [1, 3])
    take_over(made)
    body = late_file(made, attempt, {2: "a"})
    clock.set(OPENS + timedelta(hours=6))
    page = new_page().sign_in(made.room.assessor)
    preview = look(page, made, body)
    assert "Hasil uji ini sudah menjadi penilaian, dan sekarang berbeda." in preview.words
    assert "1 → 2 dari 3" in preview.words
    assert "BK → K" in preview.words
    stale = page.submit(preview, {"reason": "Sinyal hilang", "seen": "0" * 32}, status=409)
    assert stale.errors == ["Ada yang berubah sejak berkas ini dibuka. Periksa lagi, lalu terima."]
    assert verdict(made.room).value == BK
    done = page.follow(
        page.submit(stale, {"reason": "Sinyal hilang", "seen": stale.form("/berkas")[1]["seen"]})
    )
    assert "1 jawaban diterima. 1 penilaian berubah." in done.words
    assert verdict(made.room).value == K


def test_who_does_not_judge_leaves_it_and_the_page_of_results_shows_it(
    db_session: Any, now: datetime, new_page: Callable[[], Page], clock: Any
) -> None:
    made = build_test(build(people=2, units=2))
    attempt = sit(made, 0, [1, 3])
    take_over(made)
    with transaction():
        db.session.execute(sa.update(Curriculum).values(separate_assessor=True))
    body = late_file(made, attempt, {2: "a"})
    clock.set(OPENS + timedelta(hours=6))
    trainer = new_page().sign_in(made.room.instructor)
    preview = look(trainer, made, body)
    assert "BK, menurut nilai K" in preview.words
    assert "Diterapkan penilai lain di halaman hasil." in preview.words
    done = trainer.follow(trainer.submit(preview, {"reason": "Sinyal hilang"}))
    assert "1 jawaban diterima." in done.words
    shown = new_page().sign_in(made.room.assessor).get(f"/instruktur/uji/{made.test_id}/hasil")
    assert "Satu di antaranya mengubah penilaian yang sudah ada." in shown.words
    assert "sekarang BK" in shown.words
    assert verdict(made.room).value == BK


def test_a_signed_result_names_its_certificate_and_waits_for_the_head(
    db_session: Any, now: datetime, new_page: Callable[[], Page], clock: Any
) -> None:
    signed, made = signed_class(now)
    attempt = sit(made, 0, [2, 3])
    rest_on(attempt, signed.room, 0, K)
    code = issuing.issue(signed, now)[0].code
    body = late_file(made, attempt, {1: "b"})
    clock.set(OPENS + timedelta(hours=6))
    page = new_page().sign_in(signed.room.assessor)
    preview = look(page, made, body)
    assert "Sudah ditandatangani: koreksi diajukan ke kepala balai." in preview.words
    assert f"/V/{code}" in preview.links.values()
    done = page.follow(page.submit(preview, {"reason": "Sinyal hilang"}))
    assert "1 koreksi diajukan ke kepala balai." in done.words
    db.session.expire_all()
    assert [one.value for one in db.session.scalars(sa.select(VerdictCorrection))] == [BK]
    assert db.session.scalars(sa.select(Verdict).where(Verdict.source == "correction")).all() == []
