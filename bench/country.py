"""A country of cooperatives, their boards and certificates, with its coverage: the portal's own demo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask

from bench.databases import Say
from portal.core import clock
from portal.core.db import db
from portal.operations.commands import prepare
from portal.operations.demo.country import Scale, make_country

#: What the country holds for each certificate of Scale's.
WHOLE = Scale()


def scaled(certificates: int) -> Scale:
    """As much of everything as belongs to this many certificates."""
    share = certificates / WHOLE.certificates
    return Scale(
        cooperatives=round(WHOLE.cooperatives * share),
        holders=round(WHOLE.holders * share),
        certificates=certificates,
        external=round(WHOLE.external * share),
    )


def fill(app: Flask, rows: int, say: Say) -> None:
    """Migrate an empty database, load the reference data and make a country with `rows` certificates."""

    @contextmanager
    def bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
        began = clock.now()
        yield lambda _step: None
        say(f"{label}: {total:,} in {(clock.now() - began).total_seconds():.0f} s")

    prepare()
    make_country(now=clock.now(), bar=bar, scale=scaled(rows))
    db.session.remove()
    db.engine.dispose()
