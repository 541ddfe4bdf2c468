"""The register in the database, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.permissions import SYSTEM
from portal.regions import queries, services
from portal.regions.models import Region
from portal.regions.rules import RegionIndex, RegionRow, kind_of, parent_code
from tests.support.rosters import country

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def count(session: Any) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(Region)).scalar_one())


def test_loading_a_second_time_adds_nothing_and_records_nothing(db_session: Any) -> None:
    before = count(db_session)
    events = db_session.execute(sa.select(sa.func.count()).select_from(AuditEvent)).scalar_one()
    with transaction():
        counts = services.load_regions(actor=SYSTEM, now=NOW, only=["61.05"])
    assert counts == {"provinces": 38, "regencies": 514, "districts": 14, "villages": 406}
    assert count(db_session) == before == sum(counts.values())
    assert db_session.execute(sa.select(sa.func.count()).select_from(AuditEvent)).scalar_one() == events


def test_another_regency_is_added_beside_those_that_are_there(db_session: Any) -> None:
    before = count(db_session)
    with transaction():
        services.load_regions(actor=SYSTEM, now=NOW, only=["61.05", "61.71"])
    pontianak = [code for code in country().names if code.startswith("61.71.")]
    assert count(db_session) == before + len(pontianak)
    event = db_session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()
    assert (event.action, event.data["added"]) == ("regions.loaded", len(pontianak))


def test_whole_country_is_loaded_with_the_counts_of_the_register(db_session: Any) -> None:
    with transaction():
        counts = services.load_regions(actor=SYSTEM, now=NOW)
    assert counts == {"provinces": 38, "regencies": 514, "districts": 7_285, "villages": 83_762}
    by_kind = dict(db_session.execute(sa.select(Region.kind, sa.func.count()).group_by(Region.kind)).all())
    assert by_kind == {
        "province": 38,
        "regency": 416,
        "city": 98,
        "district": 7_285,
        "village": 75_252,
        "urban_village": 8_496,
        "customary_village": 14,
    }
    index = queries.load_index(db_session)
    assert index.names == country().names
    assert index.kinds == country().kinds


def test_register_that_changed_is_refused(db_session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(services.FULL_COUNTS, "districts", 7_286)
    before = count(db_session)
    with pytest.raises(RuntimeError, match="register"), transaction():
        services.load_regions(actor=SYSTEM, now=NOW)
    assert count(db_session) == before


def test_reads_follow_the_tree(db_session: Any, query_count: Any) -> None:
    assert len(queries.list_provinces()) == 38
    assert [r.code for r in queries.list_children("61") if r.code == "61.05"] == ["61.05"]
    assert len(queries.list_children("61.05")) == 14
    assert queries.list_children("61.05.01.1001") == []
    region = queries.get_region("61.05.01.1001")
    assert (region.name, region.kind, region.parent_code) == ("Ladang", "urban_village", "61.05.01")
    assert region.postcode
    assert region.postcode.isdigit()
    assert queries.find_region("99.99") is None
    with pytest.raises(NotFound):
        queries.get_region("99.99")
    with query_count(at_most=1):
        path = queries.path_of("61.05.01.1001")
    assert path == ["Kalimantan Barat", "Kabupaten Sintang", "Sintang", "Ladang"]
    assert queries.path_of("99.99") == []
    with query_count(at_most=1):
        paths = queries.paths_of([r.code for r in queries_children()])
    assert paths["61.05.01"][-1] == "Sintang"


def queries_children() -> list[RegionRow]:
    return [
        RegionRow(c, n, "district")
        for c, n in country().names.items()
        if c.startswith("61.05.") and len(c) == 8
    ]


def test_index_of_one_regency_still_knows_every_district_code(db_session: Any) -> None:
    index = queries.load_index(db_session, ["61.05"])
    assert index.find_districts("Kec. Sintang", "61.05") == ["61.05.01"]
    assert len(index.villages_of_regency("61.05")) == 406
    assert index.knows_district_code("61.05.01")
    assert not index.knows_district_code("61.05.99")
    assert not index.knows_district_code("99.99.99")


@pytest.mark.parametrize(
    "write", [str, str.upper, lambda t: t.replace("'", "’").replace("’", "'"), lambda t: f" {t} "]
)
def test_every_village_of_the_country_is_found_by_its_name(write: Any) -> None:
    index = country()
    shared: set[str] = set()
    for code, name in index.names.items():
        if code.count(".") == 3:
            found = index.find_villages(write(name), code[:8])
            assert code in found
            if len(found) > 1:
                shared.update(found)
    assert len(shared) == 32  # sixteen pairs of villages of one name in one district


def test_same_name_in_one_district_is_settled_by_desa_or_kelurahan() -> None:
    index = country()
    both = index.find_villages("Sorkam Kanan", "12.01.10")
    assert both == ["12.01.10.1001", "12.01.10.2018"]
    assert (
        index.choose_village(both, "Sorkam Kanan", "Koperasi Kelurahan Merah Putih Sorkam Kanan") == both[0]
    )
    assert index.choose_village(both, "Sorkam Kanan", "KDMP Sorkam Kanan") == both[1]
    assert index.choose_village(both, "Kel. Sorkam Kanan", "KDMP Sorkam Kanan") == both[0]
    assert index.choose_village([]) is None


@pytest.mark.parametrize(
    ("typed", "district", "code"),
    [
        ("desa kapuas kanan hulu", "61.05.01", "61.05.01.1002"),
        ("KAPUAS KANANHULU", "61.05.01", "61.05.01.1002"),
        ("Kel. Ladang", "61.05.01", "61.05.01.1001"),
        ("Ladang (Kelurahan)", "61.05.01", "61.05.01.1001"),
        ("Lubuk Pakam III", "12.07.28", "12.07.28.1008"),
        ("Lubuk Pakam I, II", "12.07.28", "12.07.28.1007"),
    ],
)
def test_typed_village_names(typed: str, district: str, code: str) -> None:
    assert country().find_villages(typed, district) == [code]


def test_names_that_begin_like_a_prefix_stay_whole() -> None:
    index = RegionIndex(
        [
            RegionRow("11.11", "Kabupaten Uji", "regency"),
            RegionRow("11.11.01", "Kota Baru", "district"),
            RegionRow("11.11.01.2001", "Baru", "village"),
            RegionRow("11.11.01.2002", "Desa Baru", "village"),
            RegionRow("11.11.01.2003", "Kampung Lama", "village"),
        ]
    )
    assert index.find_villages("Desa Baru", "11.11.01") == ["11.11.01.2002"]
    assert index.find_villages("Desa Desa Baru", "11.11.01") == ["11.11.01.2002"]
    assert index.find_villages("Kel. Baru", "11.11.01") == ["11.11.01.2001"]
    assert index.find_villages("Lama", "11.11.01") == ["11.11.01.2003"]
    assert index.find_districts("Kec Kota Baru", "11.11") == ["11.11.01"]
    assert index.find_districts("Baru", "11.11") == []


def test_every_regency_is_the_best_match_of_its_own_pairs() -> None:
    index = country()
    pairs: dict[str, set[tuple[str, str]]] = {}
    for code, name in index.names.items():
        if code.count(".") == 3:
            pairs.setdefault(code[:5], set()).add((index.names[code[:8]], name))
    assert len(pairs) == 514
    for regency, own in pairs.items():
        match = index.match_regency(own)
        assert match is not None
        assert (match.code, match.pairs) == (regency, len(own))


def test_regency_without_a_known_pair_comes_from_title_then_nik() -> None:
    index = country()
    unknown = {("Entah", "Mana")}
    by_title = index.match_regency(unknown, titles=["KAB. SINTANG"])
    by_nik = index.match_regency(unknown, nik_prefixes=["6105", "6105", "6171"])
    assert by_title is not None
    assert by_nik is not None
    assert by_title.code == by_nik.code == "61.05"
    assert index.match_regency(unknown) is None


def test_codes_tell_kind_and_parent() -> None:
    assert (parent_code("61.05.01.1001"), parent_code("61")) == ("61.05.01", None)
    assert kind_of("91.03.01.3001", "Yoboi") == "customary_village"
    assert kind_of("61.71", "Kota Pontianak") == "city"
