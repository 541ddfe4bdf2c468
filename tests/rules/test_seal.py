"""The optional seal: it covers the whole file, refuses any changed byte, and promises nothing it is not."""

from __future__ import annotations

import builtins
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

import portal.settings as settings_module
from portal.certificates import render
from portal.certificates.seal import SealUnavailable, open_sealer
from portal.settings import Settings, SettingsError, load_settings
from tests.support.certificates import BASE_URL, FACTS, make_qr_text

NOW = datetime.now(UTC)
KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.fixture(scope="module")
def pdf() -> bytes:
    attachment = render.Attachment("badge.json", "application/ld+json", "data", "Lencana", b'{"a":1}')
    data = render.certificate_data(FACTS, qr_text=make_qr_text(), base_url=BASE_URL)
    return render.certificate_pdf(data, [attachment])


def write_pkcs12(path: Path, key: Any, *, days: int = 365) -> x509.Certificate:
    """A self-signed certificate with its key, the passphrase "rahasia"."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Segel percobaan")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(1))
        .not_valid_after(NOW + timedelta(days) - timedelta(hours=1))
        .add_extension(usage, critical=True)
        .sign(key, algorithm)
    )
    sealing = serialization.BestAvailableEncryption(b"rahasia")
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"segel", key, certificate, None, sealing))
    return certificate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "passphrase").write_text("rahasia\n")
    return Settings(
        env="development", base_url=BASE_URL, database_url="", instance=tmp_path,
        secret_key="", field_keys="", keystore_dir=tmp_path, keystore_passphrase_file=tmp_path / "passphrase",
        seal_pkcs12=tmp_path / "seal.p12", seal_passphrase_file=tmp_path / "passphrase",
    )  # fmt: skip


def verdict(sealed: bytes, certificate: x509.Certificate) -> Any:
    """pyHanko's own validation against this certificate alone, without a network."""
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    root = Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))


@pytest.mark.parametrize("kind", KEYS)
def test_seal_covers_the_whole_file_and_stands_behind_its_bytes(
    kind: str, settings: Settings, pdf: bytes
) -> None:
    certificate = write_pkcs12(settings.seal_pkcs12, KEYS[kind]())
    sealed = open_sealer(settings, NOW).seal(pdf, now=NOW)
    status = verdict(sealed, certificate)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert sealed.startswith(pdf)


def test_seal_any_flipped_byte_is_refused(settings: Settings, pdf: bytes) -> None:
    certificate = write_pkcs12(settings.seal_pkcs12, KEYS["p256"]())
    sealed = open_sealer(settings, NOW).seal(pdf, now=NOW)
    start, end = sealed.rindex(b"/Contents <") + 11, sealed.rindex(b"/ByteRange")
    places = [*range(0, start, len(pdf) // 40), start + 700, *range(end + 20, len(sealed), 60)]
    for place in places:
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert not is_sound(bytes(changed), certificate), place
    assert is_sound(sealed, certificate)


def is_sound(sealed: bytes, certificate: x509.Certificate) -> bool:
    try:
        status = verdict(sealed, certificate)
    except Exception:
        # A damaged file breaks the reader in many ways, all of them a refusal.
        return False
    return bool(status.bottom_line and status.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def test_seal_by_a_key_nobody_trusts_is_not_trusted(settings: Settings, pdf: bytes, tmp_path: Path) -> None:
    write_pkcs12(settings.seal_pkcs12, KEYS["p256"]())
    other = write_pkcs12(tmp_path / "other.p12", KEYS["p256"]())
    sealed = open_sealer(settings, NOW).seal(pdf, now=NOW)
    assert not verdict(sealed, other).trusted


@pytest.mark.parametrize("kind", KEYS)
def test_seal_keeps_the_file_archival_and_accessible(kind: str, settings: Settings, pdf: bytes) -> None:
    write_pkcs12(settings.seal_pkcs12, KEYS[kind]())
    added = open_sealer(settings, NOW).seal(pdf, now=NOW)[len(pdf) :]
    # PDF/A-3 is PDF 1.7; its description stays the one typst wrote.
    assert b"/Version /2" not in added
    assert b"/BaseVersion /2" not in added
    assert b"x:xmpmeta" not in added
    # Printable, not hidden, of no size and off the page, with words for a screen reader.
    for part in (
        b"/F 132",
        b"/Rect [ -9999 -9999 -9999 -9999 ]",
        b"/TU (Segel elektronik penerbit)",
        b"/Tabs /S",
    ):
        assert part in added
    # An approval signature: readers say of the other kind that the document is certified.
    assert b"/DocMDP" not in added
    assert b"/ETSI.CAdES.detached" in added.replace(b"\056", b".").replace(b"#2E", b".")


def test_seal_and_sheet_never_claim_to_be_certified(settings: Settings, pdf: bytes) -> None:
    write_pkcs12(settings.seal_pkcs12, KEYS["p256"]())
    sealed = open_sealer(settings, NOW).seal(pdf, now=NOW)
    words = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(sealed)).lower()
    for claim in ("tersertifikasi", "certified", "bsre", "psre"):
        assert claim not in words
        assert claim.encode() not in sealed[len(pdf) :].lower()


def test_open_sealer_without_settings_is_none(settings: Settings) -> None:
    assert open_sealer(replace(settings, seal_pkcs12=None), NOW) is None


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda s: s.seal_pkcs12.write_bytes(b"no"), "SEAL_PKCS12"),
        (lambda s: s.seal_passphrase_file.write_text("salah"), "passphrase is wrong"),
        (lambda s: s.seal_pkcs12.unlink(), "SEAL_PKCS12"),
        (
            lambda s: write_pkcs12(s.seal_pkcs12, KEYS["p256"](), days=0),
            "not valid today",
        ),
        (lambda s: write_pkcs12(s.seal_pkcs12, ed25519.Ed25519PrivateKey.generate()), "P-256 or RSA"),
    ],
    ids=["garbage", "passphrase", "missing", "expired", "other-key"],
)
def test_open_sealer_that_cannot_seal_is_one_sentence(damage: Any, said: str, settings: Settings) -> None:
    write_pkcs12(settings.seal_pkcs12, KEYS["p256"]())
    damage(settings)
    with pytest.raises(SettingsError) as refused:
        open_sealer(settings, NOW)
    assert said in str(refused.value)
    assert "rahasia" not in str(refused.value)


def test_seal_expired_since_the_start_refuses(settings: Settings, pdf: bytes) -> None:
    write_pkcs12(settings.seal_pkcs12, KEYS["p256"]())
    sealer = open_sealer(settings, NOW)
    with pytest.raises(SealUnavailable) as refused:
        sealer.seal(pdf, now=NOW + timedelta(366))
    assert (refused.value.code, refused.value.status) == ("seal_expired", 503)


def test_seal_of_something_else_than_a_pdf_refuses(settings: Settings) -> None:
    write_pkcs12(settings.seal_pkcs12, KEYS["p256"]())
    with pytest.raises(SealUnavailable) as refused:
        open_sealer(settings, NOW).seal(b"not a pdf", now=NOW)
    assert refused.value.code == "seal_failed"


# Settings


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    for name in ("seal.p12", "passphrase"):
        (tmp_path / name).write_bytes(b"x")
    return {
        "PORTAL_ENV": "production", "DEMO": "0", "BASE_URL": BASE_URL, "SECRET_KEY": "s" * 40,
        "FIELD_KEYS": "f1:a,x1:b", "KEYSTORE_PASSPHRASE_FILE": str(tmp_path / "passphrase"), **more,
    }  # fmt: skip


def test_settings_name_no_seal_by_default(tmp_path: Path) -> None:
    found = load_settings(environment(tmp_path))
    assert (found.seal_pkcs12, found.seal_pkcs11_lib, found.seal_passphrase_file) == (None, None, None)


def test_settings_read_a_seal(tmp_path: Path) -> None:
    file = str(tmp_path / "seal.p12")
    found = load_settings(
        environment(tmp_path, SEAL_PKCS12=file, SEAL_PASSPHRASE_FILE=str(tmp_path / "passphrase"))
    )
    assert (found.seal_pkcs12, found.seal_passphrase_file) == (Path(file), tmp_path / "passphrase")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SEAL_PKCS12": "/nowhere.p12"}, "SEAL_PKCS12 names no readable file"),
        ({"SEAL_PKCS12": "{}/seal.p12", "SEAL_PASSPHRASE_FILE": "/nowhere"}, "SEAL_PASSPHRASE_FILE names"),
        ({"SEAL_PKCS12": "{}/seal.p12", "SEAL_PKCS11_LIB": "/lib.so"}, "two seals"),
        ({"SEAL_PKCS11_LIB": "/lib.so"}, "SEAL_PKCS11_TOKEN and SEAL_PKCS11_LABEL"),
    ],
)
def test_settings_refuse_half_a_seal(more: dict[str, str], said: str, tmp_path: Path) -> None:
    named = {name: value.format(tmp_path) for name, value in more.items()}
    with pytest.raises(SettingsError) as refused:
        load_settings(environment(tmp_path, **named))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("lacking", "more", "said"),
    [
        ("pyhanko", {"SEAL_PKCS12": "{}/seal.p12"}, "balai[seal]"),
        (
            "pkcs11",
            {"SEAL_PKCS11_LIB": "/lib.so", "SEAL_PKCS11_TOKEN": "t", "SEAL_PKCS11_LABEL": "l"},
            "python-pkcs11",
        ),
    ],
)
def test_settings_without_the_library_say_what_to_install(
    lacking: str, more: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        settings_module, "find_spec", lambda name: None if name == lacking else find_spec(name)
    )
    named = {name: value.format(tmp_path) for name, value in more.items()}
    with pytest.raises(SettingsError) as refused:
        load_settings(environment(tmp_path, **named))
    assert said in str(refused.value)


def test_portal_without_a_seal_never_imports_pyhanko(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is an extra: without a seal it need not be there."""
    real = builtins.__import__

    def guarded(name: str, *args: Any, **kwargs: Any) -> Any:
        assert not name.startswith("pyhanko")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", guarded)
    assert open_sealer(replace(settings, seal_pkcs12=None), NOW) is None
