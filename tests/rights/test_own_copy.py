"""The copy of one's own data holds something from every table that knows a person or an account."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from portal.core.db import Base
from portal.core.ports import ports
from portal.desks.data_labels import KEYS, LISTS, SECTIONS
from portal.desks.data_words import sections
from tests.support.classroom import newcomer
from tests.support.full_person import EMAIL, NAME, NIK, PHONE, FullPerson, make_full_person

#: Table -> where it is in the copy (room, then keys; a list means "in any of its rows").
CLAIMS: dict[str, tuple[str, ...]] = {
    "person": ("person", "name"),
    "consent": ("person", "consents"),
    "inclusion": ("person", "inclusion"),
    "correction_request": ("person", "corrections"),
    "evidence": ("person", "corrections", "evidence_bytes"),
    "erasure_request": ("person", "erasures"),
    "legal_hold": ("person", "holds"),
    "unmasked_read": ("person", "unmasked_reads"),
    "user_account": ("account", "login"),
    "user_session": ("account", "sessions"),
    "role_grant": ("account", "roles"),
    "claim_code": ("account", "claim_codes"),
    "contact_point": ("account", "contacts"),
    "totp_factor": ("account", "factors"),
    "passkey": ("account", "factors"),
    "recovery_code": ("account", "factors"),
    "linked_identity": ("account", "identities"),
    "access_recovery": ("account", "recoveries"),
    "message_preference": ("account", "preference"),
    "outbox_message": ("messages",),
    "post_term": ("posts",),
    "chair_claim": ("posts", "claimed_by"),
    "staff": ("staff",),
    "leave": ("staff", "leaves"),
    "nomination": ("enrollments", "nominations"),
    "enrollment": ("enrollments", "applications"),
    "contact": ("enrollments", "applications", "calls"),
    "move_choice": ("enrollments", "applications", "moves"),
    "attendance_mark": ("attendance",),
    "attendance_change": ("attendance", "changes"),
    "attendance_correction": ("attendance", "corrections"),
    "walk_in": ("attendance", "walk_ins"),
    "check_in": ("attendance", "check_ins"),
    "verdict": ("verdicts",),
    "second_verdict": ("results", "seconds"),
    "observation": ("results", "observations"),
    "retest": ("results", "retests"),
    "appeal": ("results", "appeals"),
    "verdict_correction": ("results", "result_corrections"),
    "test_attempt": ("tests", "started_at"),
    "test_allowance": ("tests", "extra_time"),
    "attempt_item": ("tests", "items"),
    "test_answer": ("tests", "items", "answer"),
    "attempt_event": ("tests", "happened"),
    "certificate": ("certificates",),
    "certificate_event": ("certificates", "events"),
    "external_record": ("external", "title"),
    "renewal": ("certificates", "renews"),
    "renewal_course": ("certificates", "counted"),
    "validity_extension": ("certificates", "extensions"),
    "audit_event": ("events",),
}
#: Tables that know a person or an account and are not in the copy, each with its reason.
LEFT_OUT = {
    "one_time": "hashes of codes on their way, gone within days; the contact they prove is in the copy",
    "operation": "random numbers of sent forms, gone within a month",
    "device_review": "what an instructor saw of a shared phone, without who; check-ins are in the copy",
    "key_correction": "a corrected key and ids; what it changed for somebody is in their verdicts",
    "question": "the bank's own work; only the number of the account that wrote it is in it",
    "question_version": "the text of a question and its key; only its writer's account number is in it",
    "question_image": "a picture without its metadata; only the uploader's account number is in it",
    "paper_entry": "two keyings of a paper test; the answers they agreed on are in the copy",
    "session_staff": "the timetable of the center, which staff read at their desk",
    "forgery_report": "words of strangers about a paper, without who they are; not of the holder",
    "queue_change": "why staff changed an order, in words about several people; that one was moved is told",
    "certificate_request": "the office's own file; what came of it is in the history of the certificate",
}
#: What may be followed from: whatever points at one of these is about a person.
KNOWS_PEOPLE = {
    "person", "user_account", "enrollment", "nomination", "correction_request", "certificate", "staff",
    "attendance_mark", "verdict", "test_attempt",
}  # fmt: skip


@pytest.fixture
def full(db_session: Any, now: Any) -> FullPerson:
    return make_full_person(now)


def _held(full: FullPerson) -> dict[str, Any]:
    return {room: part(full.person_id) for room, part in ports().personal_data.items()}


def _about_people() -> set[str]:
    found = {"person", "user_account", "audit_event"}
    for name, table in Base.metadata.tables.items():
        points_at = {key.column.table.name for key in table.foreign_keys}
        if points_at & KNOWS_PEOPLE or {"person_id", "user_id"} & set(table.columns.keys()):
            found.add(name)
    return found


def _at(held: Any, path: tuple[str, ...]) -> bool:
    if not path:
        return bool(held)
    rows = held if isinstance(held, list) else [held]
    return any(_at(row.get(path[0]), path[1:]) for row in rows)


def test_every_table_that_knows_a_person_is_claimed_or_left_out_for_a_reason(app):
    assert _about_people() - set(CLAIMS) - set(LEFT_OUT) == set(), "say where new tables are in the copy"
    assert set(CLAIMS) & set(LEFT_OUT) == set()
    assert (set(CLAIMS) | set(LEFT_OUT)) <= set(Base.metadata.tables)


def test_every_claimed_table_is_in_the_copy(full):
    held = _held(full)
    assert [table for table, path in CLAIMS.items() if not _at(held, path)] == []


def test_the_copy_says_no_whole_nik_no_secret_and_no_code(full):
    text = json.dumps(_held(full), default=str)
    assert NAME in text
    assert EMAIL in text
    assert PHONE in text
    assert NIK not in text
    for secret in ("token", "hash", "cipher", "password", "credential"):
        assert not re.search(rf'"\w*{secret}\w*":', text)
    kinds = {row["kind"]: row for row in _held(full)["messages"]}
    assert NAME in kinds["seat.offered"]["text"]
    assert "text" not in kinds["sign_in.code"]


def test_every_room_and_key_has_words(full):
    held = _held(full)
    assert set(held) <= set(SECTIONS)
    unknown: set[str] = set()

    def walk(value: Any) -> None:
        for row in value if isinstance(value, list) else [value]:
            for key, inner in row.items():
                if (isinstance(inner, list | dict) and key not in LISTS and key not in KEYS) or (
                    not isinstance(inner, list | dict) and key not in KEYS
                ):
                    unknown.add(key)
                if isinstance(inner, list | dict):
                    walk(inner)

    for part in held.values():
        walk(part)
    assert unknown == set()


def test_the_words_cut_long_lists_and_say_how_many_are_left(full):
    held = _held(full)
    held["messages"] = held["messages"][:2] * 10
    whole = {part.code: part for part in sections(held)}
    short = {part.code: part for part in sections(held, most=3)}
    assert len(whole["messages"].blocks[0].items) == 20
    assert (len(short["messages"].blocks[0].items), short["messages"].blocks[0].more) == (3, 17)
    facts = dict(whole["person"].blocks[0].items[0])
    assert facts["Tanggal lahir"] == "17 Juli 1983"
    assert "Laki-laki" in facts.values()


def test_somebody_of_whom_hardly_anything_is_known_gets_a_copy_too(db_session):
    person_id = newcomer("Baru Sekali")
    held = {room: part(person_id) for room, part in ports().personal_data.items()}
    assert held["person"]["name"] == "Baru Sekali"
    assert [part.code for part in sections(held) if part.blocks] == ["person"]


def test_no_code_is_left_where_words_should_be(full):
    shown = [
        text
        for part in sections(_held(full))
        for block in part.blocks
        for item in block.items
        for label, text in item
        if label not in ("Isi", "Perihal", "Sumber", "Nomor masuk", "Nama masuk", "Penyedia")
    ]
    codes = [text for text in shown if re.fullmatch(r"[a-z]+([._:][a-z]+)+|[a-z]+:", text)]
    assert codes == []
