"""A page in a kept frame is the page that Jinja would draw."""

import pytest
from flask import g, render_template
from jinja2 import ChoiceLoader, DictLoader

from portal.core.frames import render_framed

PAGE = """{% extends 'layouts/bare.html' %}
{% block title %}{{ _('sertifikat') }} {{ code }}{% endblock %}
{% block main %}
{% import 'components/messages.html' as messages %}
<h1>{{ code }}</h1>{{ icon('printer') }}
{% call messages.notice('ok', _('Periksa'), 'shield-check') %}{{ words }}{% endcall %}
{% endblock %}
"""


@pytest.fixture
def framed(app, monkeypatch):
    """The app with one more page."""
    loader = ChoiceLoader([DictLoader({"page.html": PAGE}), app.jinja_env.loader])
    monkeypatch.setattr(app.jinja_env, "loader", loader)
    return app


@pytest.mark.parametrize("address", ["/V/BA1A1KVP7QTJ", "/en/V/BA1A1KVP7QTJ?a=1&b=<2>"])
def test_framed_page_is_the_page_that_jinja_draws(framed, address):
    drawn = []
    for number in range(3):
        context = {"code": f"<{number}>", "words": "Aman & sah"}
        language = "en" if address.startswith("/en") else "id"
        path = address.removeprefix("/en")
        environ = {"portal.language": language, "SCRIPT_NAME": "/en" if language == "en" else ""}
        with framed.test_request_context(path, environ_overrides=environ):
            whole = render_template("page.html", **context)
            g.pop("icons_used")
            quick = render_framed("page.html", "layouts/bare.html", **context)
        assert quick == whole
        drawn.append(quick)
    assert len(set(drawn)) == 3
    assert f'lang="{language}"' in drawn[0]


def test_frames_of_two_languages_are_two(framed):
    pages = []
    for language in ("id", "en"):
        with framed.test_request_context("/V/X", environ_overrides={"portal.language": language}):
            pages.append(render_framed("page.html", "layouts/bare.html", code="X", words=""))
    assert 'href="/en/V/X"' in pages[0]
    assert 'href="/V/X"' in pages[1]
    assert "\ue000" not in "".join(pages)
