import re
from datetime import date

import pytest
from flask import Flask, g

from portal.core import drawing


@pytest.fixture
def app() -> Flask:
    app = Flask("sample")
    drawing.register(app)
    return app


def test_icon_on_a_page_refers_to_one_symbol(app: Flask) -> None:
    with app.test_request_context():
        icons = drawing.icon("check") + drawing.icon("check", "seal")
        sprite = drawing.sprite()
    assert icons.count('<use href="#i-check"/>') == 2
    assert 'class="i seal"' in icons
    assert sprite.count("<symbol") == 1


def test_icon_in_a_fragment_is_drawn_in_place(app: Flask) -> None:
    with app.test_request_context():
        g.icons_in_place = True
        svg = drawing.icon("check")
        assert drawing.sprite() == ""
    assert "<use" not in svg
    assert "<path" in svg


def test_icon_outside_a_request_is_drawn_in_place() -> None:
    assert "<path" in drawing.icon("check")


def test_icon_label_is_escaped_and_replaces_hiding() -> None:
    svg = drawing.icon("check", label='<"a">')
    assert 'role="img"' in svg
    assert "aria-hidden" not in svg
    assert '<"a' not in svg


def test_icon_unknown_name_raises() -> None:
    with pytest.raises(KeyError):
        drawing.icon("no-such-icon")


def test_hall_has_one_post_for_each_state() -> None:
    svg = drawing.hall(["up", "soon", "down"], "Tiga tiang")
    assert re.findall(r'<rect class="(\w+)"', svg) == ["up", "soon", "down"]
    assert 'aria-label="Tiga tiang"' in svg


def test_hall_broken_leans_only_the_last_post() -> None:
    assert drawing.hall(["up"] * 4, broken=True).count("rotate(") == 2
    assert "rotate(" not in drawing.hall(["up"] * 4)


def test_drawings_never_use_inline_style() -> None:
    drawn = [
        drawing.hall(["up"]),
        drawing.seats(3, 16),
        drawing.bar(40, 80),
        drawing.qr_svg("A", "QR"),
        drawing.MARK,
    ]
    assert not any("style=" in svg for svg in drawn)


def test_seats_draws_taken_strokes_to_their_number() -> None:
    assert '<path class="taken" d="M0 5H85"/>' in drawing.seats(11, 16)
    assert "taken" not in drawing.seats(0, 16)
    assert "rest" not in drawing.seats(1, 16, reserve=0)


def test_seats_never_draws_past_the_quota_and_groups_large_halls() -> None:
    assert '<path class="taken" d="M0 5H125"/>' in drawing.seats(99, 16)
    assert 'class="all" d="M0 5H317"' in drawing.seats(10, 400)


@pytest.mark.parametrize(("percent", "width"), [(-5, "0.0"), (41.26, "41.3"), (300, "100.0")])
def test_bar_stays_inside_its_box(percent: float, width: str) -> None:
    assert f'class="fg" width="{width}"' in drawing.bar(percent)


def test_leaf_is_a_machine_readable_date() -> None:
    leaf = drawing.leaf(date(2026, 12, 7), "id")
    assert 'datetime="2026-12-07"' in leaf
    assert "Des" in leaf
    assert "Senin" in leaf


def test_qr_path_merges_neighbours_into_runs() -> None:
    assert drawing.qr_path([[1, 1, 0, 1], [0, 0, 0, 0]]) == "M0 0h2v1h-2zM3 0h1v1h-1z"


def test_qr_svg_is_black_on_white_with_a_quiet_zone() -> None:
    side = len(drawing.qr_matrix("HTTPS://BALAI.EXAMPLE/K/1"))
    svg = drawing.qr_svg("HTTPS://BALAI.EXAMPLE/K/1", "Kode QR")
    assert f'viewBox="-4 -4 {side + 8} {side + 8}"' in svg
    assert 'fill="#fff"' in svg
    assert 'fill="#000"' in svg


def test_a_post_that_no_style_knows_is_refused():
    with pytest.raises(ValueError):
        drawing.hall(["up", "done"])
