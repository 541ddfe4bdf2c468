"""Every page that can be reached: axe finds nothing, nothing scrolls sideways, the console is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Served, look
from tests.support.routes import ROLES, routes, viewer

# Not pages, or pages that need more in their address: those are among MORE
NO_PAGES = {
    "assessment.all_questions",
    "assessment.bank_bad_rows", "assessment.bank_export", "assessment.bank_template",
    "assessment.question_image",
    "certificates.external_sample", "cooperatives.registry_export",
    "attendance.scanned", "attendance.scanned_in_capitals",
    "oversight.coverage_file", "oversight.export",
    "operations.health", "verification.api", "verification.openapi", "enrollment.done", "batches.copy_wave",
    "desks.offline_pack", "desks.offline_worker", "desks.queue_state",
    "verification.offline_data", "verification.service_worker", "verification.web_manifest",
    "certificates.badge_json", "certificates.badge_jwt", "certificates.did_document", "certificates.jwks",
    "certificates.log_checkpoint", "certificates.log_consistency", "certificates.log_entries",
    "certificates.log_proof", "certificates.log_tile", "certificates.status_list", "certificates.trust",
}  # fmt: skip
# Addresses beside the plain one of each route, by who looks
MORE = {
    "": """
        /?q=pembukuan&provinsi=61 /?q=tidakadayangbegini /tidak-ada /en/
        /angkatan/{postponed_batch}-pembukuan /angkatan/{cancelled_batch}-pembukuan
        /angkatan/{running_batch}-pembukuan /angkatan/{postponed_batch}/daftar/syarat
        /V/{suspended} /V/{revoked} /V/{replaced} /V/BA1A1KVP7QTJ /V/BA1A1KVP7QTK /en/V/{code}
    """,
    "trainee_a": "/saya/angkatan/{postponed_enrollment} /saya/angkatan/{running_enrollment} /balai",
    "center_admin": """
        /balai/angkatan/{ready_batch}/sertifikat /balai/angkatan/{running_batch} /balai/angkatan/{draft_batch}
        /balai/angkatan/{running_batch}/presensi /balai/akses?q=dewi /balai/sertifikat/{revoked}
        /balai/gelombang/salin?gelombang=Gelombang+1 /balai/angkatan/{open_batch}/peserta?keadaan=ditawari
        /balai/angkatan/{open_batch}/peserta?keadaan=daftar-tunggu /en/balai
    """,
    "center_head": "/balai/sertifikat/permintaan/{issue_request} /balai",
    "instructor": """
        /instruktur/hasil/{issued_batch} /saya/profil /instruktur/presensi/{running_session}?belum=1
    """,
    "assessor": """
        /soal/unit/{running_unit}/baru?jenis=single /soal/unit/{running_unit}/baru?jenis=matching
        /soal/unit/{running_unit}?q=tidakada /soal/{case}/bagian?jenis=number /soal/{case}/ubah
    """,
    "regency_officer": "/pengusulan/{import}",
    "regulator": "/pemantauan?wilayah=61 /pemantauan?wilayah=61.05 /pemantauan?wilayah=61.05.- /cakupan",
    "platform_admin": "/admin/peran/beri?peran=center_admin /admin/peran/beri?peran=regulator",
}
# They answer with an error on purpose
REFUSED = {("", "/tidak-ada"), ("trainee_a", "/balai")}


def _addresses(served: Served, name: str) -> Iterator[str]:
    for route in routes(served.app):
        if route.kind is None or "GET" not in route.methods or route.endpoint in NO_PAGES:
            continue
        if not route.rule.rule.endswith((".pdf", ".ics")) and viewer(route) == name:
            yield route.url(served.app, served.world, route.kind.own)
    for address in MORE.get(name, "").split():
        yield address.format(**served.world.ids)


@pytest.mark.parametrize("name", ["", *ROLES])
def test_pages_have_no_finding(served: Served, name: str) -> None:
    wrong: list[str] = []
    with served.visitor(name) as page:
        for address in dict.fromkeys(_addresses(served, name)):
            answer = page.goto(address, wait_until="load")
            assert answer is not None
            if (answer.status >= 400) != ((name, address) in REFUSED) and not address.startswith("/V/"):
                wrong.append(f"{address}: {answer.status} {served.log() if answer.status >= 500 else ''}")
            wrong += look(served, page, f"{name or 'umum'} {address}")
    assert not wrong, "\n".join(wrong)
