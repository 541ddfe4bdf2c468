"""The public catalog."""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.models import Criterion, Element
from portal.catalog.queries import units_of
from portal.core.db import transaction
from tests.batches.house import House, add, add_program, build_house


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with a program."""
    return build_house()


def test_programs_are_grouped_and_linked(house: House, page: Any, query_count: Any) -> None:
    with transaction():
        for number in range(12):
            add_program(f"program-{number}", f"P{number}")
    with query_count(at_most=2):
        view = page.get("/program", htmx=False)
    assert "Keuangan dan akuntansi koperasi" in view.words
    assert view.links["Program pembukuan"] == "/program/pembukuan"


def test_program_shows_units_criteria_and_that_sources_are_open(house: House, page: Any) -> None:
    with transaction():
        unit = units_of(house.curriculum_id)[0]
        element = add(Element(unit_id=unit.id, position=1, title="Mencatat bukti"))
        add(Criterion(element_id=element.id, position=1, text="Sepuluh bukti dicatat berurutan."))
    house.make(publish=True)
    view = page.get("/program/pembukuan")
    for text in ("3 unit kompetensi", "Mencatat bukti", "Sepuluh bukti dicatat berurutan.", "Versi 1", "80%",
                 "Sebagian sumber belum dikonfirmasi", "Senin, 7 Desember 2026"):  # fmt: skip
        assert text in view.words
    assert view.links["Semua angkatan program ini"] == "/?program=pembukuan"


def test_unknown_program_is_missing(house: House, page: Any) -> None:
    page.get("/program/tidak-ada", 404)


def test_catalog_pages_set_no_cookie(house: House, page: Any) -> None:
    for url in ("/program", "/program/pembukuan", "/blk", f"/blk/{house.slug}"):
        assert "Set-Cookie" not in page.get(url).headers
