"""What accounts plugs into the house: who sends a request, and the addresses of the frame's account links."""

from __future__ import annotations

from flask import Flask, request

from portal.accounts import identity, queries


def _frame() -> dict[str, str]:
    root = request.script_root
    return {"account_url": f"{root}/saya/profil", "sign_out_url": f"{root}/keluar"}


def install(app: Flask) -> None:
    """Register the actor loader and the layout's context."""
    identity.install(app)
    app.extensions["ports"].personal_data["account"] = queries.personal_data
    app.context_processor(_frame)
