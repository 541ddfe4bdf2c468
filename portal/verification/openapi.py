"""What the verification API promises, as OpenAPI 3.1. Written by hand; the tests hold every answer to it."""

from __future__ import annotations

from typing import Any

STATES = (
    "valid", "expired", "suspended", "revoked", "replaced", "not_found", "signature_mismatch", "typo",
    "undetermined",
)  # fmt: skip
CHECKS = ("signature", "status", "expiry", "log")
OUTCOMES = ("passed", "failed", "unknown")
_MOMENT = {"type": "string", "format": "date-time"}
_DAY = {"type": "string", "format": "date"}
_TEXT = {"type": "string"}
_NO_TEXT = {"type": ["string", "null"]}


def _closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object that has all of these members and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    } | more


_CHECK = _closed(
    {
        "name": {"enum": list(CHECKS)},
        "outcome": {"enum": list(OUTCOMES), "description": "unknown: could not be checked; never a pass."},
        "as_of": {"type": ["string", "null"], "format": "date-time", "description": "Time of the data used."},
    }
)
_FACTS = _closed(
    {
        "number": _TEXT,
        "name_masked": _TEXT,
        "post": _TEXT,
        "cooperative": _NO_TEXT,
        "program": _TEXT,
        "units": {"type": "array", "items": _TEXT},
        "hours": {"type": "integer", "minimum": 0},
        "start": _DAY,
        "end": _DAY,
        "center": _TEXT,
        "issued": _MOMENT,
        "expires": {
            "type": ["string", "null"],
            "format": "date",
            "description": "Last valid day as signed, inclusive.",
        },
        "extended_until": {
            "type": ["string", "null"],
            "format": "date",
            "description": "Last valid day by a decree in force, when later; the state counts it.",
        },
        "extension_basis": {"type": ["string", "null"], "description": "Legal basis of that decree."},
        "renewed_by": {"type": ["string", "null"], "description": "Code of the certificate that renewed it."},
        "replaced_by": {"type": ["string", "null"], "description": "Code of the newer certificate."},
    },
    description="What is printed on the certificate; by code alone the name is masked.",
)
_VERIFICATION = _closed(
    {
        "code": {"type": "string", "description": "12 characters as stored; a typo as it was typed."},
        "state": {
            "enum": list(STATES),
            "description": "typo: the check character does not fit. signature_mismatch: do not accept. "
            "undetermined: something could not be checked; neither valid nor forged, ask again later.",
        },
        "checked_at": _MOMENT,
        "checks": {"type": "array", "items": {"$ref": "#/components/schemas/Check"}},
        "facts": {"oneOf": [{"$ref": "#/components/schemas/Facts"}, {"type": "null"}]},
    }
)
_RESULT = _closed(
    {
        "line": {"type": "integer", "minimum": 1, "description": "Where it stood in what was sent."},
        "code": _TEXT,
        "state": {"enum": list(STATES)},
        "number": _NO_TEXT,
        "expires": {"type": ["string", "null"], "format": "date"},
        "qr": {
            "enum": [*OUTCOMES, None],
            "description": "Whether the QR's own signature fits; null where only a code was sent.",
        },
    }
)
_RECEIPT = _closed(
    {
        "v": {"const": 1},
        "kind": {"const": "bulk_receipt"},
        "issuer": {"type": "string", "description": "did:web of the portal."},
        "checkedAt": _MOMENT,
        "count": {"type": "integer", "minimum": 0},
        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
        "kid": {"type": "string", "description": "Fragment of the key in /.well-known/did.json."},
        "signature": {
            "type": "string",
            "description": 'Base64url of Ed25519 over "balai-receipt-1" 00 JCS(receipt without signature).',
        },
    }
)
_ERROR = _closed({"error": _closed({"code": _TEXT, "message": _TEXT})})


def _answer(what: str, schema: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": what, "content": content} | more


_LIMITED = _answer(
    "Too many codes that name nothing, from this network or from all; genuine codes are still answered.",
    "Error",
    headers={"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}},
)


def document(server: str) -> dict[str, Any]:
    """The OpenAPI 3.1 description of the API at `server` (an address without a trailing slash)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Balai: verification of training certificates",
            "version": "1",
            "summary": "Is this certificate genuine, and does it still hold?",
            "description": "No key, no cookie, any origin. Answers are never cached. A training certificate "
            "is not a certificate of competence.",
        },
        "servers": [{"url": server}],
        "paths": {
            "/api/v1/verify/{code}": {
                "get": {
                    "operationId": "verify",
                    "summary": "Check one certificate",
                    "parameters": [
                        {
                            "name": "code",
                            "in": "path",
                            "required": True,
                            "description": "The printed code; case, spaces and hyphens do not matter.",
                            "schema": {"type": "string", "minLength": 1, "maxLength": 40},
                            "example": "7K2M-9QXR-4TB9",
                        }
                    ],
                    "responses": {
                        "200": _answer("The verdict, for codes that name nothing too.", "Verification"),
                        "429": _LIMITED,
                    },
                }
            },
            "/api/v1/verify": {
                "post": {
                    "operationId": "verifyMany",
                    "summary": "Check up to 1,000 codes, with a signed and dated receipt",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Codes"}}},
                    },
                    "responses": {
                        "200": _answer("The receipt, one result a code in the order sent.", "Receipt"),
                        "422": _answer("Not a list of codes, or too long.", "Error"),
                        "429": _LIMITED,
                    },
                }
            },
        },
        "components": {
            "schemas": {
                "Verification": _VERIFICATION,
                "Check": _CHECK,
                "Facts": _FACTS,
                "Codes": _closed(
                    {
                        "codes": {
                            "type": "array",
                            "items": {"type": "string", "maxLength": 1200},
                            "maxItems": 1000,
                            "description": "Codes, or whole QR texts, whose own signature is then checked.",
                        }
                    }
                ),
                "Receipt": _RECEIPT,
                "Result": _RESULT,
                "Error": _ERROR,
            }
        },
    }
