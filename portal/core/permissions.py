"""Who may do what: permissions, roles, scopes, and the decorators that every route carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import wraps
from typing import Any, Protocol, TypeVar

from flask import current_app, g, has_app_context

from portal.core.errors import Forbidden, SignInNeeded

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """Account roles; each grant carries a scope (FLOWS: Permissions)."""

    TRAINEE = "trainee"
    CHAIR = "cooperative_chair"
    COMPANION = "companion"
    INSTRUCTOR = "instructor"
    ASSESSOR = "assessor"
    CENTER_ADMIN = "center_admin"
    CENTER_HEAD = "center_head"
    REGENCY_OFFICER = "regency_officer"
    REGULATOR = "regulator"
    FACILITATOR = "facilitator"
    PARTNER = "partner"
    PLATFORM_ADMIN = "platform_admin"


class Permission(StrEnum):
    """One thing a role may do."""

    ENROLL_SELF = "enrollment:self"
    ENROLL_ASSIST = "enrollment:assist"
    ENROLL_SCREEN = "enrollment:screen"
    NOMINATE = "nomination:propose"
    ROSTER_IMPORT = "roster:import"
    ROSTER_SPREAD = "roster:spread"
    PAPERS_PRINT = "papers:print"
    CLAIMS_PRINT = "claims:print"
    ACCESS_RESET = "access:reset"
    BATCH_VIEW = "batch:view"
    BATCH_EDIT = "batch:edit"
    CENTER_EDIT = "center:edit"
    CATALOG_EDIT = "catalog:edit"
    TEACH = "teaching:view"
    ATTENDANCE_RECORD = "attendance:record"
    VERDICT_RECORD = "verdict:record"
    SHEET_FINALIZE = "sheet:finalize"
    VERDICT_SECOND = "verdict:second"
    QUESTION_EDIT = "question:edit"
    TEST_EDIT = "test:edit"
    TEST_INVIGILATE = "test:invigilate"
    TEST_TAKE = "test:take"
    APPEAL_FILE = "appeal:file"
    APPEAL_ASSIGN = "appeal:assign"
    APPEAL_DECIDE = "appeal:decide"
    RESULT_CORRECT = "result:correct"
    RESULT_APPROVE = "result:approve"
    WALKIN_HANDLE = "walkin:handle"
    CERTIFICATE_PREPARE = "certificate:prepare"
    CERTIFICATE_APPROVE = "certificate:approve"
    CERTIFICATE_VIEW = "certificate:view"
    DECREE_EDIT = "decree:edit"
    KEYS_VIEW = "keys:view"
    COOPERATIVE_VIEW = "cooperative:view"
    COOPERATIVE_EDIT = "cooperative:edit"
    REGISTRY_EDIT = "registry:edit"
    CHAIR_VERIFY = "chair:verify"
    EXTERNAL_RECORD = "external:record"
    EXTERNAL_VERIFY = "external:verify"
    SERVICE_LINE_EDIT = "service_line:edit"
    COVERAGE_EDIT = "coverage:edit"
    OVERSIGHT_READ = "oversight:read"
    DIALOGUE_VIEW = "dialogue:view"
    PARTNER_VIEW = "partner:view"
    ROLES_GRANT = "roles:grant"
    AUDIT_READ = "audit:read"
    ACCESS_RECOVER = "access:recover"
    MESSAGES_READ = "messages:read"
    PERSON_UNMASK = "person:unmask"
    CORRECTION_FILE = "correction:file"
    CORRECTION_APPROVE = "correction:approve"
    PRIVACY_MANAGE = "privacy:manage"
    HELPDESK = "helpdesk:assist"


P = Permission
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.TRAINEE: frozenset({P.ENROLL_SELF, P.TEST_TAKE, P.APPEAL_FILE}),
    Role.CHAIR: frozenset({P.NOMINATE, P.COOPERATIVE_VIEW, P.COOPERATIVE_EDIT}),
    Role.COMPANION: frozenset({P.NOMINATE, P.COOPERATIVE_VIEW, P.ENROLL_ASSIST, P.PAPERS_PRINT}),
    Role.INSTRUCTOR: frozenset(
        {
            P.TEACH,
            P.ATTENDANCE_RECORD,
            P.VERDICT_RECORD,
            P.SHEET_FINALIZE,
            P.TEST_INVIGILATE,
            P.RESULT_CORRECT,
        }
    ),
    Role.ASSESSOR: frozenset(
        {
            P.TEACH,
            P.VERDICT_RECORD,
            P.VERDICT_SECOND,
            P.SHEET_FINALIZE,
            P.QUESTION_EDIT,
            P.TEST_EDIT,
            P.TEST_INVIGILATE,
            P.APPEAL_DECIDE,
            P.RESULT_CORRECT,
        }
    ),
    Role.CENTER_ADMIN: frozenset(
        {
            P.BATCH_VIEW,
            P.BATCH_EDIT,
            P.CENTER_EDIT,
            P.ENROLL_SCREEN,
            P.ENROLL_ASSIST,
            P.ROSTER_IMPORT,
            P.ROSTER_SPREAD,
            P.PAPERS_PRINT,
            P.CLAIMS_PRINT,
            P.ACCESS_RESET,
            P.CERTIFICATE_PREPARE,
            P.CERTIFICATE_VIEW,
            P.ACCESS_RECOVER,
            P.MESSAGES_READ,
            P.PERSON_UNMASK,
            P.CORRECTION_FILE,
            P.TEST_EDIT,
            P.APPEAL_ASSIGN,
            P.RESULT_CORRECT,
            P.WALKIN_HANDLE,
            P.EXTERNAL_RECORD,
            P.EXTERNAL_VERIFY,
        }
    ),
    Role.CENTER_HEAD: frozenset(
        {
            P.BATCH_VIEW,
            P.CERTIFICATE_APPROVE,
            P.CERTIFICATE_VIEW,
            P.ACCESS_RECOVER,
            P.MESSAGES_READ,
            P.CORRECTION_APPROVE,
            P.RESULT_APPROVE,
        }
    ),
    Role.REGENCY_OFFICER: frozenset(
        {P.ROSTER_IMPORT, P.ROSTER_SPREAD, P.REGISTRY_EDIT, P.CHAIR_VERIFY, P.EXTERNAL_RECORD}
    ),
    Role.REGULATOR: frozenset({P.OVERSIGHT_READ}),
    Role.FACILITATOR: frozenset({P.DIALOGUE_VIEW}),
    Role.PARTNER: frozenset({P.PARTNER_VIEW}),
    Role.PLATFORM_ADMIN: frozenset(
        {
            P.CATALOG_EDIT,
            P.SERVICE_LINE_EDIT,
            P.COVERAGE_EDIT,
            P.REGISTRY_EDIT,
            P.QUESTION_EDIT,
            P.DECREE_EDIT,
            P.KEYS_VIEW,
            P.ROLES_GRANT,
            P.AUDIT_READ,
            P.ACCESS_RECOVER,
            P.MESSAGES_READ,
            P.PERSON_UNMASK,
            P.PRIVACY_MANAGE,
            P.HELPDESK,
        }
    ),
}
#: What is left for a while (accounts.queries.AFTER_DAYS) of a role whose last day has passed: who was chair
#: reads on and is told how the term is renewed.
AFTER_END: dict[Role, frozenset[Permission]] = {Role.CHAIR: frozenset({P.COOPERATIVE_VIEW})}
# Whose reach comes from a staff link or from being the person, not from the scope of the grant.
OWN_ROLES = frozenset({Role.TRAINEE, Role.INSTRUCTOR, Role.ASSESSOR})


@dataclass(frozen=True)
class Scope:
    """Where a permission reaches. `regions` are Kemendagri code prefixes ("61.05"; "" is the country)."""

    everything: bool = False
    centers: frozenset[int] = frozenset()
    regions: frozenset[str] = frozenset()
    cooperatives: frozenset[int] = frozenset()
    organizations: frozenset[int] = frozenset()
    own: bool = False

    def covers_region(self, code: str) -> bool:
        """True when a Kemendagri code lies in the scope."""
        return self.everything or any(code == r or not r or code.startswith(r + ".") for r in self.regions)

    def covers_center(self, center_id: int) -> bool:
        """True when a training center lies in the scope."""
        return self.everything or center_id in self.centers


@dataclass(frozen=True)
class Grant:
    """One role with its scope: kind is center, region, cooperative, organization, self or all. `ended_on`:
    the last day of a grant that is over and leaves no more than AFTER_END; None while it is in force."""

    role: Role
    scope_kind: str
    scope_id: str
    ended_on: date | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the grant still allows."""
        whole = ROLE_PERMISSIONS[self.role]
        return whole if self.ended_on is None else whole & AFTER_END.get(self.role, frozenset())


class Actor(Protocol):
    """Who does it. Services trust nothing else about the person."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def is_authenticated(self) -> bool: ...
    def may(self, permission: Permission) -> bool: ...
    def scope(self, permission: Permission) -> Scope: ...
    def has_role(self, role: Role) -> bool: ...


@dataclass(frozen=True)
class GrantedActor:
    """An actor made from grants; the usual Actor."""

    user_id: int | None
    person_id: int | None
    name: str
    grants: tuple[Grant, ...] = field(default=())
    is_authenticated: bool = True

    def may(self, permission: Permission) -> bool:
        """True when any grant carries the permission."""
        return any(permission in grant.permissions for grant in self.grants)

    def has_role(self, role: Role) -> bool:
        """True when the role is granted in any scope, or was until lately and may still be read with."""
        return any(grant.role == role for grant in self.grants)

    def scope(self, permission: Permission) -> Scope:
        """The union of the scopes of the grants that carry the permission."""
        kinds: dict[str, set[str]] = {}
        own = False
        for grant in self.grants:
            if permission not in grant.permissions:
                continue
            if grant.role in OWN_ROLES:
                own = True
            else:
                kinds.setdefault(grant.scope_kind, set()).add(grant.scope_id)
        return Scope(
            everything="all" in kinds,
            centers=frozenset(int(i) for i in kinds.get("center", ())),
            regions=frozenset(kinds.get("region", ())),
            cooperatives=frozenset(int(i) for i in kinds.get("cooperative", ())),
            organizations=frozenset(int(i) for i in kinds.get("organization", ())),
            own=own,
        )


@dataclass(frozen=True)
class _System:
    """Commands run by the operator on the machine itself."""

    user_id: int | None = None
    person_id: int | None = None
    name: str = "sistem"
    is_authenticated: bool = True

    def may(self, permission: Permission) -> bool:
        return True

    def has_role(self, role: Role) -> bool:
        return False

    def scope(self, permission: Permission) -> Scope:
        return Scope(everything=True)


ANONYMOUS: Actor = GrantedActor(None, None, "", (), False)
SYSTEM: Actor = _System()


def term_ended_on(actor: Actor, cooperative_id: int) -> date | None:
    """The last day on which the actor spoke for a cooperative that they only read now, else None."""
    grants: tuple[Grant, ...] = getattr(actor, "grants", ())
    mine = [one for one in grants if one.scope_kind == "cooperative" and one.scope_id == str(cooperative_id)]
    ended = [one.ended_on for one in mine if one.ended_on is not None]
    return max(ended) if ended and len(ended) == len(mine) else None


def current_actor() -> Actor:
    """Who sent this request; loaded once, by the loader that accounts registers."""
    if not has_app_context():
        return ANONYMOUS
    if "actor" not in g:
        loader = current_app.extensions.get("actor_loader")
        g.actor = loader() if loader else ANONYMOUS
    actor: Actor = g.actor
    return actor


def require(actor: Actor, permission: Permission) -> None:
    """Refuse in a service, for the callers that are not routes. Raises Forbidden."""
    if not actor.may(permission):
        raise Forbidden()


def _guard(view: View, access: Any, check: Callable[[Actor], bool]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        if not actor.is_authenticated:
            raise SignInNeeded()
        if not check(actor):
            raise Forbidden()
        return view(*args, **kwargs)

    guarded.access = access  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def requires(*permissions: Permission) -> Callable[[View], View]:
    """A route for actors that hold one of the permissions somewhere; its query narrows to their scope."""

    def mark(view: View) -> View:
        return _guard(view, permissions, lambda actor: any(actor.may(p) for p in permissions))

    return mark


def signed_in(view: View) -> View:
    """A route for every signed-in account, which shows only its own things."""
    return _guard(view, "signed_in", lambda actor: True)


def public(post: bool = False, bare: bool = False) -> Callable[[View], View]:
    """A route for everyone. `post`: its POST has no CSRF token but is held to the same origin.
    `bare`: neither session nor cookie is touched."""

    def mark(view: View) -> View:
        view.access = "public"  # type: ignore[attr-defined]
        view.public_post = post  # type: ignore[attr-defined]
        view.is_bare = bare  # type: ignore[attr-defined]
        return view

    return mark
