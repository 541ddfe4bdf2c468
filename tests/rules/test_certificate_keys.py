"""The key store: what it makes, what it refuses, and what it says when a key cannot be used."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.certificates import keystore, signing
from portal.certificates.keystore import FileKeyStore, KeyStoreError
from portal.certificates.signing import verify

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PASSPHRASE = "a long passphrase of a test"


@pytest.fixture(autouse=True)
def cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same arithmetic at a fraction of the cost."""
    monkeypatch.setattr(keystore, "_SCRYPT", {"n": 2**10, "r": 8, "p": 1})


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys", PASSPHRASE)


def again(store: FileKeyStore, passphrase: str = PASSPHRASE) -> FileKeyStore:
    """The store as another process opens it."""
    return FileKeyStore(store.folder, passphrase)


def code_of(error: pytest.ExceptionInfo[KeyStoreError]) -> str:
    assert error.value.message.count(".") >= 1
    assert "\n" not in error.value.message
    return error.value.code


def test_create_then_reopened_signs_and_verifies(store: FileKeyStore) -> None:
    kid = store.create("certificate", center_code="BPVP-SKA", year=2026, now=NOW).kid
    signer = again(store).signer_for("BPVP-SKA", 2026)
    assert signer.kid == kid == "bpvp-ska-2026-1"
    signature = signer.sign(b"message")
    key = store.public_keys()[kid]
    assert len(key) == 32
    assert len(signature) == 64
    assert verify(key, b"message", signature)
    assert not verify(key, b"another", signature)
    assert not verify(key, b"message", signature[:-1])
    assert not verify(b"short", b"message", signature)


def test_create_second_key_of_the_year_is_numbered_and_used(store: FileKeyStore) -> None:
    store.create("certificate", center_code="BPVP-SKA", year=2026, now=NOW)
    store.create("certificate", center_code="BPVP-SKA", year=2026, now=NOW)
    store.create("certificate", center_code="BPVP-SKA", year=2027, now=NOW)
    assert store.signer_for("bpvp-ska", 2026).kid == "bpvp-ska-2026-2"
    assert list(store.public_keys()) == ["bpvp-ska-2026-1", "bpvp-ska-2026-2", "bpvp-ska-2027-1"]


def test_create_status_and_log_keys_stand_apart(store: FileKeyStore) -> None:
    assert store.create("status", now=NOW).kid == "status-1"
    assert store.create("log", now=NOW).kid == "log-1"
    store.create("certificate", center_code="LOG", year=2026, now=NOW)
    assert list(store.public_keys("certificate")) == ["log-2026-1"]
    assert store.create("log", now=NOW).kid == "log-2"


@pytest.mark.parametrize("center", [None, "", "../etc", "A B", "a/b", "-x"])
def test_create_unfit_center_code_is_refused(store: FileKeyStore, center: str | None) -> None:
    with pytest.raises(ValueError):
        store.create("certificate", center_code=center, year=2026, now=NOW)


def test_create_unknown_purpose_is_refused(store: FileKeyStore) -> None:
    with pytest.raises(ValueError):
        store.create("seal", now=NOW)  # type: ignore[arg-type]


def test_files_are_private_and_hold_no_plain_key(store: FileKeyStore) -> None:
    signer = store.create("status", now=NOW)
    assert isinstance(signer, signing.Ed25519Signer)
    secret = signer.private_key.private_bytes_raw()
    files = [path for path in store.folder.iterdir() if path.name != ".lock"]
    assert sorted(path.name for path in files) == ["keys.json", "status-1.key"]
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        content = path.read_bytes()
        assert secret not in content
        assert secret.hex().encode() not in content
        assert keystore._base64url(secret).encode() not in content


def test_ensure_many_workers_at_once_make_one_key(store: FileKeyStore) -> None:
    stores = [again(store) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda one: one.ensure("BPVP-SKA", 2026, now=NOW), stores))
    assert {signer.kid for signer in signers} == {"bpvp-ska-2026-1"}
    assert len({signer.public_key for signer in signers}) == 1


def test_signer_for_absent_key_says_so(store: FileKeyStore) -> None:
    with pytest.raises(KeyStoreError) as error:
        store.signer_for("BPVP-SKA", 2026)
    assert code_of(error) == "missing"
    with pytest.raises(KeyStoreError) as error:
        store.signer("bpvp-ska-2026-1")
    assert code_of(error) == "missing"


def test_signer_wrong_passphrase_says_so(store: FileKeyStore) -> None:
    store.create("status", now=NOW)
    with pytest.raises(KeyStoreError) as error:
        again(store, "another").signer("status-1")
    assert code_of(error) == "wrong_passphrase"
    with pytest.raises(KeyStoreError) as error:
        again(store, "")
    assert code_of(error) == "no_passphrase"


def test_signer_lost_or_damaged_file_says_so(store: FileKeyStore) -> None:
    store.create("status", now=NOW)
    path = store.folder / "status-1.key"
    path.write_text("{}")
    with pytest.raises(KeyStoreError) as error:
        again(store).signer("status-1")
    assert code_of(error) == "damaged"
    path.unlink()
    with pytest.raises(KeyStoreError) as error:
        again(store).signer("status-1")
    assert code_of(error) == "lost"
    (store.folder / "keys.json").write_text("nonsense")
    with pytest.raises(KeyStoreError) as error:
        store.entries()
    assert code_of(error) == "damaged"


def test_signer_swapped_files_are_noticed(store: FileKeyStore) -> None:
    """A sealed key is bound to its kid, and the manifest to the key."""
    store.create("status", now=NOW)
    store.create("log", now=NOW)
    (store.folder / "status-1.key").write_bytes((store.folder / "log-1.key").read_bytes())
    with pytest.raises(KeyStoreError) as error:
        again(store).signer("status-1")
    assert code_of(error) == "wrong_passphrase"
    manifest = json.loads((store.folder / "keys.json").read_text())
    manifest["keys"][1]["public_key"] = manifest["keys"][0]["public_key"]
    (store.folder / "keys.json").write_text(json.dumps(manifest))
    with pytest.raises(KeyStoreError) as error:
        again(store).signer("log-1")
    assert code_of(error) == "mismatch"


def test_create_folder_that_cannot_be_written_says_so(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError("read-only")

    store.create("status", now=NOW)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(KeyStoreError) as error:
        store.create("status", now=NOW)
    assert code_of(error) == "read_only"
    assert list(store.public_keys()) == ["status-1"]


def test_a_manifest_is_read_again_only_when_another_worker_changed_it(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ensure_standing("status", now=NOW)
    other = again(store)
    seen = [entry.kid for entry in other.entries()]
    with monkeypatch.context() as patch:
        patch.setattr(other, "_read_manifest", lambda: pytest.fail("read again"))
        assert [entry.kid for entry in other.entries()] == seen
    store.ensure_standing("log", now=NOW)
    assert len(other.entries()) == len(seen) + 1 == 2
