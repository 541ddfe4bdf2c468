"""Coverage worked out anew in plain Python over all rows: slow, and written without the product's code."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.core.db import Base, db

JAKARTA = ZoneInfo("Asia/Jakarta")
TABLES = (
    "cooperative", "post_term", "person", "certificate", "certificate_event", "decree", "batch",
    "validity_extension", "external_record", "enrollment", "checklist_entry", "checklist_item",
    "service_line", "service_need",
)  # fmt: skip


def rows_of_everything():
    """Every row of every table that coverage depends on."""
    tables = Base.metadata.tables
    return {
        name: [dict(row) for row in db.session.execute(sa.select(tables[name])).mappings()] for name in TABLES
    }


def naive(rows, on: date):
    """(cells, lines) as `rules_coverage.Tally` has them, without those all zero."""
    cells, lines = defaultdict(Counter), defaultdict(Counter)
    for cooperative in rows["cooperative"]:
        if _day(cooperative["created_at"]) > on:
            continue
        posts = _posts(rows, cooperative["id"], on)
        states = {
            line["id"]: _state(rows, line, cooperative, posts, on)
            for line in rows["service_line"]
            if line["is_active"] and (not line["kinds"] or cooperative["kind"] in line["kinds"])
        }
        for region in _regions(cooperative["region_code"]):
            for kind in ("", cooperative["kind"]):
                for post, people in posts.items():
                    cells[region, kind, post].update(_numbers(rows, cooperative, people, states, on))
                for line, state in states.items():
                    lines[region, kind, line][state] += 1
    names = (
        "cooperatives", "holders", "certified", "external", "reported", "training", "women",
        "women_certified", "pilots", "with_certified", "any_ready",
    )  # fmt: skip
    return (
        {key: tuple(found[name] for name in names) for key, found in cells.items()},
        {
            key: tuple(found[name] for name in ("ready", "nearly", "not_ready"))
            for key, found in lines.items()
        },
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(JAKARTA).date()


def _regions(code):
    parts = code.split(".")
    province = parts[0]
    regency = f"{province}.{parts[1]}" if len(parts) > 1 else f"{province}.-"
    district = f"{regency}.{parts[2]}" if len(parts) > 2 else f"{regency}.-"
    return ["", province, regency, district]


def _posts(rows, cooperative, on):
    found = {"": set()}
    for term in rows["post_term"]:
        if term["cooperative_id"] != cooperative or term["starts_on"] > on:
            continue
        if term["ends_on"] is None or term["ends_on"] >= on:
            found[""].add(term["person_id"])
            found.setdefault(term["post"], set()).add(term["person_id"])
    return found


def _numbers(rows, cooperative, people, states, on):
    numbers = Counter(cooperatives=1, holders=len(people), pilots=int(cooperative["is_pilot"]))
    sexes = {person["id"]: person["sex"] for person in rows["person"]}
    for person in people:
        is_certified = any(_certificates(rows, person, on))
        outside = {record["state"] for record in _outside(rows, person, on)}
        is_woman = sexes[person] == "P"
        numbers["certified"] += is_certified
        numbers["women"] += is_woman
        numbers["women_certified"] += is_woman and is_certified
        if not is_certified:
            numbers["training"] += any(_classes(rows, person, on))
            if "verified" in outside:
                numbers["external"] += 1
            elif outside:
                numbers["reported"] += 1
    numbers["with_certified"] = int(numbers["certified"] > 0)
    numbers["any_ready"] = int("ready" in states.values())
    return numbers


def _certificates(rows, person, on):
    """Programs of which the person has a certificate in force."""
    for certificate in rows["certificate"]:
        if certificate["person_id"] != person or _day(certificate["issued_at"]) > on:
            continue
        state = "issue"
        events = [one for one in rows["certificate_event"] if one["certificate_id"] == certificate["id"]]
        for event in sorted(events, key=lambda one: one["position"]):
            if _day(event["at"]) <= on:
                state = event["type"]
        last = certificate["expires_on"]
        for extension in rows["validity_extension"]:
            if extension["certificate_id"] == certificate["id"] and last is not None:
                decree = next(one for one in rows["decree"] if one["id"] == extension["decree_id"])
                if _day(decree["adopted_at"]) <= on:
                    last = max(last, extension["extended_until"])
        if state in ("issue", "unsuspend") and (last is None or last >= on):
            yield certificate["program_id"]


def _outside(rows, person, on):
    for record in rows["external_record"]:
        if record["person_id"] != person or record["state"] == "rejected":
            continue
        if record["issued_on"] <= on and (record["expires_on"] is None or record["expires_on"] >= on):
            yield record


def _classes(rows, person, on):
    """Programs that the person sits in class for."""
    for seat in rows["enrollment"]:
        if seat["person_id"] != person or seat["state"] not in ("offered", "confirmed", "completed"):
            continue
        batch = next(one for one in rows["batch"] if one["id"] == seat["batch_id"])
        if batch["state"] == "cancelled" or _day(seat["applied_at"]) > on:
            continue
        if batch["ends_on"] + timedelta(days=120) >= on:
            yield batch["program_id"]


def _state(rows, line, cooperative, posts, on):
    short = met = closing = 0
    needs = [need for need in rows["service_need"] if need["line_id"] == line["id"]]
    for need in needs:
        able, unable = set(), set()
        for person in set().union(*(posts.get(post, set()) for post in need["posts"])):
            programs = set(_certificates(rows, person, on))
            if need["takes_external"]:
                programs |= {
                    one["program_id"] for one in _outside(rows, person, on) if one["state"] == "verified"
                }
            (able if programs & set(need["programs"]) else unable).add(person)
        missing = max(0, need["count"] - len(able))
        in_class = sum(bool(set(_classes(rows, one, on)) & set(need["programs"])) for one in unable)
        short, met = short + missing, met + min(need["count"], len(able))
        closing += min(missing, in_class)
    for code in line["items"]:
        if _is_in_order(rows, cooperative["id"], code, on):
            met += 1
        else:
            short += 1
    if not short:
        return "ready"
    return "nearly" if closing == short or (short == 1 and met) else "not_ready"


def _is_in_order(rows, cooperative, code, on):
    months = next(item["valid_months"] for item in rows["checklist_item"] if item["code"] == code)
    for entry in rows["checklist_entry"]:
        if (entry["cooperative_id"], entry["item_code"]) != (cooperative, code) or entry["withdrawn_at"]:
            continue
        if entry["done_on"] <= on and (months is None or _months_on(entry["done_on"], months) >= on):
            return True
    return False


def _months_on(day, months):
    """The last day of twelve months from a day that is no 29 February."""
    assert months == 12
    return day.replace(year=day.year + 1) - timedelta(days=1)
