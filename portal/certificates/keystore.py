"""Signing keys at rest: encrypted files, a public manifest, never the database.

A key store is a folder: `keys.json`, the public manifest, and one sealed file a key, `<kid>.key`
(AES-256-GCM under scrypt of the passphrase, the kid as associated data, mode 0600). A key is never deleted:
what it signed must stay checkable.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import secrets
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from .signing import Algorithm, Ed25519Signer, P256Signer, Signer, from_private_bytes, generate, private_bytes

Purpose = Literal["certificate", "status", "log", "jwt", "root"]
PURPOSES: tuple[Purpose, ...] = ("certificate", "status", "log", "jwt", "root")

MANIFEST = "keys.json"
_UNREAD, _NO_MANIFEST = (-1, -1, -1), (0, 0, 0)
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_CENTER_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class KeyStoreError(Exception):
    """A key cannot be used. `code` is stable, `message` one plain Indonesian sentence for the operator."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class KeyEntry:
    """One line of the public manifest; `public_key` is unpadded base64url.

    `center` (lower case) and `year` belong to certificate keys only. `retired`: no longer signs from that
    time on. `revoked_at`: what the log holds from that index on is not vouched for by this key; `revoked`
    is when that was said. Times are UTC, `2026-11-22T02:00:00Z`.
    """

    kid: str
    public_key: str
    purpose: Purpose
    created: str
    center: str | None = None
    year: int | None = None
    algorithm: Algorithm = "Ed25519"
    retired: str | None = None
    revoked: str | None = None
    revoked_at: int | None = None

    @property
    def raw_key(self) -> bytes:
        """The raw public key: 32 bytes, or 33 for P-256."""
        return _unbase64url(self.public_key)

    @property
    def is_active(self) -> bool:
        """True while the key may sign."""
        return self.retired is None and self.revoked is None


class FileKeyStore:
    """Keys in a folder. Safe for several workers: writers hold a lock file, readers see whole manifests."""

    def __init__(self, folder: Path | str, passphrase: str) -> None:
        if not passphrase:
            raise KeyStoreError("no_passphrase", "Frasa sandi penyimpanan kunci belum diatur.")
        self.folder = Path(folder)
        self._passphrase = passphrase
        self._opened: dict[str, Signer] = {}
        self._opening = threading.Lock()
        self._read: tuple[tuple[int, int, int], list[KeyEntry]] = (_UNREAD, [])

    # Reading

    def entries(self) -> list[KeyEntry]:
        """Return the manifest's keys in order of creation; an absent manifest is an empty store.

        Read anew only when it has changed: it grows by a key a center and year, and each signature asks it.
        """
        mark = self.manifest_mark()
        if mark != self._read[0]:
            self._read = (mark, self._read_manifest())
        return list(self._read[1])

    def _read_manifest(self) -> list[KeyEntry]:
        try:
            listed = json.loads((self.folder / MANIFEST).read_text("utf-8"))["keys"]
            return [KeyEntry(**entry) for entry in listed]
        except FileNotFoundError:
            return []
        except OSError as error:
            sentence = "Penyimpanan kunci tidak dapat dibaca; periksa izin foldernya."
            raise KeyStoreError("unreadable", sentence) from error
        except (ValueError, KeyError, TypeError) as error:
            sentence = f"Daftar kunci {MANIFEST} rusak; pulihkan dari cadangan."
            raise KeyStoreError("damaged", sentence) from error

    def manifest_mark(self) -> tuple[int, int, int]:
        """Changes whenever the manifest does: (modified in ns, size, file number, since each is a new file);
        zeros while there is none."""
        try:
            found = os.stat(self.folder / MANIFEST)
        except OSError:
            return _NO_MANIFEST
        return found.st_mtime_ns, found.st_size, found.st_ino

    def public_keys(self, purpose: Purpose | None = None) -> dict[str, bytes]:
        """Return {kid: raw public key}, of one purpose or of all. Needs no passphrase."""
        return {e.kid: e.raw_key for e in self.entries() if purpose is None or e.purpose == purpose}

    def signer(self, kid: str) -> Signer:
        """Open the key `kid`; it then stays in this process's memory, since scrypt is slow on purpose."""
        with self._opening:
            if kid not in self._opened:
                self._opened[kid] = self._open(self._entry(kid))
            return self._opened[kid]

    def signer_for(self, center_code: str, year: int) -> Signer:
        """Return the newest active certificate key of a center and year; else KeyStoreError(`missing`)."""
        center = center_code.lower()
        kid = self._newest(lambda e: (e.purpose, e.center, e.year) == ("certificate", center, year))
        if kid is None:
            raise KeyStoreError("missing", f"Belum ada kunci penandatangan untuk {center_code} tahun {year}.")
        return self.signer(kid)

    def standing(self, purpose: Purpose) -> Signer:
        """Return the newest key of a purpose other than `certificate` that may sign; else `missing`."""
        kid = self._newest(lambda e: e.purpose == purpose)
        if kid is None:
            sentence = f"Belum ada kunci {purpose}; buat dengan `flask --app wsgi setup`."
            raise KeyStoreError("missing", sentence)
        return self.signer(kid)

    def check(self) -> None:
        """Raise KeyStoreError unless every key that may sign has its file, the passphrase opens one of them,
        and the folder takes new keys."""
        active = [entry for entry in self.entries() if entry.is_active]
        for entry in active:
            if not self._key_path(entry.kid).is_file():
                raise KeyStoreError("lost", f"Berkas kunci {entry.kid} hilang; pulihkan dari cadangan.")
        if active:
            self.signer(active[0].kid)
        if self.folder.is_dir() and not stat.S_IMODE(self.folder.stat().st_mode) & 0o200:
            raise KeyStoreError("read_only", _READ_ONLY)
        with self._writing():
            pass

    # Writing

    def create(
        self, purpose: Purpose, *, center_code: str | None = None, year: int | None = None, now: datetime
    ) -> Signer:
        """Make a key: `<center>-<year>-<n>` for certificates (both needed), else `<purpose>-<n>`."""
        with self._writing():
            return self._create(purpose, center_code, year, now)

    def rotate(
        self, purpose: Purpose, *, center_code: str | None = None, year: int | None = None, now: datetime
    ) -> Signer:
        """Make the next key of its kind and retire those before it, in one step."""
        with self._writing():
            center = center_code.lower() if center_code else None
            before = [e for e in self.entries() if (e.purpose, e.center, e.year) == (purpose, center, year)]
            made = self._create(purpose, center_code, year, now)
            for entry in before:
                if entry.is_active:
                    self._change(replace(entry, retired=_stamp(now)))
            return made

    def revoke(self, kid: str, *, at_index: int, now: datetime) -> KeyEntry:
        """Say that from log index `at_index` on this key vouches for nothing. An earlier index stands."""
        with self._writing():
            entry = self._entry(kid)
            if entry.revoked_at is not None and entry.revoked_at <= at_index:
                return entry
            return self._change(replace(entry, revoked=entry.revoked or _stamp(now), revoked_at=at_index))

    def ensure(self, center_code: str, year: int, *, now: datetime) -> Signer:
        """Return `signer_for(center_code, year)`, making the first key of that center and year if needed."""
        return self._ensure(
            lambda: self.signer_for(center_code, year),
            lambda: self._create("certificate", center_code, year, now),
        )

    def ensure_standing(self, purpose: Purpose, *, now: datetime) -> Signer:
        """Return `standing(purpose)`, making the first key of that purpose if needed."""
        return self._ensure(lambda: self.standing(purpose), lambda: self._create(purpose, None, None, now))

    def _ensure(self, find: Callable[[], Signer], make: Callable[[], Signer]) -> Signer:
        try:
            return find()
        except KeyStoreError as error:
            if error.code != "missing":
                raise
        with self._writing():
            # Another worker may have made it while this one waited for the lock.
            try:
                return find()
            except KeyStoreError as error:
                if error.code != "missing":
                    raise
            return make()

    def _create(self, purpose: Purpose, center_code: str | None, year: int | None, now: datetime) -> Signer:
        center = center_code.lower() if center_code else None
        prefix = _prefix(purpose, center, year)
        entries = self.entries()
        serial = 1 + sum(entry.kid.rpartition("-")[0] == prefix for entry in entries)
        algorithm: Algorithm = "P-256" if purpose == "jwt" else "Ed25519"
        signer = generate(algorithm, f"{prefix}-{serial}")
        entry = KeyEntry(
            signer.kid, _base64url(signer.public_key), purpose, _stamp(now), center, year, algorithm
        )
        # The sealed key first: a manifest that names a key without a file would be a lost key.
        self._write(self._key_path(signer.kid), self._seal(signer))
        self._write_manifest([*entries, entry])
        self._opened[signer.kid] = signer
        return signer

    def _change(self, entry: KeyEntry) -> KeyEntry:
        self._write_manifest([entry if one.kid == entry.kid else one for one in self.entries()])
        return entry

    # Sealing

    def _seal(self, signer: Ed25519Signer | P256Signer) -> dict[str, Any]:
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        key = Scrypt(salt=salt, length=32, **_SCRYPT).derive(self._passphrase.encode("utf-8"))
        sealed = AESGCM(key).encrypt(nonce, private_bytes(signer), signer.kid.encode("ascii"))
        parts = {"salt": _base64url(salt), "nonce": _base64url(nonce), "sealed": _base64url(sealed)}
        return {"v": 1, "kid": signer.kid} | _SCRYPT | parts

    def _open(self, entry: KeyEntry) -> Signer:
        signer = self._unseal(entry)
        if signer.public_key != entry.raw_key:
            raise KeyStoreError("mismatch", f"Berkas kunci {entry.kid} bukan pasangan kunci publiknya.")
        return signer

    def _unseal(self, entry: KeyEntry) -> Signer:
        kid = entry.kid
        try:
            parts = json.loads(self._key_path(kid).read_text("utf-8"))
            salt, nonce, sealed = (_unbase64url(parts[name]) for name in ("salt", "nonce", "sealed"))
            kdf = Scrypt(salt=salt, length=32, n=parts["n"], r=parts["r"], p=parts["p"])
            key = kdf.derive(self._passphrase.encode("utf-8"))
            return from_private_bytes(
                entry.algorithm, kid, AESGCM(key).decrypt(nonce, sealed, kid.encode("ascii"))
            )
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

    def _newest(self, fits: Callable[[KeyEntry], bool]) -> str | None:
        return next((e.kid for e in reversed(self.entries()) if e.is_active and fits(e)), None)

    def _key_path(self, kid: str) -> Path:
        return self.folder / f"{kid}.key"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the folder's lock; every OSError inside is a folder that cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(self.folder / ".lock", "a", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise KeyStoreError("read_only", _READ_ONLY) from error

    def _write_manifest(self, entries: list[KeyEntry]) -> None:
        self._write(self.folder / MANIFEST, {"v": 1, "keys": [asdict(one) for one in entries]})

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        write_private(path, json.dumps(content, indent=1).encode())


_READ_ONLY = "Penyimpanan kunci tidak dapat ditulisi; periksa izin dan ruang foldernya."


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` in one step, mode 0600, on the disk before its name appears. Raises OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
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


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
