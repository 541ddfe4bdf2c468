"""The words of a message, from one template a kind: subject, plain text, HTML and a short text for phones.

`templates/mail/<kind with _ for .>.txt` extends `mail/layout.txt` and fills three blocks: `subject` (one
line), `body` (paragraphs) and `sms` (one or two sentences). The facts may carry `rows`, pairs of label and
value drawn as a small table, and `action`, a pair of label and absolute address drawn as a button.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import current_app
from flask_babel import force_locale

from portal.core.formatting import current_locale

Facts = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Attachment:
    """A small text file that goes along, such as an .ics calendar."""

    name: str
    media_type: str
    text: str


@dataclass(frozen=True)
class Content:
    """A message in all its forms."""

    subject: str
    text: str
    html: str
    sms: str
    attachments: Sequence[Attachment] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be encrypted and stored."""
        return asdict(self) | {"attachments": [asdict(one) for one in self.attachments]}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Content:
        """The content that `as_json` gave."""
        files = tuple(Attachment(**one) for one in found.get("attachments", ()))
        return cls(**{**found, "attachments": files})


def write(
    kind: str, facts: Facts, *, language: str = "id", attachments: Sequence[Attachment] = ()
) -> Content:
    """Fill the template of a kind. `facts` is called inside the person's language, so that dates and words
    it makes are in it too."""
    with force_locale(language):
        known = {"language": language, "rows": (), "action": None, "manage_url": "", **facts()}
        template = current_app.jinja_env.get_template(f"mail/{kind.replace('.', '_')}.txt")
        context = template.new_context(known)
        parts = {
            name: "".join(block(context)).strip()
            for name, block in template.blocks.items()
            if name in ("subject", "body", "sms")
        }
        parts["body"] = _close_gaps(parts["body"])
        pages = current_app.jinja_env
        text = pages.get_template("mail/plain.txt").render(**known, body=parts["body"])
        html = pages.get_template("mail/page.html").render(**known, **parts)
    subject = " ".join(parts["subject"].split())
    return Content(
        subject, _close_gaps(text).strip() + "\n", html, " ".join(parts["sms"].split()), tuple(attachments)
    )


def _close_gaps(text: str) -> str:
    """A branch of a template that says nothing leaves no gap between paragraphs."""
    return re.sub(r"\n{3,}", "\n\n", text)


def address(path: str, language: str = "id") -> str:
    """The absolute address of a path of ours, on the configured base URL and in the person's language."""
    base: str = current_app.extensions["portal_settings"].base_url
    return base + ("/en" if language == "en" else "") + path


def link(endpoint: str, **values: Any) -> str:
    """The absolute address of one of our pages in the language being written, inside or outside a request."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return address(path, current_locale())
