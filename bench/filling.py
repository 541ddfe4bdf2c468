"""Fill a database with certificates that are genuine where the portal looks, as fast as it goes.

Every row has its own code, number, signed bytes and signature; the log is the true tree over the true leaves.
Only the first GENUINE_QR rows have a QR of their own, since nothing but paper and badge reads it: the others
carry a text of the same length.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench import house as houses
from bench.databases import HOST, Say
from portal.certificates import merkle, qr, rules
from portal.certificates.codes import ALPHABET
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, CertificateEvent, LogHead, LogLeaf, LogNode, NumberCounter
from portal.certificates.services.log import cover_log
from portal.certificates.services.mint import LIST_FILL
from portal.certificates.signing import Signer
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.operations.setup import migrate

GENUINE_QR = 400
CHUNK = 5000
_FAST = ("synchronous=OFF", "cache_size=-262144")
UNITS = (
    rules.UnitFacts(None, "Tata kelola koperasi: pengurus, pengawas, rapat anggota", 6),
    rules.UnitFacts(None, "Pembukuan harian dan laporan kas", 8),
    rules.UnitFacts(None, "Rencana usaha pertama dan perhitungan modal", 6),
    rules.UnitFacts(None, "Pelayanan anggota dan penanganan keluhan", 4),
)
COOPERATIVE = rules.CooperativeFacts(
    "Koperasi Desa Merah Putih Dukutalit", "Kecamatan Juwana, Kabupaten Pati, Jawa Tengah"
)
CENTER = rules.CenterFacts(
    houses.CENTER_CODE, "Balai Pelatihan Vokasi dan Produktivitas Surakarta", "BPVP Surakarta", "Surakarta",
    "Asia/Jakarta",
)  # fmt: skip
PROGRAM = rules.ProgramFacts(
    houses.PROGRAM_CODE, "Pengurus Koperasi Desa Merah Putih, tingkat pemula",
    "Pengurus Kopdes Merah Putih Pemula",
)  # fmt: skip
SIGNATORY = rules.SignatoryFacts("Hartono Wibisono", "Kepala BPVP Surakarta")
#: Stand in the template where each certificate has its own words.
_CODE, _NUMBER, _NAME = "BA1A1KVP7QTJ", "@NUMBER@", "@NAME@"


def template_facts(kid: str) -> rules.Facts:
    """What all certificates say, with placeholders for code, number and name."""
    return rules.Facts(
        code=_CODE, number=_NUMBER, name=_NAME, post="Bendahara", cooperative=COOPERATIVE, program=PROGRAM,
        units=UNITS, hours=24, start=date(2026, 10, 12), end=date(2026, 10, 14), center=CENTER,
        signatory=SIGNATORY, issued=houses.NOW, expires=date(2029, 10, 18), kid=kid,
    )  # fmt: skip


def fill(app: Flask, rows: int, say: Say) -> None:
    """Migrate an empty database and fill it with `rows` certificates."""
    migrate(app)
    house = houses.build_house()
    signer = keys().signer_for(houses.CENTER_CODE, houses.NOW.year, houses.NOW)
    keys().standing("log")
    keys().standing("status")
    hashes: list[bytes] = []
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _hurry(connection)
        for start in range(0, rows, CHUNK):
            numbers = range(start, min(start + CHUNK, rows))
            made = [_certificate(number, house, signer) for number in numbers]
            leaves = [_leaf(row) for row in made]
            hashes += [merkle.leaf_hash(leaf["data"]) for leaf in leaves]
            connection.execute(sa.insert(Certificate), made)
            connection.execute(sa.insert(CertificateEvent), [_event(row) for row in made])
            connection.execute(sa.insert(LogLeaf), leaves)
            connection.commit()
            if start % (CHUNK * 10) == 0:
                say(f"filled {numbers.stop:,} of {rows:,} certificates")
        _store_nodes(connection, hashes)
        _heads(connection, house, rows)
        connection.commit()
    _cover()
    db.engine.dispose()


def fill_log(app: Flask, leaves: int, say: Say) -> None:
    """Migrate an empty database and give it the tree of a log of `leaves` made-up leaves, nothing else."""
    migrate(app)
    keys().standing("log")
    say(f"a log of {leaves:,} leaves")
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _hurry(connection)
        hashes = [merkle.leaf_hash(number.to_bytes(8, "big")) for number in range(leaves)]
        _store_nodes(connection, hashes)
        connection.execute(sa.update(LogHead).values(size=leaves))
        connection.commit()
    _cover()
    db.engine.dispose()


def _cover() -> None:
    """Sign a checkpoint over the whole log, as an upgrade does for leaves from before."""
    with transaction() as session:
        cover_log(session, actor=SYSTEM, now=houses.NOW)


def _store_nodes(connection: sa.Connection, hashes: list[bytes]) -> None:
    for chunk in _chunks(_nodes(hashes)):
        connection.execute(sa.insert(LogNode), chunk)
        connection.commit()


def _hurry(connection: sa.Connection) -> None:
    """A file that is thrown away on a failure need not be synced."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    for line in _FAST:
        raw.execute(f"PRAGMA {line}")


def _certificate(number: int, house: houses.House, signer: Signer) -> dict[str, Any]:
    draw = random.Random(number)  # noqa: S311  the same rows each time, and nothing secret
    body = "".join(draw.choices(ALPHABET, k=11))
    code = body + rules.check_character(body)
    serial = f"{number + 1:07d}/{houses.PROGRAM_CODE}/{houses.CENTER_CODE}/X/2026"
    name = houses.person_name(number)
    signed = _signed_template(signer.kid).replace(_CODE.encode(), code.encode())
    signed = signed.replace(_NUMBER.encode(), serial.encode()).replace(_NAME.encode(), name.encode())
    index = number // LIST_FILL * rules.LIST_SIZE + number % LIST_FILL
    who = number % houses.PEOPLE
    return {
        "id": number + 1, "code": code, "number": serial, "kind": "certificate", "signed_bytes": signed,
        "signature": signer.sign(signed), "kid": signer.kid, "salt": draw.randbytes(16),
        "qr_text": _qr_text(number, code, serial, name, index, signer), "status_index": index,
        "log_index": number, "enrollment_id": house.enrollments[who], "person_id": house.people[who],
        "batch_id": house.batch_id, "center_id": house.center_id, "program_id": house.program_id,
        "replaces_id": None, "issue_key": f"fill:{number}", "issued_at": houses.NOW,
        "expires_on": date(2029, 10, 18),
    }  # fmt: skip


_templates: dict[str, bytes] = {}
_texts: dict[str, str] = {}


def _signed_template(kid: str) -> bytes:
    if kid not in _templates:
        _templates[kid] = rules.signed_bytes(template_facts(kid))
    return _templates[kid]


def _qr_text(number: int, code: str, serial: str, name: str, index: int, signer: Signer) -> str:
    if number >= GENUINE_QR and "last" in _texts:
        return _texts["last"]
    facts = replace(template_facts(signer.kid), code=code, number=serial, name=name)
    payload = qr.qr_payload(code, qr.facts_for_qr(facts, index), signer)
    _texts["last"] = qr.qr_text(f"https://{HOST}", code, payload)
    return _texts["last"]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "certificate_id": row["id"], "position": 0, "type": "issue", "reason_class": "", "note": "",
        "actor_id": None, "approver_id": None, "log_index": row["log_index"], "at": row["issued_at"],
    }  # fmt: skip


def _leaf(row: dict[str, Any]) -> dict[str, Any]:
    data = merkle.leaf_bytes(
        seq=row["log_index"],
        type="issue",
        cert_commit=merkle.cert_commit(row["salt"], row["signed_bytes"]),
        center=houses.CENTER_CODE,
        kid=row["kid"],
        time_ms=int(houses.NOW.timestamp() * 1000),
    )
    return {"seq": row["log_index"], "data": data}


def _nodes(hashes: list[bytes]) -> Iterator[dict[str, Any]]:
    """All complete subtrees, level by level."""
    level = 0
    while hashes:
        for position, digest in enumerate(hashes):
            yield {"level": level, "position": position, "hash": digest}
        hashes = [merkle.node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes) - 1, 2)]
        level += 1


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _heads(connection: sa.Connection, house: houses.House, rows: int) -> None:
    """What issuing goes on from: the log's size, the last number, and PostgreSQL's sequences."""
    connection.execute(sa.update(LogHead).values(size=rows))
    connection.execute(
        sa.insert(NumberCounter),
        {"center_id": house.center_id, "program_id": house.program_id, "year": 2026, "last": rows},
    )
    if connection.dialect.name == "postgresql":
        for table in ("certificate", "certificate_event", "person", "enrollment"):
            connection.execute(
                sa.text(
                    f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"  # noqa: S608
                )
            )
