"""`flask --app wsgi readiness refresh|rebuild|check`: the summaries by hand."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime

import click
from flask import Flask
from flask.cli import AppGroup

from portal.core import clock
from portal.core.db import db
from portal.readiness.jobs import mend, rebuild_all, refresh_all
from portal.readiness.queries.cells import saved_shares
from portal.readiness.queries.standing import CHUNK, live_standing, pieces_of_country
from portal.readiness.rules_coverage import coverage_day

EXIT_DIFFERS = 1
_json = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
group = AppGroup("readiness", help="Standing of cooperatives and coverage.")


@group.command("refresh")
@_json
def refresh(as_json: bool) -> None:
    """Bring up to date what waits, as the timer does each minute, until nothing is left."""
    begun = time.monotonic()
    count = refresh_all(clock.now(), seconds=float("inf"))
    _answer(as_json, cooperatives=count, seconds=round(time.monotonic() - begun, 1))


@group.command("rebuild")
@_json
def rebuild(as_json: bool) -> None:
    """Work every cooperative out anew and mend the cells above them."""
    begun, done = time.monotonic(), 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        click.echo(f"{done} koperasi", err=True)

    count = rebuild_all(now=clock.now(), told=told)
    _answer(as_json, cooperatives=count, seconds=round(time.monotonic() - begun, 1))


@group.command("check")
@click.option("--deep", is_flag=True, help="Also work every cooperative out anew and compare.")
@_json
def check(deep: bool, as_json: bool) -> None:
    """Hold the cells against the standings, and with --deep the standings against the sources. Changes
    nothing; exit 1 when something differs that no entry of the queue explains."""
    now = clock.now()
    cells = mend(now, is_dry=True)
    standings = _stale(now) if deep else None
    _answer(as_json, cells=cells, standings=standings)
    if cells or standings:
        sys.exit(EXIT_DIFFERS)


def _stale(now: datetime) -> int:
    off = 0
    for ids in pieces_of_country(CHUNK):
        saved, live = saved_shares(ids), live_standing(ids, coverage_day(now))
        off += sum(saved.get(number) != one.share() for number, one in live.items())
        db.session.rollback()
    return off


def _answer(as_json: bool, **facts: object) -> None:
    told = {name: value for name, value in facts.items() if value is not None}
    click.echo(json.dumps(told) if as_json else ", ".join(f"{key}: {value}" for key, value in told.items()))


def install(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
