import pytest
from flask import Flask
from jinja2 import DictLoader

from portal.core import drawing, htmx

PIECE = {"HX-Request": "true"}


@pytest.fixture
def app() -> Flask:
    app = Flask("sample")
    app.jinja_loader = DictLoader(
        {"page.html": "page {{ n }}{{ icon('check') }}", "_piece.html": "piece {{ icon('check') }}"}
    )
    htmx.register(app)
    drawing.register(app)
    app.add_url_rule(
        "/", "page", lambda: htmx.render("page.html", "_piece.html", 422, trigger={"announce": "a"}, n=1)
    )
    app.add_url_rule("/whole", "whole", lambda: htmx.render("page.html", n=2))
    app.add_url_rule("/go", "go", lambda: htmx.redirect("/whole"), methods=["POST"])
    return app


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "page 1"),
        (PIECE, "piece"),
        ({**PIECE, "HX-Boosted": "true"}, "page 1"),
        ({**PIECE, "HX-History-Restore-Request": "true"}, "page 1"),
    ],
)
def test_render_gives_a_piece_only_when_htmx_swaps_one(
    app: Flask, headers: dict[str, str], expected: str
) -> None:
    answer = app.test_client().get("/", headers=headers)
    assert answer.text.startswith(expected)
    assert answer.status_code == 422
    assert {name.lower() for name in htmx.VARY} <= {name.lower() for name in answer.vary}


def test_render_draws_icons_of_a_piece_in_place(app: Flask) -> None:
    assert "<path" in app.test_client().get("/", headers=PIECE).text
    assert "<use" in app.test_client().get("/").text


def test_render_sends_events_only_with_a_piece(app: Flask) -> None:
    assert app.test_client().get("/", headers=PIECE).headers["HX-Trigger"] == '{"announce": "a"}'
    assert "HX-Trigger" not in app.test_client().get("/").headers


def test_render_without_a_piece_is_always_the_page(app: Flask) -> None:
    assert app.test_client().get("/whole", headers=PIECE).text.startswith("page 2")


def test_redirect_is_303_or_a_header_for_htmx(app: Flask) -> None:
    plain = app.test_client().post("/go")
    assert (plain.status_code, plain.headers["Location"]) == (303, "/whole")
    swapped = app.test_client().post("/go", headers=PIECE)
    assert (swapped.status_code, swapped.headers["HX-Redirect"]) == (200, "/whole")
