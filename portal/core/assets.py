"""Static files under names that carry their content, so that browsers keep them for a year.

At start-up `build` joins the style sheets into one, shortens it and the scripts, copies fonts and
vendored files, writes gzip and brotli beside each text and a manifest of the names. A second start with
the same sources reads the manifest and writes nothing. Several processes may build at once: every file
is written aside and moved into place, the manifest last, and old names stay for pages still open.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
from flask import Flask
from whitenoise import WhiteNoise

URL_PREFIX = "/static/"
# One sheet for every page. The order matters only within a cascade layer.
STYLES = (
    "tokens", "base", "utilities", "frame", "controls", "forms", "messages", "tickets", "content", "lists",
    "steps", "classroom", "calendar", "verify", "charts", "dialogs", "states", "print",
)  # fmt: skip
_FORMAT = "2"  # part of the digest: raise it when this module writes something else from the same sources
_COMPRESSED = {".css", ".js", ".svg", ".json", ".webmanifest"}
_COPIED = {".woff2", ".js", ".svg", ".png", ".webmanifest"}
_KEEP_OLD_SECONDS = 7 * 24 * 3600
_CSS_TOKEN = re.compile(r"""/\*.*?\*/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.S)
_CSS_URL = re.compile(r"""url\(\s*["']?(?P<path>[^"')]+)["']?\s*\)""")


class AssetMissing(KeyError):
    """A template asked for a static file that no build has made."""


@dataclass
class Manifest:
    """Where each static file went: logical name ("css/app.css") -> name with its hash, inside `folder`."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Such as "/static/css/app.3f2a9c01d4.css"; never below the English prefix. Raises AssetMissing."""
        try:
            return URL_PREFIX + self.names[name]
        except KeyError:
            raise AssetMissing(f"no static file named {name!r}") from None


def source_folder() -> Path:
    """The static sources: inside the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_assets" / "static"
    return installed if installed.is_dir() else package.parent / "static"


def build(source: Path, target: Path) -> Manifest:
    """Bring `target` up to date with the files under `source` and say what is where."""
    target.mkdir(parents=True, exist_ok=True)
    digest = _digest(source)
    manifest_path = target / "manifest.json"
    known = _read_manifest(manifest_path)
    if known.get("digest") == digest and all((target / name).is_file() for name in known["names"].values()):
        return Manifest(target, known["names"])

    names: dict[str, str] = {}
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        if path.suffix in _COPIED and not name.startswith(("css/", "js/")):
            names[name] = _place(target, name, path.read_bytes())
    for path in sorted((source / "js").glob("*.js")):
        names[f"js/{path.name}"] = _place(
            target, f"js/{path.name}", shorten_js(path.read_text("utf-8")).encode()
        )
    for name, parts in _sheets(source).items():
        text = "\n".join(path.read_text("utf-8") for path in parts)
        text = shorten_css(_link(text, source / "css", names))
        names[f"css/{name}.css"] = _place(target, f"css/{name}.css", text.encode())
    _write(manifest_path, json.dumps({"digest": digest, "names": names}, indent=1, sort_keys=True).encode())
    _forget_old(target, names)
    return Manifest(target, names)


def register(app: Flask, source: Path, target: Path) -> Manifest:
    """Build, and give the templates `asset("css/app.css")`. While debugging, changed sources are rebuilt."""
    manifest = build(source, target)

    def asset(name: str) -> str:
        if app.debug:
            manifest.names = build(source, target).names
        return manifest.url(name)

    app.jinja_env.globals["asset"] = asset
    app.extensions["assets"] = manifest
    return manifest


def mount(app: Flask, manifest: Manifest) -> None:
    """Serve the built files before the app sees the request: compressed, immutable, no session touched."""
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=manifest.folder,
        prefix=URL_PREFIX.strip("/"),
        autorefresh=app.debug,
        allow_all_origins=False,
        immutable_file_test=r"\.[0-9a-f]{10}\.[a-z0-9]+$",
    )


def shorten_css(css: str) -> str:
    """Drop comments and needless blanks; strings (and the data URIs in them) stay as they are."""
    kept: list[str] = []

    def hold(match: re.Match[str]) -> str:
        if match[0].startswith("/*"):
            return " "
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    css = _CSS_TOKEN.sub(hold, css)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,])\s*", r"\1", css)
    # Only the colon of a declaration: in a selector the blank before a colon means "any descendant".
    css = re.sub(r"(?<=[\w-]): ", ":", css)
    css = css.replace(";}", "}").strip()
    return re.sub("\x00(\\d+)\x00", lambda match: kept[int(match[1])], css)


def shorten_js(script: str) -> str:
    """Drop comment lines and indentation. Our scripts keep no text over several lines, so this is safe."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _sheets(source: Path) -> dict[str, list[Path]]:
    """The joined sheet, and each sheet that is not part of it on its own (the style page has one)."""
    sheets = {"app": [source / "css" / f"{name}.css" for name in STYLES]}
    for path in sorted((source / "css").glob("*.css")):
        if path.stem not in STYLES:
            sheets[path.stem] = [path]
    return sheets


def _link(css: str, folder: Path, names: dict[str, str]) -> str:
    """Small drawings of css/motif go into the sheet itself; other addresses get their hashed names."""

    def swap(match: re.Match[str]) -> str:
        path = match["path"]
        if path.startswith(("data:", "#", "%23")):
            return match[0]
        if path.startswith("motif/"):
            drawing = (folder / path).read_text("utf-8").strip()
            packed = quote(drawing, safe=" =:/',;()-.+").replace('"', "'")
            return f'url("data:image/svg+xml,{packed}")'
        logical = os.path.normpath(f"css/{path}").replace(os.sep, "/")
        return f"url(../{names[logical]})"

    return _CSS_URL.sub(swap, css)


def _place(target: Path, name: str, content: bytes) -> str:
    """Write content under its hashed name, with gzip and brotli for text, and return that name."""
    stem, suffix = os.path.splitext(name)
    hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}{suffix}"
    path = target / hashed
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix in _COMPRESSED:
            # The best brotli takes seconds a megabyte: only for what every page loads.
            quality = 11 if len(content) < 64_000 else 9
            _write(path.with_name(path.name + ".gz"), gzip.compress(content, 9, mtime=0))
            _write(path.with_name(path.name + ".br"), brotli.compress(content, quality=quality))
        _write(path, content)
    return hashed


def _write(path: Path, content: bytes) -> None:
    """Write aside, then move: a reader never sees half a file, and two writers cannot mix."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _digest(source: Path) -> str:
    total = hashlib.sha256(_FORMAT.encode())
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        total.update(path.relative_to(source).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return base64.b32encode(total.digest()[:15]).decode()


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _forget_old(target: Path, names: dict[str, str]) -> None:
    """Remove names that no page can still be using: not in the manifest and a week old."""
    current = set(names.values()) | {"manifest.json"}
    limit = time.time() - _KEEP_OLD_SECONDS
    for path in target.rglob("*"):
        name = path.relative_to(target).as_posix().removesuffix(".gz").removesuffix(".br")
        if name not in current and path.is_file() and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
