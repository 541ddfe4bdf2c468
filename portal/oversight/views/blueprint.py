"""The blueprint of oversight."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("oversight", __name__)
