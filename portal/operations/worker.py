"""`python -m portal.operations.worker`: runs waiting jobs."""

from __future__ import annotations

import logging

from portal import create_app
from portal.core.queue import work


def main() -> None:
    """Start the consumer in this process."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    work(create_app())


if __name__ == "__main__":
    main()
