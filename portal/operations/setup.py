"""Bring a database to where the portal can serve: migrated, with reference data. Idempotent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from portal.catalog.models import Program
from portal.catalog.services import load_catalog
from portal.centers.models import TrainingCenter
from portal.centers.services import load_centers
from portal.cooperatives.models import ChecklistItem
from portal.cooperatives.services import load_checklist
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.readiness.models import CoverageTarget, ServiceLine
from portal.readiness.services.figures import load_figures
from portal.readiness.services.lines import load_service_lines
from portal.regions.models import Region
from portal.regions.services import load_regions

Say = Callable[[str], None]


def migrate(app: Flask) -> bool:
    """Upgrade to the newest schema; True when something was done. Raises what alembic raises."""
    directory = str(app.extensions["portal_settings"].assets / "migrations")
    script = ScriptDirectory.from_config(_config(directory))
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return False
    upgrade(directory=directory)
    return True


def _config(directory: str) -> Config:
    config = Config()
    config.set_main_option("script_location", directory)
    return config


def is_empty(model: type) -> bool:
    """True when a table holds no row."""
    return db.session.scalar(sa.select(model).limit(1)) is None


def load_reference(now: datetime, say: Say) -> None:
    """Regions, programs and centers, each once."""
    steps = (
        (Region, "wilayah: 38 provinsi sampai 83.762 desa dan kelurahan", load_regions),
        (Program, "program pelatihan dan kurikulum", load_catalog),
        (TrainingCenter, "balai pelatihan dan hari libur", load_centers),
        (ChecklistItem, "daftar kelembagaan koperasi", load_checklist),
        (ServiceLine, "layanan koperasi dan kebutuhannya", load_service_lines),
        (CoverageTarget, "target dan angka cakupan", load_figures),
    )
    for model, label, load in steps:
        if is_empty(model):
            say(f"Memuat {label} …")
            with transaction():
                load(actor=SYSTEM, now=now)
