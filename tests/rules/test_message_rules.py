"""When and by which way people are told: quiet hours in three zones, channels, consent, urgency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.rules.messages import (
    KINDS,
    Group,
    Reach,
    Wishes,
    choose_reach,
    is_wanted,
    quiet_end,
    send_at,
)

WIB, WITA, WIT = "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"
MAIL, PHONE = Reach("email", "sri@contoh.id"), Reach("phone", "+6281200000042")
MAIL_PROVED = Reach("email", "baru@contoh.id", True)
PHONE_PROVED = Reach("phone", "+6281200000007", True)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "quiet", "end"),
    [
        # 21.00-07.00, the usual: Jakarta is UTC+7, Makassar +8, Jayapura +9
        (utc(22, 13, 59), WIB, (1260, 420), None),
        (utc(22, 14), WIB, (1260, 420), utc(23, 0)),
        (utc(22, 23, 59), WIB, (1260, 420), utc(23, 0)),
        (utc(23, 0), WIB, (1260, 420), None),
        (utc(22, 13), WITA, (1260, 420), utc(22, 23)),
        (utc(22, 12), WITA, (1260, 420), None),
        (utc(22, 12), WIT, (1260, 420), utc(22, 22)),
        (utc(22, 21, 59), WIT, (1260, 420), utc(22, 22)),
        (utc(22, 22), WIT, (1260, 420), None),
        # after local midnight it ends the same day, before it the next
        (utc(22, 17, 30), WIB, (1260, 420), utc(23, 0)),
        (utc(30, 16), WIB, (1260, 420), datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
        # within one day
        (utc(22, 5), WIB, (720, 780), utc(22, 6)),
        (utc(22, 6), WIB, (720, 780), None),
        # from midnight, until midnight
        (utc(21, 17), WIB, (0, 360), utc(21, 23)),
        (utc(22, 16, 59), WIB, (1320, 0), utc(22, 17)),
        (utc(22, 17), WIB, (1320, 0), None),
        # the same hour twice: never quiet
        (utc(22, 14), WIB, (1260, 1260), None),
        (utc(21, 17), WIB, (0, 0), None),
    ],
)
def test_quiet_time_ends_at_the_hour_of_the_place(
    moment: datetime, zone: str, quiet: tuple[int, int], end: datetime | None
) -> None:
    assert quiet_end(moment, zone, *quiet) == end


def test_quiet_time_is_as_long_in_march_as_in_october() -> None:
    for month in (3, 10):
        night = datetime(2026, month, 28, 15, 0, tzinfo=UTC)
        assert quiet_end(night, WIB, 1260, 420) == night + timedelta(hours=9)


NIGHT, MORNING = utc(22, 15), utc(23, 0)  # 22.00 and 07.00 WIB


@pytest.mark.parametrize(
    ("group", "more", "leaves"),
    [
        (Group.OFFER, {}, MORNING),
        (Group.REMINDER, {}, MORNING),
        (Group.RESULT, {}, MORNING),
        (Group.CERTIFICATE, {}, MORNING),
        (Group.CHANGE, {}, MORNING),
        (Group.SECURITY, {}, NIGHT),
        # a class that begins within 12 hours is told of at night; one later, or long begun, is not
        (Group.CHANGE, {"starts_at": NIGHT + timedelta(hours=12)}, NIGHT),
        (Group.CHANGE, {"starts_at": NIGHT + timedelta(hours=12, minutes=1)}, MORNING),
        (Group.CHANGE, {"starts_at": NIGHT - timedelta(hours=1)}, MORNING),
        (Group.REMINDER, {"starts_at": NIGHT + timedelta(hours=2)}, MORNING),
        # waiting must not cost the seat
        (Group.OFFER, {"deadline": MORNING}, NIGHT),
        (Group.OFFER, {"deadline": MORNING + timedelta(minutes=1)}, MORNING),
    ],
)
def test_message_waits_for_the_morning_unless_waiting_makes_it_useless(
    group: Group, more: dict[str, datetime], leaves: datetime
) -> None:
    assert send_at(NIGHT, group=group, wishes=Wishes(), zone=WIB, **more) == leaves


def test_message_by_day_leaves_at_once() -> None:
    noon = utc(22, 5)
    assert send_at(noon, group=Group.OFFER, wishes=Wishes(), zone=WIB) == noon


@pytest.mark.parametrize(
    ("reaches", "wish", "may_phone", "found"),
    [
        ([], "", True, "no_address"),
        ([PHONE], "", False, "no_consent"),
        ([PHONE], "sms", False, "no_consent"),
        ([PHONE], "", True, ("whatsapp", PHONE.value)),
        ([PHONE], "sms", True, ("sms", PHONE.value)),
        ([PHONE], "email", True, ("whatsapp", PHONE.value)),
        ([PHONE, MAIL], "", True, ("email", MAIL.value)),
        ([PHONE, MAIL], "whatsapp", True, ("whatsapp", PHONE.value)),
        ([PHONE, MAIL], "whatsapp", False, ("email", MAIL.value)),
        # what was proved goes before what somebody once wrote down
        ([MAIL, MAIL_PROVED], "", True, ("email", MAIL_PROVED.value)),
        ([MAIL, PHONE_PROVED], "", True, ("whatsapp", PHONE_PROVED.value)),
        ([MAIL, PHONE_PROVED], "email", True, ("email", MAIL.value)),
        ([MAIL, PHONE_PROVED], "", False, ("email", MAIL.value)),
        ([PHONE, PHONE_PROVED], "sms", True, ("sms", PHONE_PROVED.value)),
    ],
)
def test_way_is_the_wished_one_then_the_proved_one_then_email(
    reaches: list[Reach], wish: str, may_phone: bool, found: object
) -> None:
    assert choose_reach(reaches, wish=wish, may_phone=may_phone, phone_channel="whatsapp") == found


@pytest.mark.parametrize(
    ("reaches", "wish", "sendable", "found"),
    [
        ([MAIL, PHONE], "", ["phone"], ("whatsapp", PHONE.value)),
        ([MAIL, PHONE], "email", ["phone"], ("whatsapp", PHONE.value)),
        ([MAIL, PHONE], "sms", ["email"], ("email", MAIL.value)),
        # nothing can be sent: the row says so when its turn comes
        ([MAIL], "", [], ("email", MAIL.value)),
    ],
)
def test_way_that_no_sender_is_set_up_for_is_the_last_choice(
    reaches: list[Reach], wish: str, sendable: list[str], found: object
) -> None:
    way = choose_reach(reaches, wish=wish, may_phone=True, phone_channel="whatsapp", sendable=sendable)
    assert way == found


def test_reminders_and_results_can_be_switched_off_and_nothing_else() -> None:
    silent = Wishes(wants_reminders=False, wants_results=False)
    off = {group for group in Group if not is_wanted(group, silent)}
    assert off == {Group.REMINDER, Group.RESULT}
    assert all(is_wanted(group, Wishes()) for group in Group)


def test_what_happens_to_an_account_or_its_data_never_waits() -> None:
    assert {kind for kind, group in KINDS.items() if group == Group.SECURITY} == {
        kind for kind in KINDS if kind.startswith(("security.", "privacy."))
    }
