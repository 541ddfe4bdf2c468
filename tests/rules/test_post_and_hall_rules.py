"""Cooperatives: one key for all spellings, and the pillars of a hall."""

import pytest

from portal.cooperatives.rules import VILLAGE_HALL, count_states, display_name, hall_seats, match_key

HERE = "61.05.01.2001"


@pytest.mark.parametrize(
    "other",
    [
        "KDMP Ladang",
        "kdmp  LADANG",
        "Koperasi Desa Merah Putih Ladang",
        "Kop. Desa Merah-Putih “Ladang”",
        "Ladang",
    ],
)
def test_spellings_of_one_village_cooperative_share_a_key(other):
    assert match_key("village", other, HERE) == match_key("village", "KDMP Ladang", HERE)


def test_another_place_kind_or_name_is_another_cooperative():
    base = match_key("village", "KDMP Ladang", HERE)
    assert base != match_key("village", "KDMP Ladang", "61.05.01.2002")
    assert base != match_key("urban_village", "KDMP Ladang", HERE)
    assert base != match_key("village", "KDMP Ladang Jaya", HERE)


def test_other_kinds_keep_the_words_that_tell_them_apart():
    assert match_key("driver_courier", "Koperasi Roda Lintas", HERE) == match_key(
        "driver_courier", "koperasi RODA-LINTAS", HERE
    )
    assert match_key("driver_courier", "Koperasi", HERE).endswith("koperasi")


def test_a_key_fits_its_column():
    assert len(match_key("other", "x" * 500, HERE)) <= 200
    assert len(display_name("x " * 300)) <= 160


def test_each_post_of_a_village_cooperative_is_a_pillar():
    seats = hall_seats("village", [], set(), set())
    assert [seat.post for seat in seats] == list(VILLAGE_HALL)
    assert count_states(seats) == (0, 0, 9)


def test_pillars_show_certified_training_and_missing():
    held = [("chair", 1), ("secretary", 2), ("treasurer", 3), ("supervisor_member", 4), ("member", 9)]
    seats = hall_seats("village", held, certified={1, 9}, training={1, 2})
    assert count_states(seats) == (1, 1, 7)
    assert [seat.state for seat in seats if seat.person_id == 3] == ["down"]
    assert all(seat.post != "member" for seat in seats)


def test_two_chairs_are_two_pillars():
    seats = hall_seats("village", [("chair", 1), ("chair", 2)], set(), set())
    assert [seat.person_id for seat in seats if seat.post == "chair"] == [1, 2]


def test_a_cooperative_that_does_not_exist_yet_has_only_its_founders():
    seats = hall_seats("prospective", [("founder", 1)], set(), {1})
    assert [(seat.post, seat.state) for seat in seats] == [("founder", "soon")]
