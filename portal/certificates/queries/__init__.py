"""Reads of certificates: verification, the dry run, lists for centers and holders, requests."""

from __future__ import annotations

from portal.certificates.queries.checking import (
    StoredCertificate,
    certificate_by_code,
    find_by_code,
    find_by_codes,
    logged,
    public_key_text,
    verified_facts,
)
from portal.certificates.queries.forecast import (
    ForecastRow,
    IssueForecast,
    dry_run,
    last_of,
    place_of_enrollment,
)
from portal.certificates.queries.holding import (
    HolderRow,
    certificates_of_batch,
    certificates_of_people,
    certificates_of_person,
    events_of,
    followed_by,
    get_certificate,
    held_by_people,
    held_certificates,
    rows_where,
)
from portal.certificates.queries.log import SignedTree, latest_checkpoint, proof_text
from portal.certificates.queries.requests import RequestRow, get_request, list_requests, open_request
from portal.certificates.queries.touching import certificates_touched

__all__ = [
    "ForecastRow",
    "HolderRow",
    "IssueForecast",
    "RequestRow",
    "SignedTree",
    "StoredCertificate",
    "certificate_by_code",
    "certificates_of_batch",
    "certificates_of_people",
    "certificates_of_person",
    "certificates_touched",
    "dry_run",
    "events_of",
    "find_by_code",
    "find_by_codes",
    "followed_by",
    "get_certificate",
    "get_request",
    "held_by_people",
    "held_certificates",
    "last_of",
    "latest_checkpoint",
    "list_requests",
    "logged",
    "open_request",
    "place_of_enrollment",
    "proof_text",
    "public_key_text",
    "rows_where",
    "verified_facts",
]
