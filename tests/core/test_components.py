"""`ui` in every template: components know their arguments and what all templates share, no page."""

from __future__ import annotations

import pytest
from flask import render_template_string
from jinja2 import meta

FILES = ("classroom", "content", "controls", "forms", "messages", "records", "ui", "verify")


@pytest.mark.parametrize("name", FILES)
def test_a_component_asks_nothing_of_the_page(app, name):
    env = app.jinja_env
    source, _path, _current = env.loader.get_source(env, f"components/{name}.html")
    assert meta.find_undeclared_variables(env.parse(source)) - set(env.globals) <= {"inside", "_ignored"}


def test_components_speak_the_language_of_each_page(app):
    with app.test_request_context("/"):
        here = render_template_string("{{ ui.batch_state('running') }}")
    with app.test_request_context("/en/", environ_overrides={"portal.language": "en"}):
        there = render_template_string("{{ ui.batch_state('running') }}")
    assert here != there


def test_a_component_that_is_not_there_says_so(app):
    with pytest.raises(AttributeError):
        _ = app.jinja_env.globals["ui"].no_such_thing
