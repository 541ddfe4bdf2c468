"""Dates, times, numbers and codes the way people here write them, in Indonesian and English.

Every function takes `locale` ("id" or "en"); without it the language of the request, or the one that a
message is written in, is used, and Indonesian otherwise. Times are shown in the zone of the place they happen
in.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from flask import Flask

from portal.core import words

_WEEKDAYS = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
           "November", "Desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip
# "Agu" and "Mei" are how Indonesian calendars shorten August and May.
_MONTHS_SHORT = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_ZONES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Ujung_Pandang": "WITA",
    "Asia/Jayapura": "WIT",
}
_UNITS = {
    "id": (("hari", "hari"), ("jam", "jam"), ("menit", "menit")),
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes")),
}
# Titles that stand before a name, as people write them without their dot.
_TITLES = frozenset(("h", "hj", "kh", "dr", "drs", "dra", "ir", "prof", "rd", "bapak", "ibu", "pak", "bu"))
DEFAULT_ZONE = "Asia/Jakarta"


def current_locale(locale: str | None = None) -> str:
    """Either "id" or "en": the one asked for, else the request's, else Indonesian."""
    return "en" if (locale or words.language()).startswith("en") else "id"


def weekday_name(day: date, locale: str | None = None) -> str:
    """Such as "Sabtu"."""
    return _WEEKDAYS[current_locale(locale)][day.weekday()]


def month_name(day: date, locale: str | None = None, *, short: bool = False) -> str:
    """Such as "November", or "Nov" when short."""
    names = _MONTHS_SHORT if short else _MONTHS
    return names[current_locale(locale)][day.month - 1]


def month_names(locale: str | None = None) -> tuple[str, ...]:
    """All twelve months, January first."""
    return _MONTHS[current_locale(locale)]


def long_date(day: date, weekday: bool = True, locale: str | None = None) -> str:
    """Such as "Sabtu, 21 November 2026"; without the weekday "21 November 2026"."""
    text = f"{day.day} {month_name(day, locale)} {day.year}"
    return f"{weekday_name(day, locale)}, {text}" if weekday else text


def short_date(day: date, locale: str | None = None) -> str:
    """Such as "21 Nov 2026", for tight cells."""
    return f"{day.day} {month_name(day, locale, short=True)} {day.year}"


def month_year(day: date, locale: str | None = None) -> str:
    """Such as "November 2026"."""
    return f"{month_name(day, locale)} {day.year}"


def date_range(first: date, last: date, weekday: bool = True, locale: str | None = None) -> str:
    """Such as "Senin–Rabu, 7–9 Desember 2026": what both share is said once. Raises ValueError."""
    if last < first:
        raise ValueError("the range ends before it begins")
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return long_date(first, weekday, locale)
    month = month_name(last, locale)
    if first.year != last.year:
        span = f"{first.day} {month_name(first, locale)} {first.year} – {last.day} {month} {last.year}"
    elif first.month != last.month:
        span = f"{first.day} {month_name(first, locale)} – {last.day} {month} {last.year}"
    else:
        span = f"{first.day}–{last.day} {month} {last.year}"
    if not weekday:
        return span
    return f"{weekday_name(first, locale)}–{weekday_name(last, locale)}, {span}"


def zone_name(zone: str) -> str:
    """Such as "WIB", "WITA" or "WIT"; another zone keeps the last part of its own name."""
    return _ZONES.get(zone, zone.rsplit("/", 1)[-1].replace("_", " "))


def clock_time(
    moment_: datetime, zone: str = DEFAULT_ZONE, seconds: bool = False, locale: str | None = None
) -> str:
    """Such as "pukul 14.00 WIB" ("14:00 WIB" in English) of the place. Needs an aware datetime."""
    at = _at(moment_, zone)
    english = current_locale(locale) == "en"
    digits = _digits(at, ":" if english else ".", seconds)
    return f"{digits} {zone_name(zone)}" if english else f"pukul {digits} {zone_name(zone)}"


def clock_range(start: datetime, end: datetime, zone: str = DEFAULT_ZONE, locale: str | None = None) -> str:
    """Such as "pukul 08.00–11.00 WIB"."""
    english = current_locale(locale) == "en"
    mark = ":" if english else "."
    span = f"{_digits(_at(start, zone), mark)}–{_digits(_at(end, zone), mark)} {zone_name(zone)}"
    return span if english else f"pukul {span}"


def moment(
    moment_: datetime, zone: str = DEFAULT_ZONE, seconds: bool = False, locale: str | None = None
) -> str:
    """Such as "Sabtu, 21 November 2026, pukul 14.00 WIB"."""
    day = long_date(_at(moment_, zone).date(), locale=locale)
    return f"{day}, {clock_time(moment_, zone, seconds, locale)}"


def number(value: int | float | Decimal, digits: int = 0, locale: str | None = None) -> str:
    """Such as "45.213" and, with digits, "12,5"; halves are rounded away from zero."""
    step = Decimal(1).scaleb(-digits)
    text = f"{Decimal(str(value)).quantize(step, ROUND_HALF_UP):,f}"
    if current_locale(locale) == "en":
        return text
    return text.translate(str.maketrans(",.", ".,"))


def percent(value: int | float | Decimal, digits: int = 0, locale: str | None = None) -> str:
    """Such as "80%" from 80 (not from 0.8)."""
    return f"{number(value, digits, locale)}%"


def remaining(left: timedelta, locale: str | None = None) -> str:
    """Such as "2 hari 3 jam", "3 jam 20 menit", "5 menit": the two largest units."""
    minutes = max(int(left.total_seconds() // 60), 0)
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    names = _UNITS[current_locale(locale)]
    parts = [f"{n} {names[i][n != 1]}" for i, n in enumerate(counts) if n]
    return " ".join(parts[:2]) or f"0 {names[2][1]}"


def file_size(size: int, locale: str | None = None) -> str:
    """Such as "340 KB", "1,2 MB" from a number of bytes."""
    if size < 1_000_000:
        return f"{number(max(1, round(size / 1000)), locale=locale)} KB"
    return f"{number(size / 1_000_000, 1, locale)} MB"


def phone(value: str) -> str:
    """Such as "0812-3456-7890" from "+6281234567890" or "081234567890"; anything else comes back as it is."""
    digits = "".join(c for c in value if c.isdigit())
    if digits.startswith("62"):
        digits = "0" + digits[2:]
    if not digits.startswith("0") or not 9 <= len(digits) <= 14:
        return value
    return "-".join(part for part in (digits[:4], digits[4:8], digits[8:]) if part)


def call_name(name: str) -> str:
    """What to call somebody by: the first word of a name that is no title or initial ("Hj. Yuni W." is
    Yuni, "Dr. Ir. H. Budi" is Budi); the whole name when nothing else is left."""
    for word in name.split():
        letters = word.strip(".,'’")
        if len(letters) > 1 and not word.endswith(".") and letters.lower() not in _TITLES:
            return letters
    return name.strip()


def dashed(code: str) -> str:
    """Such as "7K2M-9QXR-4TB9": the code in groups of four, as printed."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def iso(value: date | datetime) -> str:
    """For `datetime=` attributes: "2026-11-21", or the moment in UTC to the second."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def register(app: Flask) -> None:
    """Give the templates every format as a filter: `{{ day|long_date }}`, `{{ start|clock_time(zone) }}`."""
    for function in (
        long_date, short_date, month_year, date_range, clock_time, clock_range, moment, number, percent,
        remaining, file_size, phone, call_name, dashed, iso, weekday_name, month_name, zone_name,
    ):  # fmt: skip
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["month_names"] = month_names


def _at(value: datetime, zone: str) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its time zone")
    return value.astimezone(ZoneInfo(zone))


def _digits(at: datetime, mark: str, seconds: bool = False) -> str:
    text = f"{at.hour:02d}{mark}{at.minute:02d}"
    return f"{text}{mark}{at.second:02d}" if seconds else text
