"""`flask fields`: new keys, status, rotation and check, as the operator's page tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from portal.core.crypto import FieldCipher
from portal.core.db import db, transaction
from portal.people.models import Person
from tests.core.test_rotation import BOTH, KEY, NEW, nik, save, use

__all__ = ["use"]


def run(app: Any, *words: str) -> tuple[int, Any]:
    result = app.test_cli_runner().invoke(args=["fields", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    db.session.rollback()
    return result.exit_code, result.stdout


def test_the_operators_steps_lead_to_the_new_keys(
    app: Any, db_session: Any, use: Callable[..., None], now: Any
) -> None:
    save(range(230), now)
    code, text = run(app, "status", "--json")
    assert (code, json.loads(text)["stale"]) == (0, 0)
    use(BOTH)
    code, text = run(app, "status", "--json")
    assert (code, json.loads(text)["stale"]) == (1, 230)
    code, text = run(app, "rotate", "--json")
    assert (code, json.loads(text)) == (
        0, {"state": "done", "moved": 230, "faults": [], "fault_count": 0, "error": ""},
    )  # fmt: skip
    use(NEW)
    code, text = run(app, "status", "--json")
    found = json.loads(text)
    assert (code, found["stale"], found["field_keys"], found["index_keys"]) == (0, 0, ["f2"], ["x2"])
    assert run(app, "check", "--json") == (0, '{\n  "faults": []\n}\n')
    assert run(app, "status")[0] == 0
    assert db.session.scalars(sa.select(Person).where(Person.nik_last4 == "0007")).one().open_nik() == nik(6)


def test_what_does_not_open_ends_with_1_and_its_row(
    app: Any, db_session: Any, use: Callable[..., None], now: Any
) -> None:
    [person] = save(range(1), now)
    with transaction() as session:
        session.execute(sa.update(Person).where(Person.id == person).values(nik_cipher="f8.AAAA"))
    code, text = run(app, "check")
    assert (code, text) == (1, f"person.nik_cipher row {person}: unreadable\n")
    use(BOTH)
    code, text = run(app, "rotate")
    assert (code, text) == (1, f"person.nik_cipher row {person}: unreadable\n")


def test_new_key_prints_a_line_that_opens_what_there_is(
    app: Any, db_session: Any, use: Callable[..., None]
) -> None:
    old = FieldCipher.parse(app.extensions["portal_settings"].field_keys)
    sealed = old.encrypt("rahasia", "a.b")
    code, text = run(app, "new-key")
    assert code == 0
    line = text.strip().removeprefix("FIELD_KEYS=")
    new = FieldCipher.parse(line)
    assert (list(new.field_keys), list(new.index_keys)) == (["f2", "f1"], ["x2", "x1"])
    assert new.decrypt(sealed, "a.b") == "rahasia"
    behind = FieldCipher.parse(run(app, "new-key", "--behind")[1].strip().removeprefix("FIELD_KEYS="))
    assert (behind.field_key, list(behind.field_keys)) == ("f1", ["f1", "f2"])
    assert behind.field_keys["f2"] != new.field_keys["f2"]
    assert KEY["f1"].rstrip("=") in line
