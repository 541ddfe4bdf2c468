"""Accounts of offices, and of people whose story has been told: the roles beyond the centers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.accounts.services.totp import told_seeds
from portal.assessment.models import WrittenTest
from portal.batches.models import Batch
from portal.certificates.queries import certificates_of_people
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, Role
from portal.enrollment.models import Enrollment, State
from portal.operations.demo.cast import ADMIN_LOGIN, CENTERS, SECOND_ADMIN_LOGIN, appoint
from portal.operations.demo.names import PASSWORD
from portal.operations.demo.people import Member
from portal.people.services import CONSENT_PURPOSES, give_consent

#: In the order in which `make run` and `demo accounts` name them; the first of a role is the one to try.
OFFICES: tuple[tuple[str, str, list[tuple[Role, str, str]]], ...] = (
    ("dinas.sintang", "Dinas Koperasi Sintang", [(Role.REGENCY_OFFICER, "region", "61.05")]),
    ("dinas.pati", "Dinas Koperasi Pati", [(Role.REGENCY_OFFICER, "region", "33.18")]),
    ("dinas.jayapura", "Dinas Koperasi Jayapura", [(Role.REGENCY_OFFICER, "region", "91.03")]),
    ("pemantau.nasional", "Pemantau Nasional", [(Role.REGULATOR, "region", "")]),
    ("pemantau.jateng", "Pemantau Jawa Tengah", [(Role.REGULATOR, "region", "33")]),
    ("fasilitator.pati", "Fasilitator Dialog Pati", [(Role.FACILITATOR, "region", "33.18")]),
    ("mitra.contoh", "Mitra Aplikator Contoh", [(Role.PARTNER, "organization", "1")]),
    # The second of two people: decrees and recoveries of the platform need one.
    (SECOND_ADMIN_LOGIN, "Pengelola Kedua", [(Role.PLATFORM_ADMIN, "all", "")]),
)
PEOPLE = (
    "peserta.kelas", "peserta.uji", "peserta.tawaran", "peserta.sertifikat", "ketua.pati", "ketua.baru",
    "pendamping.pati",
)  # fmt: skip


def open_offices(since: date, now: datetime) -> None:
    """Accounts whose scope is a region or an organization."""
    for login, name, grants in OFFICES:
        with transaction():
            appoint(login, name, list(grants), since=since, now=now)


def give_accounts(members: Sequence[Member], since: date, now: datetime) -> None:
    """Four trainees at four points of the way, a chair, and a companion of four cooperatives."""
    by_id = {member.person_id: member for member in members}
    held = certificates_of_people(sorted(by_id), now.date())
    certified = [person for person, rows in sorted(held.items()) if any(row.state == "valid" for row in rows)]
    wanted = (
        ("peserta.kelas", _enrolled(State.CONFIRMED, now.date(), by_id)),
        ("peserta.uji", _testing(by_id)),
        ("peserta.tawaran", _enrolled(State.OFFERED, now.date(), by_id)),
        ("peserta.sertifikat", [person for person in certified if by_id[person].post != "chair"]),
    )
    used: set[int] = set()
    for login, people in wanted:
        person_id = next((person for person in people if person not in used), None)
        if person_id is not None:
            used.add(person_id)
            _open(login, by_id[person_id], [], since, now)
    regency = "33.18" if any(member.regency == "33.18" for member in members) else members[0].regency
    chair = _busiest_chair(
        [m for m in members if m.regency == regency and m.person_id not in used], set(certified)
    )
    _open("ketua.pati", chair, [(Role.CHAIR, "cooperative", chair.cooperative_id)], since, now)
    near = list(dict.fromkeys(m.cooperative_id for m in members if m.regency == regency))
    place = near.index(chair.cooperative_id)
    accompanied = [near[(place + step) % len(near)] for step in range(min(4, len(near)))]
    with transaction():
        grants: list[tuple[Role, str, Any]] = [(Role.COMPANION, "cooperative", c) for c in accompanied]
        appoint("pendamping.pati", "Pendamping Koperasi Pati", grants, since=since, now=now)


def _open(
    login: str, member: Member, grants: list[tuple[Role, str, Any]], since: date, now: datetime
) -> None:
    with transaction():
        appoint(login, member.name, grants, person_id=member.person_id, since=since, now=now)
        for purpose in CONSENT_PURPOSES.values():
            if purpose.is_required:
                give_consent(
                    person_id=member.person_id, purpose=purpose.code, version=purpose.version,
                    method="screen", actor=SYSTEM, now=now,
                )  # fmt: skip


def _enrolled(state: State, today: date, members: dict[int, Member]) -> list[int]:
    """People of the demo in a batch still to come, the soonest first."""
    rows = db.session.scalars(
        sa.select(Enrollment.person_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(Enrollment.state == state, Batch.state == "published", Batch.starts_on > today)
        .order_by(Batch.starts_on, Enrollment.id)
    )
    return [person for person in rows if person in members]


def _testing(members: dict[int, Member]) -> list[int]:
    """People of the demo with a written test that is open now."""
    rows = db.session.scalars(
        sa.select(Enrollment.person_id)
        .join(WrittenTest, WrittenTest.batch_id == Enrollment.batch_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(Enrollment.state == State.CONFIRMED, Batch.state == "published", ~WrittenTest.is_retest)
        .order_by(WrittenTest.id.desc(), Enrollment.id)
    )
    return [person for person in rows if person in members]


def _busiest_chair(members: Sequence[Member], certified: set[int]) -> Member:
    """The chair of a cooperative, of a village if any, with people certified and people on the way."""
    soon = set(
        db.session.scalars(
            sa.select(Enrollment.person_id).where(Enrollment.state.in_((State.CONFIRMED, State.OFFERED)))
        )
    )
    up, coming = (
        Counter(member.cooperative_id for member in members if member.person_id in people)
        for people in (certified, soon - certified)
    )

    def weight(chair: Member) -> tuple[bool, int, int]:
        at = chair.cooperative_id
        return chair.kind == "village", min(up[at], 3) + min(coming[at], 3), -chair.person_id

    return max((member for member in members if member.post == "chair"), key=weight)


def demo_logins() -> list[str]:
    """The sign-in names that the demo tells people of, in the order in which it names them."""
    staff = [f"{title}.{c.login}" for c in CENTERS for title in ("admin", "kepala", "instruktur", "asesor")]
    offices = [login for login, _name, _grants in OFFICES if login != SECOND_ADMIN_LOGIN]
    return [*PEOPLE, *staff, *offices, ADMIN_LOGIN, SECOND_ADMIN_LOGIN]


def demo_accounts() -> dict[str, list[dict[str, Any]]]:
    """{role id: [{"login", "password", "totp_secret", "scope"}]}, the account to try first at the front.

    scope: "<kind>:<id>", several joined by a space; the kinds "self" and "all" stand alone. Only accounts
    that the demo made and that are still open are named. totp_secret: the base32 seed of the code generator;
    None for accounts that are no staff's and have none.
    """
    order = demo_logins()
    found: dict[str, list[dict[str, Any]]] = {str(role): [] for role in Role}
    users = {
        user.login: user
        for user in db.session.scalars(sa.select(User).where(User.login.in_(order), User.is_active))
    }
    ids = [user.id for user in users.values()]
    secrets = told_seeds(ids)
    grants: dict[int, dict[str, list[str]]] = {}
    statement = sa.select(RoleGrant).where(RoleGrant.user_id.in_(ids), RoleGrant.ended_at.is_(None))
    for grant in db.session.scalars(statement.order_by(RoleGrant.id)):
        scope = (
            grant.scope_kind
            if grant.scope_kind in ("self", "all")
            else f"{grant.scope_kind}:{grant.scope_id}"
        )
        grants.setdefault(grant.user_id, {}).setdefault(grant.role, []).append(scope)
    for login in order:
        user = users.get(login)
        if user is None:
            continue
        roles = dict(grants.get(user.id, {}))
        if user.person_id is not None:
            roles.setdefault(str(Role.TRAINEE), ["self"])
        for role, scopes in roles.items():
            found[role].append(
                {
                    "login": login,
                    "password": PASSWORD,
                    "totp_secret": secrets.get(user.id),
                    "scope": " ".join(scopes),
                }
            )
    return {role: entries for role, entries in found.items() if entries}
