"""`flask --app wsgi scenario` (`make scenario`)."""

from __future__ import annotations

import os

import click

from portal.operations.scenario.playing import DatabaseInUse, Progress, run
from portal.operations.scenario.stages import RESERVES, SEATS, WAVES, World


@click.command("scenario")
@click.option("--rows", type=click.IntRange(min=2), help="Only the first so many rows of the roster.")
@click.option("--seed", default="sintang", show_default=True, help="Another seed, another course of events.")
def scenario(rows: int | None, seed: str) -> None:
    """Play a regency from its roster to certificates verified over HTTP; exit 1 when a count does not add up.

    In a temporary SQLite database, or in the empty database that DATABASE_URL names.
    """
    progress = Progress()
    try:
        world, wrong = run(
            database_url=os.environ.get("DATABASE_URL") or None, rows=rows, seed=seed, progress=progress
        )
    except DatabaseInUse as refused:
        raise click.ClickException(str(refused)) from None
    for label, value in table(world, progress):
        click.echo(f"{label:<34} {value:>10}")
    for sentence in wrong:
        click.echo(f"TIDAK COCOK: {sentence}", err=True)
    if wrong:
        raise SystemExit(1)
    click.echo("Semua hitungan cocok.", err=True)


def table(world: World, progress: Progress) -> list[tuple[str, str]]:
    """The rows of the final table: people, classes, results, reasons, seconds."""
    rows = [
        ("Koperasi", f"{world.cooperatives}"),
        ("Orang", f"{world.previewed}"),
        ("Baris bermasalah", f"{world.bad_rows}"),
        (f"Kelas ({SEATS} + {RESERVES} cadangan, {WAVES} gelombang)", f"{len(world.batches)}"),
        ("Mendapat kursi", f"{world.placed}"),
        ("Cadangan", f"{world.reserves}"),
        ("Belum mendapat kursi", f"{world.unplaced}"),
        ("Hadir", f"{world.attended}"),
        ("Bersertifikat, terperiksa", f"{world.certified}"),
        *((f"Belum: {reason}", f"{count}") for reason, count in sorted(world.not_yet.items())),
    ]
    seconds = [(f"Detik {name}", f"{value:.1f}") for name, value in progress.seconds.items()]
    return [*rows, *seconds, ("Detik seluruhnya", f"{sum(progress.seconds.values()):.1f}")]
