"""The page client's eyes: each breach is seen, and a sound page passes."""

import pytest

from tests.support.html import parse, problems, words

HEAD = '<!doctype html><html lang="id"><head><title>Judul</title></head><body><main id="isi"><h1>Judul</h1>'
END = "</main></body></html>"
SOUND = """
<a href="#isi">Langsung ke isi</a>
<form method="post" action="/a"><input type="hidden" name="csrf_token" value="x"><label for="q">Nama</label>
<input id="q" name="q" aria-describedby="q-h"><p id="q-h">Sesuai KTP</p>
<button><svg aria-hidden="true"><use href="#i"/></svg>Kirim</button></form>
<search><form action="/cari"><label>Cari <input name="z"></label></form></search>
<template><tr><td>1</td></tr></template><dialog id="d"><p>x</p></dialog>
<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
<svg viewBox="0 0 1 1" role="img" aria-label="Aula"><path d="M0 0"/></svg><img src="/a.png" alt="">
"""


def _found(body, needs_token=lambda action: True):
    return problems(body if body.startswith("<!") else HEAD + body + END, needs_token)


def test_sound_page_passes():
    assert _found(SOUND) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<p><div>a</div></p>", "Unexpected end tag (p)"),
        ("<ul><li>a</ul></ul>", "End tag (ul) seen too early"),
        ('<p id="a">a</p><p id="a">b</p>', "duplicate or empty id 'a'"),
        ("<h1>Dua</h1>", "2 <h1>"),
        ('<p style="x">a</p>', "attribute style"),
        ('<p onclick="x">a</p>', "attribute onclick"),
        ('<p hx-on:click="x">a</p>', "attribute hx-on:click"),
        ("<script>x()</script>", "inline <script>"),
        ('<a href="javascript:x()">a</a>', "script in href"),
        ('<form method="post" action="/a"><button>a</button></form>', "without csrf_token"),
        (
            '<form><input type="hidden" name="csrf_token" value="a"><button>a</button></form>',
            "puts csrf_token",
        ),
        ('<a href="/a"><svg aria-hidden="true"></svg></a>', "<a> without text"),
        ("<button></button>", "<button> without text"),
        ('<img src="/a.png">', "<img> without alt"),
        ('<input name="a">', "without a label"),
        ('<label for="b">B</label><input id="a" aria-label="A">', "points to nothing"),
        ('<a href="#tiada">a</a>', "not on the page"),
        ("<!doctype html><html lang=id><head><title></title></head><body></body></html>", "no <title>"),
    ],
)
def test_each_breach_is_found(body, what):
    assert any(what in one for one in _found(body)), _found(body)


def test_public_post_needs_no_token():
    assert _found('<form method="post" action="/cek"><button>a</button></form>', lambda action: False) == []


@pytest.mark.parametrize(
    "text",
    [
        '<tr id="r"><td>a</td></tr>',
        '<li id="r">a</li>',
        '<p id="r">a</p> <p id="s" hx-swap-oob="true">b</p>',
    ],
)
def test_fragment_with_one_named_root_passes(text):
    assert _found_fragment(text) == []


@pytest.mark.parametrize("text", ["<p>a</p>", '<p id="a">a</p><p id="b">b</p>'])
def test_fragment_without_one_named_root_is_refused(text):
    assert any("a fragment with roots" in one for one in _found_fragment(text))


def _found_fragment(text):
    return problems(text, lambda action: True)


def test_words_are_what_is_read():
    tree, _errors = parse(
        '<p id="a">Satu <b>dua</b> <span aria-hidden="true">x</span><img src="a" alt="tiga"> empat</p>'
    )
    assert words(tree) == "Satu dua tiga empat"
