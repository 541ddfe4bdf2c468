"""Every route of the portal with the kind of object it names, for the walks over all pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from portal.core.permissions import ROLE_PERMISSIONS, Role
from tests.support.route_kinds import KINDS, Kind
from tests.support.route_list import ROUTES, WORDS
from tests.support.world import World

NOBODY = 987_654
TOO_BIG = 2**63
ROLES = {
    "trainee_a": Role.TRAINEE, "trainee_b": Role.TRAINEE, "chair": Role.CHAIR, "other_chair": Role.CHAIR,
    "companion": Role.COMPANION, "instructor": Role.INSTRUCTOR, "other_instructor": Role.INSTRUCTOR,
    "assessor": Role.ASSESSOR, "center_admin": Role.CENTER_ADMIN, "center_head": Role.CENTER_HEAD,
    "other_admin": Role.CENTER_ADMIN, "regency_officer": Role.REGENCY_OFFICER, "regulator": Role.REGULATOR,
    "facilitator": Role.FACILITATOR, "partner": Role.PARTNER, "platform_admin": Role.PLATFORM_ADMIN,
}  # fmt: skip
KIND_OF = {endpoint: kind for kind, endpoints in ROUTES.items() for endpoint in endpoints.split()}


@dataclass(frozen=True)
class Route:
    """One rule of the app: `kind` is None when nobody has listed it."""

    endpoint: str
    rule: Any
    access: Any
    methods: tuple[str, ...]
    kind: Kind | None

    def url(self, app: Flask, world: World, names: dict[str, str]) -> str:
        """The address with objects of the world."""
        return self._build(app, {parameter: world.ids[name] for parameter, name in names.items()})

    def missing_url(self, app: Flask, number: int = NOBODY) -> str:
        """The address of an object that is not there."""
        assert self.kind is not None
        texts = {"code": "BA1A1KVP7QTJ", "slug": "tidak-ada", "token": "TIDAKADA"}
        return self._build(app, {name: texts.get(name, number) for name in self.kind.own})

    def _build(self, app: Flask, values: dict[str, Any]) -> str:
        for parameter, words in WORDS.items():
            if self.endpoint in words:
                values[parameter] = words[self.endpoint]
        adapter = app.url_map.bind("localhost")
        return str(adapter.build(self.endpoint, values, method=self.methods[0]))


def routes(app: Flask) -> Iterator[Route]:
    """Every route, in the order of its address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        methods = tuple(sorted((rule.methods or set()) & {"GET", "POST"}))
        name = KIND_OF.get(rule.endpoint)
        yield Route(rule.endpoint, rule, view.access, methods, None if name is None else KINDS[name])  # type: ignore[attr-defined]


def may_use(route: Route, name: str) -> bool:
    """Whether the account's role carries what the route declares; which objects is another question."""
    if route.access in ("public", "signed_in"):
        return True
    return any(permission in ROLE_PERMISSIONS[ROLES[name]] for permission in route.access)


def viewer(route: Route) -> str:
    """Somebody who may see the own object of a page; '' for a page that is everybody's."""
    if route.access == "public":
        return ""
    assert route.kind is not None
    return next(name for name in route.kind.owners or ROLES if may_use(route, name))
