import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest
from flask import Flask

from portal.core import assets


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> assets.Manifest:
    return assets.build(assets.source_folder(), tmp_path_factory.mktemp("static"))


def test_build_names_carry_the_content_and_exist(built: assets.Manifest) -> None:
    assert {"css/app.css", "js/app.js", "vendor/htmx.min.js", "ikon.svg", "fonts/pjs-400.woff2"} <= set(
        built.names
    )
    for hashed in built.names.values():
        assert re.search(r"\.[0-9a-f]{10}\.\w+$", hashed)
        assert (built.folder / hashed).is_file()


def test_build_compresses_texts_without_changing_them(built: assets.Manifest) -> None:
    path = built.folder / built.names["css/app.css"]
    content = path.read_bytes()
    assert gzip.decompress(Path(f"{path}.gz").read_bytes()) == content
    assert brotli.decompress(Path(f"{path}.br").read_bytes()) == content


def test_build_links_only_files_that_exist(built: assets.Manifest) -> None:
    path = built.folder / built.names["css/app.css"]
    linked = re.findall(r"url\((\.\./[^)]+)\)", path.read_text())
    assert linked
    assert all((path.parent / address).resolve().is_file() for address in linked)
    assert "motif/" not in path.read_text()


@pytest.mark.parametrize(
    ("name", "budget"), [("css/app.css", 14_336), ("js/app.js", 5_120), ("vendor/htmx.min.js", 17_408)]
)
def test_build_stays_within_the_weight_of_a_page(built: assets.Manifest, name: str, budget: int) -> None:
    assert Path(f"{built.folder / built.names[name]}.gz").stat().st_size <= budget


def test_build_again_writes_nothing(built: assets.Manifest) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.folder.rglob("*")}
    assert assets.build(assets.source_folder(), built.folder).names == built.names
    assert {path: path.stat().st_mtime_ns for path in built.folder.rglob("*")} == before


def test_build_by_several_at_once_leaves_whole_files(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        manifests = list(pool.map(lambda _: assets.build(assets.source_folder(), tmp_path), range(4)))
    assert all(one.names == manifests[0].names for one in manifests)
    assert not list(tmp_path.rglob(".writing-*"))


def test_build_repairs_a_broken_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    assert "css/app.css" in assets.build(assets.source_folder(), tmp_path).names


def test_url_of_an_unknown_file_raises(built: assets.Manifest) -> None:
    with pytest.raises(assets.AssetMissing, match=r"nothing\.css"):
        built.url("css/nothing.css")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a { color: red; }  /* why */ b {}", "a{color:red}b{}"),
        ("main :is(p, dd) { margin: 0 auto; }", "main :is(p,dd){margin:0 auto}"),
        ('a::before { content: "a  ;  }"; }', 'a::before{content:"a  ;  }"}'),
        ("@media (min-width: 48rem) { a { width: calc(1px + 2px); } }",
         "@media (min-width:48rem){a{width:calc(1px + 2px)}}"),
    ],
)  # fmt: skip
def test_shorten_css_keeps_the_meaning(source: str, expected: str) -> None:
    assert assets.shorten_css(source) == expected


def test_shorten_js_drops_comment_lines_only() -> None:
    assert assets.shorten_js("// why\n  const a = 'http://b';\n\n") == "const a = 'http://b';\n"


def test_mounted_files_are_immutable_and_outside_the_app(built: assets.Manifest, tmp_path: Path) -> None:
    app = Flask("sample", static_folder=None)
    assets.mount(app, assets.register(app, assets.source_folder(), tmp_path))
    with app.test_request_context():
        address = app.jinja_env.from_string("{{ asset('css/app.css') }}").render()
    with app.test_client().get(address, headers={"Accept-Encoding": "br"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
