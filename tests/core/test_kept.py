"""Pieces of pages are rendered once for each key, language and prefix, and never outgrow their room."""

from __future__ import annotations

from markupsafe import Markup

from portal.core.kept import Kept, piece


def _counting(made):
    def make():
        made.append(1)
        return f"<p>{len(made)}</p>"

    return make


def test_a_piece_is_made_once_for_a_key_and_again_for_another(app):
    made: list[int] = []
    with app.test_request_context("/"):
        first, again = piece(("a", 1), _counting(made)), piece(("a", 1), _counting(made))
        later = piece(("a", 2), _counting(made))
    assert first == again == Markup("<p>1</p>")
    assert later == "<p>2</p>"
    assert len(made) == 2


def test_each_language_and_prefix_has_its_own(app):
    made: list[int] = []
    with app.test_request_context("/x"):
        piece(("b",), _counting(made))
    with app.test_request_context("/x", environ_overrides={"SCRIPT_NAME": "/en"}):
        piece(("b",), _counting(made))
    assert len(made) == 2


def test_what_was_asked_for_longest_ago_goes_first():
    kept = Kept(room=10)
    kept.put("old", Markup("1234"))
    kept.put("used", Markup("1234"))
    assert kept.get("old") == "1234"
    kept.put("new", Markup("1234"))
    assert (kept.get("used"), kept.get("old"), kept.get("new")) == (None, "1234", "1234")


def test_a_piece_put_again_counts_once_and_one_too_large_is_not_kept():
    kept = Kept(room=10)
    for _time in range(5):
        kept.put("same", Markup("12345678"))
    assert kept.get("same") == "12345678"
    kept.put("large", Markup("x" * 11))
    assert kept.get("large") is None
