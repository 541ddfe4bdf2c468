"""Keys and signatures as W3C documents write them: multibase base58btc, Multikey, JWK."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import ec

from .keystore import KeyEntry
from .signing import Algorithm

# Bitcoin's base58: digits and letters without 0, O, I and l.
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
# Unsigned varints of the multicodec table: ed25519-pub 0xed, p256-pub 0x1200.
PREFIXES: dict[Algorithm, bytes] = {"Ed25519": b"\xed\x01", "P-256": b"\x80\x24"}


def multibase(data: bytes) -> str:
    """Return `z` and the base58btc of `data`."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + _ALPHABET[0] * zeros + text


def from_multibase(text: str) -> bytes:
    """Read `z…` back. Raises ValueError for anything else."""
    if text[:1] != "z" or any(letter not in _VALUES for letter in text[1:]):
        raise ValueError("not base58btc")
    digits = text[1:]
    number = 0
    for letter in digits:
        number = number * 58 + _VALUES[letter]
    zeros = len(digits) - len(digits.lstrip(_ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(algorithm: Algorithm, raw: bytes) -> str:
    """Return `publicKeyMultibase`: `z6Mk…` for Ed25519, `zDn…` for P-256."""
    return multibase(PREFIXES[algorithm] + raw)


def from_multikey(text: str) -> tuple[Algorithm, bytes]:
    """Return the algorithm and the raw key. Raises ValueError."""
    data = from_multibase(text)
    for algorithm, prefix in PREFIXES.items():
        size = 32 if algorithm == "Ed25519" else 33
        if data.startswith(prefix) and len(data) == len(prefix) + size:
            return algorithm, data[len(prefix) :]
    raise ValueError("not a key of a known kind")


def jwk(entry: KeyEntry) -> dict[str, str]:
    """Return the public key as JWK: OKP without `alg`, or EC for ES256. `kid` is the caller's."""
    if entry.algorithm == "Ed25519":
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(entry.raw_key), "use": "sig"}
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), entry.raw_key).public_numbers()
    x, y = (base64url(part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256"}


def base64url(data: bytes) -> str:
    """Return unpadded base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Read unpadded base64url in its one spelling. Raises ValueError."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Python skips letters that are none, and takes padding and spare bits.
    if base64url(data) != text:
        raise ValueError("not unpadded base64url")
    return data
