"""The people of the demo are well formed, belong to nobody, and are the same for the same seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.operations.demo.names import PASSWORD, PHONE_BLOCK, Identities, full_name
from portal.operations.demo.plan import SPECS, Act, scaled, specs_for
from portal.operations.demo.timeline import Timeline
from portal.operations.seeds import seeded
from portal.people.rules import name_problem, nik_agrees_with_birth, nik_district, nik_problem, sex_from_nik

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("style", ["java", "borneo", "papua"])
@pytest.mark.parametrize("sex", ["L", "P"])
def test_names_of_every_regency_may_stand(style, sex):
    rng = seeded("names", style, sex)
    names = [full_name(rng, style, sex) for _number in range(300)]
    assert [name for name in names if name_problem(name)] == []
    assert len(set(names)) > 150


def test_identity_numbers_are_valid_unique_and_out_of_reach():
    rng, identities = seeded("identities"), Identities(TODAY)
    made = []
    for number in range(2000):
        sex, birth = "LP"[number % 2], identities.birth(rng)
        nik = identities.nik("33.18.05", birth, sex)
        assert nik_problem(nik) is None
        assert nik_agrees_with_birth(nik, birth)
        assert (sex_from_nik(nik), nik_district(nik)) == (sex, "33.18.05")
        assert int(nik[12:]) > 9000
        made.append(nik)
    assert len(set(made)) == 2000


def test_two_people_of_one_birthday_get_two_numbers():
    identities = Identities(TODAY)
    first, second = (identities.nik("61.05.01", date(1990, 5, 17), "P") for _number in range(2))
    assert (first, second) == ("6105015705909001", "6105015705909002")


def test_grown_ups_only():
    rng, identities = seeded("births"), Identities(TODAY)
    ages = [(TODAY - identities.birth(rng)).days / 365.25 for _number in range(500)]
    assert min(ages) > 20
    assert max(ages) < 65


def test_phones_lie_in_one_made_up_block():
    identities = Identities(TODAY)
    phones = [identities.phone() for _number in range(50)]
    assert len(set(phones)) == 50
    assert all(phone.startswith(PHONE_BLOCK) and len(phone) == 14 for phone in phones)


def test_same_words_give_the_same_course():
    first, second = ([full_name(seeded("a", 1), "java", "L") for _n in range(5)] for _time in range(2))
    assert first == second
    assert [seeded("a").random(), seeded("b").random()][0] != seeded("b").random()


def test_password_is_one_the_portal_takes():
    from portal.accounts.rules import password_problems

    assert password_problems(PASSWORD, ["admin.surakarta", "peserta.kelas", "Pengelola Portal"]) == []


def test_smallest_demo_still_shows_every_act():
    assert {spec.act for spec in specs_for(0.1, {"surakarta", "pati", "sintang"})} == set(Act)


def test_full_demo_has_all_batches_of_its_centers():
    assert len(specs_for(1, {spec.center for spec in SPECS})) == len(SPECS)
    assert {spec.center for spec in specs_for(1, {"pati"})} == {"pati"}


@pytest.mark.parametrize(
    ("count", "scale", "least", "expected"),
    [(1500, 1, 180, 1500), (1500, 0.5, 180, 750), (1500, 0.01, 180, 180), (16, 4, 8, 16)],
)
def test_scaled_counts(count, scale, least, expected):
    assert scaled(count, scale, least) == expected


def test_timeline_takes_steps_in_order_and_lets_steps_add_later_ones():
    line, seen = Timeline(NOW), []
    line.at(NOW - timedelta(days=1), lambda moment: seen.append("late"))
    line.at(NOW - timedelta(days=3), lambda moment: line.at(moment, lambda _m: seen.append("added")))
    line.at(NOW - timedelta(days=2), lambda moment: seen.append("middle"))
    line.run()
    assert seen == ["added", "middle", "late"]
    assert line.done == 4


def test_timeline_refuses_the_future():
    with pytest.raises(ValueError, match="not come yet"):
        Timeline(NOW).at(NOW + timedelta(seconds=1), lambda moment: None)
