"""QR tokens, typed codes, tickets and device marks of the classroom; what a check-in is worth."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.attendance.rules import checkpoints, tokens
from portal.attendance.rules.checkpoints import Part
from portal.attendance.rules.tokens import Place, Ticket

KEY, OTHER = b"k" * 32, b"x" * 32
HERE = Place(41, 7, 1)
AT = 1_795_000_000  # the start of a window and of a step
ELSEWHERE = [Place(42, 7, 1), Place(41, 8, 1), Place(41, 7, 2), Place(41, 0, 1)]


# ---- tokens ----


def read(text: str) -> tokens.Token:
    token = tokens.read_token(text)
    assert token is not None
    return token


def test_the_test_begins_a_window_and_a_step() -> None:
    assert (AT % tokens.WINDOW, AT % tokens.CODE_STEP) == (0, 40)


def test_a_token_is_short_capital_and_read_in_any_case() -> None:
    text = tokens.make_token(KEY, HERE, AT)
    assert re.fullmatch("[A-Z2-7]{32}", text)
    assert read(text.lower()) == read(text)
    token = read(text)
    assert (token.session_id, token.position, token.window) == (41, 1, AT // 20)
    assert tokens.is_genuine(KEY, token, 7)


@pytest.mark.parametrize(
    ("later", "fresh"),
    [(-1, False), (0, True), (19, True), (20, True), (39, True), (40, False), (3600, False), (-3600, False)],
)
def test_a_token_is_taken_in_its_window_and_one_more(later: int, fresh: bool) -> None:
    assert tokens.is_fresh(read(tokens.make_token(KEY, HERE, AT)), AT + later) is fresh


def test_a_token_changes_every_twenty_seconds_and_not_before() -> None:
    made = [tokens.make_token(KEY, HERE, AT + second) for second in range(60)]
    assert [len({*made[start : start + 20]}) for start in (0, 20, 40)] == [1, 1, 1]
    assert len({*made}) == 3


@pytest.mark.parametrize("place", ELSEWHERE)
def test_tokens_and_codes_of_other_places_differ(place: Place) -> None:
    assert tokens.make_token(KEY, place, AT) != tokens.make_token(KEY, HERE, AT)
    assert not tokens.is_code(KEY, HERE, tokens.make_code(KEY, place, AT), AT)


def test_a_token_of_another_room_or_key_is_not_genuine() -> None:
    token = read(tokens.make_token(KEY, HERE, AT))
    assert not tokens.is_genuine(KEY, token, 8)
    assert not tokens.is_genuine(OTHER, token, 7)


@pytest.mark.parametrize("place", range(32))
def test_a_token_with_one_letter_changed_is_not_genuine(place: int) -> None:
    text = tokens.make_token(KEY, HERE, AT)
    changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
    assert not tokens.is_genuine(KEY, read(changed), 7)


@pytest.mark.parametrize(
    "text",
    ["", "A", "TIDAKADA", "A" * 31, "A" * 33, "A" * 40, "0" * 32, "a b", "Å" * 32, "=" * 32, "A" * 5000,
     "../../etc/passwd", "A" * 31 + "\n"],
)  # fmt: skip
def test_what_is_no_token_is_none(text: str) -> None:
    assert tokens.read_token(text) is None


def test_large_numbers_fit() -> None:
    place = Place(10**12, 10**12, 6)
    token = read(tokens.make_token(KEY, place, AT))
    assert token.session_id == 10**12
    assert tokens.is_genuine(KEY, token, 10**12)


# ---- codes ----


def test_a_code_is_six_letters_that_cannot_be_taken_for_each_other() -> None:
    codes = [tokens.make_code(KEY, Place(session, 1, 1), AT) for session in range(1, 400)]
    assert all(re.fullmatch(f"[{tokens.CODE_ALPHABET}]{{6}}", code) for code in codes)
    assert not set(tokens.CODE_ALPHABET) & set("0OQ1ILS5B8Z2UV")
    assert len(set(tokens.CODE_ALPHABET)) == len(tokens.CODE_ALPHABET)
    assert len({*codes}) == len(codes)
    assert {*"".join(codes)} == {*tokens.CODE_ALPHABET}


@pytest.mark.parametrize(
    ("later", "good"),
    [(-61, False), (0, True), (59, True), (60, True), (79, True), (80, False), (121, False)],
)
def test_a_code_lives_two_minutes_at_most(later: int, good: bool) -> None:
    assert tokens.is_code(KEY, HERE, tokens.make_code(KEY, HERE, AT), AT + later) is good


def test_no_code_is_taken_longer_than_two_minutes() -> None:
    start = AT - AT % 60
    code = tokens.make_code(KEY, HERE, start)
    taken = [second for second in range(-200, 400) if tokens.is_code(KEY, HERE, code, start + second)]
    assert (min(taken), max(taken)) == (0, 119)


@pytest.mark.parametrize("typed", ["", "A", "AAAAAA", "Å34679", "3467", "3467999"])
def test_another_text_is_not_the_code(typed: str) -> None:
    assert not tokens.is_code(KEY, HERE, tokens.plain_code(typed), AT)


@pytest.mark.parametrize(
    ("typed", "plain", "card"),
    [
        (" 7k2m-9qxr ", "7K2M9QXR", "7K2M9QXR"),
        ("oil0 1l", "OIL01L", "011011"),
        ("ab\tcd\n", "ABCD", "ABCD"),
        ("A – B.C", "ABC", "ABC"),
        ("x" * 90, "X" * 40, "X" * 40),
    ],
)
def test_typed_codes_are_compared_without_blanks_and_case(typed: str, plain: str, card: str) -> None:
    assert (tokens.plain_code(typed), tokens.plain_card(typed)) == (plain, card)


@pytest.mark.parametrize(
    ("at", "qr", "code"), [(0, 20, 20), (1, 19, 19), (19, 1, 1), (20, 20, 60), (25, 15, 55)]
)
def test_seconds_until_the_change(at: int, qr: int, code: int) -> None:
    assert (tokens.seconds_left(AT + at), tokens.seconds_left(AT + at, tokens.CODE_STEP)) == (qr, code)


# ---- tickets and devices ----


def test_a_ticket_is_good_on_its_device_for_ten_minutes() -> None:
    text = tokens.make_ticket(KEY, Ticket(41, 2, AT), "hp")
    assert len(text) == 40
    ticket = tokens.read_ticket(KEY, text, "hp")
    assert ticket == Ticket(41, 2, AT)
    assert [tokens.is_ticket_alive(Ticket(41, 2, AT), AT + s) for s in (-1, 0, 600, 601)] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(("key", "device"), [(OTHER, "hp"), (KEY, "lain"), (KEY, "")])
def test_a_ticket_of_another_device_or_key_is_none(key: bytes, device: str) -> None:
    assert tokens.read_ticket(key, tokens.make_ticket(KEY, Ticket(41, 2, AT), "hp"), device) is None


@pytest.mark.parametrize("text", ["", "x", "A" * 40, "A" * 32, tokens.make_token(KEY, HERE, AT)])
def test_what_is_no_ticket_is_none(text: str) -> None:
    assert tokens.read_ticket(KEY, text, "hp") is None


def test_a_device_cannot_be_followed_from_session_to_session() -> None:
    marks = {tokens.device_mark(KEY, session, device) for session in (1, 2) for device in ("a", "b")}
    assert len(marks) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", mark) for mark in marks)
    assert tokens.device_mark(KEY, 1, "") == ""


# ---- checkpoints ----

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=8)


def after(hours: float = 0, minutes: float = 0) -> datetime:
    return START + timedelta(hours=hours, minutes=minutes)


WHOLE = [Part(1, START, 8)]
TWO = [Part(1, START, 4), Part(2, after(5), 4, "Setelah makan siang")]
THREE = [Part(1, START, 3), Part(2, after(3), 3), Part(3, after(6), 2)]


@pytest.mark.parametrize(
    ("rows", "hours", "expected"),
    [
        ([], 8, WHOLE),
        (TWO, 8, TWO),
        (TWO[::-1], 8, TWO),
        (TWO, 9, [Part(1, START, 9)]),  # the hours of the session changed
        ([Part(1, after(1), 4), TWO[1]], 8, WHOLE),  # it was moved
    ],
)
def test_parts_in_force(rows: list[Part], hours: int, expected: list[Part]) -> None:
    assert checkpoints.parts_of(START, END, hours, rows) == expected


@pytest.mark.parametrize(
    ("at", "position"),
    [(after(-1), 1), (after(0), 1), (after(4, 44), 1), (after(4, 45), 2), (after(5), 2), (after(9), 2)],
)
def test_a_later_checkpoint_opens_fifteen_minutes_before(at: datetime, position: int) -> None:
    assert checkpoints.open_part(TWO, at).position == position
    assert checkpoints.open_part(WHOLE, at).position == 1


ARRIVALS: list[tuple[list[Part], dict[int, datetime], int, datetime, tuple[str, int, int]]] = [
    (WHOLE, {}, 1, after(-1), ("present", 0, 0)),
    (WHOLE, {}, 1, after(0, 15), ("present", 0, 0)),
    (WHOLE, {}, 1, after(0, 16), ("late", 16, 0)),
    (WHOLE, {}, 1, after(0, 44), ("late", 44, 0)),
    (WHOLE, {}, 1, after(0, 45), ("late", 45, 1)),
    (WHOLE, {}, 1, after(1, 31), ("late", 91, 2)),
    (WHOLE, {}, 1, after(8), ("late", 480, 8)),  # never more than the part has
    (TWO, {}, 1, after(4), ("late", 240, 4)),
    (TWO, {1: START}, 2, after(5), ("present", 0, 0)),
    (TWO, {1: START}, 2, after(5, 50), ("late", 50, 1)),
    (TWO, {1: after(0, 46)}, 2, after(5, 1), ("late", 46, 1)),  # late in the morning stays late
    (TWO, {1: after(0, 46)}, 2, after(5, 46), ("late", 92, 2)),
    (TWO, {}, 2, after(4, 50), ("late", 300, 4)),  # nobody saw them in the morning
    (TWO, {}, 2, after(5, 45), ("late", 345, 5)),
    (THREE, {1: START}, 3, after(6), ("late", 180, 3)),
    (THREE, {1: START, 2: after(3)}, 3, after(6), ("present", 0, 0)),
    (THREE, {}, 3, after(8), ("late", 480, 8)),
]


@pytest.mark.parametrize(("parts", "seen", "position", "at", "expected"), ARRIVALS)
def test_what_a_check_in_makes_of_the_mark(
    parts: list[Part], seen: dict[int, datetime], position: int, at: datetime, expected: Any
) -> None:
    found = checkpoints.arrival(parts, seen, position, at)
    assert (found.mark, found.minutes, found.missed) == expected
    assert found.missed <= sum(part.hours for part in parts)


@pytest.mark.parametrize(
    ("parts", "seen", "minutes", "missed"),
    [
        (TWO, {1}, 180, 4),
        (THREE, {1}, 300, 5),
        (THREE, {1, 2}, 120, 2),
        (TWO, {1, 2}, 0, 0),
        (TWO, (), 480, 8),
    ],
)
def test_who_did_not_come_back_misses_all_that_followed(
    parts: list[Part], seen: Any, minutes: int, missed: int
) -> None:
    found = checkpoints.left_early(parts, seen, END)
    assert (found.mark, found.minutes, found.missed) == ("left_early", minutes, missed)


@pytest.mark.parametrize(
    ("state", "at", "code"),
    [
        ("published", after(-1), ""),
        ("published", after(-1, -1), "too_early"),
        ("published", END, ""),
        ("published", END + timedelta(seconds=1), "session_over"),
        ("published", after(-24), "too_early"),
        ("published", after(48), "session_over"),
        ("finalized", START, "sheet_final"),
        ("cancelled", START, "batch_not_running"),
        ("postponed", START, "batch_not_running"),
        ("draft", START, "batch_not_running"),
    ],
)
def test_when_nobody_can_check_in(state: str, at: datetime, code: str) -> None:
    found = checkpoints.arrival_blockers(batch_state=state, starts_at=START, ends_at=END, at=at)
    assert [one.code for one in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("parts", "codes"),
    [
        ([], []),
        (WHOLE, []),
        (TWO, []),
        (THREE, []),
        ([TWO[0], Part(2, after(5), 3)], ["parts_sum"]),
        ([TWO[0], Part(2, END, 4)], ["part_outside-2"]),
        ([TWO[0], Part(2, after(-1), 4)], ["part_outside-2"]),
        ([TWO[0], Part(2, START, 4)], ["part_order-2"]),
        ([Part(1, after(1), 4), TWO[1]], ["part_first-1"]),
        ([Part(1, START, 8), Part(2, after(5), 0)], ["part_hours-2"]),
        ([TWO[0], Part(2, after(5), 4, "x" * 61)], ["part_label-2"]),
        ([Part(n + 1, after(n), 1) for n in range(7)], ["parts_many", "parts_sum"]),
    ],
)
def test_checkpoints_that_cannot_be(parts: list[Part], codes: list[str]) -> None:
    assert [one.code for one in checkpoints.parts_problems(parts, START, END, 8)] == codes


@pytest.mark.parametrize(
    ("old", "new", "used", "codes"),
    [
        (WHOLE, TWO, {1}, []),
        (TWO, [], {1}, []),
        (TWO, [], {1, 2}, ["part_used-2"]),
        (TWO, THREE, {1, 2}, ["part_used-2"]),  # the second one would move
        (TWO, THREE, {1}, []),
        (TWO, [TWO[0], Part(2, after(5), 4, "Sore")], {1, 2}, []),
        (THREE, TWO, {3}, ["part_used-3"]),
    ],
)
def test_checkpoints_that_counted_people_stay(
    old: list[Part], new: list[Part], used: set[int], codes: list[str]
) -> None:
    assert [one.code for one in checkpoints.used_problems(old, new, used)] == codes
