"""The one blueprint of the room, filled by the modules beside it."""

from flask import Blueprint

blueprint = Blueprint("attendance", __name__)
