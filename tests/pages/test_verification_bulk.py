"""Many codes at once: the table, the signed receipt and its check, files, caps; two statements for all."""

from __future__ import annotations

import io
import json

import pytest

from portal.certificates import jcs
from portal.certificates import rules as certificates
from portal.certificates.keys import keys
from portal.certificates.multikey import from_base64url
from portal.certificates.signing import verify
from portal.core.spreadsheets import read_book, write_xlsx
from portal.verification import forms
from tests.support.issuing import change, issue, sign_class

SAME = {"Sec-Fetch-Site": "same-origin"}
BULK, RECEIPT = "/verifikasi/banyak", "/verifikasi/tanda-terima"


@pytest.fixture
def issued(db_session, now):
    signed = sign_class(now, people=4)
    made = issue(signed, now)
    for certificate, action in zip(made[1:], ("suspend", "revoke", "replace"), strict=False):
        change(signed, certificate, action, now, **({"post": "Sekretaris"} if action == "replace" else {}))
    return made


def send(client, text="", kind="", **data):
    form = {"kode": text, **({"hasil": kind} if kind else {}), **data}
    return client.post(BULK, data=form, headers=SAME, content_type="multipart/form-data")


def receipt_of(client, text) -> dict:
    return json.loads(send(client, text, "json").data)


def test_table_says_each_state_with_number_masked_name_program_and_last_day(issued, client):
    codes = [certificate.code for certificate in issued]
    typo = codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1")
    answer = send(client, "\n".join([*codes, certificates.new_code(), typo, "Dewi Lestari"]))
    assert answer.status_code == 200
    for word in ("Berlaku", "Ditangguhkan", "Dicabut", "Diganti", "Tidak ditemukan", "Salah ketik",
                 issued[0].number, "P•••••• 001", "Tanpa batas waktu", "Baris 7"):  # fmt: skip
        assert word in answer.text, word
    assert "Peserta 001" not in answer.text
    assert (answer.headers["Cache-Control"], "Set-Cookie" in answer.headers) == ("no-store", False)


def test_a_thousand_codes_take_two_statements_and_one_more_write_nothing(issued, app, query_count):
    codes = [issued[0].code] + [certificates.new_code() for _ in range(999)]
    client = app.test_client()
    with query_count(at_most=2) as seen:
        answer = send(client, "\n".join(codes))
    assert answer.status_code == 200
    assert seen.writes == []
    assert issued[0].number in answer.text
    assert "700 baris lagi" in answer.text


@pytest.mark.parametrize("text", ["", "  \n ", "\n".join(["x"] * 1001)])
def test_no_codes_and_too_many_are_refused_with_the_reason(app, db_session, text):
    answer = send(app.test_client(), text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_file_is_read_with_its_line_numbers(issued, client):
    rows = [[str(n), "Dewi Lestari", certificate.code] for n, certificate in enumerate(issued, 1)]
    book = write_xlsx(("No", "Nama", "Kode"), [*rows, ["9", "tanpa kode", ""]])
    found = json.loads(send(client, kind="json", berkas=(io.BytesIO(book), "daftar.xlsx")).data)
    assert [(r["line"], r["state"]) for r in found["results"]] == [
        (2, "valid"), (3, "suspended"), (4, "revoked"), (5, "replaced"), (6, "typo"),
    ]  # fmt: skip
    csv = "kode\n" + issued[0].code
    found = json.loads(send(client, kind="json", berkas=(io.BytesIO(csv.encode()), "daftar.csv")).data)
    assert [(r["line"], r["code"]) for r in found["results"]] == [(2, issued[0].code)]


@pytest.mark.parametrize("content", [b"%PDF-1.7 no table", b"x" * 1_001])
def test_a_file_that_is_no_list_or_too_large_is_refused(app, db_session, monkeypatch, content):
    monkeypatch.setattr(forms, "MOST_BYTES", 1_000)
    answer = send(app.test_client(), berkas=(io.BytesIO(content), "daftar.csv"))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_qr_texts_are_checked_by_their_own_signature(issued, client):
    valid, other = issued[0], issued[1]
    start, _mark, fragment = valid.qr_text.partition("#")
    swapped = other.qr_text.partition("#")[2]
    flipped = fragment[:-8] + ("A" if fragment[-8] != "A" else "B") + fragment[-7:]
    foreign = valid.qr_text.replace("HTTP://LOCALHOST", "HTTP://BALAI-PALSU.ID")
    texts = (valid.qr_text, f"{start}#{swapped}", f"{start}#{flipped}", f"{start}#", foreign)
    found = receipt_of(client, "\n".join(texts))["results"]
    assert [(r["state"], r["qr"]) for r in found] == [
        ("valid", "passed"), ("signature_mismatch", "failed"), ("signature_mismatch", "failed"),
        ("valid", None), ("undetermined", "unknown"),
    ]  # fmt: skip
    assert [r["number"] for r in found][1:3] == [None, None]
    page = send(client, "\n".join(texts)).text
    assert "Peserta 001" in page  # the QR itself carries the full signed name
    assert "http://balai-palsu.id" in page.lower()


def test_receipt_is_signed_dated_and_checkable_by_hand(issued, client, clock):
    found = receipt_of(client, "\n".join(certificate.code for certificate in issued))
    assert (found["v"], found["kind"], found["count"], found["checkedAt"]) == (
        1, "bulk_receipt", 4, "2026-11-22T02:00:00Z",
    )  # fmt: skip
    assert found["issuer"] == "did:web:localhost"
    unsigned = {name: value for name, value in found.items() if name != "signature"}
    message = b"balai-receipt-1\x00" + jcs.canonical(unsigned)
    key = keys().entry(found["kid"]).raw_key
    assert verify(key, message, from_base64url(found["signature"]))
    answer = client.post(RECEIPT, data={"tanda_terima": json.dumps(found, indent=3)}, headers=SAME)
    assert "dari portal ini dan tidak diubah" in answer.text


def _changed(found):
    return found | {"results": [found["results"][0] | {"state": "valid"}]}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_changed, "Tanda tangannya tidak cocok"),
        (lambda found: found | {"extra": 1}, "Tanda tangannya tidak cocok"),
        (lambda found: found | {"signature": "AAAA"}, "Tanda tangannya tidak cocok"),
        (lambda found: found | {"count": 1.5}, "Tanda tangannya tidak cocok"),
        (lambda found: found | {"issuer": "did:web:lain.example"}, "Bukan tanda terima portal ini"),
        (lambda found: found | {"kid": "status-99"}, "Belum dapat diperiksa"),
        (lambda found: {"kind": "badge"}, "Ini bukan tanda terima"),
        (lambda found: [found], "Ini bukan tanda terima"),
    ],
)
def test_changed_and_foreign_receipts_are_told_apart(issued, client, spoil, said):
    found = receipt_of(client, issued[2].code)
    answer = client.post(RECEIPT, data={"tanda_terima": json.dumps(spoil(found))}, headers=SAME)
    assert said in answer.text
    assert "tidak diubah" not in answer.text.replace("tanpa diubah", "")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"kind":"bulk_receipt","kind":"x"}'])
def test_what_is_no_receipt_is_refused_without_harm(issued, client, content):
    sent = {"berkas": (io.BytesIO(content), "r.json")}
    answer = client.post(RECEIPT, data=sent, headers=SAME, content_type="multipart/form-data")
    assert answer.status_code in (200, 422)
    assert "tidak diubah</strong>" not in answer.text


def test_a_receipt_of_a_withdrawn_key_is_neither_ours_nor_false(issued, app, client, monkeypatch):
    found = receipt_of(client, issued[0].code)
    entry = keys().entry(found["kid"])
    from dataclasses import replace

    gone = replace(entry, revoked="2026-11-22T02:00:00Z", revoked_at=0)
    monkeypatch.setattr(app.extensions["keys"], "entry", lambda kid: gone)
    answer = client.post(RECEIPT, data={"tanda_terima": json.dumps(found)}, headers=SAME)
    assert "Belum dapat diperiksa" in answer.text


def test_the_page_gives_its_receipt_as_files_without_checking_again(issued, page, query_count):
    view = page.get(BULK)
    answer = page.client.post(BULK, data={"kode": issued[0].code}, headers=SAME)
    assert view.status == 200
    text = answer.text.partition('name="tanda_terima" value="')[2].partition('"')[0]
    import html

    receipt = html.unescape(text)
    for kind in ("json", "csv", "xlsx"):
        with query_count(at_most=0):
            file = page.client.post(RECEIPT, data={"tanda_terima": receipt, "hasil": kind}, headers=SAME)
        assert f"tanda-terima-20261122T020000Z.{kind}" in file.headers["Content-Disposition"]
        if kind == "json":
            assert json.loads(file.data) == json.loads(receipt)
        else:
            assert read_book(file.data).sheets[0].rows[1][1] == issued[0].code


def test_without_its_key_the_answers_stand_and_the_page_says_so(issued, app, client, monkeypatch):
    from portal.core.errors import DomainError

    def missing(purpose):
        raise DomainError("key_unavailable", "Kunci hilang.")

    monkeypatch.setattr(app.extensions["keys"], "standing", missing)
    answer = send(client, issued[0].code)
    assert answer.status_code == 200
    assert "Tanda terima belum dapat dibuat" in answer.text
    assert issued[0].number in answer.text


@pytest.mark.parametrize("url", [BULK, RECEIPT])
def test_posts_from_another_site_are_refused(app, db_session, url):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://lain.example"}):
        assert app.test_client().post(url, data={}, headers=headers).status_code == 403
