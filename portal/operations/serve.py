"""`make run`: prepares the database, prints where and with whom to sign in, serves until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces

from portal import create_app
from portal.core import clock
from portal.core.db import db
from portal.operations.demo.making import DemoRefused
from portal.operations.setup import is_empty, load_reference, migrate
from portal.settings import Settings, SettingsError, load_settings


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(line, flush=True)


def prepare(settings: Settings) -> list[tuple[str, str, str]]:
    """Migrate and fill the database; (role, login, password) of one demo account a role, or none."""
    from portal.accounts.models import User
    from portal.operations.demo import demo_accounts, make_demo, refuse_half_demo
    from portal.operations.demo.accounts import demo_logins
    from portal.operations.demo.phones import give_phones

    app = create_app(settings)
    with app.app_context():
        migrate(app)
        load_reference(clock.now(), say)
        if not settings.demo:
            return []
        refuse_half_demo()
        if is_empty(User):
            say("Memuat data contoh (sekali saja) …")
            make_demo(now=clock.now(), say=say)
        give_phones(demo_logins(), clock.now())
        shown = [(role, found[0]["login"], found[0]["password"]) for role, found in demo_accounts().items()]
        db.session.remove()
        db.engine.dispose()
        return shown


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def greeting(settings: Settings, accounts: list[tuple[str, str, str]]) -> str:
    """Where the portal is and with whom to sign in."""
    lines = ["", f"Balai siap di {settings.base_url}"]
    if accounts:
        lines.append("Akun contoh (satu tiap peran; sandi sama untuk semua):")
        lines += [f"  {role:<18} {login:<24} {password}" for role, login, password in accounts]
        lines.append("Akun petugas diminta kode kedua; di portal contoh kode itu tampil di halamannya.")
    return "\n".join([*lines, "Ctrl-C untuk berhenti."])


def start_runner(port: int, text: str) -> subprocess.Popen[str]:
    """The herald, then job runner, in a process group of its own: Ctrl-C reaches it through us."""
    command = [sys.executable, str(Path(__file__).with_name("herald.py")), str(port)]
    runner = subprocess.Popen(  # noqa: S603  our own script
        command, stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    assert runner.stdin is not None
    runner.stdin.write(text)
    runner.stdin.close()
    return runner


def stop(runner: subprocess.Popen[str]) -> None:
    """Ask it to end; after five seconds, end it."""
    if runner.poll() is not None:
        return
    runner.send_signal(signal.SIGINT)
    try:
        runner.wait(5)
    except subprocess.TimeoutExpired:
        runner.kill()
        runner.wait()


def main() -> int:
    """Serve; 0 after Ctrl-C, 1 with one clear line when it cannot start."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if not _port_is_free(settings.port):
        print(f"Port {settings.port} sudah dipakai. Coba: make run PORT=8001", file=sys.stderr)
        return 1
    try:
        accounts = prepare(settings)
    except (DemoRefused, SettingsError) as refused:
        print(refused, file=sys.stderr)
        return 1
    os.environ["PORTAL_ENV"] = settings.env
    runner = start_runner(settings.port, greeting(settings, accounts))
    try:
        Granian(
            "wsgi:app",
            address="127.0.0.1",
            port=settings.port,
            interface=Interfaces.WSGI,
            workers=settings.workers,
            blocking_threads=1 if settings.is_sqlite else 4,
            backpressure=64,
            log_access=False,
            log_level="warning",  # type: ignore[arg-type]
        ).serve()
    finally:
        stop(runner)
    return 0


if __name__ == "__main__":
    sys.exit(main())
