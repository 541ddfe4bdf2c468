from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import Babel

from portal.core import formatting as f

SATURDAY = date(2026, 11, 21)
AFTERNOON = datetime(2026, 11, 21, 7, 0, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "weekday", "expected"),
    [
        ("id", True, "Sabtu, 21 November 2026"),
        ("id", False, "21 November 2026"),
        ("en", True, "Saturday, 21 November 2026"),
    ],
)
def test_long_date_says_the_day_in_words(locale: str, weekday: bool, expected: str) -> None:
    assert f.long_date(SATURDAY, weekday, locale) == expected


@pytest.mark.parametrize(
    ("first", "last", "locale", "expected"),
    [
        (date(2026, 12, 7), date(2026, 12, 9), "id", "Senin–Rabu, 7–9 Desember 2026"),
        (date(2026, 12, 7), date(2026, 12, 9), "en", "Monday–Wednesday, 7–9 December 2026"),
        (date(2026, 11, 30), date(2026, 12, 2), "id", "Senin–Rabu, 30 November – 2 Desember 2026"),
        (date(2026, 12, 30), date(2027, 1, 2), "id", "Rabu–Sabtu, 30 Desember 2026 – 2 Januari 2027"),
        (SATURDAY, SATURDAY, "id", "Sabtu, 21 November 2026"),
    ],
)
def test_date_range_says_once_what_both_ends_share(
    first: date, last: date, locale: str, expected: str
) -> None:
    assert f.date_range(first, last, locale=locale) == expected


def test_date_range_refuses_a_reversed_range() -> None:
    with pytest.raises(ValueError, match="before"):
        f.date_range(date(2026, 12, 9), date(2026, 12, 7))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Jakarta", "pukul 14.00 WIB"),
        ("Asia/Pontianak", "pukul 14.00 WIB"),
        ("Asia/Makassar", "pukul 15.00 WITA"),
        ("Asia/Jayapura", "pukul 16.00 WIT"),
    ],
)
def test_clock_time_is_of_the_place(zone: str, expected: str) -> None:
    assert f.clock_time(AFTERNOON, zone) == expected


def test_clock_time_in_english_with_seconds() -> None:
    assert f.clock_time(AFTERNOON, "Asia/Jakarta", seconds=True, locale="en") == "14:00:12 WIB"


def test_clock_time_refuses_a_time_without_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        f.clock_time(datetime(2026, 11, 21, 7, 0))


def test_clock_range_and_moment() -> None:
    assert f.clock_range(AFTERNOON, AFTERNOON + timedelta(hours=3)) == "pukul 14.00–17.00 WIB"
    assert f.moment(AFTERNOON) == "Sabtu, 21 November 2026, pukul 14.00 WIB"


def test_moment_uses_the_date_of_the_place() -> None:
    late = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    assert f.moment(late, "Asia/Jayapura") == "Minggu, 22 November 2026, pukul 02.30 WIT"


@pytest.mark.parametrize(
    ("value", "digits", "locale", "expected"),
    [
        (45213, 0, "id", "45.213"),
        (45213, 0, "en", "45,213"),
        (12.25, 1, "id", "12,3"),
        (1234567.5, 2, "id", "1.234.567,50"),
        (-1200, 0, "id", "-1.200"),
    ],
)
def test_number_groups_thousands(value: float, digits: int, locale: str, expected: str) -> None:
    assert f.number(value, digits, locale) == expected


def test_percent_takes_hundredths() -> None:
    assert f.percent(80) == "80%"
    assert f.percent(76.44, 1) == "76,4%"


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=2, hours=3, minutes=9), "2 hari 3 jam"),
        (timedelta(hours=1, minutes=5), "1 jam 5 menit"),
        (timedelta(minutes=5), "5 menit"),
        (timedelta(seconds=-3), "0 menit"),
    ],
)
def test_remaining_keeps_the_two_largest_units(left: timedelta, expected: str) -> None:
    assert f.remaining(left) == expected


def test_remaining_in_english_has_singular() -> None:
    assert f.remaining(timedelta(days=1, hours=2), "en") == "1 day 2 hours"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+6281234567890", "0812-3456-7890"),
        ("081234567890", "0812-3456-7890"),
        ("0565 21 221", "0565-2122-1"),
        ("tidak ada", "tidak ada"),
    ],
)
def test_phone_is_grouped_by_four(value: str, expected: str) -> None:
    assert f.phone(value) == expected


def test_dashed_groups_a_code() -> None:
    assert f.dashed("7K2M9QXR4TB9") == "7K2M-9QXR-4TB9"


def test_file_size_in_words_of_the_page() -> None:
    assert f.file_size(340_000) == "340 KB"
    assert f.file_size(1_240_000) == "1,2 MB"


def test_filters_follow_the_language_of_the_request() -> None:
    app = Flask("sample")
    Babel(app, locale_selector=lambda: "en")
    f.register(app)
    with app.test_request_context():
        rendered = app.jinja_env.from_string("{{ day|long_date }} {{ 1200|number }}").render(day=SATURDAY)
    assert rendered == "Saturday, 21 November 2026 1,200"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Hj. Yuni Widyastuti", "Yuni"),
        ("H. Supardi", "Supardi"),
        ("Dr. Ir. H. Budi Santoso, M.Si.", "Budi"),
        ("drs Agus Salim", "Agus"),
        ("M. Yusuf", "Yusuf"),
        ("Siti, S.E.", "Siti"),
        ("Sutrisno", "Sutrisno"),
        ("H.", "H."),
        ("", ""),
    ],
)
def test_people_are_called_by_their_name_and_not_their_title(name, word):
    assert f.call_name(name) == word
