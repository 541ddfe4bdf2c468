"""A page with holes, filled in, is the page that Jinja would draw."""

import pytest
from flask import g, render_template
from jinja2 import ChoiceLoader, DictLoader

from portal.core import sketches
from portal.core.sketches import Told, render_sketch

PAGE = """{% extends 'layouts/bare.html' %}
{% block title %}{{ _('sertifikat') }} {{ code }}{% endblock %}
{% block main %}
<h1 title="{{ code }}">{{ code }}</h1>{% if state == 'valid' %}{{ icon('badge-check') }}{% endif %}
{{ ui.facts(facts) }}<p>{{ _('Diperiksa %(when)s', when=when) }}</p>{% if flag is sameas true %}!{% endif %}
{% endblock %}
"""


@pytest.fixture
def sketched(app, monkeypatch):
    """The app with one more page and nothing kept."""
    loader = ChoiceLoader([DictLoader({"page.html": PAGE}), app.jinja_env.loader])
    monkeypatch.setattr(app.jinja_env, "loader", loader)
    monkeypatch.setitem(app.extensions, "sketches", {})
    return app


def page(number, state="valid", flag=True, small="", rows=2):
    """A context whose told texts want escaping."""
    facts = [("Nomor", Told(f"<{number}> & {row}"), Told(small)) for row in range(rows)]
    return {
        "code": Told(f'"{number}"'),
        "state": state,
        "flag": flag,
        "facts": facts,
        "when": Told("5 < 6"),
    }


def request_in(app, language, path="/V/X?a=1&b=<2>"):
    """A request as the language prefix leaves it."""
    environ = {"portal.language": language, "SCRIPT_NAME": "/en" if language == "en" else ""}
    return app.test_request_context(path, environ_overrides=environ)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    "changes", [{}, {"state": "revoked"}, {"flag": 1}, {"small": "<i>"}, {"rows": 0}, {"rows": 5}]
)
def test_filled_sketch_is_the_page_that_jinja_draws(sketched, language, changes):
    drawn = set()
    for number in range(3):
        with request_in(sketched, language):
            whole = render_template("page.html", **page(number, **changes))
            g.pop("icons_used")
            assert render_sketch("page.html", **page(number, **changes)) == whole
        drawn.add(whole)
    assert len(drawn) == 3
    assert len(sketched.extensions["sketches"]) == 1


def test_shapes_are_told_apart(sketched):
    shown = set()
    for language in ("id", "en"):
        for changes in ({}, {"state": "revoked"}, {"flag": 1}, {"small": "s"}, {"rows": 1}):
            with request_in(sketched, language):
                shown.add(render_sketch("page.html", **page(1, **changes)))
    assert len(shown) == len(sketched.extensions["sketches"]) == 10
    assert "\ue000" not in "".join(shown)


def test_link_to_the_other_language_is_each_requests_own(sketched):
    for path in ("/V/A", "/V/B?x=1"):
        with request_in(sketched, "id", path):
            assert f'href="/en{path}"' in render_sketch("page.html", **page(1))


def test_kept_shapes_are_bounded(sketched, monkeypatch):
    monkeypatch.setattr(sketches, "MOST", 3)
    for number in range(8):
        with request_in(sketched, "id"):
            render_sketch("page.html", **page(1, state=f"odd-{number}"))
    assert len(sketched.extensions["sketches"]) <= 3
