"""How long accounts keeps what it no longer needs."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from portal.accounts.models import Attempt, ClaimCode, OneTime, UserSession
from portal.core.retention import rows_rule
from portal.core.words import lazy_gettext as _l

_MINIMAL = _l("UU 27/2022 pasal 16: data dipakai seperlunya dan dimusnahkan sesudahnya.")

RULES = (
    rows_rule(
        "sessions",
        UserSession,
        sa.func.coalesce(UserSession.ended_at, UserSession.expires_at),
        what=_l("Perangkat yang pernah masuk, sesudah berakhir"),
        after=timedelta(days=90),
        why=_l("Cukup lama untuk menelusuri akun yang dibajak; sesudah itu tidak diperlukan."),
    ),
    rows_rule(
        "attempts",
        Attempt,
        Attempt.window_ends,
        what=_l("Hitungan percobaan masuk"),
        after=timedelta(days=1),
        why=_l("Hanya berlaku selama jendela pembatasannya."),
    ),
    rows_rule(
        "one_time",
        OneTime,
        OneTime.expires_at,
        what=_l("Kode sekali pakai yang dikirim"),
        after=timedelta(days=7),
        why=_MINIMAL,
    ),
    rows_rule(
        "claim_codes",
        ClaimCode,
        sa.func.coalesce(ClaimCode.used_at, ClaimCode.ended_at, ClaimCode.expires_at),
        what=_l("Kode surat klaim, sesudah dipakai atau berakhir"),
        after=timedelta(days=365),
        why=_l("Setahun untuk menjawab siapa yang membuka akun dari surat itu."),
    ),
)
