"""Deny by default: every route declares who may use it, and nothing is changed by a GET."""

import pytest

from portal.core.permissions import Permission

# The only POSTs without a CSRF token; they change nothing of anybody's (FLOWS: Settings)
PUBLIC_POSTS_START_WITH = ("verification.", "catalog.")
SAFE = {"GET", "HEAD", "OPTIONS"}


def _routes(app):
    return [(rule, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()]


@pytest.fixture
def routes(portal):
    """(rule, view function) of the whole app; asks for no database of its own."""
    return _routes(portal[0])


def test_every_route_declares_its_access(routes):
    undeclared = sorted(rule.rule for rule, view in routes if not hasattr(view, "access"))
    assert undeclared == []


def test_declared_access_is_one_of_the_known_forms(routes):
    for rule, view in routes:
        access = view.access
        known = access in ("public", "signed_in") or all(isinstance(one, Permission) for one in access)
        assert known, f"{rule.rule}: {access!r}"
        assert access, f"{rule.rule} requires no permission"


def test_public_posts_without_a_token_are_only_those_that_change_nothing(routes):
    found = [
        rule.endpoint
        for rule, view in routes
        if getattr(view, "public_post", False) and not rule.endpoint.startswith(PUBLIC_POSTS_START_WITH)
    ]
    assert found == []


def test_bare_views_are_public(routes):
    assert [
        rule.rule for rule, view in routes if getattr(view, "is_bare", False) and view.access != "public"
    ] == []


def test_no_route_takes_methods_that_forms_cannot_send(routes):
    found = {rule.rule: rule.methods - SAFE - {"POST"} for rule, _view in routes}
    assert {rule: methods for rule, methods in found.items() if methods} == {}


def test_paths_are_lower_case_slugs_without_a_trailing_slash(routes):
    found = []
    for rule, _view in routes:
        fixed = "".join(text for is_dynamic, text in rule._trace if not is_dynamic).split("|", 1)[-1]
        if rule.rule != "/" and (rule.rule.endswith("/") or "_" in fixed):
            found.append(rule.rule)
    assert found == []
