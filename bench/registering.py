"""One register on its way into a registry, in a process of its own whose memory can be told.

`python -m bench.registering FILE` with the database in BENCH_DATABASE; one JSON line on stdout.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
import xlsxwriter
from flask import Flask

from bench.databases import Database, Say
from portal.cooperatives.labels_register import COLUMN_TITLES
from portal.core.db import db, transaction

ENVIRONMENT = "BENCH_DATABASE"


def fill(app: Flask, _rows: int, say: Say) -> None:
    """Migrate an empty database and load the regions of the whole country."""
    from portal.certificates.keys import keys
    from portal.core import clock
    from portal.core.permissions import SYSTEM
    from portal.operations.setup import migrate
    from portal.regions.services import load_regions

    migrate(app)
    keys().standing("log")
    say("the regions of the country")
    with transaction():
        load_regions(actor=SYSTEM, now=clock.now())


def register_rows(count: int) -> Iterator[list[str]]:
    """A made-up cooperative for each village, found by its names alone: the dearest way."""
    from portal.regions.models import Region

    with db.engine.connect() as connection:
        places = dict(connection.execute(sa.select(Region.code, Region.name)).all())
    for number, code in enumerate(sorted(code for code in places if code.count(".") == 3)[:count]):
        path = [places[code[:length]] for length in (2, 5, 8, 13)]
        yield [
            f"Koperasi Desa Merah Putih {path[3]}", "", *path, "", f"CONTOH-{number:06d}", f"S-{number:06d}",
            "ya" if number % 90 == 0 else "tidak", f"AHU-{number}", "01/07/2025", "", "",
        ]  # fmt: skip


def write_register(path: Path, count: int) -> None:
    """The register as .csv or .xlsx, by the name of the file."""
    titles = list(COLUMN_TITLES.values())
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target, delimiter=";")
            writer.writerow(titles)
            writer.writerows(register_rows(count))
        return
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, titles)
        for number, row in enumerate(register_rows(count), 1):
            sheet.write_row(number, 0, row)


def bring_in(path: Path) -> dict[str, int]:
    """Read, judge and write a register as its page and job do; what came of its rows."""
    from portal.cooperatives.models import RegistryImport
    from portal.cooperatives.register.file import read_register_file
    from portal.cooperatives.services.registry import keep_register, start_registry_import
    from portal.core import clock, jobs
    from portal.core.permissions import SYSTEM

    read = read_register_file(path.read_bytes(), path.name)
    with transaction():
        number = keep_register(read=read, actor=SYSTEM, now=clock.now()).id
    del read
    jobs.run_pending()
    with transaction():
        start_registry_import(import_id=number, only_good=True, actor=SYSTEM, now=clock.now())
    jobs.run_pending()
    db.session.expire_all()
    result: dict[str, int] = db.session.get_one(RegistryImport, number).summary["result"]
    return result


def empty_registry() -> None:
    """Throw away what an earlier size brought in."""
    tables = ("standing_change", "registry_row", "registry_block", "registry_import", "cooperative")
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # fourteen tables are asked whether they still name it
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for table in tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  our own names
        connection.commit()


def main() -> None:
    """Bring the file in and say what it cost: {cpu_s, seconds, peak_mb, new, ...}."""
    app = Database.from_text(os.environ[ENVIRONMENT]).portal()
    with app.app_context():
        empty_registry()
        cpu, began = time.process_time(), time.perf_counter()
        result = bring_in(Path(sys.argv[1]))
        cost = {"cpu_s": time.process_time() - cpu, "seconds": time.perf_counter() - began}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**cost, "peak_mb": peak, **result}))


if __name__ == "__main__":
    main()
