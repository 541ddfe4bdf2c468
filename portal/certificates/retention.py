"""How long certificates keeps the words of strangers. Certificates themselves stay as they were signed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from portal.certificates.models import ForgeryReport
from portal.core.retention import rows_rule

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
)
