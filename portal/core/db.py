"""The database on both engines, and `transaction()`: the only commit in the project."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Timezone-aware UTC in and out; refuses naive values."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(sa.types.TypeDecorator[Any]):
    """JSON stored as text on both engines: same bytes, same comparisons."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Pk = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
Moment = Annotated[datetime, mapped_column(UtcDateTime())]
Json = Annotated[Any, mapped_column(JsonText())]


class Base(DeclarativeBase):
    """Declarative base with stable constraint names, which migrations and form errors rely on."""

    metadata = sa.MetaData(naming_convention=NAMING)


# On the registry, not the class: Flask-SQLAlchemy copies the class body, and both at once are refused.
Base.registry.update_type_annotation_map({int: BigId, datetime: UtcDateTime()})

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})

_writing: ContextVar[bool] = ContextVar("portal_writing", default=False)
_before_commit: list[Callable[[Session], None]] = []


def before_commit(hook: Callable[[Session], None]) -> Callable[[Session], None]:
    """Register work that belongs to every write transaction, just before it commits (the audit chain)."""
    _before_commit.append(hook)
    return hook


def on_commit(work: Callable[[], None]) -> None:
    """Run `work` once after the running transaction has committed; dropped on rollback."""
    db.session().info.setdefault("after_commit", []).append(work)


def is_writing() -> bool:
    """True inside `transaction()`."""
    return _writing.get()


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction: ends any open read, begins for writing, commits or rolls back.

    SQLite silently ignores a write lock asked for after a read and would read stale rows, so the read is
    ended first and the new one starts with BEGIN IMMEDIATE. Nesting is a programming error.
    """
    if _writing.get():
        raise RuntimeError("transaction() inside transaction()")
    session = db.session()
    session.rollback()
    session.expire_all()
    session.info.pop("after_commit", None)
    token = _writing.set(True)
    try:
        session.connection()
        yield session
        session.flush()
        for hook in _before_commit:
            hook(session)
        session.commit()
    except BaseException:
        session.rollback()
        session.info.clear()
        raise
    finally:
        _writing.reset(token)
    for work in session.info.pop("after_commit", []):
        work()


_SINGLE: dict[str, Any] = {"portal_single": True}


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for one read by Core, without the session's book-keeping: a third of a short read's CPU.

    It sees what is committed; inside `transaction()` it is the session's own, and sees its writes too.
    """
    if _writing.get():
        yield db.session.connection()
        return
    with db.engine.connect() as connection:
        # One SELECT needs neither BEGIN nor ROLLBACK, each of them a way to PostgreSQL and back.
        single = {"isolation_level": "AUTOCOMMIT"} if connection.dialect.name == "postgresql" else _SINGLE
        yield connection.execution_options(**single)


def read(statement: sa.Executable, values: dict[str, Any] | None = None) -> CursorResult[*tuple[Any, ...]]:
    """Rows of columns, in the session's transaction but past its ORM: half of a short read's CPU.

    For statements built once, of columns alone: an entity in it comes as its columns.
    """
    return db.session.connection().execute(statement, values)


def among(column: Any, values: Iterable[str]) -> sa.ColumnElement[bool]:
    """The column is one of these fixed texts. SQLAlchemy writes a plain list anew for every execution."""
    found: sa.ColumnElement[bool] = column.in_([sa.literal(value, sa.String()) for value in values])
    return found


#: Milliseconds. Compiling a plan to machine code costs a second where the query takes a tenth of one.
_SERVER_OPTIONS = "-c statement_timeout=30000 -c lock_timeout=10000 -c jit=off"


def engine_options(database_url: str) -> dict[str, Any]:
    """Engine arguments for a database url; timeouts are in seconds (PostgreSQL: milliseconds in options).

    hide_parameters: what a failed statement was given (names, phones) stays out of the log.
    """
    if database_url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": 10, "isolation_level": None, "check_same_thread": False},
        }
    return {
        "hide_parameters": True,
        "pool_size": 5,
        "max_overflow": 5,
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "connect_args": {"connect_timeout": 5, "options": _SERVER_OPTIONS},
    }


def prepare_engine(engine: Engine) -> None:
    """Install the SQLite pragmas and the explicit BEGIN; a no-op on PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(raw: Any, _record: Any) -> None:
        cursor = raw.cursor()
        for line in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {line}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if "portal_single" not in connection.get_execution_options():
            connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def insert_many(session: Session, table: sa.Table, rows: list[dict[str, Any]], size: int = 1000) -> None:
    """Insert rows through Core, `size` a statement; all dicts carry the same keys."""
    for start in range(0, len(rows), size):
        session.execute(sa.insert(table), rows[start : start + size])


def insert_new(session: Session, table: sa.Table, rows: list[dict[str, Any]]) -> int:
    """Insert those rows that hurt no unique constraint, on both engines; answers how many they were."""
    from sqlalchemy.dialects import postgresql, sqlite

    if not rows:
        return 0
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing().returning(sa.literal_column("1"))
    return len(session.execute(statement, rows).all())


def upsert_ignore(session: Session, table: sa.Table, values: dict[str, Any]) -> bool:
    """INSERT ... ON CONFLICT DO NOTHING on both engines; True when the row is new."""
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return session.execute(statement.returning(sa.literal_column("1"))).first() is not None
