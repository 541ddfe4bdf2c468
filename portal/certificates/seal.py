"""An optional PAdES seal over the whole PDF, for a center that has a provider's certificate.

Off unless SEAL_PKCS12 or SEAL_PKCS11_LIB is set. The key is P-256 (or another NIST curve) or RSA, in a
file or in a token; the signature is PAdES B-B, an approval signature in an invisible field, added after the
bytes of the sheet. No network is used: no time stamp, no OCSP. The portal says nowhere that the seal is
certified; whether its certificate is worth anything is for the reader's own trust list to say.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, current_app

from portal.core import clock
from portal.core.errors import DomainError
from portal.core.words import gettext as _
from portal.settings import Settings, SettingsError

FIELD = "Segel"
FIELD_WORDS = "Segel elektronik penerbit"


class SealUnavailable(DomainError):
    """The seal is set up and cannot be put on now: 503, and no file leaves without it."""

    status = 503


class Sealer(Protocol):
    """What puts a seal on a PDF, wherever its key lives."""

    def seal(self, pdf: bytes, *, now: datetime) -> bytes:
        """Return `pdf` with the seal's bytes behind it. Raises SealUnavailable."""


class PyHankoSealer:
    """A Sealer over one of pyHanko's signers, which reach a key in a file and one in a token alike."""

    def __init__(self, signer: Any) -> None:
        certificate = signer.signing_cert
        self._signer = signer
        self._since: datetime = certificate.not_valid_before
        self._until: datetime = certificate.not_valid_after
        # A token has one session, and its steps do not mix.
        self._lock = threading.Lock()

    def is_valid_on(self, now: datetime) -> bool:
        """Whether the certificate's own dates allow a seal at this time."""
        return self._since <= now <= self._until

    def seal(self, pdf: bytes, *, now: datetime) -> bytes:
        """Return `pdf` with the seal's bytes behind it. Raises SealUnavailable, also for an expired one."""
        if not self.is_valid_on(now):
            raise SealUnavailable("seal_expired", _("Sertifikat segel elektronik tidak berlaku hari ini."))
        target = io.BytesIO()
        try:
            with self._lock:
                _signing_of(self._signer).sign_pdf(_addition_to(pdf), output=target)
        except Exception as error:
            raise SealUnavailable("seal_failed", _("Segel elektronik tidak dapat dibubuhkan.")) from error
        return target.getvalue()


def _addition_to(pdf: bytes) -> Any:
    """pyHanko's writer of what comes after the bytes of a file, without a new description of the file."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Addition(IncrementalPdfFileWriter):
        def _update_meta(self) -> None:
            # The library would write the XMP anew, in shorthand that validators of PDF/A need not read.
            return

    return Addition(io.BytesIO(pdf))


def _signing_of(signer: Any) -> Any:
    """pyHanko's signing of one file, kept to PDF 1.7: PDF/A-3 knows no later version."""
    from pyhanko.sign import fields, signers
    from pyhanko.sign.signers import constants

    class Signing(signers.PdfSigner):
        def register_extensions(self, pdf_out: Any, *, md_algorithm: str) -> None:
            # For a NIST curve the library would otherwise declare PDF 2.0.
            pdf_out.register_extension(constants.ESIC_EXTENSION_1)

    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    # Printable for PDF/A and outside the page for PDF/UA, which lets no untagged field stand on it.
    field = fields.SigFieldSpec(
        FIELD,
        readable_field_name=FIELD_WORDS,
        invis_sig_settings=fields.InvisSigSettings(box_out_of_bounds=True),
    )
    return Signing(metadata, signer, new_field_spec=field)


def install(app: Flask, settings: Settings) -> None:
    """Open the seal of these settings, if any. Raises SettingsError in one sentence."""
    app.extensions["sealer"] = open_sealer(settings, clock.now())


def sealer() -> Sealer | None:
    """This app's seal; None when there is none."""
    found: Sealer | None = current_app.extensions.get("sealer")
    return found


def open_sealer(settings: Settings, now: datetime) -> Sealer | None:
    """The seal of these settings; None without one.

    Raises SettingsError for a file, token, passphrase or certificate that cannot seal today.
    """
    if settings.seal_pkcs12:
        name, opened = "SEAL_PKCS12", _open(lambda: _from_file(settings), "SEAL_PKCS12")
    elif settings.seal_pkcs11_lib:
        name, opened = "SEAL_PKCS11_LIB", _open(lambda: _from_token(settings), "SEAL_PKCS11_LIB")
    else:
        return None
    if not opened.is_valid_on(now):
        raise SettingsError(f"{name}: the certificate is not valid today.")
    return opened


def _open(find: Callable[[], Any], name: str) -> PyHankoSealer:
    try:
        signer = find()
        certificate = signer.signing_cert if signer is not None else None
    except Exception as error:
        # Libraries of tokens raise of all kinds; none of it is for anybody to handle but the operator.
        raise SettingsError(f"{name} cannot be opened: {type(error).__name__} {error}".rstrip()) from error
    if certificate is None:
        raise SettingsError(f"{name} holds no key with its certificate, or the passphrase is wrong.")
    if certificate.public_key.algorithm not in ("ec", "rsa"):
        raise SettingsError(f"{name} needs a P-256 or RSA key.")
    return PyHankoSealer(signer)


def _from_file(settings: Settings) -> Any:
    from pyhanko.sign import signers

    secret = _secret(settings.seal_passphrase_file)
    return signers.SimpleSigner.load_pkcs12(
        str(settings.seal_pkcs12), passphrase=secret.encode() if secret else None
    )


def _from_token(settings: Settings) -> Any:
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    session = open_pkcs11_session(
        str(settings.seal_pkcs11_lib),
        token_criteria=TokenCriteria(label=settings.seal_pkcs11_token),
        user_pin=_secret(settings.seal_passphrase_file),
    )
    # Hashed here: many tokens sign a hash, fewer a whole message.
    return PKCS11Signer(session, cert_label=settings.seal_pkcs11_label, use_raw_mechanism=True)


def _secret(path: Path | None) -> str | None:
    return path.read_text("utf-8").strip() if path else None
