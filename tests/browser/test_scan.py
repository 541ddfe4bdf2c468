"""Reading a QR on the device: photo, camera, a whole PDF; and signatures where the browser has no Ed25519."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Page, expect

from portal.certificates.qr import qr_matrix
from tests.browser.test_offline import paste, prepare, qr_text
from tests.support.browser import Served, look

#: A phone's camera that sees the picture in `window.__seen`: a canvas for a stream.
CAMERA = """() => {
  navigator.mediaDevices.getUserMedia = async () => {
    const picture = new Image();
    picture.src = window.__seen;
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = picture.width;
    canvas.height = picture.height;
    const draw = () => { canvas.getContext('2d').drawImage(picture, 0, 0); setTimeout(draw, 50); };
    draw();
    return canvas.captureStream(20);
  };
}"""
DENIED = """() => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };
}"""
NO_ED25519 = """() => {
  const real = SubtleCrypto.prototype.importKey;
  SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
    const no = new DOMException('no', 'NotSupportedError');
    if ((algorithm.name || algorithm) === 'Ed25519') return Promise.reject(no);
    return real.call(this, format, key, algorithm, ...rest);
  };
}"""


def picture(text: str, module: int = 5, *, turn: float = 0, blur: float = 0, margin: int = 60) -> Image.Image:
    """The QR as `qr_matrix` prints it, on grey paper, turned and blurred; `module` in pixels."""
    matrix = qr_matrix(text)
    side = (len(matrix) + 8) * module
    image = Image.new("L", (side + 2 * margin, side + 2 * margin), 235)
    pen = ImageDraw.Draw(image)
    pen.rectangle((margin, margin, margin + side, margin + side), fill=255)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            left, top = margin + (x + 4) * module, margin + (y + 4) * module
            if dark:
                pen.rectangle((left, top, left + module - 1, top + module - 1), fill=20)
    image = image.rotate(turn, expand=True, fillcolor=235, resample=Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.GaussianBlur(blur))


def png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def data_url(image: Image.Image) -> str:
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def choose(page: Page, name: str, kind: str, content: bytes) -> None:
    page.locator("#scan-file").set_input_files({"name": name, "mimeType": kind, "buffer": content})


@pytest.fixture
def lookup(served: Served) -> Iterator[Page]:
    """The page /verifikasi, its scanner standing."""
    with served.visitor() as page:
        page.goto("/verifikasi")
        expect(page.get_by_role("button", name="Buka kamera")).to_be_visible()
        yield page


DEGRADED = [
    {"module": 3}, {"module": 4, "blur": 1}, {"module": 5, "turn": 7, "blur": 1},
    {"module": 6, "turn": -23, "blur": 1.5}, {"module": 5, "turn": 90}, {"module": 8, "turn": 30, "blur": 2},
]  # fmt: skip


def test_decoder_reads_real_codes_slightly_blurred_and_turned(served: Served, lookup: Page) -> None:
    text = qr_text(served)
    assert 57 <= len(qr_matrix(text)) <= 73
    read = lookup.evaluate(
        """async (pictures) => {
          const { decodeQR } = await import(document.getElementById('scan').dataset.decoder);
          const all = [];
          for (const address of pictures) {
            const one = new Image();
            one.src = address;
            await one.decode();
            const canvas = document.createElement('canvas');
            canvas.width = one.width;
            canvas.height = one.height;
            const context = canvas.getContext('2d');
            context.drawImage(one, 0, 0);
            const pixels = context.getImageData(0, 0, one.width, one.height);
            try { all.push(decodeQR(pixels)); } catch (e) { all.push(''); }
          }
          return all;
        }""",
        [data_url(picture(text, **how)) for how in DEGRADED],
    )  # fmt: skip
    assert read == [text] * len(DEGRADED)


def test_a_photo_leads_to_the_page_that_checks_the_signature(served: Served, lookup: Page) -> None:
    text = qr_text(served)
    # A photo of a whole sheet: the QR is a small part of it.
    sheet = Image.new("L", (2400, 1700), 240)
    sheet.paste(picture(text, 4, turn=3, margin=0), (1800, 1100))
    choose(lookup, "kertas.png", "image/png", png(sheet))
    expect(lookup).to_have_url(re.compile(f"/V/{served.world.ids['code']}#{text.split('#')[1]}$"))
    expect(lookup.locator("#qr-check [data-when=match]")).to_be_visible()


def test_the_camera_leads_there_too(served: Served) -> None:
    text = qr_text(served)
    with served.visitor() as page:
        page.add_init_script(f"window.__seen = {json.dumps(data_url(picture(text, 6, turn=4)))}")
        page.add_init_script(f"({CAMERA})()")
        page.goto("/verifikasi")
        page.get_by_role("button", name="Buka kamera").click()
        expect(page.locator("#qr-check [data-when=match]")).to_be_visible()


def test_a_denied_camera_is_told_and_the_typed_code_stands(served: Served) -> None:
    with served.visitor() as page:
        page.add_init_script(f"({DENIED})()")
        page.goto("/verifikasi")
        page.get_by_role("button", name="Buka kamera").click()
        expect(page.locator("[data-say]")).to_contain_text("Kamera tidak diizinkan")
        assert look(served, page, "pindai kamera ditolak") == []
        page.locator("#kode").fill(str(served.world.ids["code"]))
        page.get_by_role("button", name="Periksa", exact=True).first.click()
        expect(page).to_have_url(re.compile(r"/V/"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HTTPS://BALAI-PALSU.EXAMPLE/V/BA1A1KVP7QTJ#ABC", "alamat lain: balai-palsu.example"),
        ("WIFI:S:kantor;;", "bukan QR sertifikat"),
        ("", "Tidak ada QR yang terbaca"),
    ],
)
def test_other_pictures_are_told_apart(lookup: Page, text: str, words: str) -> None:
    image = picture(text) if text else Image.new("L", (400, 300), 200)
    choose(lookup, "foto.png", "image/png", png(image))
    expect(lookup.locator("[data-say]")).to_contain_text(words)
    assert lookup.url.endswith("/verifikasi")


def test_a_broken_picture_is_told(lookup: Page) -> None:
    choose(lookup, "foto.png", "image/png", b"bukan gambar")
    expect(lookup.locator("[data-say]")).to_contain_text("bukan gambar yang dapat dibaca")


def test_the_offline_page_reads_photo_and_camera_in_aeroplane_mode(served: Served) -> None:
    text = qr_text(served)
    with served.visitor(quiet=False) as page:
        page.add_init_script(f"window.__seen = {json.dumps(data_url(picture(text, 6)))}")
        page.add_init_script(f"({CAMERA})()")
        prepare(page)
        page.context.set_offline(True)
        page.reload()
        choose(page, "foto.png", "image/png", png(picture(text, 5, turn=2)))
        expect(page.locator("[data-slot] [data-state=match]")).to_be_visible()
        page.get_by_role("button", name="Periksa sertifikat lain").click()
        page.get_by_role("button", name="Buka kamera").click()
        expect(page.locator("[data-slot] [data-state=match]")).to_be_visible()
        expect(page.locator("video")).to_be_hidden()


# ---- without Ed25519 in the browser ----


def test_a_browser_without_ed25519_uses_the_vendored_one_offline(served: Served) -> None:
    text = qr_text(served)
    with served.visitor(quiet=False) as page:
        page.add_init_script(f"({NO_ED25519})()")
        prepare(page)
        page.context.set_offline(True)
        page.reload()
        assert paste(page, text) == "match"
        page.get_by_role("button", name="Periksa sertifikat lain").click()
        # 34 bytes in: the signed name
        place = len(text.split("#")[0]) + 30
        other = "A" if text[place] != "A" else "B"
        assert paste(page, text[:place] + other + text[place + 1 :]) == "mismatch"


def test_the_verify_page_uses_it_too(served: Served) -> None:
    text = qr_text(served)
    with served.visitor() as page:
        page.add_init_script(f"({NO_ED25519})()")
        page.goto(text.replace(text.split("/V/")[0], ""))
        expect(page.locator("#qr-check [data-when=match]")).to_be_visible()
        end = -20
        other = "A" if text[end] != "A" else "B"
        page.goto("/verifikasi")
        page.goto((text[:end] + other + text[end + 1 :]).replace(text.split("/V/")[0], ""))
        expect(page.locator("#qr-mismatch")).to_be_visible()


def test_a_place_on_the_verify_page_is_no_qr(served: Served) -> None:
    with served.visitor() as page:
        page.goto(f"/V/{served.world.ids['code']}#isi")
        expect(page.locator("h1")).to_have_text("BERLAKU")
        expect(page.locator("#qr-mismatch")).to_be_hidden()


# ---- a PDF ----


def pdf(content: bytes, *, packed: bool = True, extra: bytes = b"", trailer: bytes = b"") -> bytes:
    """The bones of a PDF with one attachment between two other streams."""
    body = zlib.compress(content) if packed else content
    kind = b"/Filter /FlateDecode " if packed else b""
    page = zlib.compress(b"BT (Sertifikat) Tj ET")
    return b"\n".join([
        b"%%PDF-1.7\n1 0 obj << /Filter /FlateDecode /Length %d >>" % len(page),
        b"stream\r\n" + page + b"\r\nendstream endobj",
        b"2 0 obj << /Type /EmbeddedFile /Subtype /application#2Fjson " + kind + b"/Length %d >>" % len(body),
        b"stream\n" + body + b"\nendstream endobj" + extra,
        b"trailer << /Root 3 0 R " + trailer + b">>\n%%EOF",
    ])  # fmt: skip


def badge(address: str, code: str) -> bytes:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": f"{address}/sertifikat/{code}/badge.json",
    }
    return json.dumps(document).encode()


@pytest.mark.parametrize("packed", [True, False])
def test_a_pdf_is_read_here_and_leads_to_the_signed_facts(served: Served, lookup: Page, packed: bool) -> None:
    code = str(served.world.ids["code"])
    sent: list[str] = []
    lookup.on("request", lambda request: sent.append(request.method))
    choose(lookup, "sertifikat.pdf", "application/pdf", pdf(badge(served.url, code), packed=packed))
    expect(lookup.locator("[data-say]")).to_contain_text("tidak dikirim")
    assert set(sent) <= {"GET"}
    assert look(served, lookup, "pindai pdf") == []
    lookup.get_by_role("link", name="Lihat fakta yang ditandatangani").click()
    expect(lookup).to_have_url(re.compile(f"/V/{code}$"))


def test_the_portals_own_pdf_is_recognized(served: Served, lookup: Page) -> None:
    code = str(served.world.ids["code"])
    with served.visitor("center_admin") as desk:
        answer = desk.request.get(f"/sertifikat/{code}.pdf")
        assert answer.status == 200
        paper = answer.body()
    choose(lookup, "sertifikat.pdf", "application/pdf", paper)
    expect(lookup.get_by_role("link", name="Lihat fakta yang ditandatangani")).to_have_attribute(
        "href", f"/V/{code}"
    )


def _damaged(served: Served) -> bytes:
    whole = bytearray(pdf(badge(served.url, str(served.world.ids["code"]))))
    at = whole.index(b"EmbeddedFile")
    for place in range(at + 70, at + 110):
        whole[place] ^= 0x55
    return bytes(whole)


PDFS: dict[str, Any] = {
    "bukan PDF": lambda served: b"halo",
    "portal lain: lain.example": lambda served: pdf(badge("https://lain.example", "BA1A1KVP7QTJ")),
    "lampirannya rusak": _damaged,
    "belum berarti palsu": lambda served: pdf(b"{}"),
    "tidak ada lampiran dari portal kami": lambda served: pdf(badge(served.url, "BA1A1KVP7QTK")),
    "dikunci sandi": lambda served: pdf(b"\x01\x02", packed=False, trailer=b"/Encrypt 9 0 R "),
}


@pytest.mark.parametrize("words", PDFS)
def test_other_pdfs_are_told_apart(served: Served, lookup: Page, words: str) -> None:
    choose(lookup, "berkas.pdf", "application/pdf", PDFS[words](served))
    expect(lookup.locator("[data-say]")).to_contain_text(words)
    expect(lookup.locator("[data-pdf-link]")).to_be_hidden()


def test_an_unpacking_bomb_is_cut_off(served: Served, lookup: Page) -> None:
    bomb = pdf(b" " * 60_000_000 + badge(served.url, str(served.world.ids["code"])))
    assert len(bomb) < 100_000
    choose(lookup, "berkas.pdf", "application/pdf", bomb)
    expect(lookup.locator("[data-say]")).to_contain_text("tidak ada lampiran dari portal kami")


def test_decoder_and_fallback_keep_their_budget() -> None:
    import gzip

    vendor = Path(__file__).resolve().parents[2] / "static" / "vendor"
    sizes = {
        name: len(gzip.compress((vendor / name).read_bytes(), 9)) for name in ("qr-decode.js", "ed25519.js")
    }
    assert sizes["qr-decode.js"] <= 18_000
    assert sizes["ed25519.js"] <= 5_000
    assert all((vendor / name.replace(".js", ".LICENSE")).is_file() for name in sizes)
