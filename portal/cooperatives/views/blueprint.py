"""The blueprint of the pages of cooperatives."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("cooperatives", __name__)
