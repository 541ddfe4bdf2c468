"""Points and correlations are written with the comma or the point of the page's language."""

from typing import Any

import flask_babel
import pytest

from portal.assessment import labels
from portal.assessment.charts import _told


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [(7, "7", "7"), (4.2, "4,2", "4.2"), (2 / 3, "0,66", "0.66"), (6.999, "6,99", "6.99"), (0, "0", "0")],
)
def test_points_in_both_languages(app: Any, value: float, indonesian: str, english: str) -> None:
    for language, text in (("id", indonesian), ("en", english)):
        with app.app_context(), flask_babel.force_locale(language):
            assert labels.points(value) == text


def test_the_scale_of_the_scatter_in_both_languages(app: Any) -> None:
    for language, text in (("id", ["−0,5", "0", "0,5", "1"]), ("en", ["−0.5", "0", "0.5", "1"])):
        with app.app_context(), flask_babel.force_locale(language):
            assert [_told(r) for r in (-0.5, 0.0, 0.5, 1.0)] == text
