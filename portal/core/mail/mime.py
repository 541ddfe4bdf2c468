"""An e-mail as bytes: plain and HTML, UTF-8, attachments, and headers that nothing can be smuggled into."""

from __future__ import annotations

import re
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from portal.core.mail.content import Attachment
from portal.core.mail.senders import Outcome, Outgoing, SendError

# Nothing that could end an address or a header, or begin a second one.
_LOCAL = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f\x7f]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_METHOD = re.compile(r"^METHOD:([A-Z]{1,20})\r?$", re.M)


def _refuse(code: str) -> SendError:
    return SendError(code, Outcome.NEVER)


def wire_address(address: str) -> str:
    """The address as SMTP carries it: its domain in ASCII (IDN). Raises SendError when there is no such form:
    a mailbox name beyond ASCII needs an extension that few servers speak."""
    local, _at, domain = address.strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or not local.isascii():
        raise _refuse("address invalid")
    try:
        host = domain.encode("idna").decode()
    except UnicodeError:
        raise _refuse("address invalid") from None
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", host) or ".." in host or host.startswith("."):
        raise _refuse("address invalid")
    return f"{local}@{host}"


def sender_address(sender: str) -> str:
    """The bare address of a From such as `Balai <noreply@contoh.id>`."""
    return wire_address(parseaddr(sender)[1])


def compose(message: Outgoing, *, sender: str, host: str, list_page: str = "") -> bytes:
    """The whole e-mail with CRLF line ends, none longer than a server takes. Raises SendError."""
    try:
        return _compose(message, sender, host, list_page)
    except (ValueError, TypeError, LookupError):
        raise _refuse("content invalid") from None


def _compose(message: Outgoing, sender: str, host: str, list_page: str) -> bytes:
    subject = message.content.subject
    if _CONTROL.search(subject) or not subject.strip():
        raise _refuse("subject invalid")
    mail = EmailMessage(policy=policy.SMTP)
    name, _address = parseaddr(sender)
    mail["From"] = Address(name, addr_spec=sender_address(sender))
    mail["To"] = Address(addr_spec=wire_address(message.to))
    mail["Subject"] = subject
    mail["Date"] = _date(message.written_at)
    # The same for every try, so that a mailbox can tell a second copy.
    mail["Message-ID"] = f"<{message.token}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    if list_page and not message.is_code:
        mail["List-Unsubscribe"] = f"<{list_page}>"
    mail.set_content(_text(message.content.text))
    mail.add_alternative(_text(message.content.html), subtype="html")
    for one in message.content.attachments:
        _attach(mail, one)
    mail["Content-Language"] = message.language  # last: set_content drops what begins with Content-
    return mail.as_bytes()


def _date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))


def _text(text: str) -> str:
    """Without the control characters that no mail carries."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)


def _attach(mail: EmailMessage, one: Attachment) -> None:
    """Bytes in base64: a calendar's own line ends arrive as they are."""
    kind, _slash, subtype = one.media_type.partition(";")[0].strip().partition("/")
    if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", f"{kind}/{subtype}"):
        raise _refuse("attachment invalid")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", one.name).strip("-.") or "lampiran"
    params = {"charset": "utf-8"} if kind == "text" else {}
    method = _METHOD.search(one.text) if subtype == "calendar" else None
    if method:
        params["method"] = method[1]
    mail.add_attachment(
        one.text.encode(), maintype=kind, subtype=subtype, filename=name[:80], params=params, cte="base64"
    )


def as_data(mail: bytes) -> bytes:
    """The bytes between DATA and the final dot: lines that begin with a dot get another one."""
    body = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", body)
