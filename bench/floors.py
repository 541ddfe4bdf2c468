"""The floors: what Flask, Flask-SQLAlchemy and Jinja cost when nothing is asked but one row and one page.

`/hello` is the emptiest answer. `/V/<code>` is a page as one would write it at first: one SELECT by Core,
built once, in the request's session, and a template that extends a layout and lists 25 rows; `/page` is the
same without the database. `POST /answer` is one row written durably. Nothing is verified, translated, put
into words or drawn.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, abort, jsonify, render_template, request
from flask_sqlalchemy import SQLAlchemy

TEMPLATES = Path(__file__).resolve().parent / "templates"
FACTS = 25

_CERTIFICATE = sa.table(
    "certificate",
    *(sa.column(name, sa.String) for name in ("code", "number", "kid", "qr_text")),
    *(sa.column(name, sa.LargeBinary) for name in ("signed_bytes", "signature")),
    *(sa.column(name, sa.Integer) for name in ("status_index", "log_index", "person_id")),
    sa.column("issued_at", sa.DateTime(timezone=True)),
    sa.column("expires_on", sa.Date),
)
_BY_CODE = sa.select(_CERTIFICATE).where(_CERTIFICATE.c.code == sa.bindparam("code"))


def floor_app(url: str) -> Flask:
    """The floors on the database that the portal is served from, with the portal's engine options."""
    from portal.core.db import engine_options, prepare_engine

    app = Flask("floor", template_folder=str(TEMPLATES), static_folder=None)
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(url))
    database = SQLAlchemy(app)
    with app.app_context():
        prepare_engine(database.engine)

    table = answer_table()

    @app.post("/answer")
    def answer() -> Any:
        sent = request.get_json()
        values = {
            "attempt_id": sent["attempt"], "position": sent["no"], "seq": sent["seq"],
            "answer": sent["answer"], "received_at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        session = database.session
        session.execute(sa.insert(table), values)
        session.commit()
        return jsonify(seq=sent["seq"])

    @app.get("/hello")
    def hello() -> Any:
        return "hello"

    @app.get("/page")
    def page() -> Any:
        return render_template("page.html", code="BA1A1KVP7QTJ", facts=_FIXED)

    @app.get("/V/<code>")
    def show(code: str) -> Any:
        row = database.session.execute(_BY_CODE, {"code": code}).first()
        if row is None:
            abort(404)
        return render_template("page.html", code=row.code, facts=_facts(row))

    return app


def answer_table() -> sa.Table:
    """What `POST /answer` writes to; the case that uses it makes it."""
    return sa.Table(
        "bench_answer",
        sa.MetaData(),
        *(sa.Column(name, sa.Integer, primary_key=True) for name in ("attempt_id", "position", "seq")),
        sa.Column("answer", sa.Text),
        sa.Column("received_at", sa.Text),
    )


_FIXED = [(f"Fakta {number}", "Pembukuan harian dan laporan kas", "8 JP") for number in range(FACTS)]


def _facts(row: Any) -> list[tuple[str, str, str]]:
    """25 rows for the page: what it is, its value, a small note."""
    named = [
        ("Nomor", row.number, row.kid),
        ("Diterbitkan", row.issued_at.isoformat(), ""),
        ("Masa berlaku", row.expires_on.isoformat(), ""),
    ]
    return named + _FIXED[len(named) :]
