"""Files of certificates: the PDF and what is inside it, all of a batch as one ZIP."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pypdfium2
import pytest
import sqlalchemy as sa

from portal.certificates import archive, checkpoints, dataintegrity, issuer, paper, queries
from portal.certificates.export import export_certificate
from portal.certificates.keys import KeyUnavailable, keys
from portal.certificates.models import LogLeaf
from portal.certificates.queries.log import log_origin
from portal.certificates.seal import SealUnavailable
from portal.core.audit import AuditEvent
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.issuing import certificates, change, issue, sign_class


@pytest.fixture
def signed(db_session, now):
    return sign_class(now)


@pytest.fixture
def base_url(app):
    return app.extensions["portal_settings"].base_url


def attached(pdf: bytes) -> dict[str, bytes]:
    document = pypdfium2.PdfDocument(pdf)
    found = (document.get_attachment(index) for index in range(document.count_attachments()))
    return {one.get_name(): bytes(one.get_data()) for one in found}


def unzip(view) -> zipfile.ZipFile:
    found = zipfile.ZipFile(io.BytesIO(view.response.get_data()))
    assert found.testzip() is None
    return found


def listed(found: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found.read("daftar.csv").decode("utf-8-sig")), delimiter=";"))


def download(page, signed):
    batch = f"/balai/angkatan/{signed.room.batch_id}/sertifikat"
    return page.submit(page.get(batch), {}, 200, action=f"{batch}.zip")


# One certificate


def test_pdf_holder_gets_badge_and_proof_inside_byte_for_byte(signed, page, now):
    certificate = issue(signed, now)[0]
    with transaction():
        holder = classroom.account("Peserta", Role.TRAINEE, person_id=certificate.person_id)
    page.sign_in(holder)
    served = page.get(f"/sertifikat/{certificate.code}.pdf")
    assert served.response.mimetype == "application/pdf"
    inside = attached(served.response.get_data())
    badge = page.get(f"/sertifikat/{certificate.code}/badge.json").response.get_data()
    assert inside == {"badge.json": badge, "proof.tlog-proof": queries.proof_text(certificate).encode()}


def test_pdf_and_exported_files_are_one_document(signed, now, base_url, tmp_path):
    certificate = issue(signed, now)[0]
    export_certificate(certificate, tmp_path, base_url)
    pdf = (tmp_path / "certificate.pdf").read_bytes()
    assert pdf == paper.certificate_file(certificate, base_url, sealer=None, now=now)
    assert attached(pdf) == {
        name: (tmp_path / name).read_bytes() for name in ("badge.json", "proof.tlog-proof")
    }


def test_pdf_attachments_verify_and_any_flipped_byte_in_them_is_noticed(signed, now, base_url):
    certificate = issue(signed, now)[0]
    inside = attached(paper.certificate_file(certificate, base_url, sealer=None, now=now))
    key = keys().public_key(certificate.kid)
    leaf = bytes(db.session.get_one(LogLeaf, certificate.log_index).data)
    log = keys().standing("log")
    verifier = checkpoints.read_vkey(issuer.vkey(log_origin(), log.public_key))

    def is_sound_badge(data: bytes) -> bool:
        try:
            document = json.loads(data)
        except ValueError:
            return False
        return dataintegrity.is_secured(
            document, public_key=key, method=issuer.key_id(base_url, certificate.kid)
        )

    def is_sound_proof(data: bytes) -> bool:
        try:
            checkpoints.verify_proof(data.decode("utf-8"), leaf, verifier)
        except ValueError:
            return False
        return True

    checks = {"badge.json": is_sound_badge, "proof.tlog-proof": is_sound_proof}
    for name, is_sound in checks.items():
        whole = inside[name]
        assert is_sound(whole)
        for place in range(0, len(whole), max(1, len(whole) // 25)):
            changed = bytearray(whole)
            changed[place] ^= 1
            assert not is_sound(bytes(changed)), (name, place, whole[place : place + 20])


def test_pdf_without_the_key_for_its_badge_is_refused_and_says_why(signed, page, now, monkeypatch):
    """A paper without its badge would look like one from which somebody took it out."""
    certificate = issue(signed, now)[0]

    def lost(_kid):
        raise KeyUnavailable("key_unavailable", "Kunci ini tidak ada lagi.")

    monkeypatch.setattr(keys(), "badge_signer", lost)
    page.sign_in(signed.head_user)
    answer = page.get(f"/sertifikat/{certificate.code}.pdf", status=503)
    assert "Kunci ini tidak ada lagi" in answer.words
    batch = f"/balai/angkatan/{signed.room.batch_id}/sertifikat"
    refused = page.submit(page.get(batch), {}, 503, action=f"{batch}.zip")
    assert "Kunci ini tidak ada lagi" in refused.words


def test_pdf_of_a_strangers_certificate_is_not_found(signed, page, now):
    certificate = issue(signed, now)[0]
    with transaction():
        stranger = classroom.account("Orang Lain", Role.CENTER_HEAD, "center", "999999")
    page.sign_in(stranger)
    assert page.get(f"/sertifikat/{certificate.code}.pdf", status=404).is_html


# All of a batch


def test_zip_holds_every_certificate_and_a_list(signed, page, now, base_url):
    made = issue(signed, now)
    page.sign_in(signed.admin_user)
    answer = download(page, signed)
    assert answer.response.mimetype == "application/zip"
    found = unzip(answer)
    rows = listed(found)
    assert [row["Nomor"] for row in rows] == [one.number for one in made]
    assert [row["Kode"] for row in rows] == [one.code for one in made]
    assert {row["Keadaan"] for row in rows} == {"berlaku"}
    assert found.namelist() == [*(row["Berkas"] for row in rows), "daftar.csv"]
    for certificate, row in zip(made, rows, strict=True):
        assert row["Berkas"] == f"{certificate.number[:4]}-{archive.plain(row['Nama'])}.pdf"
        assert found.read(row["Berkas"]) == paper.certificate_file(
            certificate, base_url, sealer=None, now=now
        )


def test_zip_is_audited_once_with_its_count(signed, page, now):
    issue(signed, now)
    page.sign_in(signed.head_user)
    download(page, signed)
    query = sa.select(AuditEvent).where(AuditEvent.action == "certificates.downloaded")
    event = db.session.scalars(query).one()
    assert (event.object_kind, event.object_id) == ("batch", str(signed.room.batch_id))
    assert (event.actor_id, event.data) == (signed.head_user.id, {"count": 4})


def test_zip_leaves_out_what_does_not_stand_and_says_so(signed, page, now):
    made = issue(signed, now)
    change(signed, made[0], "revoke", now)
    change(signed, made[1], "suspend", now)
    change(signed, made[2], "replace", now, name="Nama Yang Benar", post="Ketua")
    new = certificates(signed)[-1]
    page.sign_in(signed.admin_user)
    found = unzip(download(page, signed))
    rows = {row["Kode"]: (row["Keadaan"], row["Berkas"]) for row in listed(found)}
    assert rows[made[0].code] == ("dicabut", "tidak disertakan")
    assert rows[made[1].code] == ("ditangguhkan", "tidak disertakan")
    assert rows[made[2].code] == ("diganti", "tidak disertakan")
    assert rows[made[3].code][0] == rows[new.code][0] == "berlaku"
    assert found.namelist() == [rows[made[3].code][1], rows[new.code][1], "daftar.csv"]


def test_zip_of_nothing_explains_itself(signed, page, now):
    made = issue(signed, now)
    page.sign_in(signed.admin_user)
    view = page.get(f"/balai/angkatan/{signed.room.batch_id}/sertifikat")
    for certificate in made:
        change(signed, certificate, "revoke", now)
    answer = page.submit(view, {}, 409, action="sertifikat.zip")
    assert "Belum ada sertifikat yang dapat diunduh" in answer.words


def test_zip_button_is_there_only_when_something_was_issued(signed, page, now):
    page.sign_in(signed.admin_user)
    batch = f"/balai/angkatan/{signed.room.batch_id}/sertifikat"
    assert "Unduh semua sertifikat" not in page.get(batch).words
    issue(signed, now)
    assert "Unduh semua sertifikat" in page.get(batch).words


def test_zip_of_another_centers_batch_is_not_found(signed, page, now):
    issue(signed, now)
    with transaction():
        stranger = classroom.account("Orang Lain", Role.CENTER_ADMIN, "center", "999999")
    page.sign_in(stranger)
    assert page.post(f"/balai/angkatan/{signed.room.batch_id}/sertifikat.zip", {}, 404).is_html


def test_zip_names_a_damaged_record_and_goes_on(signed, now, app, base_url):
    made = issue(signed, now)
    rows = queries.certificates_of_batch(signed.room.batch_id, now.date())
    stored = {one.id: one for one in made}

    def collect(certificate, _base_url):
        if certificate.id == made[1].id:
            raise archive.RecordDamaged("record_damaged", "")
        return real(stored[certificate.id], base_url)

    real = paper.collect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "collect", collect)
        data = b"".join(archive.batch_archive(app, rows, base_url=base_url, sealer=None, now=now))
    found = zipfile.ZipFile(io.BytesIO(data))
    row = listed(found)[1]
    assert "tidak cocok" in row["Berkas"]
    assert len(found.namelist()) == 4


# Written while it is sent


def test_batch_archive_sets_one_sheet_at_a_time_and_holds_no_connection(
    signed, now, app, base_url, monkeypatch
):
    issue(signed, now)
    rows = queries.certificates_of_batch(signed.room.batch_id, local_date(now, "Asia/Jakarta"))
    db.session.rollback()
    made = []

    def finished(found, *_args, **_kwargs):
        assert db.engine.pool.checkedout() == 0
        made.append(found)
        return b"%PDF" + bytes(1000)

    monkeypatch.setattr(paper, "finished", finished)
    parts = archive.batch_archive(app, rows, base_url=base_url, sealer=None, now=now)
    assert made == []
    for count in range(1, 5):
        assert len(next(parts)) < 1200
        assert len(made) == count
    assert b"daftar.csv" in b"".join(parts)


def test_zip_parts_of_fifty_files_keep_one_at_a_time(now):
    asked = []

    def files():
        for number in range(50):
            asked.append(number)
            yield f"{number:04d}.pdf", bytes(100_000)

    parts = archive.zip_parts(files(), now)
    sizes = []
    for count in range(1, 51):
        sizes.append(len(next(parts)))
        assert len(asked) == count
    end = b"".join(parts)
    assert max(sizes) < 100_200
    assert len(end) < 50 * 100


def test_batch_archive_a_client_that_leaves_ends_the_work(signed, now, app, base_url, monkeypatch):
    issue(signed, now)
    rows = queries.certificates_of_batch(signed.room.batch_id, now.date())
    made = []
    monkeypatch.setattr(paper, "finished", lambda found, *_a, **_k: made.append(found) or b"%PDF")
    parts = archive.batch_archive(app, rows, base_url=base_url, sealer=None, now=now)
    next(parts)
    parts.close()
    assert len(made) == 1
    assert list(parts) == []


# With a seal


class Stamp:
    """A Sealer that only leaves its mark."""

    def seal(self, pdf: bytes, *, now) -> bytes:
        return pdf + b"%sealed"


@pytest.fixture
def stamp(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "sealer", Stamp())


def test_seal_is_on_every_file_that_leaves(signed, page, now, base_url, tmp_path, stamp):
    certificate = issue(signed, now)[0]
    page.sign_in(signed.head_user)
    plain = paper.certificate_file(certificate, base_url, sealer=None, now=now)
    export_certificate(certificate, tmp_path, base_url)
    found = unzip(download(page, signed))
    assert [
        page.get(f"/sertifikat/{certificate.code}.pdf").response.get_data(),
        (tmp_path / "certificate.pdf").read_bytes(),
        found.read(found.namelist()[0]),
    ] == [plain + b"%sealed"] * 3


def test_seal_that_fails_lets_no_file_leave(signed, page, now, app, monkeypatch):
    class Broken:
        def seal(self, pdf, *, now):
            raise SealUnavailable("seal_failed", "Segel elektronik tidak dapat dibubuhkan.")

    certificate = issue(signed, now)[0]
    monkeypatch.setitem(app.extensions, "sealer", Broken())
    page.sign_in(signed.head_user)
    answer = page.get(f"/sertifikat/{certificate.code}.pdf", status=503)
    assert "Segel elektronik tidak dapat dibubuhkan" in answer.words
