"""What a device sends of a class without signal: read strictly, for it may come from anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField

from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.desks.offline_sync import MARK, VERDICT, Operation

MOST_OPERATIONS, MOST_BYTES = 200, 256 * 1024
_KEYS = frozenset({"op_id", "user_id", "endpoint", "seq", "client_time", "payload"})
_OP_ID = re.compile(r"[0-9a-f]{32}")
_CARD = re.compile(r"[0-9A-Z]{16}")
_BIG = 10**15


class TooLarge(DomainError):
    """More than is taken at once: 413."""

    status = 413


@dataclass(frozen=True)
class Envelope:
    """A queue as it was sent. `client_now`: the device's clock as it sent it, in milliseconds."""

    client_now: int
    operations: list[Operation]


def sent_queue() -> Envelope:
    """The queue in this request's body. Raises TooLarge, and DomainError `queue_shape`."""
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()
    return read_queue(request.get_data())


def read_queue(body: bytes) -> Envelope:
    """{client_now, ops: [...]}; an operation that cannot be read is kept with its `problem`."""
    if len(body) > MOST_BYTES:
        raise _too_large()
    try:
        sent = json.loads(body)
        client_now, listed = _whole(sent["client_now"]), sent["ops"]
        if not isinstance(listed, list):
            raise ValueError("no list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DomainError(
            "queue_shape", _("Ini bukan catatan kelas dari portal ini, atau isinya rusak."), "file"
        ) from error
    if len(listed) > MOST_OPERATIONS:
        raise _too_large()
    return Envelope(client_now, [_operation(one) for one in listed])


def _too_large() -> TooLarge:
    return TooLarge(
        "queue_too_large",
        _("Terlalu banyak sekaligus: paling banyak %(ops)s catatan dan 256 KB.", ops=MOST_OPERATIONS),
        "file",
    )


def _operation(sent: Any) -> Operation:
    op_id = sent.get("op_id") if isinstance(sent, dict) else None
    known = op_id if isinstance(op_id, str) and _OP_ID.fullmatch(op_id) else ""
    try:
        if not known or sent.keys() != _KEYS:
            raise ValueError("keys")
        payload = sent["payload"]
        if not isinstance(payload, dict):
            raise ValueError("payload")
        endpoint = str(sent["endpoint"])
        return Operation(
            known, _whole(sent["user_id"]), endpoint, _whole(sent["seq"]), _whole(sent["client_time"]),
            _PAYLOADS[endpoint](payload),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return Operation(known, problem=_("Catatan ini tidak terbaca."))


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _BIG:
        raise ValueError("no whole number")
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise ValueError("no text")
    # What no UTF-8 can hold, no database takes.
    value.encode()
    return value


def _mark(sent: Mapping[str, Any]) -> dict[str, Any]:
    card = _text(sent.get("card", ""), 16)
    if card and not _CARD.fullmatch(card):
        raise ValueError("card")
    return {
        "session": _whole(sent["session"]),
        "enrollment": _whole(sent["enrollment"]),
        "mark": _text(sent["mark"], 12),
        "version": _whole(sent["version"]),
        "card": card,
    }


def _verdict(sent: Mapping[str, Any]) -> dict[str, Any]:
    criteria = sent["criteria"]
    if not isinstance(criteria, list) or len(criteria) > 100:
        raise ValueError("criteria")
    return {
        "session": _whole(sent["session"]),
        "enrollment": _whole(sent["enrollment"]),
        "unit": _whole(sent["unit"]),
        "value": _text(sent["value"], 20),
        "note": _text(sent["note"], 4000),
        "criteria": [_whole(one) for one in criteria],
        "version": _whole(sent["version"]),
    }


_PAYLOADS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {MARK: _mark, VERDICT: _verdict}


class QueueFileForm(BaseForm):
    """A queue that was saved as a file."""

    file = FileField(
        _l("Berkas catatan kelas"),
        description=_l("Berkas .json yang disimpan dari halaman tanpa sinyal. Paling besar 256 KB."),
    )

    @classmethod
    def posted(cls) -> QueueFileForm:
        """Filled from this request."""
        both: Any = CombinedMultiDict([request.files, request.form])
        return cls(formdata=both)

    def envelope(self) -> Envelope:
        """What is in the file. Raises DomainError on field `file`."""
        if not getattr(self.file.data, "filename", ""):
            raise DomainError("file_missing", _("Pilih berkas catatan kelas."), "file")
        return read_queue(self.file.data.read(MOST_BYTES + 1))
