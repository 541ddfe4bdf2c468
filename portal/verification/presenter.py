"""A result in words: the sentence under the verdict, the list of checks, the facts as rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import request

from portal.certificates.queries import public_key_text
from portal.certificates.rules import Check, print_code
from portal.certificates.services import REASONS
from portal.core.clock import local_date
from portal.core.formatting import date_range, long_date, moment
from portal.core.sketches import Told
from portal.core.words import gettext as _
from portal.verification.bulk import Row, counts_of
from portal.verification.queries import DEFAULT_ZONE, Result
from portal.verification.receipts import Reading
from portal.verification.rules import is_late, mask_name

#: Rows of a list on one page; a phone holds no more, and the file has all of them.
SHOWN = 300


def zone_of(result: Result) -> str:
    """The zone in which times are told: the center's."""
    return result.facts.center.zone if result.facts else DEFAULT_ZONE


def sentence(result: Result) -> str:
    """The one sentence under the one word."""
    state = _told_as(result)
    if state == "valid":
        return _extended(result) or _SENTENCES[state]("")
    return _SENTENCES[state](_ended_on(result) if state == "expired" else _changed_on(result))


_SENTENCES: dict[str, Callable[[str], str]] = {
    "valid": lambda day: _("Sertifikat pelatihan ini asli dan masih berlaku."),
    "expired": lambda day: _("Sertifikat ini asli, tetapi masa berlakunya habis pada %(day)s.", day=day),
    "suspended": lambda day: _("Sertifikat ini ditangguhkan sejak %(day)s. Tunggu keputusan balai.", day=day),
    "revoked": lambda day: _(
        "Sertifikat ini pernah terbit, tetapi sudah dicabut pada %(day)s. Jangan dipakai lagi.", day=day
    ),
    "replaced": lambda day: _("Sertifikat ini diganti pada %(day)s. Pakai penggantinya.", day=day),
    "not_found": lambda day: _(
        "Kode ini tidak ada dalam catatan kami. Periksa lagi hurufnya, atau tanyakan ke balai."
    ),
    "typo": lambda day: _(
        "Kode ini salah ketik: huruf pengujinya tidak cocok. Bandingkan lagi dengan kertasnya."
    ),
    "signature_mismatch": lambda day: _(
        "Data yang tersimpan tidak cocok dengan tanda tangannya. Jangan diterima sebelum balai menjelaskan."
    ),
    "log_differs": lambda day: _(
        "Riwayat sertifikat ini tidak sama dengan buku catatan. Ini bukan tanda palsu; "
        "tanyakan ke balai penerbit."
    ),
    "undetermined": lambda day: _(
        "Sebagian pemeriksaan belum dapat dilakukan. Ini bukan tanda palsu; coba lagi nanti."
    ),
}


def _ended_on(result: Result) -> str:
    return long_date(result.last_day, weekday=False) if result.last_day else ""


def _extended(result: Result) -> str:
    """How long a standing decree extends the validity, and on what basis; empty without one that does."""
    printed = result.facts.expires if result.facts else None
    if printed is None or result.extended_until is None or result.extended_until <= printed:
        return ""
    return _(
        "Masa berlaku diperpanjang sampai %(day)s berdasarkan %(basis)s.",
        day=long_date(result.extended_until, weekday=False),
        basis=result.extension_basis,
    )


def _renewed_rows(result: Result) -> list[tuple[str, str, str]]:
    if result.renewed_by is None:
        return []
    small = _("Sertifikat ini tetap berlaku sampai hari terakhirnya sendiri.")
    return [(_("Sudah diperpanjang dengan"), print_code(result.renewed_by), small)]


def _told_as(result: Result) -> str:
    """The state, but for an undetermined one whose log was read and differs."""
    differs = any(check.name == "log" and str(check.outcome) == "failed" for check in result.checks)
    return "log_differs" if str(result.state) == "undetermined" and differs else str(result.state)


def _changed_on(result: Result) -> str:
    if result.change is None:
        return ""
    return long_date(local_date(result.change.at, zone_of(result)), weekday=False)


def check_rows(result: Result) -> list[tuple[str, str, str]]:
    """[(outcome, what, as of when)] for the list of checks."""
    return [(str(check.outcome), _check_words(check), _as_of(check, result)) for check in result.checks]


def _check_words(check: Check) -> str:
    return _CHECKS[check.name, str(check.outcome)]()


_CHECKS: dict[tuple[str, str], Callable[[], str]] = {
    ("signature", "passed"): lambda: _("Tanda tangan digital: cocok"),
    ("signature", "failed"): lambda: _("Tanda tangan digital: tidak cocok"),
    ("signature", "unknown"): lambda: _("Tanda tangan digital: belum bisa diperiksa"),
    ("status", "passed"): lambda: _("Daftar pencabutan: tidak dicabut atau ditangguhkan"),
    ("status", "failed"): lambda: _("Daftar pencabutan: ada perubahan"),
    ("status", "unknown"): lambda: _("Daftar pencabutan: belum bisa diperiksa"),
    ("expiry", "passed"): lambda: _("Masa berlaku: belum lewat"),
    ("expiry", "failed"): lambda: _("Masa berlaku: sudah lewat"),
    ("expiry", "unknown"): lambda: _("Masa berlaku: belum jelas"),
    ("log", "passed"): lambda: _("Buku catatan: tercatat"),
    ("log", "failed"): lambda: _("Buku catatan: tidak cocok"),
    ("log", "unknown"): lambda: _("Buku catatan: belum bisa diperiksa"),
}


def _as_of(check: Check, result: Result) -> str:
    zone = zone_of(result)
    if check.as_of is None and check.name == "expiry" and result.facts:
        return _("Jam server kami sedang tidak dapat dipercaya")
    if check.as_of is None and str(check.outcome) == "failed":
        return _("Tidak sama dengan riwayat sertifikat ini")
    if check.as_of is None:
        return _("Tidak terjangkau saat ini; ini tidak berarti palsu")
    when = moment(check.as_of, zone)
    if check.name == "signature" and result.facts:
        return _("Kunci %(kid)s, dihitung di server", kid=result.facts.kid)
    if check.name == "log" and result.log_index is not None:
        return _("Catatan ke-%(n)s, %(when)s", n=result.log_index + 1, when=when)
    return _("Data per %(when)s", when=when)


def fact_rows(result: Result) -> list[tuple[str, str, str]]:
    """[(label, fact, small)]: every printed fact, so that an edited copy is seen to differ."""
    facts = result.facts
    if facts is None:
        return []
    cooperative = facts.cooperative
    rows = [
        *_change_rows(result),
        (_("Nomor"), facts.number, _("Kode %(code)s", code=print_code(facts.code))),
        (
            _("Jabatan saat pelatihan"),
            facts.post,
            ", ".join(filter(None, (cooperative.name, cooperative.place))) if cooperative else "",
        ),
        (
            _("Program"),
            facts.program.name,
            _(
                "%(hours)s JP, %(days)s",
                hours=facts.hours,
                days=date_range(facts.start, facts.end, weekday=False),
            ),
        ),
        (
            _("Unit yang dikuasai"),
            _("%(n)s unit kompeten", n=len(facts.units)),
            "; ".join(f"{unit.name} ({unit.hours} JP)" for unit in facts.units),
        ),
        (
            _("Diterbitkan"),
            long_date(facts.issued_on),
            _(
                "oleh %(center)s, ditandatangani %(name)s, %(title)s",
                center=facts.center.name,
                name=facts.signatory.name,
                title=facts.signatory.title,
            ),
        ),
        (
            _("Masa berlaku"),
            _("sampai dengan %(day)s", day=long_date(facts.expires))
            if facts.expires
            else _("Tanpa batas waktu"),
            _extended(result),
        ),
        *_renewed_rows(result),
    ]
    if result.logged_at and is_late(facts.issued, result.logged_at):
        late = _(
            "Dicatat %(when)s: lebih dari tiga hari dari tanggal terbit.",
            when=moment(result.logged_at, facts.center.zone),
        )
        rows.append((_("Perhatikan"), late, ""))
    return rows


def _change_rows(result: Result) -> list[tuple[str, str, str]]:
    change = result.change
    if change is None:
        return []
    labels = {"revoked": _("Dicabut"), "suspended": _("Ditangguhkan"), "replaced": _("Diganti")}
    actions = {"revoked": "revoke", "suspended": "suspend", "replaced": "replace"}
    reason = REASONS[actions[str(result.state)]].get(change.reason_class)
    return [
        (
            labels[str(result.state)],
            long_date(local_date(change.at, zone_of(result))),
            _("Golongan alasan: %(reason)s", reason=str(reason)) if reason else "",
        )
    ]


def page_context(result: Result) -> dict[str, Any]:
    """What the page and the sheet show, as plain data; texts that decide nothing are `Told`."""
    return {
        "state": str(result.state),
        "sentence": Told(sentence(result)),
        "checked_at": Told(moment(result.checked_at, zone_of(result), seconds=True)),
        "has_facts": result.facts is not None,
        "name": Told(mask_name(result.facts.name)) if result.facts else "",
        "checks": [(outcome, what, Told(as_of)) for outcome, what, as_of in check_rows(result)],
        "facts": [(label, Told(fact), Told(small)) for label, fact, small in fact_rows(result)],
        "code": Told(print_code(result.code) if len(result.code) == 12 else result.code),
    }


def show_context(result: Result, match: bool | None = None, typed: str = "") -> dict[str, Any]:
    """`page_context` and what one can do on the page; with a match, the whole name."""
    facts, change = result.facts, result.change
    # By hand: `url_for` three times costs as much as filling in the page.
    verify = f"{request.script_root}/V/"
    here = f"{verify}{quote(result.code)}"
    context = page_context(result) | {
        "match": match,
        "typed": Told(typed),
        "qr_code": Told(result.code),
        "qr_number": Told(facts.number) if facts else "",
        "qr_key": Told(public_key_text(facts.kid)) if facts else "",
        "match_url": Told(f"{here}/cocok"),
        "proof_url": Told(f"{here}/bukti"),
        "report_url": Told(f"{here}/laporkan"),
        "replacement_url": "",
    }
    if match and facts:
        context["name"] = Told(facts.name)
    if change and change.replacement:
        context["replacement_url"] = Told(f"{verify}{change.replacement}")
    return context


def bulk_context(rows: Sequence[Row], receipt: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    """The table of answers, what is not valid first, and the receipt to take along (None: not to be had)."""
    told = sorted(rows, key=lambda row: row.state == "valid")
    return {
        "counts": counts_of([str(row.state) for row in rows]),
        "total": len(rows),
        "rows": [_bulk_row(row) for row in told[:SHOWN]],
        "left_out": max(0, len(rows) - SHOWN),
        "with_qr": any(row.qr for row in rows),
        "strange": [row.line for row in rows if row.line.problem in ("shape", "foreign")][:SHOWN],
        "when": moment(now, DEFAULT_ZONE, seconds=True),
        "receipt": json.dumps(receipt, ensure_ascii=False, separators=(",", ":")) if receipt else "",
    }


def _bulk_row(row: Row) -> dict[str, Any]:
    facts = row.result.facts if row.result else None
    last = row.result.last_day if row.result else None
    code = row.line.code
    return {
        "line": row.line.number,
        "code": code or "",
        "shown": print_code(code) if code else row.line.text,
        "state": str(row.state),
        "number": facts.number if facts else "",
        "name": (facts.name if str(row.qr) == "passed" else mask_name(facts.name)) if facts else "",
        "program": facts.program.short if facts else "",
        "until": long_date(last, weekday=False) if last else _("Tanpa batas waktu"),
        "qr": str(row.qr) if row.qr else "",
    }


def receipt_context(reading: Reading) -> dict[str, Any]:
    """What a receipt said, when it is ours."""
    document = reading.document
    if document is None:
        return {}
    results = document["results"]
    return {
        "when": moment(datetime.fromisoformat(document["checkedAt"]), DEFAULT_ZONE, seconds=True),
        "counts": counts_of([result["state"] for result in results]),
        "results": [
            result | {"shown": print_code(result["code"]) if len(result["code"]) == 12 else result["code"]}
            for result in results[:SHOWN]
        ],
        "left_out": max(0, len(results) - SHOWN),
        "document": document,
        "receipt": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
    }


def api_answer(result: Result) -> dict[str, Any]:
    """The answer of the API: {code, state, checked_at, checks: [{name, outcome, as_of}], facts | null}."""
    return {
        "code": result.code,
        "state": str(result.state),
        "checked_at": _stamp(result.checked_at),
        "checks": [
            {
                "name": check.name,
                "outcome": str(check.outcome),
                "as_of": _stamp(check.as_of) if check.as_of else None,
            }
            for check in result.checks
        ],
        "facts": api_facts(result),
    }


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def api_facts(result: Result) -> dict[str, Any] | None:
    """The public facts as JSON: what is printed; by code alone the name is masked."""
    facts = result.facts
    if facts is None:
        return None
    extended, is_extended = result.extended_until, bool(_extended(result))
    return {
        "number": facts.number,
        "name_masked": mask_name(facts.name),
        "post": facts.post,
        "cooperative": facts.cooperative.name if facts.cooperative else None,
        "program": facts.program.name,
        "units": [unit.name for unit in facts.units],
        "hours": facts.hours,
        "start": facts.start.isoformat(),
        "end": facts.end.isoformat(),
        "center": facts.center.name,
        "issued": _stamp(facts.issued),
        "expires": facts.expires.isoformat() if facts.expires else None,
        "extended_until": extended.isoformat() if extended and is_extended else None,
        "extension_basis": result.extension_basis if is_extended else None,
        "renewed_by": result.renewed_by,
        "replaced_by": result.change.replacement if result.change else None,
    }
