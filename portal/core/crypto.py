"""Field encryption and blind indexes.

A protected field is AES-256-GCM with a random 96-bit nonce and `table.column` as associated data:
text `<key id>.<base64url(nonce || ciphertext)>`. Equality is searched through HMAC-SHA-256 with a key of
its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app


class CryptoError(RuntimeError):
    """A protected value could not be opened: wrong key, or it was changed."""


@dataclass(frozen=True)
class FieldCipher:
    """Keys by id: `f…` encrypt (first is current), `x…` index (first is current)."""

    field_keys: dict[str, bytes]
    index_keys: dict[str, bytes]

    @classmethod
    def parse(cls, text: str) -> FieldCipher:
        """Read FIELD_KEYS: `f1:<base64url 32 bytes>,x1:<base64url 32 bytes>`. Raises ValueError."""
        fields: dict[str, bytes] = {}
        indexes: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, _, encoded = part.partition(":")
            key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            if len(key) != 32 or name[:1] not in ("f", "x"):
                raise ValueError("FIELD_KEYS wants f<n>:<key> and x<n>:<key>, 32 bytes each, base64url.")
            (fields if name[0] == "f" else indexes)[name] = key
        if not fields or not indexes:
            raise ValueError("FIELD_KEYS wants at least one f key and one x key.")
        return cls(fields, indexes)

    def encrypt(self, plain: str | bytes, aad: str) -> str:
        """Protect a value for the column named by `aad` (`table.column`)."""
        name, key = next(iter(self.field_keys.items()))
        nonce = secrets.token_bytes(12)
        data = plain.encode() if isinstance(plain, str) else plain
        sealed = AESGCM(key).encrypt(nonce, data, aad.encode())
        return f"{name}.{base64.urlsafe_b64encode(nonce + sealed).decode().rstrip('=')}"

    def decrypt_bytes(self, text: str, aad: str) -> bytes:
        """Open a protected value. Raises CryptoError."""
        name, _, encoded = text.partition(".")
        key = self.field_keys.get(name)
        if key is None:
            raise CryptoError(f"no field key {name!r}")
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        try:
            return AESGCM(key).decrypt(raw[:12], raw[12:], aad.encode())
        except InvalidTag:
            raise CryptoError("a protected value does not open") from None

    def decrypt(self, text: str, aad: str) -> str:
        """Open a protected text."""
        return self.decrypt_bytes(text, aad).decode()

    def blind_index(self, value: str, purpose: str) -> str:
        """Keyed hash (hex, 64 characters) for uniqueness and look-up; `purpose` separates columns."""
        key = next(iter(self.index_keys.values()))
        return hmac.new(key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def cipher() -> FieldCipher:
    """The running app's field cipher."""
    found: FieldCipher = current_app.extensions["field_cipher"]
    return found


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_code(length: int = 12) -> str:
    """A CSPRNG code of Crockford base32 characters, 5 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a high-entropy token: what the database keeps instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()
