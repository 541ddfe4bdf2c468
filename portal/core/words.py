"""Translation where it must be quick: the language and its catalog are found once a request.

Flask-Babel looks up the context, the domain, the language and the catalog anew for every text, which is a
third of the CPU of a public page. The answers are the same, under `force_locale` too.
"""

from __future__ import annotations

from gettext import NullTranslations
from typing import Any

import flask_babel
from babel import Locale
from flask import Flask
from flask.ctx import AppContext
from flask.globals import app_ctx
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from portal.core import edge

SOURCE = "id"
_LOCALES = {name: Locale(name) for name in ("id", "en")}


def requested() -> Locale:
    """The language of the request's address, for Flask-Babel; made once, for reading a locale is slow."""
    return _LOCALES[edge.language()]


def language() -> str:
    """The language of the moment, `id` or `en`: the request's or the forced one; `id` outside an app."""
    try:
        return _language_in(app_ctx._get_current_object())  # type: ignore[attr-defined]
    except RuntimeError:
        return SOURCE


def gettext(string: str, **variables: Any) -> str:
    """The text in the language of the moment, as `flask_babel.gettext` gives it."""
    text = _said(string)
    return text % variables if variables else text


def lazy_gettext(string: str, **variables: Any) -> LazyString:
    """The text in the language of the moment in which it is written out."""
    return LazyString(gettext, string, **variables)


@pass_eval_context
def in_template(context: EvalContext, string: str, **variables: Any) -> str:
    """`_()` in templates: what is put into a text is escaped where the template is HTML."""
    text = _said(string)
    if context.autoescape:
        text = Markup(text)  # noqa: S704  our own words
    return text % variables if "%" in text else text


def register(app: Flask) -> None:
    """Give the templates the quick `_`; after Flask-Babel, which brings the slow one."""
    app.extensions["catalogs"] = {}
    app.jinja_env.globals.update(_=in_template, gettext=in_template)


def _said(string: str) -> str:
    try:
        here = app_ctx._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:
        return string
    name = _language_in(here)
    if name == SOURCE:
        # Texts are written in it, so it has no catalog.
        return string
    catalogs: dict[str, NullTranslations] = here.app.extensions["catalogs"]
    found = catalogs.get(name)
    if found is None:
        found = catalogs[name] = flask_babel.get_translations()
    return found.gettext(string)


def _language_in(context: AppContext) -> str:
    kept = vars(context.g).get("_flask_babel")
    locale = getattr(kept, "babel_locale", None) or flask_babel.get_locale()
    return str(locale.language) if locale else SOURCE
