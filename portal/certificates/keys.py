"""The app's signing keys: one store per process, its manifest read again whenever it changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask, current_app

from portal.core import clock
from portal.core.errors import DomainError
from portal.settings import Settings, SettingsError

from . import issuer
from .keystore import FileKeyStore, KeyEntry, KeyStoreError, Purpose, write_private
from .signing import Signer

STANDING: tuple[Purpose, ...] = ("log", "status", "jwt")
TRUST_FILE = "trust.json"
Found = TypeVar("Found")


class KeyUnavailable(DomainError):
    """A key cannot be used now: 503, and nothing is issued."""

    status = 503


class Keys:
    """Signers for issuing and public keys for checking. `root` is the root's own store, when it is here."""

    def __init__(self, store: FileKeyStore, root: FileKeyStore) -> None:
        self.store = store
        self.root = root
        self._mark: tuple[int, int, int] | None = None
        self._entries: dict[str, KeyEntry] = {}
        self._trust: tuple[Any, dict[str, Any]] | None = None

    # Reading

    def entries(self) -> Sequence[KeyEntry]:
        """All keys in order of creation. Raises KeyStoreError."""
        mark = self.store.manifest_mark()
        if mark != self._mark:
            self._entries = {entry.kid: entry for entry in self.store.entries()}
            self._mark = mark
        return list(self._entries.values())

    def entry(self, kid: str) -> KeyEntry | None:
        """One key's public line; None when it is not known here or the store cannot be read."""
        try:
            self.entries()
        except KeyStoreError:
            return None
        return self._entries.get(kid)

    def public_key(self, kid: str) -> bytes | None:
        """The raw public key of a certificate key; None when it is not to be had."""
        entry = self.entry(kid)
        return entry.raw_key if entry and entry.purpose == "certificate" else None

    def public_keys(self) -> Mapping[str, bytes]:
        """All certificate keys by kid, raw 32 bytes."""
        return {entry.kid: entry.raw_key for entry in self.entries() if entry.purpose == "certificate"}

    # Signing

    def signer_for(self, center_code: str, year: int, now: datetime) -> Signer:
        """The certificate key of a center and year, made when it is the first of its year.

        Raises KeyUnavailable: nothing is issued without its key.
        """
        return available(lambda: self.store.ensure(center_code, year, now=now))

    def standing(self, purpose: Purpose) -> Signer:
        """The key that signs the log, the lists or `.jwt` now. Raises KeyUnavailable."""
        return available(lambda: self.store.standing(purpose))

    def badge_signer(self, kid: str) -> Signer:
        """The key of a certificate, or, where it was revoked, the newest of the same center that may sign.

        Raises KeyUnavailable.
        """
        entry = self.entry(kid)
        if entry is not None and entry.revoked and entry.center:
            heirs = [e for e in self.entries() if e.center == entry.center and e.is_active]
            if heirs:
                return available(lambda: self.store.signer(heirs[-1].kid))
        return available(lambda: self.store.signer(kid))

    # Trust

    def trust(self, base_url: str, minimum_size: int, now: datetime) -> dict[str, Any] | None:
        """trust.json as published: signed now where the root is here, else the file it signed last; or None.

        Only a new key, a changed one or a grown log makes a new document. Raises KeyStoreError.
        """
        if not self.root.entries():
            return self.published_trust()
        mark = (self.store.manifest_mark(), minimum_size, base_url)
        if self._trust is None or self._trust[0] != mark:
            self._trust = (mark, self._sign_trust(base_url, minimum_size, now))
        return self._trust[1]

    def publish_trust(self, base_url: str, minimum_size: int, now: datetime) -> dict[str, Any]:
        """Sign trust.json with the root and keep it beside the keys, for when the root is taken away."""
        document = self._sign_trust(base_url, minimum_size, now)
        write_private(self.store.folder / TRUST_FILE, json.dumps(document, indent=1).encode())
        return document

    def published_trust(self) -> dict[str, Any] | None:
        """The file that the root signed last; None when there is none. Raises KeyStoreError (`damaged`)."""
        try:
            return dict(json.loads((self.store.folder / TRUST_FILE).read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise KeyStoreError("damaged", f"{TRUST_FILE} rusak; tanda tangani ulang dengan akar.") from error

    def _sign_trust(self, base_url: str, minimum_size: int, now: datetime) -> dict[str, Any]:
        return issuer.trust_document(
            base_url, self.entries(), root=self.root.standing("root"), minimum_size=minimum_size, now=now
        )

    # Making

    def ensure_standing(self, now: datetime) -> None:
        """Make the log's, the status lists' and the `.jwt` key, and the root, where they are missing."""
        there = {entry.purpose for entry in self.store.entries() if entry.is_active}
        for purpose in STANDING:
            if purpose not in there:
                self.store.ensure_standing(purpose, now=now)
        if not self.root.entries() and self.published_trust() is None:
            self.root.ensure_standing("root", now=now)


def available(work: Callable[[], Found]) -> Found:
    """What `work` finds in the store. Raises KeyUnavailable (`key_unavailable`) with the store's sentence."""
    try:
        return work()
    except KeyStoreError as error:
        raise KeyUnavailable("key_unavailable", error.message) from error


def open_stores(folder: Path, passphrase: str) -> Keys:
    """The key store of a folder, and its root's in `root/` below it."""
    return Keys(FileKeyStore(folder, passphrase), FileKeyStore(folder / "root", passphrase))


def install(app: Flask, settings: Settings) -> None:
    """Open the key store of these settings, and make sure that it can sign before anybody is served.

    A development portal makes its own keys. A command starts without the check, so that it can be used to
    mend what is broken; what it signs with is still opened then. Raises SettingsError in one sentence.
    """
    path = settings.keystore_passphrase_file
    try:
        passphrase = path.read_text().strip()
        opened = app.extensions["keys"] = open_stores(settings.keystore_dir, passphrase)
        if not settings.is_production:
            opened.ensure_standing(clock.now())
        if click.get_current_context(silent=True) is None:
            opened.store.check()
            for purpose in STANDING:
                opened.store.standing(purpose)
    except OSError as error:
        raise SettingsError(f"KEYSTORE_PASSPHRASE_FILE: {error}") from error
    except KeyStoreError as error:
        raise SettingsError(f"KEYSTORE_DIR {settings.keystore_dir}: {error.message}") from error


def keys() -> Keys:
    """The running app's keys."""
    found: Keys = current_app.extensions["keys"]
    return found
