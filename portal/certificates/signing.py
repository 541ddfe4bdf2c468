"""Signatures: Ed25519 for what the portal vouches for, P-256 for `.jwt`, always reached through a Signer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Algorithm = Literal["Ed25519", "P-256"]
_HALF = 32


class Signer(Protocol):
    """One signing key, wherever it lives."""

    @property
    def kid(self) -> str:
        """The key's fragment, such as `bpvp-ska-2026-1`."""

    @property
    def public_key(self) -> bytes:
        """The raw public key: 32 bytes for Ed25519, the 33-byte compressed point for P-256."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message` (P-256: r || s); the same message has one signature."""

    def __hash__(self) -> int:
        """What was signed is kept in memory by who signed it."""


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


@dataclass(frozen=True)
class P256Signer:
    """ES256 over a private key held in memory; RFC 6979, so that one message has one signature."""

    kid: str
    private_key: ec.EllipticCurvePrivateKey

    @property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes."""
        return self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(self, message: bytes) -> bytes:
        """Return r || s, 64 bytes, as JOSE writes ES256."""
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(self.private_key.sign(message, algorithm))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte `signature` over `message` is by the raw 32-byte `public_key`.

    A malformed key or signature is False, never an exception.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def verify_p256(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether r || s over SHA-256 of `message` is by the compressed or uncompressed point `public_key`."""
    if len(signature) != 2 * _HALF:
        return False
    r, s = (int.from_bytes(part, "big") for part in (signature[:_HALF], signature[_HALF:]))
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def generate(algorithm: Algorithm, kid: str) -> Ed25519Signer | P256Signer:
    """A new key from the system's random source."""
    if algorithm == "P-256":
        return P256Signer(kid, ec.generate_private_key(ec.SECP256R1()))
    return Ed25519Signer(kid, Ed25519PrivateKey.generate())


def private_bytes(signer: Ed25519Signer | P256Signer) -> bytes:
    """The 32 secret bytes, for sealing."""
    if isinstance(signer, P256Signer):
        return signer.private_key.private_numbers().private_value.to_bytes(_HALF, "big")
    return signer.private_key.private_bytes_raw()


def from_private_bytes(algorithm: Algorithm, kid: str, secret: bytes) -> Ed25519Signer | P256Signer:
    """The key of those 32 bytes. Raises ValueError for bytes that are no key."""
    if algorithm == "P-256":
        return P256Signer(kid, ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()))
    return Ed25519Signer(kid, Ed25519PrivateKey.from_private_bytes(secret))
