"""Applying, one topic a page; without JavaScript and without an account until the last step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app, request, url_for

from portal.accounts import services as accounts
from portal.accounts.rules import Limit, network_of
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, public
from portal.core.words import gettext as _
from portal.enrollment import queries, services, stepper
from portal.enrollment.forms import CooperativeForm, IdentityForm, PhoneForm, ReviewForm
from portal.enrollment.stepper import Visit, begin_visit, frame, step_url
from portal.enrollment.views.blueprint import blueprint
from portal.people.services import CONSENT_CONTACT, CONSENT_PURPOSES, CONSENT_TRAINING

# Enough for a village hall behind one address, too few to try out whose NIK is on record.
NIK_LIMIT = Limit("enroll.nik", 200, timedelta(hours=1))
# A name that is taken counts too, so that nobody tries out names here; a whole hall shares one address.
ACCOUNT_LIMIT = Limit("enroll.account", 200, timedelta(hours=1))


def _enrolled(visit: Visit) -> str | None:
    """Where somebody goes who is in this batch already."""
    if visit.actor.person_id is None:
        return None
    found = queries.find_enrollment(visit.actor.person_id, visit.batch.id)
    if found is None or found.state in ("withdrawn", "expired"):
        return None
    return url_for("enrollment.mine", enrollment_id=found.id)


# ---- 1. identity ----


def _identity_form(visit: Visit, formdata: Any = None) -> Any:
    """The short form where the person is on record, else the whole one; filled from the draft."""
    kept = dict(visit.draft.get("identity", {}))
    kept["agree"] = bool(kept)
    if visit.person is not None:
        kept.setdefault("phone", visit.person.phone)
        return PhoneForm(formdata, data=kept)
    kept["birth_date"] = visit.application.birth_date
    if visit.actor.is_authenticated and not visit.actor.may(Permission.ENROLL_ASSIST):
        kept.setdefault("name", visit.actor.name)
    today = clock.local_date(visit.now, visit.batch.center.zone)
    return IdentityForm(formdata, data=kept, today=today)


def _identity_page(visit: Visit, form: Any, status: int = 200) -> Any:
    purposes = {
        "training": CONSENT_PURPOSES[CONSENT_TRAINING].text,
        "contact": CONSENT_PURPOSES[CONSENT_CONTACT].text,
    }
    return htmx.render(
        "enrollment/identity.html",
        None,
        status,
        form=form,
        person=visit.person,
        purposes=purposes,
        **frame(visit, "identity"),
    )


@blueprint.get("/angkatan/<int:batch_id>/daftar")
@public()
def start(batch_id: int) -> Any:
    """The short address of the first step."""
    return htmx.redirect(step_url("identity", batch_id))


@blueprint.get("/angkatan/<int:batch_id>/daftar/identitas")
@public()
def identity(batch_id: int) -> Any:
    """Who applies. A batch that takes nobody explains itself instead."""
    visit = begin_visit(batch_id)
    there = _enrolled(visit)
    if there:
        return htmx.redirect(there)
    if any(blocker.code.startswith("phase_") for blocker in visit.standing().blockers):
        return htmx.redirect(step_url("requirements", batch_id))
    return _identity_page(visit, _identity_form(visit))


@blueprint.post("/angkatan/<int:batch_id>/daftar/identitas")
@public()
def identity_post(batch_id: int) -> Any:
    """Keep who applies. A NIK on record leads to the neutral page, with the same answer as any other."""
    visit = begin_visit(batch_id)
    form = _identity_form(visit, request.form)
    if not form.validate():
        return _identity_page(visit, form, 422)
    values = form.values()
    try:
        with transaction():
            if visit.person is None:
                accounts.count_try(NIK_LIMIT, network_of(request.remote_addr), now=visit.now)
            visit.keep("identity", values)
    except DomainError as error:
        form.add_error(error)
        return _identity_page(begin_visit(batch_id), form, error.status)
    is_foreign = visit.person is None and services.nik_is_foreign(values["nik"], visit.actor)
    return htmx.redirect(step_url("known" if is_foreign else "cooperative", batch_id))


@blueprint.get("/angkatan/<int:batch_id>/daftar/lanjutkan")
@public()
def known(batch_id: int) -> Any:
    """The neutral page for a NIK that is on record: it says nothing about whose."""
    visit = begin_visit(batch_id)
    return htmx.render("enrollment/known.html", **frame(visit, "identity"))


# ---- 2. cooperative ----


def _cooperative_form(visit: Visit, text: str, formdata: Any = None) -> tuple[Any, dict[str, Any]]:
    """The form with the choices that a search found, and the same choices with where they are."""
    kept = visit.draft.get("cooperative", {})
    form = CooperativeForm(
        formdata,
        data={
            "choice": kept.get("choice"),
            "stated": kept.get("stated_cooperative"),
            "village": kept.get("region_code"),
            "post": kept.get("post"),
            "q": text,
        },
    )
    own = queries.known_cooperatives(visit.actor.person_id, visit.now.date())
    earlier = queries.option_of(kept.get("cooperative_id"))
    options = {
        o.value: o for o in [*own, *([earlier] if earlier else []), *queries.cooperative_options(text)]
    }
    villages = queries.village_options(text)
    form.offer(list(options.values()), villages)
    notes = {option.value: option.where for option in [*options.values(), *villages]}
    notes |= {
        "unlisted": _("Sudah berdiri, tetapi belum terdaftar di sini."),
        "prospective": _("Anda ikut sebagai calon pengurus atau pendiri."),
    }
    return form, {"notes": notes, "q": text, "found": len(options), "villages": villages}


def _search_text(visit: Visit, typed: str | None) -> str:
    text = typed if typed is not None else visit.draft.get("cooperative", {}).get("q", "")
    return " ".join(str(text).split())[:80]


@blueprint.get("/angkatan/<int:batch_id>/daftar/koperasi")
@public()
def cooperative(batch_id: int) -> Any:
    """Which cooperative and post; a search by name or village, whose results alone go to htmx."""
    visit = begin_visit(batch_id)
    missing = visit.missing_step("cooperative")
    if missing:
        return htmx.redirect(step_url(missing, batch_id))
    form, choices = _cooperative_form(visit, _search_text(visit, request.args.get("q")))
    return htmx.render(
        "enrollment/cooperative.html",
        "enrollment/_cooperatives.html",
        form=form,
        birth_differs=stepper.birth_differs(visit),
        **choices,
        **frame(visit, "cooperative"),
    )


@blueprint.post("/angkatan/<int:batch_id>/daftar/koperasi")
@public()
def cooperative_post(batch_id: int) -> Any:
    """Keep the cooperative and the post."""
    visit = begin_visit(batch_id)
    if visit.missing_step("cooperative"):
        return htmx.redirect(step_url("identity", batch_id))
    form, choices = _cooperative_form(visit, _search_text(visit, request.form.get("q")), request.form)
    if not form.validate():
        return htmx.render(
            "enrollment/cooperative.html",
            None,
            422,
            form=form,
            birth_differs=False,
            **choices,
            **frame(visit, "cooperative"),
        )
    with transaction():
        visit.keep("cooperative", form.values())
    return htmx.redirect(step_url("requirements", batch_id))


# ---- 3. requirements ----


@blueprint.get("/angkatan/<int:batch_id>/daftar/syarat")
@public()
def requirements(batch_id: int) -> Any:
    """The plain answer whether one may apply, before applying: what stands in the way and what helps."""
    visit = begin_visit(batch_id)
    standing = visit.standing()
    is_closed = any(blocker.code.startswith("phase_") for blocker in standing.blockers)
    missing = visit.missing_step("requirements")
    if missing and not is_closed:
        return htmx.redirect(step_url(missing, batch_id))
    others = queries.next_choices(visit.batch, visit.now) if standing.blockers or not standing.free else []
    return htmx.render(
        "enrollment/requirements.html",
        standing=standing,
        is_closed=is_closed,
        others=stepper.cards_for(others, visit.now),
        **frame(visit, "requirements"),
    )


# ---- 4. review and send ----


def _review_page(visit: Visit, form: Any, status: int = 200, lost: bool = False) -> Any:
    standing = visit.standing()
    others = queries.next_choices(visit.batch, visit.now) if not standing.free else []
    return htmx.render(
        "enrollment/review.html",
        None,
        status,
        form=form,
        lost=lost,
        standing=standing,
        facts=stepper.facts_of(visit),
        needs_account=visit.actor.user_id is None,
        has_account=bool(visit.draft.get("account")),
        birth_differs=stepper.birth_differs(visit),
        others=stepper.cards_for(others, visit.now),
        **frame(visit, "review"),
    )


@blueprint.get("/angkatan/<int:batch_id>/daftar/periksa")
@public()
def review(batch_id: int) -> Any:
    """Everything typed, to check; and the account, for those who have none."""
    visit = begin_visit(batch_id)
    missing = visit.missing_step("review")
    if missing or visit.standing().hard:
        return htmx.redirect(step_url(missing or "requirements", batch_id))
    account = visit.draft.get("account", {})
    return _review_page(visit, ReviewForm(data={"login": account.get("login", "")}))


@blueprint.post("/angkatan/<int:batch_id>/daftar/periksa")
@public()
def review_post(batch_id: int) -> Any:
    """Send the application once, however often the button is pressed."""
    visit = begin_visit(batch_id)
    form = ReviewForm.parse()
    missing = visit.missing_step("review")
    if missing:
        return _after_sending(visit, missing)
    if not form.validate():
        return _review_page(visit, form, 422)
    try:
        account = _account(visit, form)
        token, target = _send(visit, form, account)
    except DomainError as error:
        return _refused(visit, form, error)
    if token is not None:
        current_app.extensions["begin_session"](token)
    stepper.forget_cookie()
    return htmx.redirect(target)


def _after_sending(visit: Visit, missing: str) -> Any:
    """A second click after the draft became an application ends where the first did."""
    return htmx.redirect(_enrolled(visit) or step_url(missing, visit.batch.id))


def _account(visit: Visit, form: Any) -> dict[str, str]:
    """The login and the hashed password of a new account; hashing must not hold the write lock. An account
    that was typed before a seat was lost is still in the draft."""
    if visit.actor.user_id is not None:
        return {}
    kept = visit.draft.get("account")
    if kept and not form.password.data:
        return dict(kept)
    who = visit.application
    with transaction():
        accounts.count_try(ACCOUNT_LIMIT, network_of(request.remote_addr), now=visit.now)
    hashed = accounts.protect(form.password.data or "", (form.login.data or "", who.name))
    return {"login": form.login.data or "", "password": str(hashed)}


def _send(visit: Visit, form: Any, account: dict[str, str]) -> tuple[str | None, str]:
    """(token of the new session or None, where to go)."""
    token = None
    with transaction():
        op = claim(form.op.data, actor=visit.actor, now=visit.now)
        if op.is_new:
            sent = services.submit_application(
                batch_id=visit.batch.id,
                application=visit.application,
                login=account.get("login", ""),
                password=accounts.HashedPassword(account.get("password", "")),
                waitlist=form.waitlist.data == "y",
                actor=visit.actor,
                now=visit.now,
            )
            services.drop_draft(key=visit.key, batch_id=visit.batch.id)
            if sent.user_id is not None:
                token = accounts.open_session(sent.user_id, now=visit.now, agent=request.user_agent.string)
            op.finish(step_url("done", visit.batch.id))
    return token, op.outcome


def _refused(visit: Visit, form: Any, error: DomainError) -> Any:
    """A seat that was lost keeps everything; a NIK on record goes the neutral way; blockers explain
    themselves."""
    if error.code == "nik_known":
        return htmx.redirect(step_url("known", visit.batch.id))
    if error.details.get("blockers"):
        return htmx.redirect(_enrolled(visit) or step_url("requirements", visit.batch.id))
    visit = begin_visit(visit.batch.id)
    lost = error.code == "batch_full"
    if lost and visit.actor.user_id is None and form.password.data:
        hashed = accounts.protect(form.password.data, (form.login.data or "", visit.application.name))
        with transaction():
            visit.keep("account", {"login": form.login.data, "password": str(hashed)})
        visit = begin_visit(visit.batch.id)
    elif not lost:
        form.add_error(error)
    return _review_page(visit, form, error.status, lost)


# ---- 5. done ----


@blueprint.get("/angkatan/<int:batch_id>/daftar/selesai")
@public()
def done(batch_id: int) -> Any:
    """The reference, what happens next, the calendar and the card."""
    visit = begin_visit(batch_id)
    person_id = visit.actor.person_id
    found = queries.find_enrollment(person_id, batch_id) if person_id is not None else None
    if found is None:
        where = (
            step_url("identity", batch_id)
            if visit.actor.is_authenticated
            else url_for("accounts.sign_in", lanjut=url_for("enrollment.done", batch_id=batch_id))
        )
        return htmx.redirect(where)
    return htmx.render("enrollment/done.html", case=queries.whole_case(found), **frame(visit, "done"))
