"""Names to sign in with, passwords, limits and devices: pure checks that answer with reason codes."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

MIN_LENGTH = 8
MAX_LENGTH = 128  # a longer text only makes the hash expensive
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=7)
SEEN_STEP = timedelta(minutes=10)
CLAIM_LIFE = timedelta(days=60)
CLAIM_TRIES = 5

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_CONTEXT = (
    "balai",
    "koperasi",
    "kopdes",
    "merahputih",
    "pelatihan",
    "sertifikat",
    "portal",
    "bpvp",
    "peserta",
)
_COMMON_TEXT = (
    "password passwords passwort passw0rd pass admin administrator root user guest login welcome "
    "letmein iloveyou monkey dragon football baseball superman batman sunshine princess master shadow "
    "michael jordan computer internet samsung google android facebook whatsapp instagram katasandi "
    "sandi rahasia sayang sayangku cinta cintaku aku akusayangkamu bismillah alhamdulillah "
    "assalamualaikum subhanallah allahuakbar indonesia indonesiaraya merdeka pancasila garuda jakarta "
    "bandung surabaya semarang medan makassar persib persija arema sempurna bahagia semangat sukses "
    "selamat selamatpagi terimakasih kucing mawar melati anggrek bintang rembulan matahari ibuku "
    "bapakku keluarga rajawali gantengku cantik ganteng january februari agustus desember senin selasa "
    "minggu qwerty qwertyuiop asdfgh asdfghjkl zxcvbnm qazwsx qazwsxedc abcabc abcd abcdef "
)
_COMMON = frozenset(_COMMON_TEXT.split())


def normal_password(password: str) -> str:
    """The password as it is hashed: NFC, so that the same keys on two phones give the same text."""
    return unicodedata.normalize("NFC", password)


def password_problems(password: str, context: Iterable[str] = ()) -> list[str]:
    """Why a password is refused: too_short, too_long, common, context. Empty when it may be used.

    context: words tied to the person (sign-in name, parts of the name), which must not carry the password.
    """
    text = normal_password(password)
    if len(text) < MIN_LENGTH:
        return ["too_short"]
    if len(text) > MAX_LENGTH:
        return ["too_long"]
    low = text.casefold()
    if _is_common(low):
        return ["common"]
    words = [*_CONTEXT, *(_NOT_LETTERS.sub("", part.casefold()) for w in context for part in w.split())]
    words += [_NOT_LETTERS.sub("", w.casefold()) for w in context]
    letters = [_NOT_LETTERS.sub("", low), _NOT_LETTERS.sub("", low.translate(_LEET))]
    return ["context"] if any(_is_carried(found, words) for found in letters) else []


def _is_common(low: str) -> bool:
    if any(len(low) >= 4 and low == low[:n] * (len(low) // n) + low[: len(low) % n] for n in (1, 2, 3, 4)):
        return True
    if any(low in row * 3 or low[::-1] in row * 3 for row in _ROWS):
        return True
    stem = low.strip("0123456789!@#$%^&*.,-_ ?")
    squeezed = stem.replace(" ", "")
    if low.isdigit():
        return (
            len(set(low)) <= 3
            or re.fullmatch(r"(0?[1-9]|[12]\d|3[01])(0?[1-9]|1[0-2])(19|20)\d\d", low) is not None
        )
    return bool({stem, squeezed, stem.translate(_LEET), squeezed.translate(_LEET)} & _COMMON) or not stem


def _is_carried(letters: str, words: Iterable[str]) -> bool:
    """True when fewer than four letters are left once the known words are taken out."""
    rest = letters
    for word in sorted({w for w in words if len(w) >= 4}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != letters and len(rest) < 4


def normal_login(text: str) -> str:
    """The sign-in name as it is stored and compared."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def login_problem(login: str) -> str | None:
    """`login_shape` unless 3-40 of a-z, 0-9, dot, dash, underscore, first a letter: no phone, no NIK."""
    return None if _LOGIN.fullmatch(login) else "login_shape"


def normal_code(text: str) -> str:
    """A typed one-time code: dashes and spaces dropped; O, I and L read as the digits they look like."""
    kept = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isascii() and c.isalnum())
    return kept.replace("O", "0").replace("I", "1").replace("L", "1")


def is_local_path(target: str | None) -> bool:
    """True for a path of this portal: one leading slash, no host, no control or backslash tricks."""
    if not target or not target.startswith("/") or target.startswith("//") or len(target) > 500:
        return False
    return "\\" not in target and all(c.isprintable() and not c.isspace() for c in target)


def network_of(address: str | None) -> str:
    """What the limit for an address counts: the IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


@dataclass(frozen=True)
class Limit:
    """At most `count` failures within `window`, counted for `what`."""

    what: str
    count: int
    window: timedelta


# The pair stops guessing; the sign-in name alone stops guessing from many places but stays short, so that a
# stranger cannot keep somebody out for long. A whole class signs in from one address, so only failures stay
# counted there.
SIGN_IN_LIMITS = {
    "pair": Limit("sign_in.pair", 5, timedelta(minutes=10)),
    "login": Limit("sign_in.login", 30, timedelta(minutes=5)),
    "address": Limit("sign_in.address", 60, timedelta(minutes=10)),
    "all": Limit("sign_in.all", 3000, timedelta(minutes=5)),
}
CLAIM_LIMIT = Limit("claim.address", 20, timedelta(minutes=30))
ACCOUNT_LIMIT = Limit("account.address", 60, timedelta(hours=1))
OIDC_LIMIT = Limit("oidc.address", 120, timedelta(minutes=10))


def is_session_alive(seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """True within both limits: not idle for 12 hours, not older than 7 days."""
    return now < expires_at and now - seen_at < IDLE_LIMIT


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> tuple[str, str]:
    """(browser, system) as people know them; empty texts where the agent does not say."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return browser, system
