"""`make run`: prepares the database, prints where and with whom to sign in, serves until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

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


class Runner:
    """The job runner, in a process group of its own: Ctrl-C reaches it through us."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it, unless everything is being stopped already."""
        with self._lock:
            if not self._is_over:
                command = [sys.executable, "-m", "portal.operations.worker"]
                self._process = subprocess.Popen(command, start_new_session=True)  # noqa: S603  our own module

    def stop(self) -> None:
        """Ask it to end; after five seconds, end it."""
        with self._lock:
            self._is_over = True
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/sehat", timeout=5).close()
    except urllib.error.HTTPError:
        return True  # it answers, though not to this host name
    except OSError:
        return False
    return True


def _announce(settings: Settings, accounts: list[tuple[str, str, str]], runner: Runner) -> None:
    """Once the portal answers: where it is and with whom to sign in. The job runner starts after that."""
    while not _answers(settings.port):
        time.sleep(0.1)
    say("")
    say(f"Balai siap di {settings.base_url}")
    if accounts:
        say("Akun contoh (satu tiap peran; sandi sama untuk semua):")
        for role, login, password in accounts:
            say(f"  {role:<18} {login:<24} {password}")
    say("Ctrl-C untuk berhenti.")
    runner.start()


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
    except DemoRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    os.environ["PORTAL_ENV"] = settings.env
    runner = Runner()
    threading.Thread(target=_announce, args=(settings, accounts, runner), daemon=True).start()
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
        runner.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
