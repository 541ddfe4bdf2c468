"""The check for other people's software."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from portal.core import clock
from portal.core.permissions import public
from portal.verification import presenter
from portal.verification.queries import check_code

from ._common import blueprint, private


@blueprint.get("/api/v1/verify/<code:code>")
@public(bare=True)
def api(code: str) -> Any:
    """The check as JSON (FLOWS: Command line and JSON)."""
    result = check_code(code, clock.now())
    checked = result.checked_at.isoformat().replace("+00:00", "Z")
    checks = [
        {
            "name": check.name,
            "outcome": str(check.outcome),
            "as_of": check.as_of.isoformat().replace("+00:00", "Z") if check.as_of else None,
        }
        for check in result.checks
    ]
    body = {
        "code": result.code,
        "state": str(result.state),
        "checked_at": checked,
        "checks": checks,
        "facts": presenter.api_facts(result),
    }
    return private(jsonify(body))
