"""Words on screen for readiness."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from portal.cooperatives.labels import post_label
from portal.core.words import gettext as _
from portal.core.words import language
from portal.core.words import lazy_gettext as _l

STATE_TAGS = {
    "ready": ("ok", "circle-check", _l("Siap")),
    "nearly": ("warn", "hourglass", _l("Hampir siap")),
    "not_ready": ("err", "circle-dashed", _l("Belum siap")),
}


def line_tag(state: str) -> tuple[str, str, str]:
    """(kind, icon, words) for `ui.tag`."""
    return _tag_in(state, language())


@lru_cache(maxsize=8)
def _tag_in(state: str, _lang: str) -> tuple[str, str, str]:
    kind, icon, words = STATE_TAGS[state]
    return kind, icon, str(words)


def listed(words: Iterable[str], last: str) -> str:
    """ "A dan B", "A, B, dan C": `last` is the word before the last one."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    comma = "," if len(found) > 2 else ""
    return f"{', '.join(found[:-1])}{comma} {last} {found[-1]}"


def all_of(words: Iterable[str]) -> str:
    """Every one of these."""
    return listed(words, _("dan"))


def any_of(words: Iterable[str]) -> str:
    """One of these."""
    return listed(words, _("atau"))


def posts_or(posts: Iterable[str]) -> str:
    """One of these posts, in the language of the page."""
    return any_of(post_label(post) for post in posts)


#: What an outside figure is about, and how sure its source is.
SUBJECTS = {
    "cooperatives": _l("Jumlah koperasi"),
    "holders": _l("Pemegang jabatan"),
    "trained": _l("Orang yang sudah dilatih"),
    "certified": _l("Orang bersertifikat"),
}
STATUSES = {
    "unconfirmed": _l("belum dipastikan"),
    "confirmed": _l("dipastikan di sumber terbuka"),
    "portal": _l("ditetapkan di portal ini"),
}
