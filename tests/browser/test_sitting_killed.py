"""The browser or the network is killed at a hundred random points of a test: no acknowledged answer is lost.

What was acknowledged is what the browser itself saw: a 200 to its own request. Whatever comes after - a
closed context, a crashed browser process, a network that is gone before, during or after the request, an
answer whose acknowledgement never arrives - the row must be there, and a second browser goes on with it.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Error, Page, Route

from portal.assessment.models import Answer
from portal.core.db import db
from tests.browser.test_sitting import begin, new_test, stored
from tests.support.browser import FLAGS, PHONE, Served
from tests.support.sat import SINGLE, TRUE_FALSE, Sat
from tools.browser import find_browser

SITTINGS, POINTS = 4, 25
COUNT = 12
PLAIN = (("single", SINGLE), ("true_false", TRUE_FALSE))


class Candidate:
    """Somebody with a phone that keeps failing. `told`: (position, number) -> answer, as acknowledged."""

    def __init__(self, served: Served, made: Sat, who: str) -> None:
        self.served, self.made, self.who = served, made, who
        self.told: dict[tuple[int, int], Any] = {}
        self.chosen: dict[int, list[Any]] = {}
        self.own: Browser | None = None
        self.page = self.fresh()
        self.attempt = begin(self.page, made)

    def fresh(self, browser: Browser | None = None) -> Page:
        """A new browser context: nothing stored, only signed in."""
        context = (browser or self.served.browser).new_context(
            base_url=self.served.url,
            viewport=PHONE,
            locale="id-ID",  # type: ignore[arg-type]
        )
        context.set_default_timeout(20_000)
        context.add_cookies([self.served.cookie(self.who)])  # type: ignore[list-item]
        page = context.new_page()
        page.on("response", self.hear)
        return page

    def hear(self, response: Any) -> None:
        """Keep what was acknowledged."""
        if response.url.endswith("/jawaban") and response.status == 200:
            sent = json.loads(response.request.post_data)
            self.told[sent["no"], sent["seq"]] = sent["answer"]

    def choose(self, rng: random.Random) -> None:
        """Open a question and tap one of its options."""
        number = rng.randint(1, COUNT)
        self.page.goto(f"/saya/uji/{self.attempt}?no={number}", wait_until="domcontentloaded")
        options = self.page.locator("#soal label:has(input)")
        one = options.nth(rng.randrange(options.count()))
        one.click()

    # ---- what happens to a phone ----

    def close(self, _rng: random.Random) -> None:
        """The tab and everything stored in it go."""
        self.page.context.close()
        self.page = self.fresh()

    def offline(self, rng: random.Random) -> None:
        """The network goes, another tap is made, and it comes back."""
        self.page.context.set_offline(True)
        self.tap(rng)
        self.page.wait_for_timeout(rng.randrange(60))
        self.page.context.set_offline(False)
        self.page.wait_for_timeout(rng.randrange(60))

    def silence(self, rng: random.Random) -> None:
        """The request arrives, its answer never does."""

        def swallow(route: Route) -> None:
            # The page may be gone, or the route let go, before the server has answered.
            with contextlib.suppress(Error):
                route.fetch()
                route.abort()

        self.page.route("**/jawaban", swallow)
        self.tap(rng)
        self.page.wait_for_timeout(rng.randrange(80))
        self.page.unroute_all(behavior="ignoreErrors")

    def reload(self, rng: random.Random) -> None:
        """The page is thrown away in the middle of a tap."""
        self.tap(rng)
        self.page.close()
        self.page = self.page.context.new_page()
        self.page.on("response", self.hear)

    def crash(self, _rng: random.Random) -> None:
        """The browser process dies."""
        if self.own is None:
            self.own = self.served.browser.browser_type.launch(
                executable_path=find_browser(), args=list(FLAGS)
            )
            self.page.context.close()
            self.page = self.fresh(self.own)
            return
        with contextlib.suppress(Error):
            self.own.new_browser_cdp_session().send("Browser.crash")
        self.own = None
        self.page = self.fresh()

    def tap(self, rng: random.Random) -> None:
        options = self.page.locator("#soal label:has(input)")
        options.nth(rng.randrange(options.count())).click()


DISASTERS: tuple[tuple[Callable[[Candidate, random.Random], None], int], ...] = (
    (Candidate.close, 6), (Candidate.offline, 6), (Candidate.silence, 5), (Candidate.reload, 5),
    (Candidate.crash, 3),
)  # fmt: skip


def rows(served: Served, attempt: int) -> dict[tuple[int, int], Any]:
    with served.app.app_context():
        found = db.session.execute(
            sa.select(Answer.position, Answer.seq, Answer.answer).where(Answer.attempt_id == attempt)
        )
        held = {(position, seq): answer for position, seq, answer in found}
        db.session.remove()
    return held


@pytest.mark.parametrize("sitting", range(SITTINGS))
def test_no_acknowledged_answer_is_lost(served: Served, sitting: int) -> None:
    rng = random.Random(20261130 + sitting)
    made = new_test(served, COUNT, unit=2, kinds=PLAIN, each=6)
    someone = Candidate(served, made, ("trainee_a", "trainee_b")[sitting % 2])
    kinds = [one for one, weight in DISASTERS for _turn in range(weight)]
    rng.shuffle(kinds)
    assert len(kinds) == POINTS
    for disaster in kinds:
        someone.choose(rng)
        someone.page.wait_for_timeout(rng.randrange(50))
        disaster(someone, rng)
    someone.page.context.close()
    if someone.own is not None:
        someone.own.close()
    held = rows(served, someone.attempt)
    assert len(someone.told) >= 5
    assert {key: held.get(key) for key in someone.told} == someone.told
    in_force = stored(served, someone.attempt)
    second = someone.fresh()
    for number, answer in in_force.items():
        second.goto(f"/saya/uji/{someone.attempt}?no={number}", wait_until="domcontentloaded")
        checked = second.locator("#soal :checked").evaluate_all("nodes => nodes.map(node => node.value)")
        assert checked == [str(answer).lower()], f"question {number}"
    second.context.close()
