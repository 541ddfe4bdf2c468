"""The app's signing keys: one store per process, public keys cached until an unknown kid asks for more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Flask, current_app

from portal.core.errors import DomainError
from portal.settings import Settings, SettingsError

from .signing import FileKeyStore, KeyStoreError, Signer


class Keys:
    """Signers for issuing and public keys for checking."""

    def __init__(self, store: FileKeyStore) -> None:
        self.store = store
        self._public: dict[str, bytes] = {}

    def signer_for(self, center_code: str, year: int, now: datetime) -> Signer:
        """The certificate key of a center and year, made when it is the first of its year.

        Raises DomainError (`key_unavailable`): nothing is issued without its key.
        """
        try:
            return self.store.ensure(center_code, year, now=now)
        except KeyStoreError as error:
            raise DomainError("key_unavailable", error.message) from error

    def public_key(self, kid: str) -> bytes | None:
        """The raw public key of a kid; None when it is not known here or the store cannot be read."""
        if kid not in self._public:
            try:
                self._public = dict(self.store.public_keys("certificate"))
            except KeyStoreError:
                return None
        return self._public.get(kid)

    def public_keys(self) -> Mapping[str, bytes]:
        """All certificate keys by kid, raw 32 bytes."""
        return self.store.public_keys("certificate")


def install(app: Flask, settings: Settings) -> None:
    """Open the key store of these settings. Raises SettingsError in one sentence."""
    path = settings.keystore_passphrase_file
    try:
        passphrase = path.read_text().strip()
        app.extensions["keys"] = Keys(FileKeyStore(settings.keystore_dir, passphrase))
    except (OSError, KeyStoreError) as error:
        raise SettingsError(f"KEYSTORE_PASSPHRASE_FILE: {getattr(error, 'message', error)}") from error


def keys() -> Keys:
    """The running app's keys."""
    found: Keys = current_app.extensions["keys"]
    return found
