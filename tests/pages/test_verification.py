"""The public check: every state in its order, three outcomes a check, two statements, no cookie, no write."""

from __future__ import annotations

import gzip

import pytest
import sqlalchemy as sa

from portal.certificates import rules as certificates
from portal.core import guards
from portal.core.db import transaction
from portal.verification.queries import check_code
from portal.verification.rules import mask_name, names_match
from tests.support.issuing import change, issue, sign_class

FACTS = (
    "Ketua",
    "KDMP Desa 1",
    "Pembukuan harian koperasi",
    "24 JP",
    "Hartono Wibisono",
    "Menyusun buku kas 3",
    "bukan sertifikat kompetensi BNSP",
    "Jabatan saat pelatihan",
)
WORDS = {
    "valid": "BERLAKU",
    "expired": "KEDALUWARSA",
    "suspended": "DITANGGUHKAN",
    "revoked": "DICABUT",
    "replaced": "DIGANTI",
}


@pytest.fixture
def issued(db_session, now):
    signed = sign_class(now, people=2)
    return signed, issue(signed, now)


@pytest.mark.parametrize(
    ("actions", "state"),
    [([], "valid"), (["suspend"], "suspended"), (["revoke"], "revoked"), (["replace"], "replaced")],
)
def test_page_says_the_state_in_one_word_and_every_printed_fact(issued, page, clock, actions, state):
    signed, (certificate, _) = issued
    for action in actions:
        change(
            signed,
            certificate,
            action,
            clock.move(hours=1),
            **({"post": "Sekretaris"} if action == "replace" else {}),
        )
    view = page.get(f"/V/{certificate.code}")
    assert view.heading == WORDS[state]
    for fact in (certificate.number, *FACTS):
        assert fact in view.words
    assert "catatan arsip yang rahasia" not in view.text


def test_page_masks_the_name_until_it_is_matched(issued, page, client):
    """The answer to a match is the page itself: a redirect would have to carry the name in its address."""
    _, (certificate, _) = issued
    url = f"/V/{certificate.code}"
    same = {"Sec-Fetch-Site": "same-origin"}
    assert "Peserta 001" not in page.get(url).text
    assert "Peserta 001" in client.post(f"{url}/cocok", data={"nama": "PESERTA 001"}, headers=same).text
    wrong = client.post(f"{url}/cocok", data={"nama": "Peserta Lain"}, headers=same).text
    assert "berbeda" in wrong
    assert "Peserta 001" not in wrong


def test_match_from_another_site_is_refused(issued, client):
    _, (certificate, _) = issued
    answer = client.post(
        f"/V/{certificate.code}/cocok", data={"nama": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("spelling", ["{}", "{lower}", "{dashed}", "{spaced}"])
def test_code_is_read_in_any_spelling(issued, client, spelling):
    _, (certificate, _) = issued
    code = certificate.code
    typed = spelling.format(
        code, lower=code.lower(), dashed=certificates.print_code(code), spaced=" ".join(code)
    )
    assert client.get(f"/v/{typed}").text.count("BERLAKU")
    assert (
        client.get("/verifikasi", query_string={"kode": typed}).location
        == f"/V/{code.upper() if typed == code else typed.replace('-', '').replace(' ', '').upper()}"
    )


def test_page_takes_two_statements_no_cookie_and_no_write(issued, app, query_count):
    _, (certificate, _) = issued
    client = app.test_client()
    client.set_cookie("balai", "somebody")
    with query_count(at_most=2) as seen:
        answer = client.get(f"/V/{certificate.code}")
    assert answer.status_code == 200
    assert seen.writes == []
    assert "Set-Cookie" not in answer.headers
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")


def test_wrong_check_character_answers_without_the_database(app, db_session, query_count):
    code = certificates.new_code()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with query_count(at_most=0):
        answer = app.test_client().get(f"/V/{wrong}")
    assert "SALAH KETIK" in answer.text


def test_unknown_code_is_not_found_and_never_called_false(page, db_session):
    view = page.get(f"/V/{certificates.new_code()}")
    assert view.heading == "TIDAK DITEMUKAN"


@pytest.mark.parametrize(
    "column", ["number = 'X/1'", "expires_on = '2040-01-01'", "signature = zeroblob(64)"]
)
def test_changed_row_says_that_the_signature_does_not_match_and_shows_nothing_else(issued, page, column):
    from portal.core.db import db

    _, (certificate, _) = issued
    if db.engine.dialect.name == "postgresql":
        column = column.replace("zeroblob(64)", "decode(repeat('00', 64), 'hex')")
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(f"UPDATE certificate SET {column} WHERE id={certificate.id}"))
    view = page.get(f"/V/{certificate.code}")
    assert view.heading == "TANDA TANGAN TIDAK COCOK"
    assert "KDMP Desa 1" not in view.text
    assert "Hartono" not in view.text


def test_missing_key_is_neither_pass_nor_false(issued, app, clock, monkeypatch):
    _, (certificate, _) = issued
    monkeypatch.setattr(app.extensions["keys"], "public_key", lambda kid: None)
    result = check_code(certificate.code, clock.now)
    assert (str(result.state), result.facts) == ("undetermined", None)


def test_expired_the_day_after_the_last_valid_day(db_session, page, clock):
    signed = sign_class(clock.now, people=1)
    with transaction() as session:
        session.execute(sa.text("UPDATE curriculum SET validity_months=12"))
    (certificate,) = issue(signed, clock.now)
    clock.move(days=364)
    assert page.get(f"/V/{certificate.code}").heading == "BERLAKU"
    clock.move(days=1)
    assert page.get(f"/V/{certificate.code}").heading == "KEDALUWARSA"


def test_revoked_comes_before_expired(db_session, page, clock):
    signed = sign_class(clock.now, people=1)
    with transaction() as session:
        session.execute(sa.text("UPDATE curriculum SET validity_months=12"))
    (certificate,) = issue(signed, clock.now)
    change(signed, certificate, "revoke", clock.move(days=10))
    clock.move(days=600)
    assert page.get(f"/V/{certificate.code}").heading == "DICABUT"


def test_api_has_the_shape_that_other_programs_rely_on(issued, client):
    _, (certificate, _) = issued
    body = client.get(f"/api/v1/verify/{certificate.code}").get_json()
    assert set(body) == {"code", "state", "checked_at", "checks", "facts"}
    assert (body["code"], body["state"]) == (certificate.code, "valid")
    assert {(c["name"], c["outcome"]) for c in body["checks"]} == {
        ("signature", "passed"), ("status", "passed"), ("expiry", "passed"), ("log", "passed"),
    }  # fmt: skip
    missing = client.get(f"/api/v1/verify/{certificates.new_code()}").get_json()
    assert (missing["state"], missing["facts"]) == ("not_found", None)
    assert client.get("/api/v1/verify/0000000000ZZ").get_json()["state"] == "typo"


def test_page_keeps_the_budget(issued, app):
    _, (certificate, _) = issued
    body = app.test_client().get(f"/V/{certificate.code}").data
    assert len(gzip.compress(body, 6)) <= 5_000


def test_proof_can_be_printed_for_every_state(issued, page):
    _, (certificate, _) = issued
    assert page.get(f"/V/{certificate.code}/bukti").heading == "BERLAKU"
    assert page.get(f"/V/{certificates.new_code()}/bukti").heading == "TIDAK DITEMUKAN"


@pytest.mark.parametrize(
    ("name", "masked"),
    [("Dewi Lestari", "D••• L••••••"), ("Nur'aini", "N••'a•••"), ("A. Zainal, S.E.", "A. Z•••••, S.E.")],
)
def test_mask_keeps_first_letters_and_lengths(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("dewi  lestari", True),
        ("Dewi Lestari", True),
        ("DEWI LESTARI, S.E.", True),
        ("Dewi", False),
        ("", False),
        (" , ", False),
    ],
)
def test_names_match_but_for_case_and_titles(typed, fits):
    assert names_match(typed, "Dewi Lestari, S.Pd.") is fits


def test_what_a_qr_says_can_be_pasted_for_a_code_and_keeps_its_proof(issued, client):
    _, (certificate, _) = issued
    answer = client.get("/verifikasi", query_string={"kode": certificate.qr_text})
    assert answer.location == f"/V/{certificate.code}#{certificate.qr_text.partition('#')[2]}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Ketik kode"),
        ("ÉÉ", "Ketik kode"),
        ("http://lain.example/V/ABC", "menunjuk ke http://lain.example"),
    ],
)
def test_what_is_no_code_stays_on_the_page_with_the_reason(client, db_session, typed, said):
    answer = client.get("/verifikasi", query_string={"kode": typed})
    assert answer.status_code == 200
    assert said in answer.text
