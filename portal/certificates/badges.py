"""A certificate as an Open Badges 3.0 credential, for wallets and other people's verifiers.

Made when somebody asks for it: the same certificate, key and address always give the same bytes, so that
the served badge, the exported one and the one inside the PDF are one document.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from portal.certificates import dataintegrity, issuer, qr, rules
from portal.certificates.contexts import CREDENTIALS, OPEN_BADGES
from portal.certificates.facts import Facts, UnitFacts
from portal.certificates.keys import keys
from portal.certificates.models import Certificate
from portal.certificates.multikey import base64url
from portal.certificates.queries.checking import verified_facts
from portal.certificates.signing import Signer
from portal.certificates.statuslists import status_url
from portal.core.errors import DomainError
from portal.core.words import gettext as _

#: Who vouches, as wallets show it; the center that trained is the achievement's creator.
ISSUER_NAME = "Balai"
JSON_TYPE = "application/ld+json"
JWT_TYPE = "text/plain"
_KEPT = 512
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


class RecordDamaged(DomainError):
    """What is stored does not carry its signature: nobody signs it again in another form."""

    status = 409


# What is signed


def badge_url(base_url: str, code: str) -> str:
    """Where the badge of a code is kept, which is also the credential's id."""
    return f"{base_url}/sertifikat/{code}/badge.json"


def credential(facts: Facts, status_index: int, base_url: str) -> dict[str, Any]:
    """Return the OpenBadgeCredential without its proof: what the paper shows, and no more of the person.

    `base_url` has no trailing slash. `validUntil` is the last second of the last valid day in the center's
    zone. Pure.
    """
    place = status_index % rules.LIST_SIZE
    list_url = status_url(base_url, 2 * (status_index // rules.LIST_SIZE) + 1)
    document = {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": badge_url(base_url, facts.code),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer.did(base_url), "type": ["Profile"], "name": ISSUER_NAME, "url": base_url},
        "validFrom": _stamp(facts.issued),
        "name": _plain(facts.program.name),
        "description": f"Sertifikat pelatihan {_plain(facts.number)}, ditandatangani oleh "
        f"{_plain(facts.signatory.name)}, {_plain(facts.signatory.title)}.",
        "credentialSubject": _subject(facts, base_url),
        "credentialStatus": {
            "id": f"{list_url}#{place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place),
            "statusListCredential": list_url,
        },
    }
    if facts.expires is not None:
        document["validUntil"] = _stamp(_last_moment(facts.expires, facts.center.zone))
    return document


def _subject(facts: Facts, base_url: str) -> dict[str, Any]:
    """The holder by the name on the paper: whoever shows the badge shows an identity card beside it."""
    post = [facts.post] if facts.post else []
    home = [facts.cooperative.name, facts.cooperative.place] if facts.cooperative else []
    told = {"narrative": _plain(", ".join(post + home))} if post or home else {}
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": _plain(facts.name),
                "identityType": "name",
            }
        ],
        "licenseNumber": _plain(facts.number),
        "activityStartDate": _midnight(facts.start, facts.center.zone),
        "activityEndDate": _midnight(facts.end, facts.center.zone),
        "achievement": _achievement(facts, base_url),
        "result": [
            {
                "type": ["Result"],
                "resultDescription": _unit_id(facts, place, base_url),
                "status": "Completed",
                "value": "Kompeten",
            }
            for place, _unit in enumerate(facts.units, 1)
        ],
    } | told


def _achievement(facts: Facts, base_url: str) -> dict[str, Any]:
    """The program as its center taught it. `CertificateOfCompletion` never reads as a competency license."""
    units = "; ".join(f"{place}. {_unit_name(unit)}" for place, unit in enumerate(facts.units, 1))
    return {
        "id": f"{base_url}/program#{quote(facts.program.code)}",
        "type": ["Achievement"],
        "achievementType": "CertificateOfCompletion",
        "name": _plain(facts.program.name),
        "humanCode": _plain(facts.program.code),
        "inLanguage": "id",
        "description": f"Pelatihan {_plain(facts.program.name)}, {facts.hours} JP.",
        "criteria": {"narrative": f"Hadir sesuai ketentuan dan kompeten dalam setiap unit. {units}."},
        "creator": {
            "id": f"{base_url}/blk#{quote(facts.center.code)}",
            "type": ["Profile"],
            "name": _plain(facts.center.name),
        },
        "resultDescription": [
            {
                "id": _unit_id(facts, place, base_url),
                "type": ["ResultDescription"],
                "name": _unit_name(unit),
                "resultType": "Status",
            }
            for place, unit in enumerate(facts.units, 1)
        ],
    }


def _unit_id(facts: Facts, place: int, base_url: str) -> str:
    return f"{badge_url(base_url, facts.code)}#unit-{place}"


def _unit_name(unit: UnitFacts) -> str:
    code = f"{unit.code} " if unit.code else ""
    return _plain(f"{code}{unit.name} ({unit.hours} JP)")


def _plain(text: str) -> str:
    """The text on one line: RDF writers do not agree on how control characters are written."""
    return _CONTROLS.sub(" ", text)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(day: date, zone: str) -> str:
    return datetime.combine(day, time(), ZoneInfo(zone)).isoformat()


def _last_moment(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone))


# Signed forms


def badge_bytes(certificate: Certificate, base_url: str) -> bytes:
    """Return badge.json, UTF-8 without blanks between its parts, so that no byte of it is free to change.

    Signed by the certificate's own key, or by its heir where that was revoked. Raises RecordDamaged and
    KeyUnavailable.
    """
    facts = _sound_facts(certificate)
    return sign_badge(facts, certificate.status_index, base_url, keys().badge_signer(facts.kid))


@lru_cache(maxsize=_KEPT)
def sign_badge(facts: Facts, status_index: int, base_url: str, signer: Signer) -> bytes:
    """Return the secured credential of sound facts as served; kept in memory, since it costs milliseconds."""
    secured = dataintegrity.secure(
        credential(facts, status_index, base_url),
        signer=signer,
        method=issuer.key_id(base_url, signer.kid),
        created=facts.issued,
    )
    return _json(secured)


def badge_jwt(certificate: Certificate, base_url: str) -> str:
    """Return the credential as VC-JWT, a compact JWS by ES256 and the portal's `.jwt` key.

    The payload is the credential itself with `iss`, `jti`, `nbf` and, where it ends, `exp`; no `sub`, since
    the holder has no identifier but a name. Raises RecordDamaged and KeyUnavailable.
    """
    facts = _sound_facts(certificate)
    return sign_jwt(facts, certificate.status_index, base_url, keys().standing("jwt"))


@lru_cache(maxsize=_KEPT)
def sign_jwt(facts: Facts, status_index: int, base_url: str, signer: Signer) -> str:
    """Return the credential of sound facts as a compact JWS by a P-256 key."""
    document = credential(facts, status_index, base_url)
    header = {"alg": "ES256", "kid": issuer.key_id(base_url, signer.kid), "typ": "JWT"}
    claims = {
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": int(facts.issued.timestamp()),
    }
    if facts.expires is not None:
        claims["exp"] = int(_last_moment(facts.expires, facts.center.zone).timestamp())
    signed = f"{base64url(_json(header))}.{base64url(_json(document | claims))}"
    return f"{signed}.{base64url(signer.sign(signed.encode('ascii')))}"


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _sound_facts(certificate: Certificate) -> Facts:
    """The facts, when the record and the place in the status list still carry the signatures of their issue.

    Otherwise whoever edited a row could ask for a badge and have the center's key vouch for the edit.
    """
    outcome, facts = verified_facts(certificate)
    fragment = certificate.qr_text.partition("#")[2]
    printed = qr.parse_fragment(certificate.code, fragment, keys().public_keys()).facts
    if outcome is not rules.Outcome.PASSED or facts is None or printed is None:
        raise RecordDamaged("record_damaged", _("Catatan sertifikat ini tidak cocok dengan tanda tangannya."))
    if printed.status_index != certificate.status_index:
        raise RecordDamaged("record_damaged", _("Catatan sertifikat ini tidak cocok dengan tanda tangannya."))
    return facts
