"""Signing keys: Ed25519, encrypted at rest, reached through a Signer and never through the database.

A key store is a folder: `keys.json`, the public manifest, and one sealed file a key, `<kid>.key`
(AES-256-GCM under scrypt of the passphrase, the kid as associated data, mode 0600).
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

Purpose = Literal["certificate", "status", "log"]
PURPOSES: tuple[Purpose, ...] = ("certificate", "status", "log")

MANIFEST = "keys.json"
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_CENTER_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class KeyStoreError(Exception):
    """A key cannot be used. `code` is stable, `message` one plain Indonesian sentence for the operator."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Signer(Protocol):
    """One signing key, wherever it lives."""

    @property
    def kid(self) -> str:
        """The key's fragment, such as `bpvp-ska-2026-1`."""

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message`."""


@dataclass(frozen=True)
class KeyEntry:
    """One line of the public manifest; `public_key` is unpadded base64url.

    `center` (lower case) and `year` belong to certificate keys only.
    """

    kid: str
    public_key: str
    purpose: Purpose
    created: str
    center: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Ed25519Signer:
    """A Signer over a private key held in memory."""

    kid: str
    private_key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self.private_key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message`."""
        return self.private_key.sign(message)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte `signature` over `message` is by the raw 32-byte `public_key`.

    A malformed key or signature is False, never an exception.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


class FileKeyStore:
    """Keys in a folder. Safe for several workers: writers hold a lock file, readers see whole manifests."""

    def __init__(self, folder: Path | str, passphrase: str) -> None:
        if not passphrase:
            raise KeyStoreError("no_passphrase", "Frasa sandi penyimpanan kunci belum diatur.")
        self._folder = Path(folder)
        self._passphrase = passphrase
        self._opened: dict[str, Ed25519Signer] = {}
        self._opening = threading.Lock()

    # Reading

    def entries(self) -> list[KeyEntry]:
        """Return the manifest's keys in order of creation; an absent manifest is an empty store."""
        path = self._folder / MANIFEST
        try:
            listed = json.loads(path.read_text("utf-8"))["keys"]
            return [KeyEntry(**entry) for entry in listed]
        except FileNotFoundError:
            return []
        except OSError as error:
            sentence = "Penyimpanan kunci tidak dapat dibaca; periksa izin foldernya."
            raise KeyStoreError("unreadable", sentence) from error
        except (ValueError, KeyError, TypeError) as error:
            sentence = f"Daftar kunci {MANIFEST} rusak; pulihkan dari cadangan."
            raise KeyStoreError("damaged", sentence) from error

    def public_keys(self, purpose: Purpose | None = None) -> dict[str, bytes]:
        """Return {kid: raw 32-byte public key}, of one purpose or of all. Needs no passphrase."""
        return {
            entry.kid: _unbase64url(entry.public_key)
            for entry in self.entries()
            if purpose is None or entry.purpose == purpose
        }

    def signer(self, kid: str) -> Signer:
        """Open the key `kid`; it then stays in this process's memory, since scrypt is slow on purpose."""
        with self._opening:
            if kid not in self._opened:
                self._opened[kid] = self._open(self._entry(kid))
            return self._opened[kid]

    def signer_for(self, center_code: str, year: int) -> Signer:
        """Return the newest certificate key of a center and year; KeyStoreError(`missing`) if none."""
        wanted = ("certificate", center_code.lower(), year)
        kids = [entry.kid for entry in self.entries() if (entry.purpose, entry.center, entry.year) == wanted]
        if not kids:
            raise KeyStoreError("missing", f"Belum ada kunci penandatangan untuk {center_code} tahun {year}.")
        return self.signer(kids[-1])

    # Writing

    def create(
        self,
        purpose: Purpose,
        *,
        center_code: str | None = None,
        year: int | None = None,
        now: datetime,
    ) -> Signer:
        """Make a key: `<center>-<year>-<n>` for certificates (both needed), else `<purpose>-<n>`."""
        with self._writing():
            return self._create(purpose, center_code, year, now)

    def ensure(self, center_code: str, year: int, *, now: datetime) -> Signer:
        """Return `signer_for(center_code, year)`, making the first key of that center and year if needed."""
        try:
            return self.signer_for(center_code, year)
        except KeyStoreError as error:
            if error.code != "missing":
                raise
        with self._writing():
            # Another worker may have made it while this one waited for the lock.
            try:
                return self.signer_for(center_code, year)
            except KeyStoreError as error:
                if error.code != "missing":
                    raise
            return self._create("certificate", center_code, year, now)

    def _create(self, purpose: Purpose, center_code: str | None, year: int | None, now: datetime) -> Signer:
        center = center_code.lower() if center_code else None
        prefix = _prefix(purpose, center, year)
        entries = self.entries()
        serial = 1 + sum(entry.kid.rpartition("-")[0] == prefix for entry in entries)
        signer = Ed25519Signer(f"{prefix}-{serial}", Ed25519PrivateKey.generate())
        created = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entry = KeyEntry(signer.kid, _base64url(signer.public_key), purpose, created, center, year)
        # The sealed key first: a manifest that names a key without a file would be a lost key.
        self._write(self._key_path(signer.kid), self._seal(signer))
        self._write(self._folder / MANIFEST, {"v": 1, "keys": [asdict(one) for one in [*entries, entry]]})
        self._opened[signer.kid] = signer
        return signer

    # Sealing

    def _seal(self, signer: Ed25519Signer) -> dict[str, Any]:
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        key = Scrypt(salt=salt, length=32, **_SCRYPT).derive(self._passphrase.encode("utf-8"))
        private = signer.private_key.private_bytes_raw()
        sealed = AESGCM(key).encrypt(nonce, private, signer.kid.encode("ascii"))
        parts = {"salt": _base64url(salt), "nonce": _base64url(nonce), "sealed": _base64url(sealed)}
        return {"v": 1, "kid": signer.kid} | _SCRYPT | parts

    def _open(self, entry: KeyEntry) -> Ed25519Signer:
        signer = Ed25519Signer(entry.kid, self._unseal(entry.kid))
        if signer.public_key != _unbase64url(entry.public_key):
            raise KeyStoreError("mismatch", f"Berkas kunci {entry.kid} bukan pasangan kunci publiknya.")
        return signer

    def _unseal(self, kid: str) -> Ed25519PrivateKey:
        try:
            parts = json.loads(self._key_path(kid).read_text("utf-8"))
            salt, nonce, sealed = (_unbase64url(parts[name]) for name in ("salt", "nonce", "sealed"))
            kdf = Scrypt(salt=salt, length=32, n=parts["n"], r=parts["r"], p=parts["p"])
            key = kdf.derive(self._passphrase.encode("utf-8"))
            private = AESGCM(key).decrypt(nonce, sealed, kid.encode("ascii"))
            return Ed25519PrivateKey.from_private_bytes(private)
        except FileNotFoundError as error:
            raise KeyStoreError("lost", f"Berkas kunci {kid} hilang; pulihkan dari cadangan.") from error
        except OSError as error:
            sentence = f"Berkas kunci {kid} tidak dapat dibaca; periksa izinnya."
            raise KeyStoreError("unreadable", sentence) from error
        except InvalidTag as error:
            raise KeyStoreError("wrong_passphrase", f"Frasa sandi tidak cocok untuk kunci {kid}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise KeyStoreError("damaged", f"Berkas kunci {kid} rusak; pulihkan dari cadangan.") from error

    # Files

    def _entry(self, kid: str) -> KeyEntry:
        for entry in self.entries():
            if entry.kid == kid:
                return entry
        raise KeyStoreError("missing", f"Kunci {kid} tidak ada di penyimpanan kunci.")

    def _key_path(self, kid: str) -> Path:
        return self._folder / f"{kid}.key"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the folder's lock; every OSError inside is a folder that cannot be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(self._folder / ".lock", "a", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            sentence = "Penyimpanan kunci tidak dapat ditulisi; periksa izin dan ruang foldernya."
            raise KeyStoreError("read_only", sentence) from error

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        """Replace `path` in one step, mode 0600, on the disk before its name appears."""
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _prefix(purpose: Purpose, center: str | None, year: int | None) -> str:
    if purpose not in PURPOSES:
        raise ValueError(f"{purpose!r} is not a purpose of a key")
    if purpose != "certificate":
        return purpose
    if not center or year is None or not _CENTER_CODE.fullmatch(center):
        raise ValueError("a certificate key belongs to a center code and a year")
    return f"{center}-{year}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
