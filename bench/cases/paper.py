"""Case 6: a certificate on paper with its attachments, beside typst alone on documents of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from unittest import mock

import sqlalchemy as sa

from bench.counting import alternate
from bench.filling import GENUINE_QR
from bench.house import NOW
from bench.rows import Goal, Row
from bench.run import HOST, Run
from portal.certificates import badges, paper, render
from portal.certificates.models import Certificate
from portal.core.db import db

#: CPU of one certificate in Moodle with customcert and of one pretix ticket, measured beside the goals.
PEERS = {"moodle": (497.0, 20), "pretix": (91.0, 4)}
UNIT = "CPU ms/PDF"
PER_TURN = 12
BASE_URL = f"https://{HOST}"


def pdf(run: Run) -> Iterator[Row]:
    """From the stored row to the bytes that are sent: with a badge to sign first, and with one remembered.

    The floor sets other rows, made ready before. Typst remembers what it has set, so that no document may
    come twice on any side.
    """
    database = run.database()
    rounds = min(run.rounds, GENUINE_QR // 3 // PER_TURN - 1)
    with run.app().app_context():
        wanted = sa.select(Certificate).order_by(Certificate.id).limit(PER_TURN * (rounds + 1) * 3)
        stored = list(db.session.scalars(wanted))
        given = cycle([_sheet(one) for one in stored[::3]])
        compile_pdf = render.compile_pdf
        badges.sign_badge.cache_clear()
        for one in stored[2::3]:
            badges.badge_bytes(one, BASE_URL)

        def floor() -> None:
            for _ in range(PER_TURN):
                arguments, options = next(given)
                compile_pdf(*arguments, **options)

        def portal(certificates: Iterator[Certificate]) -> Callable[[], None]:
            def work() -> None:
                for _ in range(PER_TURN):
                    make(next(certificates))

            return work

        works = [floor, portal(cycle(stored[1::3])), portal(cycle(stored[2::3]))]
        for work in works:  # fonts and sources are read once
            work()
        run.say(f"pdf: {rounds} rounds of {PER_TURN} documents")
        sides = [(lambda work=work: run.spent(work, database)) for work in works]  # type: ignore[misc]
        alone, first, again = alternate(rounds, *sides)
    floor_ms, first_ms, again_ms = (side["cpu_s"] * 1000 / PER_TURN for side in (alone, first, again))
    for name, cost, side in (("pdf", first_ms, first), ("pdf, badge known", again_ms, again)):
        rates = {"floor_rate": PER_TURN / alone["seconds"], "portal_rate": PER_TURN / side["seconds"]}
        yield Row(name, UNIT, floor_ms, cost, Goal("<=", 1.3), more=rates)
    for peer, (cost, times) in PEERS.items():
        note = "floor is the peer's published figure"
        yield Row(f"pdf {peer}", UNIT, cost, first_ms, Goal("<=", 1 / times), note)


def make(certificate: Certificate) -> bytes:
    """What a download does, where no seal is set up."""
    return paper.certificate_file(certificate, BASE_URL, sealer=None, now=NOW)


def _sheet(certificate: Certificate) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the portal would have typst set: the arguments of its one call."""
    with mock.patch.object(render, "compile_pdf", return_value=b"") as call:
        make(certificate)
    return call.call_args.args, call.call_args.kwargs
