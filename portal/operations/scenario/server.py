"""`python -m portal.operations.scenario.server`: the portal for the scenario's checks."""

from __future__ import annotations

from granian import Granian
from granian.constants import Interfaces

from portal.settings import load_settings


def main() -> None:
    """Serve with the settings of the environment until a signal ends it."""
    settings = load_settings()
    Granian(
        "portal:create_app",
        factory=True,
        address="127.0.0.1",
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=1 if settings.is_sqlite else 4,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()


if __name__ == "__main__":
    main()
