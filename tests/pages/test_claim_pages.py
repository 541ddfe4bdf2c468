"""Claiming a cooperative and deciding on it, on pages, plain and htmx."""

import re

import pytest
import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.catalog.models import Program
from portal.cooperatives.models import ChairClaim, ChairCode
from portal.cooperatives.services.claims import CODE_LIMITS
from portal.core.db import db, transaction
from portal.core.permissions import Grant, Role
from portal.enrollment import pages_claimed
from portal.enrollment.models import Nomination
from portal.enrollment.queries.nominating import Proposed
from portal.enrollment.services import nominating
from tests.support.boards import account, board, minutes, officer, person
from tests.support.nominations import program


@pytest.fixture
def found(db_session, now):
    return board(now)


@pytest.fixture
def rudi(db_session, now):
    with transaction():
        grant = Grant(Role.TRAINEE, "self", "")
        return account("Rudi Ketua", now, grant, person_id=person("Rudi Ketua", now)).id


def state():
    return db.session.scalar(sa.select(ChairClaim.state).execution_options(populate_existing=True))


def claim_by_paper(page, found, user):
    page.sign_in(user)
    chosen = page.get(f"/koperasi/klaim?koperasi={found.cooperative_id}")
    return page.submit(chosen, {"file": (minutes(), "sk.pdf")})


def test_a_code_is_shown_once_and_opens_the_cooperative(page, new_page, found, rudi, now):
    page.sign_in(found.officer_user)
    search = page.get("/registri/klaim?q=ladang")
    place = search.links["KDMP Ladang"]
    form = page.get(place)
    printed = page.submit(form, status=201)
    code = re.search(r"\b\w{4}-\w{4}-\w{4}\b", printed.words).group()
    assert code not in page.get(place).text
    assert "Ada kode yang belum dipakai" in page.get(place).words
    other = new_page().sign_in(rudi)
    done = other.follow(other.submit(other.get("/koperasi/klaim"), {"code": code}, action="/koperasi/klaim"))
    assert "Klaim Anda tercatat" in done.words
    assert "Menunggu verifikasi" in done.words
    assert actor_of(rudi, now).has_role(Role.CHAIR)
    assert other.get(f"/koperasi/{found.cooperative_id}/pengurus").status == 200


def test_a_button_pressed_twice_makes_one_code(page, found):
    page.sign_in(found.officer_user)
    form = page.get(f"/registri/klaim/kode/{found.cooperative_id}")
    page.submit(form, status=201)
    assert page.submit(form).location.endswith(f"/registri/klaim/kode/{found.cooperative_id}")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ChairCode)) == 1
    page.post(f"/registri/klaim/kode/{found.cooperative_id}/cabut")
    assert db.session.scalar(sa.select(ChairCode.revoked_at)) is not None


def test_wrong_codes_are_refused_beside_the_field_and_run_out(page, found, rudi):
    page.sign_in(rudi)
    empty = page.submit(page.get("/koperasi/klaim"), {"code": ""}, 422, action="/koperasi/klaim")
    assert empty.errors == ["Tulis kode pada lembar dari dinas."]
    for _guess in range(CODE_LIMITS["account"].count):
        view = page.post("/koperasi/klaim", {"code": "AAAA-BBBB-CCCC"}, 422)
        assert "Kode ini salah" in " ".join(view.errors)
        assert view.element("code").get("aria-invalid") == "true"
    assert "Terlalu banyak percobaan" in page.post("/koperasi/klaim", {"code": "AAAA"}, 429).words


def test_a_cooperative_is_found_by_name_and_claimed_with_a_paper(page, found, rudi):
    page.sign_in(rudi)
    view = page.get("/koperasi/klaim?q=kdmp lad")
    assert "koperasi=" in view.links["KDMP Ladang"]
    assert page.htmx_get("/koperasi/klaim?q=kdmp lad").element("temuan") is not None
    assert "Tidak ada koperasi" in page.get("/koperasi/klaim?q=tidakada").words
    page.get("/koperasi/klaim?koperasi=987654", 404)
    chosen = page.get(view.links["KDMP Ladang"])
    for who in ("Asih", "Budi", "Dedi"):
        assert who not in chosen.words
    assert "Unggah surat keputusan" in " ".join(page.submit(chosen, {}, 422).errors)
    assert "Klaim Anda tercatat" in page.follow(page.submit(chosen, {"file": (minutes(), "x")})).words
    again = page.submit(page.get(view.links["KDMP Ladang"]), {"file": (minutes(), "x")}, 409)
    assert "Anda sudah mengurus koperasi ini." in again.errors


@pytest.mark.parametrize(("decision", "wanted"), [("sah", "verified"), ("tolak", "rejected")])
def test_the_office_looks_at_the_paper_and_decides(page, new_page, found, rudi, now, decision, wanted):
    claim_by_paper(page, found, rudi)
    office = new_page().sign_in(found.officer_user)
    listing = office.get("/registri/klaim")
    assert "1 klaim menunggu Anda." in listing.words
    assert "Ada ketua lain" in listing.words
    form = office.get(listing.links["KDMP Ladang"])
    assert "Mengesahkan klaim tidak mengubah siapa pemegang jabatan ketua" in form.words
    paper = form.form(f"/berkas/{db.session.scalar(sa.select(ChairClaim.document_id))}")[0]
    assert office.post(paper, status=200).headers["Content-Type"].startswith("application/pdf")
    target = form.form(form.url)[0]
    if decision == "tolak":
        assert office.post(target, {"decision": "tolak", "note": ""}, 422).errors
    done = office.follow(office.post(target, {"decision": decision, "note": "Surat atas nama orang lain"}))
    assert "Tidak ada klaim yang menunggu." in done.words
    assert state() == wanted
    assert "KDMP Ladang" in office.get("/registri/klaim?tampil=diputus").links
    mine = page.get("/koperasi/klaim")
    assert ("Disahkan" if decision == "sah" else "Surat atas nama orang lain") in mine.words
    page.get(f"/koperasi/{found.cooperative_id}/pengurus", 200 if decision == "sah" else 403)


def nominate(found, user_id, now, people=2, key="satu"):
    """Newcomers proposed under the claim of an account, for a program without a batch."""
    program_id = db.session.scalar(sa.select(Program.id)) or program()
    with transaction():
        nominating.nominate_group(
            cooperative_id=found.cooperative_id, program_id=program_id, batch_id=None, mode="all",
            people=[
                Proposed(f"n{n}", f"Calon {chr(65 + n)} {key}", "member", "081234567890")
                for n in range(people)
            ],
            keep_together=False, letter_number="", form_key=key, actor=actor_of(user_id, now), now=now,
        )  # fmt: skip


def words_of(view):
    """What stands in the part about what was sent."""
    return " ".join(" ".join(view.element("usulan-klaim").itertext()).split())


@pytest.mark.parametrize(("decision", "wanted"), [("sah", "proposed"), ("tolak", "rejected")])
def test_the_office_sees_what_was_sent_under_a_claim_and_what_becomes_of_it(
    page, new_page, found, rudi, now, decision, wanted
):
    claim_by_paper(page, found, rudi)
    office = new_page().sign_in(found.officer_user)
    address = f"/registri/klaim/{db.session.scalar(sa.select(ChairClaim.id))}"
    assert "Belum ada yang diusulkan di bawah klaim ini." in office.get(address).words
    nominate(found, rudi, now)
    view = office.get(address)
    part = words_of(view)
    for words in ("Pengurus tingkat pemula", "Belum memilih angkatan", "2 menunggu jawaban", "Calon A satu",
                  "2 usulan dikirim di bawah klaim ini: 2 masih terbuka, 0 sudah berakhir.",
                  "2 usulan yang masih terbuka dibatalkan", "Usulannya berjalan terus"):  # fmt: skip
        assert words in part, words
    assert "081234567890" not in view.text
    office.post(address, {"decision": decision, "note": "Surat atas nama orang lain"}, 303)
    db.session.rollback()
    rows = db.session.execute(sa.select(Nomination.state, Nomination.answer_note)).all()
    assert {row.state for row in rows} == {wanted}
    after = words_of(office.get(address))
    open_now, ended = (2, 0) if decision == "sah" else (0, 2)
    assert f"{open_now} masih terbuka, {ended} sudah berakhir." in after
    assert "Bila ditolak" not in after
    if decision == "tolak":
        assert {row.answer_note for row in rows} == {"Dinas tidak menerima klaim pengusulnya atas koperasi."}


def test_names_under_a_claim_are_for_who_spreads_people_there(app, page, found, rudi, now):
    claim_by_paper(page, found, rudi)
    nominate(found, rudi, now)
    claim = db.session.scalars(sa.select(ChairClaim)).one()
    seen = {}
    for region in ("61.05", "61.06"):
        with app.test_request_context():
            _template, panel = pages_claimed.claim_panel(
                claim_id=claim.id, state="pending", region_code="61.05.01",
                actor=officer(found.officer_user, region), now=now,
            )  # fmt: skip
        [group] = panel["groups"]
        seen[region] = (group["counts"], len(group["people"]))
    assert seen == {"61.05": ("2 menunggu jawaban", 2), "61.06": ("2 menunggu jawaban", 0)}


def test_the_page_of_a_claim_takes_as_many_statements_with_many_nominations(
    page, new_page, found, rudi, now, query_count
):
    claim_by_paper(page, found, rudi)
    nominate(found, rudi, now, people=1, key="satu")
    office = new_page().sign_in(found.officer_user)
    address = f"/registri/klaim/{db.session.scalar(sa.select(ChairClaim.id))}"
    counts = []
    for more in (0, 11):
        for number in range(more):
            nominate(found, rudi, now, people=4, key=f"kiriman {chr(97 + number)}")
        with query_count(at_most=14) as seen:
            view = office.get(address, htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert "2 kiriman yang lebih lama tidak ditampilkan." in view.words
    assert "45 usulan dikirim di bawah klaim ini" in view.words


def test_an_officer_does_not_decide_their_own_claim(page, found, rudi, now):
    claim_by_paper(page, found, rudi)
    with transaction() as session:
        claim = session.scalar(sa.select(ChairClaim))
        claim.user_id = found.officer_user
    page.sign_in(found.officer_user)
    view = page.get(f"/registri/klaim/{claim.id}")
    assert "Diputuskan petugas lain" in view.words
    page.post(f"/registri/klaim/{claim.id}", {"decision": "sah"}, 403)
    assert state() == "pending"


def test_the_list_of_claims_takes_as_many_statements_with_many(page, found, now, query_count):
    for n in range(6):
        with transaction() as session:
            user = account(f"Orang {chr(65 + n)}", now)
            session.add(
                ChairClaim(
                    cooperative_id=found.cooperative_id, user_id=user.id, method="founding", asked_at=now
                )
            )
    page.sign_in(found.officer_user)
    with query_count(at_most=13):
        page.get("/registri/klaim", htmx=False)
