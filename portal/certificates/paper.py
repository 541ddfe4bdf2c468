"""The file that people take along: the sheet, its two attachments and, where there is one, the seal.

Pages, the export and the ZIP of a batch all get it here, so that one certificate is one document. What
protects what, when somebody changes the file:

- the words on the sheet: the signature in the QR, for what the QR repeats (name, program, center, days,
  number), and the page it leads to, which shows every printed fact;
- `badge.json`: its own proof, over every fact of the record;
- `proof.tlog-proof`: the root of the log and the log's signature below it;
- the file as a whole, fonts and drawings included: only the seal. A PDF without a seal is paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.certificates import badges, render
from portal.certificates.facts import Facts, facts_from_bytes
from portal.certificates.models import Certificate
from portal.certificates.queries.log import proof_text
from portal.certificates.seal import Sealer

BADGE, PROOF = "badge.json", "proof.tlog-proof"
PROOF_TYPE = "text/plain"


@dataclass(frozen=True)
class Paper:
    """All that one certificate's file is made of, taken out of the database."""

    facts: Facts
    qr_text: str
    badge: bytes
    proof: bytes

    def pdf(self, base_url: str) -> bytes:
        """Return the unsealed file; needs no database. The same paper gives the same bytes.

        Raises what `render.certificate_data` and `render.certificate_pdf` raise.
        """
        data = render.certificate_data(self.facts, qr_text=self.qr_text, base_url=base_url)
        return render.certificate_pdf(data, self.attachments())

    def attachments(self) -> tuple[render.Attachment, ...]:
        """The badge, which says the same as the sheet (data), and the proof of its entry in the log."""
        return (
            render.Attachment(
                BADGE, badges.JSON_TYPE, "data", "Lencana Open Badges 3.0 sertifikat ini", self.badge
            ),
            render.Attachment(
                PROOF, PROOF_TYPE, "supplement", "Bukti bahwa penerbitan tercatat di log publik", self.proof
            ),
        )


def collect(certificate: Certificate, base_url: str) -> Paper:
    """Take what a file needs: two statements and, unless it is remembered, one badge signature.

    A badge that cannot be signed or a log that cannot be read means no file at all, for a paper without them
    would look like one from which somebody took them out. Raises `badges.RecordDamaged`,
    `keys.KeyUnavailable` and what `proof_text` raises, each with its sentence.
    """
    return Paper(
        facts_from_bytes(bytes(certificate.signed_bytes)),
        certificate.qr_text,
        badges.badge_bytes(certificate, base_url),
        proof_text(certificate).encode("utf-8"),
    )


def finished(paper: Paper, base_url: str, *, sealer: Sealer | None, now: datetime) -> bytes:
    """Return the file of a paper, sealed when there is a sealer; needs no database. About 30 ms of CPU.

    Without a seal the same paper gives the same bytes; a sealed file begins with those bytes. Raises what
    `Paper.pdf` and `Sealer.seal` raise.
    """
    pdf = paper.pdf(base_url)
    return sealer.seal(pdf, now=now) if sealer else pdf


def certificate_file(
    certificate: Certificate, base_url: str, *, sealer: Sealer | None, now: datetime
) -> bytes:
    """Return the PDF of a certificate as people get it. Raises what `collect` and `finished` raise."""
    return finished(collect(certificate, base_url), base_url, sealer=sealer, now=now)
