"""The pages of program rules: versions by who edits the catalog, said on the program's page."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog.models import ProgramRule
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.batches.house import House, add_program, build_house
from tests.support import classroom
from tests.support.decrees import platform_admin

URL = "/admin/program/pembukuan/aturan"
RENEWAL = {"grace_months": "6", "renewal_hours": "16", "window_months": "24"}


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with a program, and a second program."""
    found = build_house()
    with transaction():
        add_program("dasar", "DSR")
    return found


@pytest.fixture
def editor(house: House, page: Any) -> Any:
    """A platform administrator, signed in."""
    page.sign_in(platform_admin())
    return page


def program_id(slug: str) -> int:
    return int(db.session.scalar(sa.text("SELECT id FROM program WHERE slug=:s"), {"s": slug}))


def rules() -> list[ProgramRule]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(ProgramRule).order_by(ProgramRule.version)))


def test_rule_is_set_listed_and_said_on_the_public_page(editor: Any, new_page: Any) -> None:
    shown = editor.get(URL)
    assert "Belum ada aturan" in shown.words
    first, own = program_id("dasar"), program_id("pembukuan")
    values = {
        **RENEWAL, "in_force_from": "2026-11-22", "validity_months": "36", "counted": [str(own), str(first)],
        "need_0_0": str(first), "level_0_0": "renewable", "note": "Surat contoh",
    }  # fmt: skip
    sent = editor.submit(shown, values, action="/aturan")
    assert sent.location == URL
    (rule,) = rules()
    assert (rule.version, rule.validity_months, rule.counted) == (1, 36, sorted([own, first]))
    assert rule.groups == [[{"program": first, "at_least": "renewable"}]]
    listed = editor.get("/admin/program")
    assert "16 JP dalam 24 bulan, sampai 6 bulan sesudah habis" in listed.words
    assert "36 bulan" in listed.words
    public = new_page().get("/program/pembukuan")
    assert "Syarat pada hari pertama angkatan" in public.words
    assert "berlaku atau masih bisa diperpanjang" in public.words


def test_next_version_starts_from_the_last_and_from_tomorrow(editor: Any) -> None:
    own = str(program_id("pembukuan"))
    editor.submit(
        editor.get(URL), {**RENEWAL, "in_force_from": "2026-11-22", "counted": [own]}, action="/aturan"
    )
    shown = editor.get(URL)
    assert 'value="24"' in shown.text
    late = editor.submit(shown, {"in_force_from": "2026-11-22"}, 422, action="/aturan")
    assert "paling cepat besok" in late.words
    editor.submit(shown, {"in_force_from": "2026-11-23", "renewal_hours": "20"}, action="/aturan")
    assert [rule.renewal_hours for rule in rules()] == [16, 20]
    assert "Versi 2, mulai 23 November 2026" in editor.get(URL).words


def test_double_click_makes_one_version(editor: Any) -> None:
    form = {"op": "ab" * 16, "in_force_from": "2026-11-22", "source_status": "portal"}
    form |= {f"level_{g}_{p}": "valid" for g in range(3) for p in range(3)}
    for _click in range(2):
        editor.post(URL, form)
    assert len(rules()) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"in_force_from": ""}, "Tulis tanggalnya."),
        ({"in_force_from": "2026-11-22", "grace_months": "6"}, "Isi ketiganya"),
        ({"in_force_from": "2026-11-22", **RENEWAL}, "Pilih program yang jamnya dihitung."),
        ({"in_force_from": "2026-11-22", "validity_months": "0"}, "Isi antara 1 dan 600."),
        ({"in_force_from": "2026-11-22", "grace_months": "enam"}, "Isi dengan angka."),
    ],
)
def test_mistakes_are_said(editor: Any, values: Any, said: str) -> None:
    view = editor.submit(editor.get(URL), values, 422, action="/aturan")
    assert said in view.words
    assert rules() == []


@pytest.mark.parametrize("role", [Role.CENTER_ADMIN, Role.REGULATOR])
def test_nobody_else_sets_rules(house: House, page: Any, role: Role) -> None:
    with transaction():
        scope = ("region", "61") if role is Role.REGULATOR else ("center", str(house.center_id))
        user = classroom.account("Orang Lain", role, *scope)
    page.sign_in(user)
    page.get("/admin/program", 403, htmx=False)
    page.post(URL, {"in_force_from": "2026-11-22"}, 403)
    assert rules() == []


def test_list_takes_the_same_statements_for_2_and_12(editor: Any, query_count: Any) -> None:
    counts = []
    for more in (0, 10):
        with transaction():
            for number in range(more):
                add_program(f"program-{number}", f"P{number}")
        with query_count() as seen:
            editor.get("/admin/program", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]
