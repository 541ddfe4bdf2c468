"""The blueprint that all modules of the desks register on."""

from flask import Blueprint

blueprint = Blueprint("desks", __name__)
