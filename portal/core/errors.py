"""Errors a use case may raise. Each is a code, a sentence for people, and the field it belongs to."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refused use case. `message` is shown as it is; `field` names the input beside which it belongs."""

    status = 422

    def __init__(self, code: str, message: str, field: str | None = None, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.field = field
        self.details = details


class Conflict(DomainError):
    """The world changed meanwhile, or two things cannot both be: 409."""

    status = 409


class Forbidden(DomainError):
    """The role does not allow it: 403."""

    status = 403

    def __init__(self, code: str = "forbidden", message: str = "", **details: Any) -> None:
        super().__init__(code, message, **details)


class NotFound(DomainError):
    """Missing, or not this actor's: the same 404."""

    status = 404

    def __init__(self, code: str = "not_found", message: str = "", **details: Any) -> None:
        super().__init__(code, message, **details)


class SignInNeeded(DomainError):
    """An anonymous visitor on a protected page: 303 to sign-in (401 for htmx and the API)."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign_in_needed", "")


class TooMany(DomainError):
    """Rate limited: 429 with `retry_after` seconds in details."""

    status = 429
