"""The quick translation says what Flask-Babel says."""

import flask_babel
import pytest
from flask import render_template_string

from portal.core import words

KNOWN = "Lewati ke isi"


@pytest.mark.parametrize("language", ["id", "en"])
def test_words_are_those_of_flask_babel(app, language):
    with app.app_context(), flask_babel.force_locale(language):
        assert words.language() == language
        assert words.gettext(KNOWN) == flask_babel.gettext(KNOWN)
        assert words.gettext("%(n)s orang", n=3) == flask_babel.gettext("%(n)s orang", n=3)


def test_forced_language_ends_with_its_block(app):
    with app.test_request_context("/en/", environ_overrides={"portal.language": "en"}):
        english = words.gettext(KNOWN)
        with flask_babel.force_locale("id"):
            assert words.gettext(KNOWN) == KNOWN != english
        assert (words.language(), words.gettext(KNOWN)) == ("en", english)


def test_outside_an_app_words_stay_as_written():
    assert (words.language(), words.gettext("100%")) == ("id", "100%")
    assert words.gettext("%(n)s orang", n=3) == "3 orang"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ _('Halo %(name)s', name='<b>') }}", "Halo &lt;b&gt;"),
        ("{% autoescape false %}{{ _('Halo %(name)s', name='<b>') }}{% endautoescape %}", "Halo <b>"),
        ("{{ _('<i>') }}", "<i>"),
        ("{{ _('80%%') }}", "80%"),
        ("{% trans name='&' %}Halo {{ name }}{% endtrans %}", "Halo &amp;"),
    ],
)
def test_templates_escape_what_is_put_in(app, template, shown):
    with app.test_request_context("/"):
        assert render_template_string(template) == shown
