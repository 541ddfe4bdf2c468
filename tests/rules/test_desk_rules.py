"""Desks: where a role works, what it may open, and which small counts are hidden."""

import pytest

from portal.core.permissions import Grant, GrantedActor, Role
from portal.desks.rules import desk_links, home_path


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


def test_outside_records_are_among_the_links_of_those_alone_who_note_or_check_them(app):
    with app.test_request_context():
        who = {role for role in Role if "/catatan-luar" in dict(desk_links(actor(role)))}
    assert who == {Role.CENTER_ADMIN, Role.REGENCY_OFFICER}
