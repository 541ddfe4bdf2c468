"""The blueprint of readiness."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("readiness", __name__)
