"""Case 6: a certificate on paper, beside typst alone on documents of the same kind."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any
from unittest import mock

import sqlalchemy as sa

from bench.counting import alternate
from bench.rows import Goal, Row
from bench.run import HOST, Run
from portal.certificates import render, rules
from portal.certificates.models import Certificate
from portal.core.db import db

#: CPU of one certificate in Moodle with customcert and of one pretix ticket, measured beside the goals.
PEERS = {"moodle": (497.0, 20), "pretix": (91.0, 4)}
UNIT = "CPU ms/PDF"
PER_TURN = 12
#: More would be certificates whose QR is not their own: see filling.GENUINE_QR.
DOCUMENTS = 200


def pdf(run: Run) -> Iterator[Row]:
    """From the stored row to the bytes that are sent; the floor typesets other rows, made ready before.

    Typst remembers what it has set, so that no document may come twice, on either side.
    """
    database = run.database()
    with run.app().app_context():
        stored = list(
            db.session.scalars(sa.select(Certificate).order_by(Certificate.id).limit(DOCUMENTS * 2))
        )
        own, given = cycle(stored[::2]), cycle([_sheet(one) for one in stored[1::2]])
        compile_pdf = render.compile_pdf

        def floor() -> None:
            for _ in range(PER_TURN):
                (template, sheet), options = next(given)
                compile_pdf(template, sheet, **options)

        def portal() -> None:
            for _ in range(PER_TURN):
                make(next(own))

        floor(), portal()  # fonts and sources are read once
        rounds = min(run.rounds, DOCUMENTS // PER_TURN - 2)
        run.say(f"pdf: {rounds} rounds of {PER_TURN} documents")
        alone, whole = alternate(
            rounds, lambda: run.spent(floor, database), lambda: run.spent(portal, database)
        )
    floor_ms, portal_ms = (side["cpu_s"] * 1000 / PER_TURN for side in (alone, whole))
    rates = {"floor_rate": PER_TURN / alone["seconds"], "portal_rate": PER_TURN / whole["seconds"]}
    yield Row("pdf", UNIT, floor_ms, portal_ms, Goal("<=", 1.3), more=rates)
    for peer, (cost, times) in PEERS.items():
        note = "floor is the peer's published figure"
        yield Row(f"pdf {peer}", UNIT, cost, portal_ms, Goal("<=", 1 / times), note)


def make(certificate: Certificate) -> bytes:
    """What a download does."""
    facts = rules.facts_from_bytes(certificate.signed_bytes)
    data = render.certificate_data(facts, qr_text=certificate.qr_text, base_url=f"https://{HOST}")
    return render.certificate_pdf(data)


def _sheet(certificate: Certificate) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the portal would have typst set: the arguments of its one call."""
    with mock.patch.object(render, "compile_pdf", return_value=b"") as call:
        make(certificate)
    return call.call_args.args, call.call_args.kwargs
