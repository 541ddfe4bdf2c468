"""`python -m portal.certificates.monitor URL --state FILE`: watch a portal's log without having one.

What a visit looks at is in watching.py. Exit code 0, 1 with a sentence for each fault (the state is then left
as it was), 2 when there was nothing to look at.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from portal.certificates.watching import Fetch, Report, State, visit
from portal.core import clock

_SECONDS = 20
_LARGEST = 64 * 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Unreachable(Exception):
    """There is nothing to look at; `code` is stable, the text one plain sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class _Stay(urllib.request.HTTPRedirectHandler):
    """What is watched is one address: an answer from elsewhere is none."""

    def redirect_request(self, *_args: Any) -> None:
        """Refuse, so that the redirect is an error."""


def read_state(path: Path) -> State | None:
    """What was kept at the last visit; None at the first. Raises Unreachable for a file that is damaged."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        return State(**kept | {"edge": tuple(bytes.fromhex(one) for one in kept["edge"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreachable("state", f"the state file {path} cannot be read") from error


def write_state(path: Path, state: State) -> None:
    """Replace the state file in one step. Raises Unreachable."""
    content = vars(state) | {"edge": [one.hex() for one in state.edge]}
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise Unreachable("state", f"the state file {path} cannot be written") from error
    finally:
        draft.unlink(missing_ok=True)


def fetcher(url: str) -> Fetch:
    """Reads paths below a portal's address, over https, or http on this machine. Raises Unreachable."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise Unreachable("address", f"{url} is not an https address")
    opener = urllib.request.build_opener(_Stay)
    opener.addheaders = [("User-Agent", "balai-log-monitor")]

    def fetch(path: str) -> bytes:
        try:
            with opener.open(url.rstrip("/") + path, timeout=_SECONDS) as answer:
                data: bytes = answer.read(_LARGEST)
        except urllib.error.HTTPError as error:
            raise Unreachable("answer", f"{path} answers {error.code}") from error
        except OSError as error:
            raise Unreachable("answer", f"{url} does not answer") from error
        return data

    return fetch


def run(url: str, path: Path, *, now: datetime, is_json: bool) -> int:
    """Visit, tell on stdout, keep the state; the exit code."""
    try:
        report, state = visit(url, read_state(path), fetcher(url), now)
        if state is not None:
            write_state(path, state)
    except Unreachable as error:
        if is_json:
            click.echo(json.dumps({"error": {"code": error.code, "message": str(error)}}))
        else:
            click.echo(str(error), err=True)
        return 2
    if is_json:
        click.echo(json.dumps(vars(report), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(report)))
    return 1 if report.faults else 0


def _lines(report: Report) -> list[str]:
    """The report for a person."""
    lines = [*report.faults, *([f"and {report.left_out} more"] if report.left_out else [])]
    if report.key_changed:
        lines.append("the log signs with another key, which the pinned root vouches for")
    first = "first visit, " if report.is_first else ""
    lines.append(f"{report.origin or report.url}: {first}{report.size} entries, {report.new} new")
    for center, counts in sorted(report.centers.items()):
        lines.append(f"  {center}: " + ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())))
    return lines


@click.command()
@click.argument("url")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")
def main(url: str, state: Path, is_json: bool) -> None:
    """Watch the transparency log of a portal: what is new since the last visit, and whether it is whole."""
    raise SystemExit(run(url, state, now=clock.now(), is_json=is_json))


if __name__ == "__main__":
    main()
