"""Case 2: the verify page behind nginx, which keeps an answer for one second, beside a file from nginx."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.counting import alternate
from bench.rows import Goal, Row, not_measured
from bench.run import Run
from bench.serving import Server, answers, end, free_port, wait_until

GOAL = Goal(">=", 0.25)
UNIT = "requests/CPU s"
#: As deploy/nginx.conf keeps verdicts: what the portal allows by X-Accel-Expires, and nothing else.
CONFIG = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache levels=1:2 keys_zone=balai:1m use_temp_path=off;
  server {{
    listen 127.0.0.1:{port}; keepalive_requests 1000000;
    location = /static.html {{ root {folder}; }}
    location / {{
      proxy_pass http://127.0.0.1:{backend}; proxy_http_version 1.1; proxy_set_header Host $host;
      proxy_cache balai; proxy_cache_key $scheme$host$request_uri; proxy_cache_lock on;
      proxy_ignore_headers Cache-Control Expires;
    }}
  }}
}}
"""


def microcache(run: Run) -> Iterator[Row]:
    """One popular code through nginx; CPU of nginx and of the portal behind it together."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        yield not_measured("microcache", UNIT, "nginx is not installed", GOAL)
        return
    portal, path = run.server("portal"), f"/V/{run.codes(1)[0]}"
    size = int(portal.load([path], 20)["bytes"])
    with _nginx(program, portal, size) as front:
        both = Server(front.port, front.pid, (portal.pid, *portal.helpers))
        count = run.requests * 5
        static, kept = alternate(
            run.rounds, lambda: front.load(["/static.html"], count), lambda: both.load([path], count)
        )
    rates = {"floor_rate": static["rate"], "portal_rate": kept["rate"]}
    figures = [1000 / max(side["cpu_ms"], 1e-6) for side in (static, kept)]
    note = "the load generator, not nginx, bounds the rates"
    yield Row("microcache", UNIT, *figures, GOAL, note, more={**run.about(), **rates})


@contextmanager
def _nginx(program: str, portal: Server, size: int) -> Iterator[Server]:
    folder, port = Path(tempfile.mkdtemp(prefix="balai-nginx-")), free_port()
    folder.chmod(0o755)
    (folder / "static.html").write_text("x" * size)
    (folder / "conf").write_text(CONFIG.format(folder=folder, port=port, backend=portal.port))
    log = folder / "error.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [program, "-c", str(folder / "conf"), "-e", str(log)], stdout=out, stderr=out
        )
    try:
        wait_until(lambda: answers(port), process, 10, log)
        yield Server(port, process.pid)
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)
