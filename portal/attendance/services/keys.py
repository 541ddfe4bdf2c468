"""The key behind tokens, codes and tickets of the classroom."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app

_PURPOSE = b"balai attendance projector 1"


def projector_key() -> bytes:
    """32 bytes made from the portal's secret key for this purpose alone."""
    secret = str(current_app.secret_key).encode()
    return hmac.new(secret, _PURPOSE, hashlib.sha256).digest()
