"""A person sits a written test: the list, the start, one question a page, saving, the review, handing in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, jsonify, request, url_for

from portal.assessment import pages_sitting as pages
from portal.assessment.forms import sitting as forms
from portal.assessment.queries import sittings as queries
from portal.assessment.services import sitting as services
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.forms import TokenForm, row_number
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires

View = TypeVar("View", bound=Callable[..., Any])


def stamped(view: View) -> View:
    """Note when the request arrived, before anything else is done for it: an answer counts from then."""

    @wraps(view)
    def noted(*args: Any, **kwargs: Any) -> Any:
        g.received_at = clock.now()
        return view(*args, **kwargs)

    return noted  # type: ignore[return-value]


@blueprint.get("/saya/uji")
@requires(Permission.TEST_TAKE)
def my_tests() -> Any:
    """The tests of one's own classes."""
    person_id = current_actor().person_id
    tests = queries.own_tests(person_id) if person_id else []
    return htmx.render("assessment/sitting/list.html", **pages.list_page(tests, clock.now()))


@blueprint.get("/saya/uji/mulai/<int:test_id>")
@requires(Permission.TEST_TAKE)
def test_intro(test_id: int) -> Any:
    """How long, how many questions, and what happens without signal; the button starts the clock."""
    return _intro(test_id)


@blueprint.post("/saya/uji/mulai/<int:test_id>")
@requires(Permission.TEST_TAKE)
def test_start(test_id: int) -> Any:
    """Start, or go on with what was started."""
    actor, now, form = current_actor(), clock.now(), TokenForm.parse()
    device = forms.device_mark()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                attempt = services.start_attempt(test_id=test_id, actor=actor, now=now, device=device)
                op.finish(url_for("assessment.sit", attempt_id=attempt.id))
    except Conflict as error:
        return _intro(test_id, error)
    return htmx.redirect(op.outcome)


@blueprint.get("/saya/uji/<int:attempt_id>")
@requires(Permission.TEST_TAKE)
def sit(attempt_id: int) -> Any:
    """One question, or how the test ended."""
    return _question(attempt_id)


@blueprint.post("/saya/uji/<int:attempt_id>")
@stamped
@requires(Permission.TEST_TAKE)
def sit_post(attempt_id: int) -> Any:
    """Without JavaScript: save the answer of one question, mark it, and go to another."""
    actor, position = current_actor(), request.args.get("no", 1, type=row_number)
    item = pages.item_of(queries.get_sitting(actor, attempt_id), position)
    raw = None if request.form.get("kosong") else forms.raw_answer(item.view, request.form)
    before = queries.answers_in_force(attempt_id).get(position)
    try:
        with transaction():
            if pages.is_change(item, before, raw):
                services.save_answer(
                    attempt_id=attempt_id, position=position, seq=before.seq + 1 if before else 1, raw=raw,
                    actor=actor, received_at=g.received_at, now=clock.now(),
                )  # fmt: skip
            if request.form.get("ragu"):
                services.set_flag(
                    attempt_id=attempt_id, position=position, is_on=request.form["ragu"] == "1", actor=actor,
                    now=clock.now(),
                )  # fmt: skip
    except DomainError as error:
        return _question(attempt_id, error, raw)
    return htmx.redirect(pages.next_url(attempt_id, position, request.form))


@blueprint.post("/saya/uji/<int:attempt_id>/jawaban")
@stamped
@requires(Permission.TEST_TAKE)
def save_answer(attempt_id: int) -> Any:
    """One answer as JSON: {"no", "seq", "answer"}. One statement besides the session."""
    body = forms.small_json()
    position, seq = forms.whole(body.get("no")), forms.whole(body.get("seq"))
    if position is None or seq is None or "answer" not in body:
        queries.get_sitting(current_actor(), attempt_id)
        return jsonify(code="body_invalid", message=""), 422
    try:
        with transaction():
            saved = services.save_answer(
                attempt_id=attempt_id, position=position, seq=seq, raw=body["answer"], actor=current_actor(),
                received_at=g.received_at, now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        return jsonify(code=error.code, message=error.message, **error.details), error.status
    return jsonify(no=saved.position, seq=saved.seq, next=saved.next_seq, left=saved.left_ms)


@blueprint.get("/saya/uji/<int:attempt_id>/soal")
@requires(Permission.TEST_TAKE)
def all_questions(attempt_id: int) -> Any:
    """Every question of a running test in one piece, so that moving between them needs no signal."""
    sitting = queries.get_sitting(current_actor(), attempt_id)
    if not pages.is_open(sitting, clock.now()):
        raise services.over(sitting)
    return htmx.render("assessment/sitting/_all.html", **pages.all_page(sitting))


@blueprint.post("/saya/uji/<int:attempt_id>/kabar")
@requires(Permission.TEST_TAKE)
def report(attempt_id: int) -> Any:
    """What the page tells as JSON: {"device": 1}, {"flag": [no, 0 or 1]}, {"off": {key, seconds, ago,
    waiting}}. The answer is how many milliseconds are left."""
    actor, now, body = current_actor(), clock.now(), forms.small_json()
    try:
        if pages.tells_something(body):
            with transaction():
                pages.take_report(attempt_id, body, forms.device_mark(), actor, now)
        left = pages.left_of(queries.get_sitting(actor, attempt_id), now)
    except DomainError as error:
        return jsonify(code=error.code, message=error.message), error.status
    return jsonify(left=left)


@blueprint.get("/saya/uji/<int:attempt_id>/tinjau")
@requires(Permission.TEST_TAKE)
def review_test(attempt_id: int) -> Any:
    """What is answered, what is not, what is unsure; and the way to hand it in."""
    return _review(attempt_id, TokenForm())


@blueprint.post("/saya/uji/<int:attempt_id>/kumpulkan")
@requires(Permission.TEST_TAKE)
def submit_test(attempt_id: int) -> Any:
    """Hand it in, once the person said that they are done."""
    form = TokenForm.parse()
    try:
        pages.check_done(request.form)
        with transaction():
            services.submit_attempt(attempt_id=attempt_id, actor=current_actor(), now=clock.now())
    except Conflict as error:
        return _question(attempt_id, error)
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _review(attempt_id, form)
    return htmx.redirect(url_for("assessment.sit", attempt_id=attempt_id))


def _intro(test_id: int, problem: DomainError | None = None) -> Any:
    test = queries.get_own_test(current_actor(), test_id)
    return htmx.render(
        "assessment/sitting/intro.html", status=problem.status if problem else 200, problem=problem,
        form=TokenForm(), **pages.intro_page(test, clock.now()),
    )  # fmt: skip


def _question(attempt_id: int, problem: DomainError | None = None, raw: Any = None) -> Any:
    """The page of one question; of a closed test how it ended."""
    if problem is not None and problem.status == 404:
        raise problem
    now = clock.now()
    sitting = queries.get_sitting(current_actor(), attempt_id)
    status = problem.status if problem else 200
    if not pages.is_open(sitting, now):
        context = pages.over_page(sitting, now)
        return htmx.render("assessment/sitting/over.html", status=status, problem=problem, **context)
    position = request.args.get("no", 1, type=row_number)
    context = pages.question_page(sitting, position, now, raw if problem else None)
    return htmx.render("assessment/sitting/question.html", status=status, problem=problem, **context)


def _review(attempt_id: int, form: TokenForm) -> Any:
    now = clock.now()
    sitting = queries.get_sitting(current_actor(), attempt_id)
    if not pages.is_open(sitting, now):
        return htmx.redirect(url_for("assessment.sit", attempt_id=attempt_id))
    status = 422 if form.error_list else 200
    return htmx.render(
        "assessment/sitting/review.html", status=status, form=form, **pages.review_page(sitting, now)
    )
