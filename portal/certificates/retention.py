"""How long certificates keeps the words of strangers and lists on their way in. Certificates themselves stay
as they were signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from portal.certificates.models import ExternalImport, ForgeryReport
from portal.core.retention import rows_rule
from portal.core.words import lazy_gettext as _l

RULES = (
    rows_rule(
        "forgery_reports",
        ForgeryReport,
        ForgeryReport.handled_at,
        ForgeryReport.state == "closed",
        sa.or_(ForgeryReport.text != "", ForgeryReport.note != ""),
        what=_l("Kata-kata dalam laporan dugaan pemalsuan yang sudah ditutup"),
        after=timedelta(days=365),
        why=_l("Setahun untuk perkara yang menyusul; bahwa dan kapan dilaporkan tetap tercatat."),
        emptied={"text": "", "note": ""},
    ),
    replace(
        rows_rule(
            "external_lists",
            ExternalImport,
            ExternalImport.created_at,
            ExternalImport.file_cipher.is_not(None),
            ExternalImport.state.in_(("preview", "imported", "discarded")),
            what=_l("Baris daftar catatan luar yang belum atau tidak jadi disimpan"),
            after=timedelta(days=30),
            why=_l("Sebulan untuk memperbaiki baris yang bermasalah."),
            emptied={"file_cipher": None},
        ),
        chunk=20,
    ),
)
