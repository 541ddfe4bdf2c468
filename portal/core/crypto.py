"""Field encryption and blind indexes, with keys that can be changed while the portal serves.

A protected field is AES-256-GCM with a random 96-bit nonce. Its text names the key that closed it:

    <key id>.<base64url(nonce || ciphertext)>   associated data `table.column`
    <key id>:<base64url(nonce || ciphertext)>   associated data `table.column.row`: it opens in its row alone

Equality is searched through HMAC-SHA-256 with keys of their own. Several keys of each kind may be known; the
first one closes and indexes, all of them open and are searched (core/rotation.py moves what is stored).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

_KEY_ID = re.compile(r"[fx][0-9a-z]{1,7}")
_SEALED = re.compile(r"([^.:]*)([.:])(.*)", re.DOTALL)


class CryptoError(RuntimeError):
    """A protected value could not be opened: wrong key, wrong row, or it was changed."""


@dataclass(frozen=True)
class FieldCipher:
    """Keys by id: `f…` encrypt (first is current), `x…` index (first is current)."""

    field_keys: dict[str, bytes]
    index_keys: dict[str, bytes]

    @classmethod
    def parse(cls, text: str) -> FieldCipher:
        """Read FIELD_KEYS: `f2:<base64url 32 bytes>,f1:…,x2:…,x1:…`. Raises ValueError."""
        fields: dict[str, bytes] = {}
        indexes: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, _, encoded = part.partition(":")
            key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            if len(key) != 32 or not _KEY_ID.fullmatch(name):
                raise ValueError("FIELD_KEYS wants f<n>:<key> and x<n>:<key>, 32 bytes each, base64url.")
            kind = fields if name[0] == "f" else indexes
            if name in kind or key in (*fields.values(), *indexes.values()):
                raise ValueError(f"FIELD_KEYS names {name} or its key twice.")
            kind[name] = key
        if not fields or not indexes:
            raise ValueError("FIELD_KEYS wants at least one f key and one x key.")
        return cls(fields, indexes)

    @property
    def field_key(self) -> str:
        """The id of the key that closes new values."""
        return next(iter(self.field_keys))

    @property
    def index_key(self) -> str:
        """The id of the key that indexes new values."""
        return next(iter(self.index_keys))

    def encrypt(self, plain: str | bytes, aad: str, row: object = None) -> str:
        """Protect a value for the column named by `aad` (`table.column`), and for one row if it is known."""
        nonce = secrets.token_bytes(12)
        data = plain.encode() if isinstance(plain, str) else plain
        sealed = AESGCM(self.field_keys[self.field_key]).encrypt(nonce, data, _bound(aad, row))
        mark = "." if row is None else ":"
        return f"{self.field_key}{mark}{base64.urlsafe_b64encode(nonce + sealed).decode().rstrip('=')}"

    def decrypt_bytes(self, text: str, aad: str, row: object = None) -> bytes:
        """Open a protected value; `row` is needed for one that is bound to its row. Raises CryptoError."""
        parts = _SEALED.fullmatch(text)
        key = self.field_keys.get(parts[1]) if parts else None
        if parts is None or key is None:
            raise CryptoError(f"no field key {parts[1][:8] if parts else '?'!r}")
        if parts[2] == ":" and row is None:
            raise CryptoError("a protected value is bound to its row")
        try:
            raw = base64.b64decode(parts[3] + "=" * (-len(parts[3]) % 4), altchars=b"-_", validate=True)
            return AESGCM(key).decrypt(raw[:12], raw[12:], _bound(aad, row if parts[2] == ":" else None))
        except (InvalidTag, binascii.Error, ValueError):
            raise CryptoError("a protected value does not open") from None

    def decrypt(self, text: str, aad: str, row: object = None) -> str:
        """Open a protected text. Raises CryptoError."""
        return self.decrypt_bytes(text, aad, row).decode()

    def blind_index(self, value: str, purpose: str) -> str:
        """Keyed hash (hex, 64 characters) for uniqueness and look-up; `purpose` separates columns."""
        return self.blind_indexes(value, purpose)[0]

    def blind_indexes(self, value: str, purpose: str) -> list[str]:
        """The keyed hash under every known key, the current one first: what a look-up searches."""
        text = f"{purpose}\0{value}".encode()
        return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in self.index_keys.values()]

    def is_index_of(self, stored: str, value: str, purpose: str) -> bool:
        """True when `stored` is the value's index under any known key."""
        return any(hmac.compare_digest(stored, one) for one in self.blind_indexes(value, purpose))


def _bound(aad: str, row: object) -> bytes:
    return (aad if row is None else f"{aad}.{row}").encode()


def cipher() -> FieldCipher:
    """The running app's field cipher."""
    found: FieldCipher = current_app.extensions["field_cipher"]
    return found


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_code(length: int = 12) -> str:
    """A CSPRNG code of Crockford base32 characters, 5 bits each."""
    return "".join(ALPHABET[byte & 31] for byte in secrets.token_bytes(length))


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a high-entropy token: what the database keeps instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()
