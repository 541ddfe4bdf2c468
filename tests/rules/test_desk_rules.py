"""Desks: where a role works, what it may open, and which small counts are hidden."""

import pytest

from portal.core.permissions import Grant, GrantedActor, Role
from portal.desks.rules import desk_links, home_path, share, shown_total, suppressed


def actor(*roles):
    return GrantedActor(1, 1, "Uji", tuple(Grant(role, "center", "1") for role in roles))


@pytest.mark.parametrize(
    ("roles", "path"),
    [
        ((), "/saya"),
        ((Role.TRAINEE,), "/saya"),
        ((Role.TRAINEE, Role.INSTRUCTOR), "/instruktur"),
        ((Role.INSTRUCTOR, Role.CENTER_ADMIN), "/balai"),
        ((Role.CENTER_HEAD,), "/balai"),
        ((Role.ASSESSOR,), "/instruktur"),
        ((Role.REGENCY_OFFICER,), "/pengusulan"),
        ((Role.REGULATOR,), "/pemantauan"),
        ((Role.FACILITATOR,), "/fasilitator"),
        ((Role.PARTNER,), "/mitra"),
        ((Role.CHAIR, Role.TRAINEE), "/koperasi"),
        ((Role.COMPANION,), "/koperasi"),
        ((Role.PLATFORM_ADMIN,), "/admin"),
    ],
)
def test_signing_in_leads_to_the_desk_of_the_role(roles, path):
    assert home_path(actor(*roles)) == path


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_desk_among_its_links(app, role):
    with app.test_request_context():
        someone = actor(role)
        assert home_path(someone) in [path for path, _label in desk_links(someone)]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([], []),
        ([0, 5, 90], [0, 5, 90]),
        ([4, 7, 90], [None, None, 90]),
        ([4, 3, 90], [None, None, 90]),
        ([1], [None]),
        ([0, 2], [0, None]),
    ],
)
def test_small_counts_are_hidden_and_cannot_be_computed_back(counts, shown):
    assert suppressed(counts) == shown


def test_totals_and_shares_keep_small_counts_hidden():
    assert shown_total([1, 2]) is None
    assert shown_total([1, 6]) == 7
    assert share(None, 10) is None
    assert share(5, 0) is None
    assert share(5, 20) == 25.0
