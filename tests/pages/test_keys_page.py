"""The page of the signing keys: for the platform's administrator, read only."""

from __future__ import annotations

import shutil

from portal.certificates.keys import keys, open_stores
from portal.core.db import transaction
from portal.core.permissions import Role
from tests.support import classroom


def test_keys_are_listed_with_their_state_and_what_waits_for_the_root(app, page, db_session, now, tmp_path):
    with transaction():
        admin = classroom.account("Pengelola", Role.PLATFORM_ADMIN, "all", "")
    store = open_stores(tmp_path / "keys", "a passphrase that only tests use")
    kept, app.extensions["keys"] = app.extensions["keys"], store
    try:
        keys().ensure_standing(now)
        page.sign_in(admin)
        assert "Kunci akar ada di server ini" in page.get("/admin/kunci-tanda-tangan").words
        keys().publish_trust("http://localhost", 0, now)
        shutil.rmtree(tmp_path / "keys" / "root")
        assert "Semua kunci ditandatangani akar" in page.get("/admin/kunci-tanda-tangan").words
        store.store.rotate("status", now=now)
        store.store.revoke("jwt-1", at_index=4, now=now)
        words = page.get("/admin/kunci-tanda-tangan").words
        assert "1 kunci belum ada di daftar yang ditandatangani akar" in words
        for told in ("status-2", "Berhenti", "Dicabut", "mulai catatan 5", "Aktif"):
            assert told in words
        (tmp_path / "keys" / "keys.json").write_text("nonsense")
        assert "rusak" in page.get("/admin/kunci-tanda-tangan", 503).words
    finally:
        app.extensions["keys"] = kept
