"""Ten thousand wrong codes: no statement, a refusal that says how long, and genuine codes all the same."""

from __future__ import annotations

import pytest

from portal.certificates import rules as certificates
from portal.verification.throttle import MISSES
from tests.support.issuing import issue, sign_class

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def code(db_session, now):
    return issue(sign_class(now, people=1), now)[0].code


def wrong(count: int) -> list[str]:
    """Codes whose check character does not fit."""
    made = []
    for _ in range(count):
        code = certificates.new_code()
        made.append(code[:-1] + ("0" if code[-1] != "0" else "1"))
    return made


def test_wrong_codes_cost_no_statement_and_are_refused_after_the_limit(app, code, query_count):
    client = app.test_client()
    with query_count(at_most=0):
        answers = [client.get(f"/api/v1/verify/{typo}") for typo in wrong(MISSES + 20)]
    assert [answer.status_code for answer in answers] == [200] * MISSES + [429] * 20
    refused = answers[-1]
    assert refused.get_json()["error"]["code"] == "too_many_misses"
    assert int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    page = client.get(f"/V/{wrong(1)[0]}")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "60")
    assert "Terlalu banyak percobaan" in page.text
    assert "Kode yang benar tetap dijawab" in page.text
    assert "Set-Cookie" not in page.headers
    assert client.get(f"/api/v1/verify/{code}").get_json()["state"] == "valid"
    assert "BERLAKU" in client.get(f"/V/{code}").text


def test_hits_never_count(app, code):
    client = app.test_client()
    assert {client.get(f"/api/v1/verify/{code}").status_code for _ in range(MISSES + 5)} == {200}
    assert client.get(f"/api/v1/verify/{wrong(1)[0]}").status_code == 200


def test_an_unknown_code_costs_the_same_statements_as_a_known_one_and_has_the_same_shape(
    app, code, query_count
):
    client, counts, shapes = app.test_client(), [], []
    for one in (code, certificates.new_code()):
        with query_count(at_most=2) as seen:
            answer = client.get(f"/api/v1/verify/{one}")
        counts.append(len(seen))
        shapes.append((answer.status_code, list(answer.get_json()), sorted(answer.headers.keys())))
    assert counts[0] == counts[1]
    assert shapes[0] == shapes[1]


def test_unknown_codes_wrong_names_and_bad_receipts_are_misses(app, code):
    client = app.test_client()
    asks = (
        lambda: client.get(f"/V/{certificates.new_code()}"),
        lambda: client.post(f"/V/{code}/cocok", data={"nama": "Orang Lain"}, headers=SAME),
        lambda: client.post("/verifikasi/tanda-terima", data={"tanda_terima": "{}"}, headers=SAME),
    )
    statuses = [asks[n % 3]().status_code for n in range(MISSES + 3)]
    assert statuses == [200] * MISSES + [429] * 3


def test_a_list_may_miss_as_often_as_it_is_long_and_the_next_one_waits(app, code):
    client = app.test_client()
    many = {"kode": "\n".join(wrong(MISSES * 2))}
    assert client.post("/verifikasi/banyak", data=many, headers=SAME).status_code == 200
    assert client.post("/verifikasi/banyak", data=many, headers=SAME).status_code == 429
    assert client.post("/verifikasi/banyak", data={"kode": code}, headers=SAME).status_code == 200


def test_addresses_are_those_of_trusted_hops_alone(app, code):
    client = app.test_client()
    for number in range(MISSES):
        client.get(f"/api/v1/verify/{wrong(1)[0]}", headers={"X-Forwarded-For": f"198.51.100.{number}"})
    assert client.get(f"/api/v1/verify/{wrong(1)[0]}").status_code == 429
