"""The API as other people's software meets it: every answer as the OpenAPI document promises it."""

from __future__ import annotations

import jsonschema
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from portal.certificates import rules as certificates
from portal.core import guards
from portal.core.db import transaction
from portal.verification import queries
from portal.verification.openapi import STATES
from tests.support.issuing import change, issue, sign_class


@pytest.fixture
def document(client, db_session):
    return client.get("/api/v1/openapi.json").get_json()


def holds(document, schema: str, answer) -> None:
    """The answer is what the named schema allows; references are resolved in the document itself."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer)


def test_document_is_openapi_3_1_and_its_references_lead_somewhere(document):
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "http://localhost"}]
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) == 2
    for path, methods in document["paths"].items():
        named = [one["name"] for m in methods.values() for one in m.get("parameters", [])]
        assert [name for name in named if f"{{{name}}}" not in path] == []
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object", name
    text = str(document)
    for part in text.split("#/components/schemas/")[1:]:
        assert part.split("'")[0] in document["components"]["schemas"]


@pytest.fixture
def answers(db_session, clock, client, monkeypatch):
    """{state: the API's answer}, one of every state."""
    signed = sign_class(clock.now, people=6)
    with transaction() as session:
        session.execute(sa.text("UPDATE curriculum SET validity_months=12"))
    made = issue(signed, clock.now)
    for certificate, action in zip(made[1:4], ("suspend", "revoke", "replace"), strict=True):
        corrected = {"post": "Sekretaris"} if action == "replace" else {}
        change(signed, certificate, action, clock.now, **corrected)
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(f"UPDATE certificate SET number='X/1' WHERE id={made[4].id}"))
    codes = dict(zip(("valid", "suspended", "revoked", "replaced", "signature_mismatch"), made, strict=False))
    codes = {state: certificate.code for state, certificate in codes.items()}
    codes |= {"not_found": certificates.new_code(), "typo": "0000000000ZZ"}
    found = {state: ask(client, code) for state, code in codes.items()}
    clock.move(days=400)
    found["expired"] = ask(client, made[5].code)
    monkeypatch.setattr(queries, "find_by_code", _away)
    found["undetermined"] = ask(client, made[0].code)
    return found


def ask(client, code):
    answer = client.get(f"/api/v1/verify/{code}")
    assert answer.status_code == 200
    return answer.get_json()


def _away(code):
    raise OperationalError("SELECT", {}, Exception("connection refused"))


def test_every_state_is_answered_in_the_promised_shape(document, answers):
    assert set(answers) == set(STATES)
    for state, answer in answers.items():
        holds(document, "Verification", answer)
        assert answer["state"] == state


def test_facts_are_there_exactly_where_the_signature_holds(answers):
    with_facts = {state for state, answer in answers.items() if answer["facts"]}
    assert with_facts == {"valid", "expired", "suspended", "revoked", "replaced"}
    assert answers["replaced"]["facts"]["replaced_by"]
    assert answers["signature_mismatch"]["checks"] == [
        {"name": "signature", "outcome": "failed", "as_of": answers["signature_mismatch"]["checked_at"]}
    ]
    assert {check["outcome"] for check in answers["undetermined"]["checks"]} == {"unknown"}
    assert {check["as_of"] for check in answers["undetermined"]["checks"]} == {None}


def test_any_origin_may_read_and_no_cookie_is_set(db_session, app):
    client = app.test_client()
    url = f"/api/v1/verify/{certificates.new_code()}"
    answer = client.get(url, headers={"Origin": "https://bank.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (answer.headers["Cache-Control"], "Set-Cookie" in answer.headers) == ("no-store", False)
    assert client.head(url).status_code == 200
    assert client.options(url).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/verifikasi").headers


def test_a_list_of_codes_is_answered_with_a_receipt(document, db_session, now, client, query_count):
    (certificate,) = issue(sign_class(now, people=1), now)
    codes = [certificate.code, certificate.qr_text, certificates.new_code(), "salah", "\ud800"]
    holds(document, "Codes", {"codes": codes[:4]})
    with query_count(at_most=2):
        answer = client.post("/api/v1/verify", json={"codes": codes})
    receipt = answer.get_json()
    holds(document, "Receipt", receipt)
    assert [(r["state"], r["qr"]) for r in receipt["results"]] == [
        ("valid", None), ("valid", "passed"), ("not_found", None), ("typo", None), ("typo", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sent", [None, [], {}, {"codes": "x"}, {"codes": [1]}, {"codes": []}, {"codes": ["x"] * 1001}]
)
def test_what_is_no_list_of_codes_is_refused_as_promised(document, client, sent):
    answer = client.post("/api/v1/verify", json=sent)
    assert answer.status_code == 422
    holds(document, "Error", answer.get_json())
