"""Templates keep the house rules, and the lint that says so works."""

import pytest

from tests.architecture import source
from tools.lint_templates import lint, lint_folder


def test_templates_are_clean():
    assert lint_folder(source.ROOT / "templates") == []


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("page.html", '<p style="color: red">a</p>', "style="),
        ("page.html", "<script>start()</script>", "inline <script>"),
        ("page.html", '<button onclick="go()">a</button>', "on...="),
        ("page.html", '<div hx-on:click="go()">a</div>', "hx-on"),
        ("page.html", """<div hx-vals='js:{a: 1}'>a</div>""", "js:"),
        ("page.html", """<div hx-trigger="keyup[key=='a']">a</div>""", "trigger filter"),
        ("page.html", "<p>{{ text|safe }}</p>", "|safe"),
        ("page.html", '<script src="https://elsewhere.example/a.js"></script>', "another host"),
        ("page.html", '<form method="post" action="/a"><button>a</button></form>', "POST form"),
        ("_piece.html", "<p>a</p>", "without an id"),
        ("_piece.html", '<p id="a">a</p><p id="b">b</p>', "more than one root"),
    ],
)
def test_lint_finds_each_breach(tmp_path, name, text, what):
    path = tmp_path / "room" / name
    path.parent.mkdir()
    path.write_text(text)
    assert any(what in message for _line, message in lint(path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", "<script src=\"{{ asset('js/app.js') }}\" defer></script>"),
        ("page.html", '<form method="post">{{ ui.form_tokens(form) }}<button>a</button></form>'),
        ("page.html", '<form method="post">{#- public POST: name match #}<button>a</button></form>'),
        ("page.html", "<p>{# style= and |safe are forbidden #}a</p>"),
        ("_piece.html", '<div id="results">{% if rows %}<p>a</p>{% endif %}</div>'),
        ("_piece.html", '{% if a %}<p id="x">a</p>{% else %}<p id="x">b</p>{% endif %}'),
        ("_piece.html", '<div id="a"><img src="/a" alt="">a</div><p id="status" hx-swap-oob="true">b</p>'),
    ],
)
def test_lint_leaves_sound_templates_alone(tmp_path, name, text):
    path = tmp_path / "room" / name
    path.parent.mkdir()
    path.write_text(text)
    assert list(lint(path)) == []
